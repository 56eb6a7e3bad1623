import time
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.modules.migration import load_script
from odoo.modules.module import get_module_path
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.convert import convert_file

from odoo.addons.lead_scoring.models.title import lead_scoring_title_word

from .common import LeadScoringCommon

DATA = "data/lead_scoring_title_word_en_data.xml"
FEW = f"{lead_scoring_title_word.__name__}.LEADS_AT_ONCE"
BATCH = f"{lead_scoring_title_word.__name__}.LEADS_AT_A_TIME"


@tagged("post_install", "-at_install")
class TestTitleWords(LeadScoringCommon):
    """Words of job titles: who changes them, and how leads follow. The tests' own words
    mean nothing.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.words = cls.env["lead.scoring.title.word"]
        cls.unknown = cls.env["lead.scoring.title.unknown"]
        cls.word = cls._word("grobnik", rank="director", department="it")

    @classmethod
    def _word(cls, name, **vals):
        return cls.words.create({"name": name, **vals})

    def assertTells(self, lead, rank, department=False):
        self.assertEqual((lead.title_rank, lead.title_department), (rank, department))

    def _unknown(self, user):
        """Return ``{title: leads}`` of what a user finds to teach."""
        self.env.invalidate_all()
        found = self.unknown.with_user(user).search([])
        return {title.name: title.lead_count for title in found}

    # ------------------------------------------------------------------
    # Leads
    # ------------------------------------------------------------------

    def test_lead_follows_its_job_position(self):
        lead = self._lead(function="The GROBNIK")
        self.assertTells(lead, "director", "it")
        lead.function = "Zork"
        self.assertTells(lead, False)
        lead.function = False
        self.assertTells(lead, False)

    def test_lead_takes_the_position_of_its_contact(self):
        ann = self.env["res.partner"].create({"name": "Ann", "function": "Grobnik"})
        self.assertTells(self._lead(partner_id=ann.id), "director", "it")

    def test_a_title_is_understood_without_a_query(self):
        self.words._understand("Grobnik")
        with self.assertQueryCount(0):
            self.words._understand("Senior grobnik")

    def test_imported_leads_are_understood(self):
        rows = [["Imported", "Grobnik"]]
        result = self.env["crm.lead"].load(["name", "function"], rows)
        self.assertFalse(result["messages"])
        self.assertTells(self.env["crm.lead"].browse(result["ids"]), "director", "it")

    def test_rank_can_be_imported_by_nobody(self):
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        result = leads.load(["name", "title_rank"], [["Imported", "Owner"]])
        self.assertFalse(result["ids"])
        with self.assertRaises(AccessError):
            leads.create({"name": "Forged", "title_rank": "owner"})

    def test_copy_and_search(self):
        lead = self._lead(function="Grobnik")
        self.assertTells(lead.copy(), "director", "it")
        found = self.env["crm.lead"].search([("title_rank", "in", ["director"])])
        self.assertIn(lead, found)
        [[rank, count]] = self.env["crm.lead"]._read_group(
            [("id", "=", lead.id)], ["title_rank"], ["__count"]
        )
        self.assertEqual((rank, count), ("director", 1))

    def test_rules_read_rank_and_department(self):
        head = "[('title_rank', 'in', ['owner', 'c_level', 'director'])]"
        self._rule(30, head)
        self._rule(5, "[('title_department', '=', 'it')]")
        lead = self._scored_lead(function="Grobnik")
        other = self._scored_lead(function="Zork")
        self.assertScores({lead: 35, other: 0})

    def test_rule_on_a_rank_that_is_none_is_refused(self):
        with self.assertRaises(ValidationError):
            self._rule(30, "[('title_rank', '=', 'emperor')]")

    # ------------------------------------------------------------------
    # What counts
    # ------------------------------------------------------------------

    def test_longest_phrase_then_highest_rank_counts(self):
        self._word("grobnik of zork", rank="staff", department="legal")
        self._word("boka", rank="manager", department="sales")
        tells = self.words._understand
        self.assertEqual(tells("Grobnik of Zork"), ("staff", "legal"))
        self.assertEqual(tells("Grobnik, of Zork"), ("director", "it"))
        self.assertEqual(tells("Boka & Grobnik"), ("director", "sales"))

    def test_prevailing_word_counts_alone(self):
        self._word("boka", rank="staff", prevails=True)
        self.assertEqual(self.words._understand("Grobnik's boka"), ("staff", None))
        self.assertEqual(self.words._understand("Boka grobnik"), ("staff", "it"))

    def test_star_stands_for_any_ending(self):
        self._word("zork*", rank="staff")
        self._word("zorkan", rank="manager")
        tells = self.words._understand
        self.assertEqual(tells("Zorkovny"), ("staff", None))
        self.assertEqual(tells("zork"), ("staff", None))
        self.assertEqual(tells("Zorkan"), ("manager", None))
        self.assertEqual(tells("azork"), (None, None))

    def test_accents_count_only_where_both_have_them(self):
        self._word("bốka", rank="staff")
        tells = self.words._understand
        self.assertEqual(tells("Boka"), ("staff", None))
        self.assertEqual(tells("BO\u0302\u0301KA"), ("staff", None))
        self.assertEqual(tells("bồka"), (None, None))
        self.assertEqual(tells("gróbnik"), ("director", "it"))

    # ------------------------------------------------------------------
    # Teaching
    # ------------------------------------------------------------------

    def test_taught_title_is_understood_and_scored_by_the_next_pass(self):
        self._rule(30, "[('title_rank', '=', 'owner')]")
        leads = self._lead(function="Zork Boka") + self._lead(function="zork boka")
        self._score()
        self._run_pass()
        self._let_time_pass()
        self.assertEqual(self._unknown(self.scoring_manager), {"Zork Boka": 2})
        title = self.unknown.with_user(self.scoring_manager).search([])
        context = title.action_teach()["context"]
        self.assertEqual(context["default_name"], "Zork Boka")
        words = self.words.with_user(self.scoring_manager).with_context(**context)
        words.create({"rank": "owner"})
        self.assertEqual(leads.mapped("title_rank"), ["owner", "owner"])
        self.assertEqual(self._unknown(self.scoring_manager), {})
        self.assertFalse(self._run_pass(full=False).since)
        self.assertScores(dict.fromkeys(leads, 30))

    def test_leads_follow_changed_archived_and_deleted_words(self):
        lead = self._lead(function="Grobnik")
        self.word.rank = "owner"
        self.assertTells(lead, "owner", "it")
        self.word.active = False
        self.assertTells(lead, False)
        self.word.active = True
        self.assertTells(lead, "owner", "it")
        self.word.unlink()
        self.assertTells(lead, False)

    def test_many_leads_follow_with_the_next_pass(self):
        leads = self._lead(function="Zork") + self._lead(function="Boka", active=False)
        with patch(FEW, 1), patch(BATCH, 1):
            self._word("zork", rank="staff")
            self._word("boka", rank="manager")
            self.assertEqual(leads.mapped("title_rank"), [False, False])
            self._run_pass(full=False)
        self.assertEqual(leads.mapped("title_rank"), ["staff", "manager"])

    def test_pass_that_is_late_goes_on_next_time(self):
        self._lead(function="Zork")
        with patch(FEW, 0):
            self._word("zork", rank="staff")
        scoring_pass = self.env["lead.scoring.pass"]._start(True)
        self.assertFalse(scoring_pass._run(time.monotonic() - 1, lambda: None))
        self.assertFalse(scoring_pass.date_end)

    def test_leads_that_are_up_to_date_are_left_alone(self):
        lead = self._lead(function="Grobnik")
        before = self._versions(lead)
        self.words._refresh_now()
        self.assertEqual(self._versions(lead), before)

    def test_columns_without_values_are_filled(self):
        lead = self._lead(function="Grobnik")
        self._set_columns(lead, title_rank=None, title_department=None)
        self.words._refresh_now()
        self.assertTells(lead, "director", "it")

    def test_order_and_language_change_no_lead(self):
        self._run_pass()
        self._let_time_pass()
        self.word.lang_id = self.env.ref("base.lang_vi_VN")
        self.assertTrue(self._run_pass(full=False).since)

    # ------------------------------------------------------------------
    # Unknown titles
    # ------------------------------------------------------------------

    def test_unknown_titles_are_those_without_rank(self):
        self._word("boka", department="hr")
        self._lead(function="Boka")
        self._lead(function="Grobnik")
        self._lead(function="Zork 100%_\\", active=False)
        self._lead()
        self.assertEqual(
            self._unknown(self.scoring_manager), {"Boka": 1, "Zork 100%_\\": 1}
        )
        titles = self.unknown.with_user(self.scoring_manager).search([])
        self.assertEqual(titles.mapped("department"), ["hr", False])
        for title in titles:
            action = title.action_view_leads()
            leads = self.env["crm.lead"].with_context(**action["context"])
            self.assertEqual(
                leads.search(action["domain"]).mapped("function"), [title.name]
            )

    def test_nobody_sees_titles_or_numbers_of_others(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._lead(function="Zork")
        self._lead(function="Zork", company_id=other.id)
        self._lead(function="Secret", company_id=other.id)
        self.assertEqual(self._unknown(self.scoring_manager), {"Zork": 1})
        self._show_only_own_leads(self.scoring_manager)
        self._lead(function="Mine", user_id=self.scoring_manager.id)
        self.assertEqual(self._unknown(self.scoring_manager), {"Mine": 1})
        hidden = self.unknown.sudo().search([("name", "=", "Secret")])
        with self.assertRaises(AccessError):
            self.env.invalidate_all()
            hidden.with_user(self.salesman).read(["lead_count"])
        self.assertFalse(hidden.with_user(self.scoring_manager).exists())

    def test_screens(self):
        self._lead(function="Zork")
        for action in ("word", "unknown"):
            self._read_screen(
                self.scoring_manager, f"lead_scoring.lead_scoring_title_{action}_action"
            )

    # ------------------------------------------------------------------
    # Who may, and what
    # ------------------------------------------------------------------

    def test_salespeople_read_words_and_scoring_managers_change_them(self):
        self.assertEqual(self.word.with_user(self.salesman).rank, "director")
        for change in (
            lambda user: self.word.with_user(user).write({"rank": "staff"}),
            lambda user: self.words.with_user(user).create(
                {"name": f"zork {user.login}", "rank": "staff"}
            ),
            lambda user: (
                self._word(f"b {user.login}", rank="staff").with_user(user).unlink()
            ),
        ):
            change(self.scoring_manager)
            with self.assertRaises(AccessError):
                change(self.salesman)

    def test_words_of_all_companies_are_changed_by_who_acts_in_all(self):
        other = self.env["res.company"].create({"name": "Other"})
        word = self.word.with_user(self.scoring_manager)
        for change in (
            lambda: word.write({"rank": "staff"}),
            lambda: word.copy({"name": "zork"}),
            word.unlink,
        ):
            with self.assertRaises(AccessError):
                change()
        self.scoring_manager.sudo().company_ids += other
        word.rank = "staff"
        self.assertEqual(self.word.rank, "staff")

    def test_words_that_say_nothing_are_refused(self):
        for name in ("***", " - ", "a*", "ab* zork", "zo*rk", "zork **"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self._word(name, rank="staff")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._word("zork")

    @mute_logger("odoo.sql_db")
    def test_a_word_is_there_once(self):
        with self.assertRaises(IntegrityError):
            self._word("  GROBNIK ", rank="staff")

    def test_update_keeps_changes_and_brings_nothing_back(self):
        owner = self.env.ref("lead_scoring.title_en_owner")
        owner.rank = "staff"
        self.env.ref("lead_scoring.title_en_founder").unlink()
        convert_file(self.env, "lead_scoring", DATA, {}, mode="update")
        self.assertEqual(owner.rank, "staff")
        self.assertFalse(self.env.ref("lead_scoring.title_en_founder", False))

    def test_update_of_an_older_database_brings_the_words(self):
        words = self.env["lead.scoring.title.word"].with_context(active_test=False)
        self.word.unlink()
        before = words.search_count([])
        words.search([]).unlink()
        lead = self._lead(function="Head of Sales")
        self.assertFalse(lead.title_rank)
        path = f"{get_module_path('lead_scoring')}/migrations/19.0.2.1.0"
        migration = load_script(f"{path}/post-migration.py", "post_19_0_2_1_0")
        self.env.flush_all()
        migration.migrate(self.env.cr, "19.0.2.0.0")
        self.env.invalidate_all()
        self.assertEqual(words.search_count([]), before)
        self.assertEqual(lead.title_rank, "director")
