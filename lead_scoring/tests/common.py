import math
from datetime import timedelta
from uuid import uuid4

from lxml import etree

from odoo.tools.safe_eval import safe_eval

from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.mail.tests.common import mail_new_test_user

UNFINISHED = r"[('name', '=like', 'Le\\')]"
"""A domain that PostgreSQL refuses only when there is a lead to compare."""


class LeadScoringCommon(BaseCommon):
    """Own fixtures: a scoring model without rules, teams that convert nothing yet, and
    one user of each kind. What the database brings along does not count.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        cls.env["lead.scoring.model"].search([]).state = "retired"
        cls.env["crm.team"].search([]).convert_by_score = False
        cls.scoring_model = cls.env["lead.scoring.model"].create(
            {"name": "Test", "state": "live"}
        )
        # a database of yesterday, or another date, would be one whose actions are late
        cls.cron = cls.env.ref("lead_scoring.ir_cron_score_leads")
        cls.cron.nextcall = cls.env.cr.now()
        cls.belgium = cls.env.ref("base.be")
        cls.team = cls._team("Direct", sequence=1)
        cls.other_team = cls._team("Inside", sequence=2)

    @classmethod
    def _user(cls, login, groups, **vals):
        return mail_new_test_user(cls.env, login, groups, **vals)

    @classmethod
    def _create_users(cls):
        """Create one user of each kind; the salesman reads his own leads only."""
        cls.salesman = cls._user("salesman", "sales_team.group_sale_salesman")
        cls.all_leads_salesman = cls._user(
            "all-leads", "sales_team.group_sale_salesman_all_leads"
        )
        cls.scoring_manager = cls._user(
            "scoring-manager", "lead_scoring.group_scoring_manager"
        )
        cls.sales_manager = cls._user("sales-manager", "sales_team.group_sale_manager")
        cls.stranger = cls._user("stranger", "base.group_user")

    @classmethod
    def _team(cls, name, **vals):
        """Return a new team of no company."""
        return cls.env["crm.team"].create(
            {"name": name, "company_id": False, "user_id": False, **vals}
        )

    @classmethod
    def _rule(cls, value=10, domain="[('city', '=', 'Ghent')]", **vals):
        """Return a new rule of the test's model; by default on the lead's city."""
        vals = {
            "name": f"{value} for {domain}",
            "value": value,
            "domain": domain,
        } | vals
        vals.setdefault("model_id", cls.scoring_model.id)
        return cls.env["lead.scoring.rule"].create(vals)

    @classmethod
    def _page_view_rule(cls, value=10, domain="[('url', 'ilike', '/price')]", **vals):
        """Return a new rule that counts page views."""
        stream = {"source": "page_view", "dimension": "interest"}
        return cls._rule(value, domain, **{**stream, **vals})

    @classmethod
    def _lead(cls, **vals):
        """Return a new lead that nobody owns. It is not scored yet."""
        nobodys = {"type": "lead", "user_id": False, "team_id": False}
        nobodys |= {"name": "Lead", "company_id": False}
        return cls.env["crm.lead"].create({**nobodys, **vals})

    @classmethod
    def _scored_lead(cls, **vals):
        lead = cls._lead(**vals)
        cls._score()
        return lead

    @classmethod
    def _visitor(cls, leads=None, partner=None, pages=()):
        """Return a new visitor tied to ``leads``, or known as ``partner``.

        :param pages: URL, or ``(URL, days ago)``, of each page seen
        """
        now = cls.env.cr.now()
        views = [page if isinstance(page, tuple) else (page, 0) for page in pages]
        vals = {"access_token": str(partner.id) if partner else uuid4().hex}
        if leads:
            vals["lead_ids"] = leads.ids
        visitor = cls.env["website.visitor"].create(vals)
        cls.env["website.track"].create(
            [
                {
                    "visitor_id": visitor.id,
                    "url": url,
                    "visit_datetime": now - timedelta(days=days),
                }
                for url, days in views
            ]
        )
        return visitor

    # ------------------------------------------------------------------
    # Scoring
    # ------------------------------------------------------------------

    @classmethod
    def _show_only_own_leads(cls, user):
        """Hide the leads of others from ``user``, by a record rule."""
        own = (
            f"[('user_id', 'in', [user.id])] if user.id == {user.id} else [(1, '=', 1)]"
        )
        cls.env["ir.rule"].create(
            {
                "name": f"Own leads of {user.name}",
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "domain_force": own,
            }
        )

    @classmethod
    def _score(cls):
        """Do what happens before each commit: flush, and score what was written."""
        cls.env.cr.flush()

    @classmethod
    def _run_pass(cls, full=True, silent=False):
        """Run a pass to its end and return it."""
        scoring_pass = cls.env["lead.scoring.pass"]._start(full)
        finished = scoring_pass._run(math.inf, lambda: None, silent=silent)
        assert finished
        return scoring_pass

    @classmethod
    def _convert(cls):
        """Convert as the scheduled action does; return how many leads it converted."""
        return cls.env["crm.team"]._convert_by_score(lambda: None)

    @classmethod
    def _set_points(cls, lead, points):
        """Make rules give ``lead`` exactly these points."""
        lead.referred = f"{points} points"
        if not cls.env["lead.scoring.rule"].search([("name", "=", lead.referred)]):
            cls._rule(
                points, f"[('referred', '=', '{points} points')]"
            ).name = lead.referred
        cls._score()

    @classmethod
    def _set_columns(cls, records, **values):
        """Write past the ORM: what no user could, such as a date of long ago."""
        records.flush_recordset()
        for name, value in values.items():
            cls.env.cr.execute(
                f'UPDATE "{records._table}" SET "{name}" = %s WHERE id = ANY(%s)',
                [value, records.ids],
            )
        records.invalidate_recordset(flush=False)

    @classmethod
    def _note_written(cls, leads, at=None):
        """Note that leads were written, now or at some time, without scoring them."""
        leads.flush_recordset()
        cls.env["lead.scoring.change"].create(
            [{"res_id": lead.id, "date": at or cls.env.cr.now()} for lead in leads]
        )
        cls.env.flush_all()

    @classmethod
    def _let_time_pass(cls, hours=24):
        """Make all that happened so far lie in the past, for incremental passes, and
        what rules and models were before what passes did.
        """
        cls.env.flush_all()
        now = cls.env.cr.now()
        for table, columns, ago in (
            ("lead_scoring_model", ["changed_at"], hours + 1),
            ("lead_scoring_pass", ["date_start", "date_end"], hours),
            ("crm_lead", ["write_date"], hours + 1),
            ("lead_scoring_change", ["date"], hours + 1),
            ("website_visitor", ["write_date"], hours + 1),
            ("website_track", ["visit_datetime"], hours + 1),
        ):
            for column in columns:
                cls.env.cr.execute(
                    f'UPDATE "{table}" SET "{column}" = %(past)s'
                    f' WHERE "{column}" > %(past)s',
                    {"past": now - timedelta(hours=ago)},
                )
        cls.env.invalidate_all(flush=False)

    @classmethod
    def _versions(cls, leads):
        """Return the physical place of leads and their score rows: a write moves it."""
        cls.env.flush_all()
        cls.env.cr.execute(
            """SELECT lead.id, lead.ctid::text, score.ctid::text
                 FROM crm_lead lead JOIN lead_scoring_score score ON lead_id = lead.id
                WHERE lead.id = ANY(%s) ORDER BY lead.id""",
            [leads.ids],
        )
        return cls.env.cr.fetchall()

    def _read_screen(self, user, action_id):
        """Load all views of an action and the records they show, as the client does."""
        action = self.env.ref(action_id).with_user(user).sudo()
        model = self.env[action.res_model].with_user(user)
        views = model.get_views(action.views + [(False, "search")])["views"]
        domain = safe_eval(action.domain or "[]")
        for kind in ("list", "kanban", "form"):
            if kind in views:
                arch = etree.fromstring(views[kind]["arch"])
                # fields of embedded lists belong to other models
                names = {
                    node.get("name")
                    for node in arch.iter("field")
                    if not any(True for parent in node.iterancestors("field"))
                }
                model.search(domain, limit=3).read(list(names))

    def assertScores(self, expected):
        """Check ``{lead: score}``, and that each explanation says the same."""
        self.assertEqual({lead: lead.score for lead in expected}, expected)
        for lead, score in expected.items():
            explanation = lead.score_explanation
            self.assertEqual(explanation["score"], score)
            self.assertEqual(sum(r["points"] for r in explanation["rules"]), score)


class ConversionCommon(LeadScoringCommon):
    """Two teams that convert by score, and one that does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.write({"convert_by_score": True, "minimum_score": 50})
        cls.other_team.write({"convert_by_score": True, "minimum_score": 30})
        cls.closed_team = cls._team("Closed to scoring")

    @classmethod
    def _lead_of(cls, points, **vals):
        """Return a new lead that rules give ``points``."""
        lead = cls._lead(**vals)
        cls._set_points(lead, points)
        return lead

    def _offered(self, **vals):
        """Return an opportunity that scoring has just handed over, for the salesman."""
        lead = self._lead_of(60, **vals)
        self._convert()
        self.assertEqual(lead.handover, "offered")
        return lead.with_user(self.salesman)

    def assertConverted(self, lead, team):
        self.assertEqual((lead.type, lead.team_id), ("opportunity", team))
        self.assertTrue(lead.stage_id)
        self.assertTrue(lead.date_conversion)
        self.assertFalse(lead.routing_note)
        self.assertFalse(lead.score_id.waiting_reason)

    def assertWaits(self, lead, reason, note=None, team=None):
        self.assertEqual(lead.type, "lead")
        self.assertEqual(lead.team_id, team or self.env["crm.team"])
        self.assertEqual(lead.score_id.waiting_reason, reason)
        self.assertEqual(bool(lead.score_id.waiting_since), bool(reason))
        if note:
            self.assertEqual(lead.routing_note, note)
