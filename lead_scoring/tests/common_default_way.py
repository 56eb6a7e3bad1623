from uuid import uuid4

from odoo.tests import HttpCase

from odoo.addons.mail.tests.common import mail_new_test_user

from .common_contact_page import ContactPageMixin

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
PRICES = """
<t t-name="lead_scoring.way_pricing"><t t-call="website.layout"><div id="wrap">
  <h1>Prices</h1>
  <a id="way_download" href="#" data-lead-event="Downloaded the price list">List</a>
  <video id="way_video" data-lead-event="Played the demo video" controls="controls"/>
</div></t></t>
"""


class DefaultWayCommon(ContactPageMixin, HttpCase):
    """A database in which all add-ons were installed and nothing was configured, and
    people who have one right each.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # on a read-only replica core records no page view
        cls.set_registry_readonly_mode(False)
        cls.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        cls.scoring_model = cls.env.ref("lead_scoring.scoring_model_standard")
        cls.website = cls.env["website"].search([], limit=1, order="id")
        cls.website.cookies_bar = False
        page = cls.env.ref("website.contactus_page")
        cls.env["website.page"].search(
            [("url", "=", "/contactus"), ("id", "!=", page.id)]
        ).view_id.unlink()
        page.view_id.with_context(lang=None).reset_arch("hard")
        teams = cls.env["crm.team"].search([])
        teams.convert_by_score = False
        teams.crm_team_member_ids.unlink()
        cls.admin = cls.env.ref("base.user_admin")
        for name, group in (
            ("salesperson", "sales_team.group_sale_salesman"),
            ("marketing", "lead_scoring.group_scoring_manager"),
            ("sales_manager", "sales_team.group_sale_manager"),
            ("portal", "base.group_portal"),
        ):
            user = mail_new_test_user(cls.env, f"way-{name}", group, name=f"way {name}")
            setattr(cls, name, user)

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.opener.headers["User-Agent"] = f"{BROWSER} {uuid4().hex}"

    def url_open(self, *args, timeout=60, **kwargs):
        """The first pages of a website take long where several tests run."""
        return super().url_open(*args, timeout=timeout, **kwargs)

    def _send_event(self, name):
        """Tell what the visitor does with an element, as the page's script does."""
        self.make_jsonrpc_request(
            "/lead_scoring/event",
            {"name": name, "url": f"{self.base_url()}/pricing"},
            timeout=60,
        )

    def _visit(self):
        """Read about prices, watch the demo, download the list."""
        self.url_open("/pricing")
        self._send_event("Played the demo video")
        self._send_event("Downloaded the price list")

    def _mend(self, name, user=None):
        """Press a button of Getting Started."""
        return self.scoring_model.with_user(user or self.admin).action_mend(name)

    def _set_up(self):
        """Do what Getting Started asks for, each thing by one click, and return the
        team: the sales manager has only to say who is in it.
        """
        self._mend("contact_form")
        self._mend("team", self.sales_manager)
        team = self.env["crm.team"].search([("convert_by_score", "=", True)])
        self.env["crm.team.member"].with_user(self.sales_manager).create(
            {"crm_team_id": team.id, "user_id": self.salesperson.id}
        )
        self._make_pricing_page()
        self.env.invalidate_all()
        found = self.scoring_model.with_user(self.admin).setup_obstacles
        self.assertFalse([o for o in found if o["kind"] == "stop"])
        return team

    def _make_pricing_page(self):
        page = self.env["website.page"].create(
            {"name": "Prices", "url": "/pricing", "type": "qweb", "arch": PRICES}
        )
        page.is_published = True
        rule = self.env.ref("lead_scoring.rule_pricing_page").with_user(self.admin)
        self.assertTrue(rule.has_untracked_pages)
        rule.action_track_pages()

    def _run_scheduled_action(self):
        self.env.ref("lead_scoring.ir_cron_score_leads").method_direct_trigger()
        self.env.invalidate_all()

    def _points(self, lead):
        """Return ``{name of the rule's record: points}``."""
        lines = lead.score_explanation["rules"]
        rules = self.env["lead.scoring.rule"].browse(line["rule_id"] for line in lines)
        names = rules.get_external_id()
        return {
            names[line["rule_id"]].partition(".")[2].removeprefix("rule_"): line[
                "points"
            ]
            for line in lines
        }
