from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestLanguages(LeadScoringCommon):
    """A rule means what its author meant, whoever reads it or runs the pass."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("vi_VN", "uk_UA"):
            cls.env["res.lang"]._activate_lang(code)
        cls.france = cls.env.ref("base.fr")
        # of the test, for the languages' own terms are not loaded
        for country, vi, uk in (
            (cls.belgium, "Bỉ", "Бельгія"),
            (cls.france, "Pháp", "Франція"),
        ):
            country.with_context(lang="en_US").name = {
                cls.belgium: "Belgium",
                cls.france: "France",
            }[country]
            country.with_context(lang="vi_VN").name = vi
            country.with_context(lang="uk_UA").name = uk
        cls.authors = {
            lang: cls._user(
                f"author-{lang}", "lead_scoring.group_scoring_manager", lang=lang
            )
            for lang in ("en_US", "vi_VN", "uk_UA")
        }

    def _rule_by(self, lang, name, value=10):
        """Return the rule that an author of this language writes on a country."""
        author = self.authors[lang]
        rules = self.env["lead.scoring.rule"].with_user(author).with_context(lang=lang)
        return rules.create(
            {
                "name": name,
                "value": value,
                "domain": f"[('country_id', '=', '{name}')]",
                "model_id": self.scoring_model.id,
            }
        )

    def test_each_author_in_the_own_language(self):
        rules = (
            self._rule_by("en_US", "Belgium", 1)
            + self._rule_by("vi_VN", "Bỉ", 20)
            + self._rule_by("uk_UA", "Бельгія", 300)
        )
        self.assertEqual(rules.mapped("lang"), ["en_US", "vi_VN", "uk_UA"])
        lead = self._lead(country_id=self.belgium.id)
        other = self._lead(country_id=self.france.id)
        self._score()
        self.assertScores({lead: 321, other: 0})

    def test_same_score_for_every_reader(self):
        self._rule_by("vi_VN", "Bỉ")
        lead = self._lead(country_id=self.belgium.id)
        self._score()
        for lang in (None, "en_US", "vi_VN", "uk_UA"):
            with self.subTest(lang=lang):
                read = lead.with_context(lang=lang)
                read.invalidate_recordset()
                self.assertScores({read: 10})
                read.action_score_now()
                self.assertScores({read: 10})

    def test_same_score_whoever_writes_the_lead_or_runs_the_pass(self):
        rule = self._rule_by("uk_UA", "Бельгія")
        lead = self._lead()
        for lang in ("vi_VN", "en_US", "uk_UA"):
            with self.subTest(lang=lang):
                lead.with_context(lang=lang).country_id = self.belgium
                self._score()
                self.assertScores({lead: 10})
                lead.with_context(lang=lang).country_id = self.france
                self._score()
                self.assertScores({lead: 0})
                lead.country_id = self.belgium
                scoring_pass = self.env["lead.scoring.pass"].with_context(lang=lang)
                scoring_pass._start(True)._run(float("inf"), lambda: None)
                self.assertScores({lead: 10})
                action = rule.with_context(lang=lang).action_view_leads()
                found = self.env["crm.lead"].with_context(lang=lang)
                self.assertEqual(found.search(action["domain"]), lead)

    def test_same_text_in_two_languages_is_two_things(self):
        """A Vietnamese name that is the English name of another country."""
        self.france.with_context(lang="vi_VN").name = "Belgium"
        self._rule_by("en_US", "Belgium", 1)
        self._rule_by("vi_VN", "Belgium", 20)
        belgian = self._lead(country_id=self.belgium.id)
        french = self._lead(country_id=self.france.id)
        self._score()
        self.assertScores({belgian: 1, french: 20})

    def test_author_of_the_domain_is_who_wrote_it_last(self):
        rule = self._rule_by("en_US", "Belgium")
        editor = rule.with_user(self.authors["vi_VN"]).with_context(lang="vi_VN")
        editor.value = 11
        self.assertEqual(rule.lang, "en_US", "Points are read alike everywhere.")
        editor.domain = "[('country_id', '=', 'Bỉ')]"
        self.assertEqual(rule.lang, "vi_VN")
        lead = self._scored_lead(country_id=self.belgium.id)
        self.assertScores({lead: 11})

    def test_copied_rule_means_the_same(self):
        """Whoever copies it, and with its model too."""
        rule = self._rule_by("vi_VN", "Bỉ")
        lead = self._lead(country_id=self.belgium.id)
        english = rule.with_user(self.authors["en_US"]).with_context(lang="en_US")
        copied = english.copy()
        self.assertEqual((copied.lang, copied.tz), (rule.lang, rule.tz))
        self._score()
        self.assertScores({lead: 20})
        scoring_model = english.model_id.copy({"sequence": 1})
        scoring_model.sudo().state = "live"
        self.assertEqual(len(scoring_model.rule_ids), 2)
        self._run_pass(full=False)
        self.assertScores({lead: 20})

    def test_copied_model_means_the_same(self):
        author = self.authors["vi_VN"]
        Model = self.env["lead.scoring.model"].with_user(author)
        Model = Model.with_context(lang="vi_VN")
        model = Model.create(
            {
                "name": "Bỉ",
                "sequence": 1,
                "domain": "[('country_id', '=', 'Bỉ')]",
            }
        )
        model.sudo().state = "live"
        lead = self._scored_lead(country_id=self.belgium.id)
        self.assertEqual(lead.score_id.model_id, model)
        copied = model.with_user(self.authors["en_US"]).with_context(lang="en_US")
        copied = copied.copy({"sequence": 0})
        copied.sudo().state = "live"
        self._run_pass(full=False)
        self.assertEqual(lead.score_id.model_id, copied)

    def test_name_of_another_language_is_refused_with_the_own_one(self):
        with self.assertRaisesRegex(ValidationError, "Bỉ.*Belgium"):
            self._rule_by("en_US", "Bỉ")

    def test_language_switched_off_later(self):
        """What does not depend on it goes on."""
        rule = self._rule_by("vi_VN", "Bỉ")
        rule.with_user(
            self.authors["vi_VN"]
        ).domain = "[('country_id.code', '=', 'BE')]"
        lead = self._scored_lead(country_id=self.belgium.id)
        self.authors["vi_VN"].lang = "en_US"
        self.env["res.lang"]._lang_get("vi_VN").active = False
        self._run_pass()
        self.assertScores({lead: 10})

    def test_rule_with_names_of_a_language_switched_off_later_says_so(self):
        rule = self._rule_by("vi_VN", "Bỉ")
        lead = self._scored_lead(country_id=self.belgium.id)
        self.assertScores({lead: 10})
        self.authors["vi_VN"].lang = "en_US"
        self.env["res.lang"]._lang_get("vi_VN").active = False
        self._run_pass()
        self.assertScores({lead: 0})
        self.assertIn("vi_VN", rule.error)

    def test_explanation_is_in_the_language_of_the_reader(self):
        rule = self._rule_by("en_US", "Belgium")
        rule.with_context(lang="vi_VN").name = "Nước Bỉ"
        lead = self._scored_lead(country_id=self.belgium.id)
        for lang, name in (("en_US", "Belgium"), ("vi_VN", "Nước Bỉ")):
            read = lead.with_context(lang=lang)
            read.invalidate_recordset()
            [line] = read.score_explanation["rules"]
            self.assertEqual(line["name"], name)

    def test_texts_are_in_each_readers_language_within_one_transaction(self):
        """A mail is written for one reader after another."""
        rule = self._rule_by("en_US", "Belgium")
        rule.with_context(lang="vi_VN").name = "Nước Bỉ"
        lead = self._scored_lead(country_id=self.belgium.id)
        for lang, name in (
            ("en_US", "Belgium"),
            ("vi_VN", "Nước Bỉ"),
            (None, "Belgium"),
        ):
            read = lead.with_context(lang=lang)
            self.assertEqual(read.score_explanation["rules"][0]["name"], name)
            self.assertIn(name, read.score_explanation_text)
        note = self.env.registry["crm.team"]._routing_notes
        self.patch(
            self.env.registry["crm.team"],
            "_routing_notes",
            lambda teams, leads: {key: teams.env.lang for key in note(teams, leads)},
        )
        for lang in ("en_US", "vi_VN"):
            self.assertEqual(lead.with_context(lang=lang).routing_note, lang)
