from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from ..tools.lower_case import lower_once
from ..tools.temp_table_streams import TempTableStreams
from .common import LeadScoringCommon

NAMES = ["Webinar 50% off", "webinar", "WEB_INAR", "Вебінар", "вебінар", "İstanbul", ""]
NAMES += ["back\\slash", "Straße", "STRASSE", "K\u212aelvin"]
VALUES = ["WEBINAR", "web%", "web_inar", "50\\%", "ВЕБІНАР", "i", "strasse", "kk", "a"]
VALUES += ["webinar", "back\\\\slash", "%"]


@tagged("post_install", "-at_install")
class TestLowerCase(LeadScoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.events = cls.env["lead.scoring.event"].create(
            [
                {"kind": "event", "name": name or "?", "url": name, "lead_id": lead.id}
                for lead in cls.env["crm.lead"].create({"name": "Lower"})
                for name in NAMES
            ]
        )

    def test_finds_what_ilike_finds(self):
        for operator in ("ilike", "not ilike", "=ilike", "not =ilike"):
            for field in ("name", "url"):
                for value in VALUES:
                    with self.subTest(operator=operator, field=field, value=value):
                        self._check(Domain(field, operator, value))

    def test_leaves_the_rest_of_the_domain_alone(self):
        domain = ~(Domain("name", "ilike", "WEB") & Domain("url", "=", "webinar"))
        self._check(domain | Domain("lead_id.name", "ilike", "no such lead"))

    def test_computes_the_lower_case_once(self):
        domain = Domain("name", "ilike", "web") | Domain("name", "ilike", "inar")
        sql = self._search(domain).select().code
        self.assertIn("LATERAL (SELECT lower", sql)
        self.assertNotIn("ILIKE", sql.upper())

    def test_pass_puts_the_texts_of_leads_in_lower_case_once(self):
        for domain in ("[('city', 'ilike', 'GHENT')]", "[('city', 'ilike', 'h')]"):
            self._rule(7, domain)
        streams = TempTableStreams(self.env["crm.lead"].sudo())
        many, few = (
            self.env["lead.scoring.engine"]._compile(self.env.company, streams)
            for streams in (streams, None)
        )
        sql = many.select(SQL("TRUE"), many.total("fit")).code
        self.assertEqual(sql.count("LATERAL (SELECT lower"), 1)
        self.assertNotIn("ILIKE", sql)
        self.assertIn("ILIKE", few.select(SQL("TRUE"), few.total("fit")).code)

    def _search(self, domain):
        domain = domain.optimize_full(self.events)
        return self.events._search(lower_once(domain, self.events))

    def _check(self, domain):
        domain &= Domain("id", "in", self.events.ids)
        expected = self.events.search(domain)
        self.assertEqual(self.events.browse(self._search(domain)), expected)
