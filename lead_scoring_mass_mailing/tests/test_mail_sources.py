from odoo.tests import tagged
from odoo.tools.convert import convert_file

from .common import ADDRESS, MailScoringCommon


@tagged("post_install", "-at_install")
class TestMailSources(MailScoringCommon):
    """What each source counts, and when."""

    # ------------------------------------------------------------------
    # In the explanation
    # ------------------------------------------------------------------

    def test_explanation_counts_them_and_opens_them_for_marketing(self):
        self._create_users()
        marketing = "mass_mailing.group_mass_mailing_user"
        marketer = self._user("both", f"sales_team.group_sale_manager,{marketing}")
        opened, clicked = self._trace(), self._trace()
        self._trace()
        self._open(opened)
        for link in (self.price_link, self.jobs_link):
            self._click(clicked, link)
        for user, action in (
            (self.salesman, False),
            (marketer, "action_open_mailings"),
        ):
            self.env.invalidate_all()
            lead = self.lead.with_user(user)
            parts = {part["label"]: part for part in lead.score_details["known"]}
            # a click opens the mail, too
            self.assertEqual(parts["Mailings opened"]["value"], "2")
            self.assertEqual(parts["Links clicked in mailings"]["value"], "2")
            self.assertEqual(parts["Mailings opened"]["action"], action)
        found = self.lead.with_user(marketer).action_open_mailings()["domain"]
        traces = self.env["mailing.trace"].with_user(marketer).search(found)
        self.assertEqual(traces, opened | clicked)

    # ------------------------------------------------------------------
    # Opened
    # ------------------------------------------------------------------

    def test_opened_mail_counts_once(self):
        self._mail_rule("mail_open")
        trace = self._trace()
        self._open(trace)
        trace.set_opened()
        self.assertPoints(10)

    def test_mail_that_nobody_opened_gives_nothing(self):
        self._mail_rule("mail_open")
        self._trace()
        self.assertPoints(0)

    def test_opens_fade_up_to_the_maximum(self):
        self._mail_rule("mail_open", half_life=14, maximum=12)
        self._open(self._trace(sent=20), days=14)
        self.assertPoints(5)
        self._open(self._trace())
        self.assertPoints(12)

    def test_open_of_a_certain_mailing(self):
        self._mail_rule("mail_open", domain="[('mass_mailing_id.name', '=', 'Offer')]")
        self._open(self._trace())
        self.assertPoints(0)
        self._open(self._trace(mass_mailing_id=self._mailing("Offer").id))
        self.assertPoints(10)

    def test_mailing_sent_for_testing_does_not_count(self):
        self._mail_rule("mail_open")
        self._open(self._trace(is_test_trace=True))
        self.assertPoints(0)

    # ------------------------------------------------------------------
    # Clicked
    # ------------------------------------------------------------------

    def test_every_click_counts(self):
        self._mail_rule("mail_click")
        trace = self._trace()
        self._click(trace)
        self._click(trace, self.jobs_link)
        self.assertPoints(20)

    def test_click_on_a_certain_link(self):
        self._mail_rule("mail_click", domain="[('link_id.url', 'ilike', '/price')]")
        trace = self._trace()
        self._click(trace, self.jobs_link)
        self.assertPoints(0)
        self._click(trace, self.price_link)
        self.assertPoints(10)

    def test_clicks_fade_up_to_the_maximum(self):
        self._mail_rule("mail_click", half_life=14, maximum=12)
        trace = self._trace(sent=30)
        self._click(trace, days=28)
        self.assertPoints(3)
        self._click(trace)
        self.assertPoints(12)

    def test_click_outside_of_mailings_gives_nothing(self):
        self._mail_rule("mail_click")
        self.env["link.tracker.click"].add_click(self.price_link.code)
        self.assertPoints(0)

    def test_click_opens_the_mail(self):
        self._mail_rule("mail_open")
        self._click(self._trace())
        self.assertPoints(10)

    def test_click_in_a_text_message(self):
        self._mail_rule("sms_click", half_life=14, maximum=12)
        self._mail_rule("mail_click", 1)
        self._mail_rule("mail_open", 1)
        self._click(self._trace(), days=1)
        self.assertPoints(2)
        text_message = self._text_message()
        self._click(text_message, days=14)
        self.assertPoints(7)
        self._click(text_message)
        self.assertPoints(14)

    # ------------------------------------------------------------------
    # Bounced
    # ------------------------------------------------------------------

    def test_bounce_counts_from_when_it_came(self):
        self._mail_rule("mail_bounce", -10, half_life=14, maximum=15)
        trace = self._trace(sent=100)
        self.assertPoints(0)
        trace.set_bounced(bounce_message="Unknown user")
        self.assertPoints(-10)
        self._set_columns(trace, bounce_datetime=self._ago(14))
        self.assertPoints(-5)
        self._trace().set_bounced()
        self._trace().set_bounced()
        self.assertPoints(-15)

    def test_mail_that_arrived_after_all_has_not_bounced(self):
        self._mail_rule("mail_bounce", -10)
        trace = self._trace()
        trace.set_bounced()
        self.assertPoints(-10)
        trace.set_opened()
        self.assertPoints(0)

    # ------------------------------------------------------------------
    # Channels
    # ------------------------------------------------------------------

    def test_link_of_a_mailing_is_a_channel(self):
        source = self.env["utm.source"].create({"name": "Spring News"})
        self.price_link.source_id = source
        self.jobs_link.medium_id = self.env.ref("utm.utm_medium_email")
        trace = self._trace(sent=1)
        self._click(trace)
        self._visitor(self.lead, pages=["/price?utm_source=spring+news"])
        self.env.flush_all()
        self.assertEqual(self.lead.score_channel_count, 1)
        self._mail_rule("lead", domain="[('score_channel_count', '>', 1)]")
        self.assertPoints(0)
        self._click(trace, self.jobs_link)
        self.assertPoints(10)

    # ------------------------------------------------------------------
    # Subscribed
    # ------------------------------------------------------------------

    def test_subscribing_to_a_list_counts(self):
        self._mail_rule("mail_subscribe", half_life=14)
        subscription = self._subscription()
        self.assertPoints(10)
        self._set_columns(subscription, create_date=self._ago(14))
        self.assertPoints(5)

    def test_subscription_counts_while_it_lasts(self):
        self._mail_rule("mail_subscribe")
        subscription = self._subscription()
        subscription.opt_out = True
        self.assertPoints(0)
        subscription.opt_out = False
        self.assertPoints(10)
        subscription.unlink()
        self.assertPoints(0)

    def test_several_contacts_of_one_address_subscribe_to_a_list_once(self):
        self._mail_rule("mail_subscribe")
        mailing_list = self.env["mailing.list"].create({"name": "List"})
        for _number in range(2):
            self._subscription(mailing_list)
        self.assertPoints(10)

    def test_subscribing_to_a_certain_list(self):
        self._mail_rule("mail_subscribe", domain="[('list_id.name', '=', 'Partners')]")
        self._subscription()
        self.assertPoints(0)
        self._subscription(self.env["mailing.list"].create({"name": "Partners"}))
        self.assertPoints(10)

    # ------------------------------------------------------------------
    # Unsubscribed
    # ------------------------------------------------------------------

    def test_leaving_a_list_counts(self):
        self._mail_rule("mail_unsubscribe", -10, half_life=14)
        subscription = self._subscription()
        self.assertPoints(0)
        subscription.opt_out = True
        self.assertPoints(-10)
        subscription.opt_out_datetime = self._ago(14)
        self.assertPoints(-5)
        subscription.opt_out = False
        self.assertPoints(0)

    def test_several_contacts_of_one_address_leave_a_list_once(self):
        self._mail_rule("mail_unsubscribe", -10)
        mailing_list = self.env["mailing.list"].create({"name": "List"})
        for _number in range(2):
            self._subscription(mailing_list, opt_out=True)
        self.assertPoints(-10)

    def test_leaving_a_certain_list(self):
        self._mail_rule(
            "mail_unsubscribe", -10, "[('list_id.name', '=', 'Partners')]", maximum=15
        )
        self._subscription(opt_out=True)
        self.assertPoints(0)
        for _number in range(2):
            partners = self.env["mailing.list"].create({"name": "Partners"})
            self._subscription(partners, opt_out=True)
        self.assertPoints(-15)

    def test_blocklist_counts(self):
        """That is what a mailing to leads unsubscribes to."""
        self._mail_rule("mail_unsubscribe", -10)
        self.env["mail.blacklist"]._add(f"Ann <{ADDRESS}>")
        self.assertPoints(-10)
        self._subscription(opt_out=True)
        self.assertPoints(-20)
        self.env["mail.blacklist"]._remove(ADDRESS)
        self.assertPoints(-10)

    def test_unsubscription_can_be_listed(self):
        subscription = self._subscription(opt_out=True)
        blocked = self.env["mail.blacklist"]._add(ADDRESS)
        found = self.env["mailing.unsubscription"].search([("email", "=", ADDRESS)])
        self.assertEqual(set(found.ids), {subscription.id, -blocked.id})
        self.assertEqual(found.list_id, subscription.list_id)
        blocked.action_archive()
        subscription.opt_out = False
        self.assertFalse(found.search([("email", "=", ADDRESS)]))

    # ------------------------------------------------------------------
    # Said and done
    # ------------------------------------------------------------------

    def test_explanation_lists_the_signals(self):
        self._mail_rule("mail_click", name="Clicked")
        self._mail_rule("mail_unsubscribe", -3, name="Left")
        self._click(self._trace(), days=2)
        self._subscription(opt_out=True)
        self.lead._score_now()
        clicked, left = self.lead.score_explanation["rules"]
        self.assertEqual((clicked["name"], clicked["points"]), ("Clicked", 10))
        self.assertEqual(clicked["last_date"], str(self._ago(2))[:19])
        self.assertEqual((left["name"], left["count"]), ("Left", 1))

    def test_starter_rules(self):
        rules = self.env["lead.scoring.rule"].browse(
            self.env.ref(f"lead_scoring_mass_mailing.rule_{name}").id
            for name in ("mail_open", "mail_click", "mail_bounce", "mail_unsubscribe")
        )
        rules[0].model_id.state = "live"
        self.scoring_model.state = "retired"
        self.lead._score_now()
        given = self.lead.score
        for _number in range(4):
            self._click(self._trace())
        self.lead._score_now()
        self.assertEqual(self.lead.score - given, 18)
        for _number in range(2):
            self._trace().set_bounced()
        self.env["mail.blacklist"]._add(ADDRESS)
        self._subscription(opt_out=True)
        self.lead._score_now()
        self.assertEqual(self.lead.score - given, -22)

    def test_starter_rules_need_no_standard_model(self):
        self.env.ref("lead_scoring.scoring_model_standard").unlink()
        others = self.env["lead.scoring.rule"].search([])
        for mode in ("update", "init"):
            convert_file(
                self.env,
                "lead_scoring_mass_mailing",
                "data/lead_scoring_rule_data.xml",
                {},
                mode=mode,
            )
        self.assertEqual(self.env["lead.scoring.rule"].search([]), others)

    def test_scoring_manager_names_a_link(self):
        manager = self._user("manager", "lead_scoring.group_scoring_manager")
        rule = self._mail_rule("mail_click")
        rule.with_user(manager).domain = "[('link_id.url', 'ilike', '/price')]"
        self.assertEqual(rule.source_model, "link.tracker.click")

    def test_form_tells_who_may_not_read_what_a_rule_counts(self):
        manager = self._user("manager", "lead_scoring.group_scoring_manager")
        bounces = self._mail_rule("mail_bounce").with_user(manager)
        self.assertFalse(bounces.access_note)
        rights = self.env["ir.model.access"]
        rights.search([("model_id.model", "=", "mailing.trace")]).active = False
        bounces.invalidate_recordset()
        self.assertIn("[]", bounces.access_note)
        bounces.value = 7
        self.assertFalse(self._mail_rule("mail_click").with_user(manager).access_note)
