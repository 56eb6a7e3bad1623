from odoo.tests import HttpCase, tagged

from .common import MailScoringCommon

PAGE = """
<t t-name="lead_scoring.journey"><t t-call="website.layout"><div id="wrap">
  <a id="journey_download" href="#" data-lead-event="Downloaded the price list">
    Price list</a>
  <video id="journey_video" data-lead-event="Played the demo" controls="controls"/>
  <section class="s_website_form">
    <form action="/website/form/" method="post" enctype="multipart/form-data"
          data-model_name="crm.lead" data-success-mode="redirect"
          data-success-page="/journey-thanks">
      <div class="s_website_form_field"><input type="text" name="contact_name"
        class="s_website_form_input"/></div>
      <div class="s_website_form_field"><input type="email" name="email_from"
        class="s_website_form_input"/></div>
      <div class="s_website_form_field"><input type="text" name="name"
        class="s_website_form_input"/></div>
      <div class="s_website_form_submit"><a href="#" role="button"
        class="btn s_website_form_send">Send</a>
        <span id="s_website_form_result"/></div>
    </form>
  </section>
</div></t></t>
"""
THANKS = """
<t t-name="lead_scoring.journey_thanks"><t t-call="website.layout">
  <div id="wrap"><h1 id="journey_thanks">Thank you</h1></div>
</t></t>
"""


@tagged("post_install", "-at_install")
class TestJourney(HttpCase, MailScoringCommon):
    """The whole way, in a real browser: nobody presses a button for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # on a read-only replica core records no page view
        cls.set_registry_readonly_mode(False)
        cls.env["website"].search([]).cookies_bar = False
        for url, arch, track in (
            ("/journey-pricing", PAGE, True),
            ("/journey-thanks", THANKS, False),
        ):
            page = cls.env["website.page"].create(
                {"name": url, "url": url, "type": "qweb", "arch": arch}
            )
            page.write({"is_published": True, "track": track})
        for source, value, domain in (
            ("page_view", 10, "[('url', 'ilike', '/journey-pricing')]"),
            ("event", 8, "[('name', '=', 'Downloaded the price list')]"),
            ("event", 12, "[('name', '=', 'Played the demo')]"),
            ("form", 15, "[('url', 'ilike', '/journey-pricing')]"),
            ("mail_click", 20, "[('link_id.url', 'ilike', '/price')]"),
        ):
            cls._rule(value, domain, source=source, dimension="interest")

    def _run_if_asked(self):
        """Do what a cron worker does: run the action if it has been asked for."""
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        asked = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertTrue(asked, "nobody has asked for the scheduled action")
        asked.unlink()
        cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_visitor_becomes_a_hot_lead_and_an_opportunity(self):
        self.team.write({"convert_by_score": True, "minimum_score": 60})
        # Chromium without a window says that a program drives it
        machine = self.env.registry["lead.scoring.machine"]
        self.patch(machine, "_is_program", lambda self, agent: False)
        self.start_tour("/journey-pricing", "lead_scoring_journey")
        self.env.invalidate_all()
        lead = self.env["crm.lead"].search(
            [("email_from", "=", "ann@journey.example.org")]
        )
        self.assertEqual(lead.type, "lead")
        # a page, a download, a video and a form
        self.assertEqual((lead.score, lead.temperature), (45, "warm"))
        self.assertEqual(
            {(line["source"], line["points"]) for line in self._lines(lead)},
            {("page_view", 10), ("event", 8), ("event", 12), ("form", 15)},
        )

        self.env["ir.cron.trigger"].search([]).unlink()
        trace = self._trace(lead, email="ann@journey.example.org")
        self.url_open(f"/r/{self.price_link.code}/m/{trace.id}", allow_redirects=False)
        self._run_if_asked()
        self.assertEqual((lead.score, lead.temperature), (65, "hot"))
        self.assertEqual((lead.type, lead.team_id), ("opportunity", self.team))

    def _lines(self, lead):
        return lead.score_explanation["rules"]
