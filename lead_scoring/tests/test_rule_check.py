from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

from ..models.rule.lead_scoring_rule_check import MISTAKES
from ..tools.domain_text import MAX_DEPTH


@tagged("post_install", "-at_install")
class TestRuleCheck(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env,
            "scoring_author",
            groups="lead_scoring.group_scoring_manager,sales_team.group_sale_salesman",
        )
        cls.checker = cls.env["lead.scoring.rule.check"].with_user(cls.user)

    def check_accepted(self, *texts, model="crm.lead", lang="en_US"):
        for text in texts:
            with self.subTest(text=text):
                domain = self.checker._check(model, text, lang=lang, tz="UTC")
                self.assertIsInstance(domain, Domain)

    def check_refused(self, text, *parts, model="crm.lead", lang="en_US", checker=None):
        """Check that ``text`` is refused, with all of ``parts`` in the message."""
        checker = self.checker if checker is None else checker
        with self.subTest(text=text), self.assertRaises(ValidationError) as caught:
            checker._check(model, text, lang=lang, tz="UTC")
        for part in parts:
            self.assertIn(part, str(caught.exception))

    # ------------------------------------------------------------------
    # Texts
    # ------------------------------------------------------------------

    def test_empty_text_is_all_records(self):
        for text in ("", False, "[]"):
            self.assertTrue(self.checker._check("crm.lead", text).is_true())

    def test_text_is_read_into_a_domain(self):
        text = "['|', ('a', '=', 1), ('b', 'any', [('c', '!=', False)])]"
        self.assertEqual(
            list(self.checker._read(text)),
            ["|", ("a", "=", 1), ("b", "any", [("c", "!=", False)])],
        )

    def test_mistake_is_said_with_fragment_and_correction(self):
        with self.assertRaises(ValidationError) as caught:
            self.checker._read("[(country_id, '=', 'Belgium')]")
        self.assertEqual(
            str(caught.exception),
            "Names, operators and texts need quotation marks: country_id\n"
            "Write: [('country_id', '=', 'Belgium')]",
        )

    def test_long_fragment_is_cut(self):
        with self.assertRaises(ValidationError) as caught:
            self.checker._read("hello('" + "x" * 500 + "')")
        self.assertLess(len(str(caught.exception)), 200)

    def test_every_mistake_has_a_sentence(self):
        texts = {
            "call": "[('a', '=', f())]",
            "condition_shape": "[()]",
            "control_character": "\x00",
            "current_user": "[('a', '=', uid)]",
            "field_name": "[(1, '=', 2)]",
            "not_a_list": "1",
            "syntax": "a b",
            "too_deep": f"[('{'a.' * MAX_DEPTH}a', '=', 1)]",
            "too_long": "x" * 99999,
            "unknown_operator": "[('a', 'near', 1)]",
            "unquoted": "a",
            "value": "[('a', '=', 1j)]",
            "wrong_arity": "['&']",
        }
        self.assertEqual(texts.keys(), MISTAKES.keys())
        for problem, text in texts.items():
            sentence = self.env._(MISTAKES[problem])
            self.check_refused(text, sentence)

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    def test_fields_and_paths_are_known(self):
        self.check_accepted(
            "[('email_from', 'ilike', '@example.com'), ('active', '=', True)]",
            "[('country_id.code', '=', 'BE')]",
            "[('partner_id', 'any', [('country_id.name', 'ilike', 'bel')])]",
            "['!', ('tag_ids.name', '=', 'Hot')]",
            "[('id', 'any', [('name', 'ilike', 'x')])]",
            "[('partner_id', 'child_of', 1)]",
            "[('won_status', '=', 'pending'), ('stage_id.is_won', '=', False)]",
            "[(1, '=', 1)]",
        )

    def test_unknown_field_is_named_with_the_nearest_one(self):
        self.check_refused(
            "[('emial_from', '=', 1)]", "Lead", "emial_from", "email_from"
        )
        self.check_refused("[('country_id.cod', '=', 1)]", "Country", "«code»")
        self.check_refused(
            "[('partner_id', 'any', [('zzip', '=', 1)])]", "Contact", "«zip»"
        )
        self.check_refused("[('wxyz', '=', 1)]", "Lead has no field «wxyz».")

    def test_path_goes_through_relations_only(self):
        reason = "«Email» does not link to other records"
        self.check_refused("[('email_from.name', '=', 1)]", reason)
        self.check_refused("[('email_from', 'any', [('name', '=', 1)])]", reason)
        self.check_refused("[('email_from', 'child_of', 1)]", reason)

    def test_part_of_a_date_is_a_number(self):
        self.check_accepted("[('create_date.month_number', 'in', [6, 7])]")
        self.check_refused("[('create_date.month_number', '=', 'June')]", "number")
        self.check_refused("[('create_date.month', '=', 6)]", "month_number")

    def test_field_that_can_not_be_searched_is_refused(self):
        self.check_refused(
            "[('visitor_page_count', '>', 3)]",
            "can't be searched",
            "«score_pageview_ids»",
        )
        self.check_accepted("[('score_pageview_ids', '!=', False)]")

    def test_results_of_scoring_are_refused(self):
        for path, value in (
            ("score", 10),
            ("temperature", "'hot'"),
            ("segment_date", "'-7d'"),
            ("score_id", 1),
            ("partner_id.opportunity_ids.fit_score", 1),
        ):
            self.check_refused(f"[('{path}', '=', {value})]", "is computed by scoring")
        self.check_refused(
            "[('visitor_id.lead_ids.score', '>', 1)]",
            "is computed by scoring",
            model="website.track",
        )
        self.check_accepted("[('partner_id.opportunity_ids.priority', '=', '3')]")

    def test_field_that_shows_a_result_is_a_result(self):
        self.env["ir.model.fields"].create(
            {
                "name": "x_points",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "ttype": "integer",
                "related": "score_id.score",
                "store": False,
                "readonly": True,
            }
        )
        self.check_refused("[('x_points', '>', 1)]", "is computed by scoring")

    def test_properties_are_refused(self):
        for path in ("lead_properties", "lead_properties.size"):
            self.check_refused(f"[('{path}', '!=', False)]", "loses its properties")

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def test_number_is_not_compared_with_a_text(self):
        self.check_accepted("[('expected_revenue', '>', 100), ('color', '!=', False)]")
        self.check_refused("[('expected_revenue', '>', 'abc')]", "'abc' is a text")
        self.check_refused(
            "[('color', 'in', [1, '2'])]", "Write: ('color', 'in', [1, 2])"
        )

    def test_dates_are_fixed_or_relative(self):
        for date in ("2026-05-31", "-7d", "today -1m", "=monday", "today =1d -1m"):
            self.check_accepted(f"[('create_date', '>=', '{date}')]")
            self.check_accepted(f"[('date_deadline', '<', '{date}')]")
        self.check_accepted("[('create_date', '<', '2026-05-31 12:00:00')]")
        self.check_accepted("[('date_deadline', '=', False)]")
        for date in ("'yesterday'", "'2026-13-01'", "'31/05/2026'", "7", "'+9999999d'"):
            self.check_refused(f"[('create_date', '>=', {date})]", date, "'-7d'")

    def test_selection_has_the_value(self):
        self.check_accepted("[('type', '=', 'lead'), ('priority', 'in', ['1', '2'])]")
        self.check_accepted("[('priority', '>=', '2')]", "[('priority', '=', False)]")
        self.check_refused("[('type', '=', 'none')]", "'lead' (Lead)", "'opportunity'")
        self.check_refused("[('priority', '=', 1)]", "'1' (Medium)")
        self.check_refused(
            "[('type', '!=', 'Opportunity')]", "Write: ('type', '!=', 'opportunity')"
        )

    def test_only_yes_no_fields_are_true(self):
        self.check_accepted("[('active', '=', True), ('active', 'in', [True, False])]")
        self.check_refused(
            "[('email_from', '=', True)]", "Write: ('email_from', '!=', False)"
        )
        self.check_refused(
            "[('partner_id', '!=', True)]", "Write: ('partner_id', '=', False)"
        )
        self.check_refused("[('type', 'in', ['lead', True])]", "not a yes/no field")

    def test_yes_no_fields_are_nothing_else(self):
        for condition in ("'=', 'yes'", "'>', False", "'ilike', 'x'"):
            self.check_refused(f"[('active', {condition})]", "('active', '=', True)")

    def test_file_is_only_asked_whether_it_is_set(self):
        self.check_accepted("[('partner_id.image_1920', '!=', False)]")
        self.check_refused(
            "[('partner_id.image_1920', 'ilike', 'x')]",
            "Write: ('partner_id.image_1920', '!=', False)",
        )

    def test_pattern_does_not_end_in_a_lone_backslash(self):
        self.check_accepted(r"[('name', 'ilike', 'a\\\\'), ('name', 'ilike', '\\\\b')]")
        for operator in ("ilike", "not like", "=ilike"):
            self.check_refused(
                rf"[('name', '{operator}', 'a\\')]",
                rf"Write: ('name', '{operator}', 'a\\\\')",
            )

    def test_one_value_operators_take_no_list(self):
        self.check_refused("[('name', 'ilike', ['a', 'b'])]", "'ilike'", "list")
        self.check_refused("[('expected_revenue', '>', [1])]", "'>'", "list")

    def test_page_views_are_compared_by_url(self):
        self.check_accepted(
            "[('score_pageview_ids.url', 'ilike', '/pricing')]",
            "[('score_pageview_ids', 'any', [('url', 'ilike', '/pricing')])]",
        )
        for path in ("score_pageview_ids", "score_pageview_ids.display_name"):
            self.check_refused(
                f"[('{path}', 'ilike', '/pricing')]",
                "Write: ('score_pageview_ids.url', 'ilike', '/pricing')",
            )
        self.check_refused("[('score_pageview_ids', '=', '/x')]", ".url', '=', '/x'")

    def test_stream_has_its_own_model(self):
        self.check_accepted(
            "[('url', 'ilike', '/pricing'), ('visit_datetime', '>=', '-30d')]",
            model="website.track",
        )
        self.check_refused("[('email_from', '=', 1)]", "Pages", model="website.track")

    # ------------------------------------------------------------------
    # Names and languages
    # ------------------------------------------------------------------

    def test_record_is_named_in_the_language_of_the_author(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        belgium = self.env.ref("base.be")
        belgium.with_context(lang="uk_UA").name = "Бельгія"
        belgium.with_context(lang="en_US").name = "Belgium"
        self.check_accepted("[('country_id', '=', 'Belgium')]")
        self.check_accepted("[('country_id', 'in', ['Бельгія'])]", lang="uk_UA")
        self.check_refused(
            "[('country_id', '=', 'Belgium')]",
            "Write: ('country_id', '=', 'Бельгія')",
            lang="uk_UA",
        )
        self.check_refused(
            "[('country_id', 'not in', ['Бельгія', 'France'])]",
            "Write: ('country_id', 'not in', ['Belgium', 'France'])",
        )

    def test_name_that_no_record_has_yet_is_accepted(self):
        self.check_accepted("[('stage_id', '=', 'Atlantis'), ('tag_ids', '=', 'Soon')]")

    def test_names_are_not_told_to_who_may_not_read_them(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        tag = self.env["crm.tag"].create({"name": "Hidden"})
        tag.with_context(lang="uk_UA").name = "Приховане"
        text = "[('tag_ids', '=', 'Hidden')]"
        self.check_refused(text, "Приховане", lang="uk_UA")
        self.env["ir.rule"].create(
            {
                "name": "nobody",
                "model_id": self.env["ir.model"]._get_id("crm.tag"),
                "domain_force": "[('name', '!=', 'Hidden')]",
            }
        )
        with self.assertRaisesRegex(ValidationError, "may not see all") as caught:
            self.checker._check("crm.lead", text, lang="uk_UA", tz="UTC")
        self.assertNotIn("Приховане", str(caught.exception))

    # ------------------------------------------------------------------
    # Users
    # ------------------------------------------------------------------

    def test_condition_that_depends_on_the_user_is_refused(self):
        for condition in (
            "('message_is_follower', '=', True)",
            "('my_activity_date_deadline', '<', '=monday')",
            "('partner_id.message_needaction', '=', True)",
            "('partner_id', 'any', [('message_is_follower', '=', True)])",
        ):
            self.check_refused(f"[{condition}]", "depends on the user")

    def test_condition_that_depends_on_the_moment_is_accepted(self):
        self.check_accepted(
            "[('activity_state', '=', 'overdue')]",
            "[('activity_date_deadline', '<', '=monday')]",
            "[('message_partner_ids', 'in', [1])]",
            "[('create_date', '>', '-1H')]",
        )

    def test_author_must_be_allowed_to_read_the_field(self):
        self.check_refused(
            "[('partner_id.signup_type', '=', 'x')]",
            "You have no access",
            "signup_type",
        )
        self.check_accepted("[('partner_id.name', '=', 'x')]")

    def test_saving_checks_as_the_author(self):
        domain = "[('partner_id.signup_type', '=', 'x')]"
        vals = {"name": "Secret", "domain": domain}
        for model, more in (
            ("lead.scoring.rule", {"value": 1}),
            ("lead.scoring.model", {}),
        ):
            records = self.env[model].with_user(self.user)
            with (
                self.assertRaisesRegex(ValidationError, "no access to"),
                self.env.cr.savepoint(),
            ):
                records.create({**vals, **more})
            record = records.create({**vals, **more, "domain": "[]"})
            with self.assertRaisesRegex(ValidationError, "no access to"):
                record.domain = domain

    def test_author_must_be_allowed_to_read_the_records(self):
        public = new_test_user(self.env, "scoring_stranger", groups="base.group_public")
        checker = self.env["lead.scoring.rule.check"].with_user(public)
        self.check_refused("[('name', '=', 'x')]", "no access to", checker=checker)
        self.check_refused("[]", "no access to", checker=checker)

    def test_superuser_is_asked_no_rights_but_all_else(self):
        checker = self.checker.sudo()
        checker._check("crm.lead", "[('partner_id.signup_type', '=', 'x')]")
        self.check_refused("[('score', '>', 1)]", "by scoring", checker=checker)
        self.check_refused(
            "[('message_is_follower', '=', True)]",
            "depends on the user",
            checker=checker,
        )

    # ------------------------------------------------------------------
    # Execution
    # ------------------------------------------------------------------

    def test_what_the_database_refuses_is_refused(self):
        self.env["crm.lead"].create({"name": "Any"})
        failing = Domain.custom(to_sql=lambda *args: SQL("name::integer = 1"))
        Lead = self.env.registry["crm.lead"]
        self.patch(Lead, "_search_score_pageview_ids", lambda *args: failing)
        self.check_refused(
            "[('score_pageview_ids', '!=', False)]",
            "Odoo can't search",
            "score_pageview_ids",
            "invalid input syntax",
        )
        # and the transaction goes on
        self.check_accepted("[('name', '=', 'Any')]")

    def test_what_a_search_method_refuses_is_refused(self):
        def search(*args):
            raise KeyError("no such key")

        Lead = self.env.registry["crm.lead"]
        self.patch(Lead, "_search_score_pageview_ids", search)
        self.check_refused("[('score_pageview_ids', '!=', False)]", "no such key")

    def test_deepest_domain_is_executed(self):
        depth = MAX_DEPTH - 2
        path = ".".join(["partner_id"] + ["child_ids"] * (depth - 1))
        self.check_accepted(f"[('{path}.name', '=', 'x')]")
