from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import Query

from .common import LeadScoringCommon

LASTING = [
    "[]",
    "[('city', '=', 'Ghent')]",
    "[('expected_revenue', '>=', 50000), ('priority', 'in', ['2', '3'])]",
    "['|', ('email_from', '=ilike', '%.edu'), ('phone', '=', False)]",
    "[('country_id', '=', 'Belgium')]",
    "[('country_id', '!=', 'Belgium')]",
    "['!', ('country_id.code', 'in', ['BE', 'FR'])]",
    "[('partner_id.country_id.code', '=', 'BE')]",
    "[('source_id.name', 'ilike', 'newsletter')]",
    "[('stage_id', 'in', ['New', False])]",
    "[('lang_id', 'any', [('code', '=', 'en_US')])]",
]
PASSING = {
    "a date that moves": "[('create_date', '>=', '-30d')]",
    "a day, which begins with the time zone": "[('date_deadline', '<=', 'today')]",
    "a part of a date": "[('create_date.month_number', '=', 3)]",
    "a date further on": "[('partner_id.create_date', '>=', '-30d')]",
    "a name that an add-on searches": "[('user_id', '=', 'Marc Demo')]",
    "records below one": "[('partner_id', 'child_of', 'Azure Interior')]",
    "a value of the company": "[('partner_id.barcode', '=', '42')]",
    "a field that is searched": "[('partner_id.user_id.login_date', '!=', False)]",
    "records of others": "[('tag_ids', 'in', 'VIP')]",
    "page views": "[('score_pageview_ids.url', 'ilike', '/price')]",
    "one of each": "[('city', '=', 'Ghent'), ('create_date', '>=', '-30d')]",
}


@tagged("post_install", "-at_install")
class TestDomainMeaning(LeadScoringCommon):
    """What is kept of a compiled domain, and that it goes on meaning the same."""

    def _lasting(self, text, lang="en_US"):
        return self.env["lead.scoring.engine"]._compile_lasting(text, lang)

    def test_what_is_kept_is_what_would_be_compiled(self):
        engine = self.env["lead.scoring.engine"]
        other = self.env["res.company"].create({"name": "Other"})
        leads = engine._compile_env(other, "en_US", "Asia/Tokyo")["crm.lead"]
        for text in LASTING:
            with self.subTest(text):
                query = Query(leads.env, leads._table, leads._table_sql)
                domain = engine._parse("crm.lead", text).optimize_full(leads)
                condition = domain._to_sql(leads, "crm_lead", query)
                self.assertEqual(self._lasting(text), (condition, query._joins))

    def test_what_depends_on_more_than_the_text_is_not_kept(self):
        for reason, text in PASSING.items():
            with self.subTest(reason):
                self.assertIsNone(self._lasting(text))

    def test_it_is_kept_for_each_language(self):
        self.env["res.lang"]._activate_lang("vi_VN")
        text = "[('country_id', '=', 'Belgium')]"
        self.assertNotEqual(self._lasting(text), self._lasting(text, "vi_VN"))

    def test_what_lasts_is_not_compiled_again_where_the_rest_is(self):
        lasting = self._rule(7, "[('country_id', '=', 'Belgium')]")
        passing = self._rule(7, "[('user_id', '!=', 'Nobody there')]")
        lead = self._scored_lead(country_id=self.belgium.id)
        engine = self.env["lead.scoring.engine"]
        original = type(engine)._parse
        with patch.object(type(engine), "_parse", autospec=True) as parse:
            parse.side_effect = original
            lead._score_now()
        parsed = [call.args[2] for call in parse.call_args_list]
        self.assertIn(passing.domain, parsed)
        self.assertNotIn(lasting.domain, parsed)
        self.assertEqual(lead.score, 14)

    def test_a_name_is_looked_up_each_time(self):
        self._rule(7, "[('country_id', '=', 'Freedonia')]")
        lead = self._scored_lead(country_id=self.belgium.id)
        self.assertEqual(lead.score, 0)
        self.belgium.name = "Freedonia"
        lead._score_now()
        self.assertScores({lead: 7})
