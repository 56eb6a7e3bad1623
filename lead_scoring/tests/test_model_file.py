import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.scoring_model.lead_scoring_model_file import FORMAT

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestModelFile(HttpCase, LeadScoringCommon):
    """Export and import of a model."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls._rule(40, name="Ghent")
        cls._page_view_rule(
            -9, half_life=7.5, maximum=30, name="Цiни", tz="Asia/Saigon"
        )
        cls._rule(3, "[]", name="Paused", active=False)
        cls.scoring_model.write(
            {"name": "A / “B”", "hot_score": 90, "domain": "[('phone', '!=', False)]"}
        )

    def _import(self, data, user=None):
        """Import as the window does; ``data`` is JSON, or the file's bytes."""
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        wizard = self.env["lead.scoring.import"].with_user(user or self.scoring_manager)
        action = wizard.create({"file": base64.b64encode(content)}).action_import()
        return self.env["lead.scoring.model"].browse(action["res_id"])

    def _file(self, **changes):
        data = {
            "format": FORMAT,
            "version": 1,
            "name": "Imported",
            "rules": [{"name": "First", "value": 1, "domain": "[]"}],
        }
        return {**data, **changes}

    def _rules_file(self, **changes):
        return self._file(rules=[*self._file()["rules"], self._rule_part(**changes)])

    def _rule_part(self, **changes):
        return {"name": "Second", "value": 2, "domain": "[]", **changes}

    def assertRefused(self, data, *reasons):
        """Nothing is left of a file that is refused, and the reason is said."""
        count = self.env["lead.scoring.model"].search_count([])
        with (
            mute_logger("odoo.sql_db", "odoo.addons.lead_scoring"),
            self.assertRaises(UserError) as caught,
        ):
            self._import(data)
        for reason in reasons:
            self.assertIn(reason, str(caught.exception))
        self.assertEqual(self.env["lead.scoring.model"].search_count([]), count)

    # ------------------------------------------------------------------
    # Round trip
    # ------------------------------------------------------------------

    def test_download_and_import(self):
        action = self.scoring_model.with_user(self.scoring_manager).action_export()
        self.authenticate("scoring-manager", "scoring-manager")
        response = self.url_open(action["url"])
        self.assertEqual(response.status_code, 200)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertIn("\n  ", response.text, "people can read it")
        self.assertIn("Цiни", response.text)
        draft = self._import(response.content)
        self.assertEqual((draft.state, draft.origin_id.id), ("draft", False))
        self.assertEqual(draft._to_file(), self.scoring_model._to_file())
        rules = draft.with_context(active_test=False).rule_ids
        self.assertEqual(rules.mapped("name"), ["Ghent", "Цiни", "Paused"])
        self.assertEqual(rules[1].tz, "Asia/Saigon")
        self.assertEqual(rules[2].active, False)

    def test_salesman_downloads_nothing(self):
        action = self.scoring_model.action_export()
        self.authenticate("salesman", "salesman")
        response = self.url_open(action["url"])
        self.assertNotEqual(response.status_code, 200)

    def test_salesman_imports_nothing(self):
        with self.assertRaises(AccessError):
            self._import(self._file(), user=self.salesman)
        with self.assertRaises(AccessError):
            self.env["lead.scoring.model"].with_user(self.salesman)._from_file(
                json.dumps(self._file()).encode()
            )

    def test_file_with_a_byte_order_mark(self):
        self.assertTrue(
            self._import(b"\xef\xbb\xbf" + json.dumps(self._file()).encode())
        )

    def test_imported_model_comes_first(self):
        draft = self._import(self._file())
        self.assertLess(draft.sequence, self.scoring_model.sequence)

    # ------------------------------------------------------------------
    # Bad files
    # ------------------------------------------------------------------

    def test_no_model_file(self):
        for content in (b" ", b"{", b"\xff\xfe", b"[" * 200_000, b'{"value": NaN}'):
            self.assertRefused(content, "not a JSON file")
        for data in ([], 1, {}, {"format": "other"}, {"rules": []}):
            self.assertRefused(data, "no scoring model")

    def test_other_version(self):
        for version in (0, 2, "1", True, None, [1]):
            self.assertRefused(self._file(version=version), "version")

    def test_too_large(self):
        self.assertRefused(b" " * 1_000_001, "larger than a megabyte")
        self.assertRefused(self._file(rules=[{}] * 501), "at most 500")

    def test_unknown_fields(self):
        self.assertRefused(self._file(state="live"), "The model", "state")
        self.assertRefused(self._file(company_id=1), "The model", "company_id")
        self.assertRefused(
            self._rules_file(match_count=1), "Rule 2, «Second»", "match_count"
        )

    def test_missing_fields(self):
        data = self._file()
        del data["name"]
        self.assertRefused(data, "The model", "name")
        self.assertRefused(self._file(rules=[{"name": "First"}]), "Rule 1", "value")

    def test_wrong_values(self):
        for field, value in (
            ("value", "10"),
            ("value", 1.5),
            ("value", True),
            ("value", None),
            ("value", 10**12),
            ("maximum", {}),
            ("half_life", "x"),
            ("active", 1),
            ("name", 5),
            ("name", "a\0b"),
            ("domain", [["city", "=", "Ghent"]]),
            ("dimension", "size"),
            ("source", "telepathy"),
            ("tz", "Mars/Olympus"),
            ("lang", "xx_XX"),
        ):
            with self.subTest(field=field, value=value):
                self.assertRefused(
                    self._rules_file(**{field: value}), "Rule 2", f"«{field}» is wrong"
                )
        for rules in (5, {}, "[]"):
            self.assertRefused(self._file(rules=rules), "must be a list")
        self.assertRefused(self._file(rules=["x"]), "Rule 1")

    def test_constraints(self):
        self.assertRefused(self._rules_file(value=10_001), "«Second»", "between")
        self.assertRefused(self._rules_file(half_life=-1), "«Second»", "half-life")
        self.assertRefused(self._file(warm_score=70), "«Imported»", "higher")

    def test_domains_are_checked(self):
        for domain, reason in (
            ("__import__('os').system('true')", "run code"),
            ("[('create_date', '>', datetime.now())]", "run code"),
            ("[('nonsense', '=', 1)]", "nonsense"),
            ("[('score', '>', 1)]", "is computed by scoring"),
            ("[('user_id', '=', uid)]", "the current user"),
        ):
            with self.subTest(domain):
                self.assertRefused(
                    self._rules_file(domain=domain), "Rule 2, «Second»", reason
                )
                self.assertRefused(self._file(domain=domain), "The model", reason)

    def test_domains_are_checked_as_the_importing_user(self):
        """A file opens no door that the user could not open."""
        self.assertRefused(
            self._rules_file(domain="[('partner_id.signup_type', '=', 'x')]"),
            "Rule 2, «Second»",
            "no access to",
        )

    def test_language_that_is_off(self):
        """Names would quietly mean something else."""
        off = self.env["res.lang"].with_context(active_test=False)
        off = off.search([("active", "=", False)], limit=1)
        named = "[('country_id', '=', 'Belgium')]"
        self.assertRefused(
            self._rules_file(lang=off.code, domain=named), "«Second»", off.code
        )
        plain = "[('city', '=', 'Ghent')]"
        self.assertTrue(self._import(self._rules_file(lang=off.code, domain=plain)))
