from datetime import timedelta

from odoo.tests import Form, tagged
from odoo.tools import SQL

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestFilters(ConversionCommon):
    """Filters of teams and members mean what their author meant, whoever asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("uk_UA")
        cls.belgium.with_context(lang="uk_UA").name = "Бельгія"
        group = "sales_team.group_sale_manager"
        cls.author = cls._user("author", group, lang="uk_UA", tz="Asia/Tokyo")
        cls.reader = cls._user("reader", group, lang="en_US", tz="America/New_York")
        cls.ann, cls.bob = (
            cls._user(name, "sales_team.group_sale_salesman") for name in ("ann", "bob")
        )
        cls.seats = cls.env["crm.team.member"].create(
            [
                {"crm_team_id": cls.team.id, "user_id": u.id, "assignment_max": 9}
                for u in (cls.ann, cls.bob)
            ]
        )
        cls.other_team.convert_by_score = False

    def _as(self, user, records):
        return records.with_user(user).with_context(lang=user.lang, tz=user.tz)

    def _answers(self, user):
        """Return how many leads are ready: by the form of the team, by why they wait,
        by a dry run and by a run, for this reader.
        """
        self.env.invalidate_all()
        team = self._as(user, self.team)
        query = team.env["crm.team"]._all_leads_query()
        reason = team.env["crm.team"]._waiting_reason(query)
        query.add_where(SQL("%s IS NULL", reason))
        ready = len(query.get_result_ids())
        planned = team.env["lead.scoring.dry.run"].action_plan()
        planned = team.env["lead.scoring.dry.run"].browse(planned["res_id"])
        return (
            team.convert_ready_count,
            ready,
            planned.result["total"],
            len(team.env["crm.team"].sudo()._route()),
        )

    def test_names_in_the_language_of_the_author(self):
        domain = "[('country_id', '=', 'Бельгія')]"
        self._as(self.author, self.team).assignment_domain = domain
        fits = self._lead_of(60, country_id=self.belgium.id)
        other = self._lead_of(60)
        for user in (self.author, self.reader):
            self.assertEqual(self._answers(user), (1, 1, 1, 1))
        self._convert()
        self.assertConverted(fits, self.team)
        self.assertWaits(other, "no_team")

    def test_days_in_the_time_zone_of_the_author(self):
        """In the small hours of Tokyo it is still yesterday elsewhere."""
        now = self.env.cr.now()
        midnight = now.replace(hour=15, minute=0, second=0, microsecond=0)
        if midnight > now:
            midnight -= timedelta(days=1)
        self._as(
            self.author, self.team
        ).assignment_domain = "[('create_date', '>=', 'today')]"
        today, yesterday = self._lead_of(60), self._lead_of(60)
        self._set_columns(today, create_date=midnight)
        self._set_columns(yesterday, create_date=midnight - timedelta(minutes=1))
        for user in (self.author, self.reader):
            self.assertEqual(self._answers(user), (1, 1, 1, 1))
        self._convert()
        self.assertConverted(today, self.team)
        self.assertWaits(yesterday, "no_team")

    def test_filter_and_preference_of_a_member_have_an_author_each(self):
        seat, other = self.seats
        self._as(
            self.author, seat
        ).assignment_domain_preferred = "[('country_id', '=', 'Бельгія')]"
        self._as(self.reader, seat).assignment_domain = "[('city', '!=', 'Mons')]"
        self.assertEqual(
            (seat.preferred_lang, seat.assignment_lang), ("uk_UA", "en_US")
        )
        leads = self.env["crm.lead"].concat(
            *(self._lead_of(60, country_id=self.belgium.id) for _n in range(3))
        )
        self._convert()
        self.assertEqual(leads.user_id, self.ann)
        mons = self._lead_of(60, country_id=self.belgium.id, city="Mons")
        self._convert()
        self.assertEqual(mons.user_id, self.bob)

    def test_saved_again_unchanged_it_stays_its_authors(self):
        domain = "[('country_id', '=', 'Бельгія')]"
        self._as(self.author, self.team).assignment_domain = domain
        team = self._as(self.reader, self.team)
        team.write({"assignment_domain": domain, "name": "Renamed"})
        self.assertEqual(
            (team.assignment_lang, team.assignment_tz), ("uk_UA", "Asia/Tokyo")
        )
        copy = team.copy()
        self.assertEqual(
            (copy.assignment_lang, copy.assignment_tz), ("uk_UA", "Asia/Tokyo")
        )
        team.assignment_domain = "[('country_id', '=', 'Belgium')]"
        self.assertEqual(
            (team.assignment_lang, team.assignment_tz), ("en_US", "America/New_York")
        )

    def test_what_is_being_typed_is_its_readers(self):
        self._lead_of(60, country_id=self.belgium.id)
        self._as(
            self.author, self.team
        ).assignment_domain = "[('country_id', '=', 'Бельгія')]"
        with Form(self._as(self.reader, self.team)) as form:
            self.assertEqual(form.convert_ready_count, 1)
            form.assignment_domain = "[('country_id', '=', 'Belgium')]"
            self.assertEqual(form.convert_ready_count, 1)

    def test_language_that_is_switched_off(self):
        self._as(
            self.author, self.team
        ).assignment_domain = "[('country_id', '=', 'Бельгія')]"
        self._lead_of(60, country_id=self.belgium.id)
        (self.author + self.env.user).lang = "en_US"
        self.env["res.lang"]._lang_get("uk_UA").active = False
        with self.assertLogs("odoo.addons.lead_scoring", "WARNING"):
            self.assertIn("can't be applied", self.team.broken_filters)
            self._convert()

    def test_not_met_is_also_what_is_empty(self):
        """Another team gets what this one does not ask for, empty fields included."""
        self.team.assignment_domain = "[('city', '=', 'Ghent')]"
        self.other_team.write({"convert_by_score": True, "minimum_score": 40})
        lead = self._lead_of(60)
        self.assertEqual(self.other_team.convert_ready_count, 1)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_each_companys_filter_reads_its_own_values(self):
        """Also where both step through the same field to another record."""
        self.env["ir.model.fields"].create(
            {
                "name": "x_market_id",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "ttype": "many2one",
                "relation": "res.country",
                "state": "manual",
                "company_dependent": True,
            }
        )
        partner = self.env["res.partner"].create({"name": "Both know it"})
        here, there = self.env.company, self.env["res.company"].create({"name": "B"})
        partner.with_company(here).x_market_id = self.belgium
        partner.with_company(there).x_market_id = self.env.ref("base.fr")
        teams = self.team + self.other_team
        teams.write(
            {
                "assignment_domain": "[('partner_id.x_market_id.code', '=', 'BE')]",
                "convert_by_score": True,
                "minimum_score": 50,
            }
        )
        self.team.company_id, self.other_team.company_id = here, there
        ours, theirs = (
            self._lead_of(60, partner_id=partner.id, company_id=company.id)
            for company in (here, there)
        )
        self._convert()
        self.assertConverted(ours, self.team)
        self.assertWaits(theirs, "no_team")

    def test_filters_from_before_are_of_who_wrote_last(self):
        self._set_columns(self.team, write_uid=self.author.id, assignment_lang=None)
        self.env["crm.team"]._init_column("assignment_lang")
        self.env.invalidate_all(flush=False)
        self.assertEqual(self.team.assignment_lang, "uk_UA")
