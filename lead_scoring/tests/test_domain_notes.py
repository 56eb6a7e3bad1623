import base64
import json

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestDomainNotes(LeadScoringCommon):
    """What is right for Odoo, and may not be what the author means, is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.stage = cls.env["crm.stage"].create({"name": "Haggling"})
        cls.tag = cls.env["crm.tag"].create({"name": "Fair 2026"})

    def _notes(self, domain, **vals):
        """Return what a scoring manager reads while typing, and what is kept."""
        rule = self._rule(domain=domain, **vals)
        read = rule.with_user(self.scoring_manager)
        return (read.domain_note or "").splitlines(), rule.missing_note

    def _told(self):
        """Return the messages that the scoring manager has got."""
        partner = self.scoring_manager.partner_id
        messages = self.env["mail.message"].search([("partner_ids", "in", partner.ids)])
        return [message.subject for message in messages.sorted("id")]

    # ------------------------------------------------------------------
    # Names that nothing has
    # ------------------------------------------------------------------

    def test_name_of_no_country_is_told_with_the_nearest(self):
        for domain in (
            "[('country_id', '=', 'Belgum')]",
            "[('country_id', 'in', ['France', 'Belgum'])]",
            "[('country_id.name', '=', 'Belgum')]",
            "[('country_id', 'any', [('name', '=', 'Belgum')])]",
            "['|', ('city', '=', 'Ghent'), ('partner_id.country_id', '=', 'Belgum')]",
        ):
            with self.subTest(domain=domain):
                [note], kept = self._notes(domain)
                self.assertEqual(
                    note, "Country: none is called «Belgum». Did you mean «Belgium»?"
                )
                self.assertEqual(kept, "Country: none is called «Belgum».")

    def test_part_of_a_name_that_no_record_has(self):
        [note], _kept = self._notes("[('country_id', 'ilike', 'Belgq')]")
        self.assertIn("Country: none has «Belgq» in its name.", note)

    def test_names_that_records_have_are_not_told(self):
        for domain in (
            "[('country_id', '=', 'Belgium')]",
            "[('country_id', 'ilike', 'belg')]",
            "[('stage_id', 'in', ['Haggling'])]",
            "[('name', '=', 'No lead is called so'), ('city', '=', 'Nowhere')]",
            "[('create_date.month_number', '=', 5), ('tag_ids', '!=', False)]",
            f"[('stage_id', '=', {self.stage.id}), ('tag_ids', 'in', [{self.tag.id}])]",
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self._notes(domain), ([], False))

    def test_rule_is_saved_all_the_same_and_works_once_the_name_is_there(self):
        rule = self._rule(domain="[('tag_ids', '=', 'Fair 2027')]")
        self.assertFalse(rule.error)
        self.assertTrue(rule.missing_note)
        tag = self.env["crm.tag"].create({"name": "Fair 2027"})
        lead = self._lead(tag_ids=tag.ids)
        self._run_pass()
        self.assertScores({lead: 10})
        self.assertFalse(rule.missing_note)

    def test_note_is_shown_while_the_rule_is_typed(self):
        rules = self.env["lead.scoring.rule"].with_user(self.scoring_manager)
        with Form(rules) as form:
            form.name = "Belgians"
            form.value = 5
            form.domain = "[('country_id', '=', 'Belgum')]"
            self.assertIn("Did you mean «Belgium»?", form.domain_note)
            form.domain = "[('country_id', '=', 'Belgium')]"
            self.assertFalse(form.domain_note)

    def test_event_that_was_never_seen(self):
        lead = self._lead()
        self.env["lead.scoring.event"].create(
            {"name": "Price list", "lead_id": lead.id}
        )
        [note], kept = self._notes("[('name', '=', 'Price lists')]", source="event")
        self.assertIn("Events so far: none is called «Price lists».", note)
        self.assertIn("Did you mean «Price list»?", note)
        self.assertTrue(kept)
        self.assertEqual(
            self._notes("[('name', '=', 'Price list')]", source="event"), ([], False)
        )
        # a form of that name is another thing
        _note, kept = self._notes("[('name', '=', 'Price list')]", source="form")
        self.assertTrue(kept)

    def test_words_of_several_languages_are_told_together_once_there_are_events(self):
        domain = """['|', ('name', 'ilike', 'demo'), ('name', 'ilike', 'демо'),
                     ('name', 'not ilike', 'video')]"""
        self.assertEqual(self._notes(domain, source="event"), ([], False))
        lead = self._lead()
        event = {"name": "Price list", "lead_id": lead.id}
        self.env["lead.scoring.event"].create(event)
        [note], kept = self._notes(domain, source="event")
        self.assertEqual(note, "Events so far: none has «demo» or «демо» in its name.")
        self.assertTrue(kept)
        self.env["lead.scoring.event"].create({**event, "name": "Демо"})
        self.assertEqual(self._notes(domain, source="event"), ([], False))

    def test_rules_of_a_new_database_are_no_rules_to_look_at(self):
        self.env["lead.scoring.event"].search([]).unlink()
        starter = self.env.ref("lead_scoring.scoring_model_standard")
        rules = starter.with_context(active_test=False).rule_ids
        rules._note_missing()
        self.assertEqual(rules.filtered("missing_note").mapped("name"), [])

    def test_campaign_that_was_never_seen(self):
        [note], _kept = self._notes("[('campaign_id', '=', 'Sumer sale')]")
        self.assertIn("is called «Sumer sale»", note)

    # ------------------------------------------------------------------
    # Records that are gone
    # ------------------------------------------------------------------

    def test_identifier_that_never_was(self):
        for name in ("stage_id", "tag_ids", "team_id", "campaign_id"):
            for operator in ("=", "!=", "in"):
                value = [999_999] if operator == "in" else 999_999
                with self.subTest(name=name, operator=operator):
                    _notes, kept = self._notes(f"[('{name}', '{operator}', {value})]")
                    self.assertIn("has the ID 999999", kept)

    def test_deleting_what_a_rule_names_tells_managers_once(self):
        rule = self._rule(domain=f"[('stage_id', '=', {self.stage.id})]")
        unread = self._rule(domain=f"[('tag_ids', 'in', [{self.tag.id}])]")
        self.scoring_model.domain = f"[('tag_ids', 'in', [{self.tag.id}])]"
        self.stage.unlink()
        self.assertIn("Stage", rule.missing_note)
        self.assertFalse(unread.missing_note)
        subject = f"Lead scoring: «{rule.name}» uses a value that does not exist"
        self.assertEqual(self._told(), [subject])
        self._run_pass()
        self.assertEqual(self._told(), [subject])
        self.tag.unlink()
        self.assertTrue(unread.missing_note)
        self.assertTrue(self.scoring_model.missing_note)
        self.assertEqual(len(self._told()), 3)

    def test_deleting_what_a_filter_names_tells_managers_once(self):
        self.team.convert_by_score = True
        self.team.assignment_domain = f"[('tag_ids', 'in', [{self.tag.id}])]"
        member = self.env["crm.team.member"].create(
            {"crm_team_id": self.team.id, "user_id": self.sales_manager.id}
        )
        member.assignment_domain = f"[('stage_id', '=', {self.stage.id})]"
        self._run_pass()
        self.assertFalse(self.team.missing_note)
        self.stage.unlink()
        self.assertIn(member.user_id.name, self.team.missing_note)
        self.tag.unlink()
        self._run_pass()
        self.assertEqual(len(self.team.missing_note.splitlines()), 2)
        subject = "Lead scoring: a filter of «Direct» uses a value that does not exist"
        self.assertEqual(self._told(), [subject])
        self.team.crm_team_member_ids.assignment_domain = "[]"
        self.team.assignment_domain = "[]"
        self._run_pass()
        self.assertFalse(self.team.missing_note)

    def test_what_is_deleted_past_the_orm_is_told_by_the_nightly_pass(self):
        rule = self._rule(domain=f"[('tag_ids', 'in', [{self.tag.id}])]")
        self.env.cr.execute("DELETE FROM crm_tag WHERE id = %s", [self.tag.id])
        self.env.invalidate_all()
        self.assertFalse(rule.missing_note)
        self._run_pass()
        self.assertTrue(rule.missing_note)
        self.assertEqual(len(self._told()), 1)
        self.assertFalse(rule.error)

    def test_note_is_in_the_language_of_the_author_and_no_name_is_kept(self):
        """What is kept is read by others, who need not see all records."""
        rule = self._rule(domain="[('partner_id', '=', 'Azure Interiorr')]")
        self.env["res.partner"].create({"name": "Azure Interior"})
        rule._note_missing()
        self.assertNotIn("Interior»?", rule.missing_note)

    def test_getting_started_counts_rules_to_look_at(self):
        self._rule(domain="[('country_id', '=', 'Belgum')]")
        self._rule(domain="[('country_id', '=', 'Belgium')]")
        read = self.scoring_model.with_user(self.scoring_manager)
        self.assertEqual(read.setup_faulty_count, 1)

    def test_import_says_what_is_not_there(self):
        self._rule(domain=f"[('stage_id', '=', {self.stage.id})]")
        data = self.scoring_model._to_file()
        data["rules"][0]["domain"] = "[('stage_id', '=', 999999)]"
        file = base64.b64encode(json.dumps(data).encode())
        wizard = self.env["lead.scoring.import"].create({"file": file})
        sent = []
        self.patch(
            self.env.registry["res.users"],
            "_bus_send",
            lambda user, kind, message: sent.append(message["message"]),
        )
        action = wizard.action_import()
        draft = self.env["lead.scoring.model"].browse(action["res_id"])
        self.assertTrue(draft.rule_ids.missing_note)
        [message] = sent
        self.assertIn("Stage: none has the ID 999999", message)

    # ------------------------------------------------------------------
    # Signs that stand for others
    # ------------------------------------------------------------------

    def test_backslash_that_postgresql_leaves_out_is_refused(self):
        partner = self.env["res.partner"].create({"name": "AC\\DC"})
        for operator in ("ilike", "like", "not ilike", "=ilike", "=like"):
            for value in (r"AC\DC", r"\AC", r"a\\\b"):
                domain = str([("partner_id.name", operator, value)])
                with self.assertRaisesRegex(ValidationError, "doubled"):
                    self._rule(domain=domain)
        self.scoring_model.rule_ids.unlink()
        rule = self._rule(domain=str([("partner_id.name", "ilike", r"AC\\DC")]))
        lead = self._lead(partner_id=partner.id)
        self._score()
        self.assertScores({lead: 10})
        self.assertFalse(rule.domain_note)

    def test_correction_of_a_backslash_is_right(self):
        with self.assertRaises(ValidationError) as caught:
            self._rule(domain=str([("partner_name", "ilike", r"AC\DC")]))
        corrected = repr(("partner_name", "ilike", r"AC\\DC"))
        self.assertIn(corrected, str(caught.exception))
        self._rule(domain=f"[{corrected}]")

    def test_escaped_signs_are_accepted(self):
        for value in (r"100\%", r"a\_b", r"a\\b"):
            self.assertEqual(self._notes(str([("name", "ilike", value)])), ([], False))

    def test_sign_that_stands_for_others_is_told(self):
        for value in ("100%", "a_b", r"a\\_b"):
            for operator in ("ilike", "like"):
                with self.subTest(value=value):
                    [note], kept = self._notes(str([("name", operator, value)]))
                    self.assertIn("% stands for any text and _ for any character", note)
                    self.assertFalse(kept)
        # here it is meant
        self.assertEqual(self._notes("[('name', '=ilike', 'Le%')]"), ([], False))

    # ------------------------------------------------------------------
    # Empty fields
    # ------------------------------------------------------------------

    def test_empty_fields_that_match_are_told_with_their_number(self):
        self.env["crm.lead"].create(
            [{"name": str(n), "email_from": False} for n in (1, 2)]
        )
        self._lead(email_from="ann@customer.example", country_id=self.belgium.id)
        self._lead(email_from=False, active=False)
        for domain, count in (
            ("[('email_from', 'not ilike', 'gmail')]", 2),
            ("[('email_from', '!=', 'x@y.example')]", 2),
            ("['!', ('email_from', 'ilike', 'gmail')]", 2),
            ("[('country_id', '!=', 'Belgium')]", 2),
            ("[('country_id', 'not in', [1])]", 2),
        ):
            with self.subTest(domain=domain):
                [note], kept = self._notes(domain)
                self.assertRegex(note, rf"^Leads without «.+» match, too: {count}\.$")
                self.assertFalse(kept)

    def test_no_empty_field_is_told_where_none_matches(self):
        self._lead(email_from=False)
        for domain in (
            "[('email_from', '!=', False), ('email_from', 'not in', [False, 'x'])]",
            "[('email_from', 'ilike', 'x')]",
            "['!', ('email_from', 'not ilike', 'gmail')]",
            "[('name', '!=', 'x')]",
            "[('priority', '!=', '3'), ('active', '!=', False)]",
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self._notes(domain), ([], False))

    def test_empty_field_of_the_contact_and_of_a_page_view(self):
        partner = self.env["res.partner"].create({"name": "Ann", "email": False})
        self._lead(partner_id=partner.id)
        self._lead()
        [note], _kept = self._notes("[('partner_id.email', 'not ilike', 'gmail')]")
        self.assertIn("» match, too: 1.", note)
        self.assertIn(" › ", note)

    def test_what_can_not_be_read_is_told_nothing(self):
        for domain in ("[('country_id', '=', 'Bel", "[('nothing', '=', 1)]", "", "[1]"):
            rule = self.env["lead.scoring.rule"].new(
                {"domain": domain, "source": "lead"}
            )
            self.assertFalse(rule.domain_note)
