from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestFilterMeaning(ConversionCommon):
    """Filters of teams and members mean what the same words mean in a rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR").week_start = "1"
        cls.ann = cls._user("ann", "sales_team.group_sale_salesman")
        cls.seat = cls.env["crm.team.member"].create(
            {"crm_team_id": cls.team.id, "user_id": cls.ann.id, "assignment_max": 9}
        )
        cls.other_team.convert_by_score = False

    def _taken(self, domain, leads, tz="UTC", lang="en_US"):
        """Return which of ``leads`` the team takes by this filter, and which the member
        may be given by it, both written by an author of this zone and language.
        """
        author = {"lang": lang, "tz": tz}
        values = {f"assignment_{name}": value for name, value in author.items()}
        for record in (self.team, self.seat):
            record.assignment_domain = domain
            record.write(values)
        leads = self.env["crm.lead"].concat(*leads)
        found = leads.search(self.team._leads_in_scope() & self._within(leads))
        written = self.seat._filter("assignment_domain")
        met = self.seat._met_filters([written], leads.ids)[written]
        self.assertEqual(set(found.ids), met)
        return [lead in found for lead in leads]

    def _within(self, leads):
        return leads.env["lead.scoring.engine"]._parse(
            "crm.lead", f"[('id', 'in', {leads.ids})]"
        )

    def test_days_and_months_of_date_fields_are_the_authors(self):
        month = "[('date_deadline', '>=', '=1d'), ('date_deadline', '<', '=1d +1m')]"
        days = ("2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01")
        leads = [self._lead(date_deadline=day) for day in days]
        for tz in ("Asia/Ho_Chi_Minh", "Europe/Kyiv", "America/New_York", "Asia/Tokyo"):
            with self.subTest(tz=tz), freeze_time("2026-11-18 12:00:00"):
                self.assertEqual(
                    self._taken(month, leads, tz), [False, True, True, False]
                )

    def test_weeks_are_the_authors(self):
        """On a Sunday."""
        leads = [self._lead(date_deadline=f"2026-11-{day}") for day in (14, 15)]
        week = "[('date_deadline', '>=', '=week_start')]"
        with freeze_time("2026-11-15 06:00:00"):
            self.assertEqual(self._taken(week, leads), [False, True])
            self.assertEqual(self._taken(week, leads, lang="fr_FR"), [True, True])

    def test_what_is_done_is_no_activity(self):
        leads = [self._lead(), self._lead()]
        for lead in leads:
            lead.activity_schedule("mail.mail_activity_data_call")
        leads[1].activity_ids.action_feedback()
        self.assertEqual(
            self._taken("[('activity_ids', '!=', False)]", leads), [True, False]
        )

    def test_numbered_source_is_the_same_channel(self):
        sources = self.env["utm.source"].create([{"name": "Letter"} for _n in "12"])
        leads = [self._lead(source_id=source.id) for source in sources]
        for asked in ("'Letter'", sources[0].id):
            domain = f"[('source_id', '=', {asked})]"
            self.assertEqual(self._taken(domain, leads), [True, True])

    def test_backslash_that_postgresql_leaves_out_is_refused(self):
        for record, name in (
            (self.team, "assignment_domain"),
            (self.seat, "assignment_domain"),
            (self.seat, "assignment_domain_preferred"),
        ):
            for path in ("partner_name", "partner_id.name"):
                with self.assertRaisesRegex(ValidationError, "doubled"):
                    record[name] = str([(path, "ilike", r"AC\DC")])

    def test_form_of_the_team_says_what_filters_may_not_mean(self):
        self._lead(email_from=False)
        self.team.assignment_domain = "[('country_id', '=', 'Belgum')]"
        self.seat.assignment_domain = "[('email_from', 'not ilike', 'gmail')]"
        manager = self._user("manager", "sales_team.group_sale_manager")
        first, second = self.team.with_user(manager).filter_notes.splitlines()
        self.assertEqual(
            first, "Country: none is called «Belgum». Did you mean «Belgium»?"
        )
        self.assertIn(f"{self.ann.name}: Leads without «", second)
        self.team.assignment_domain = self.seat.assignment_domain = "[]"
        self.assertFalse(self.team.with_user(manager).filter_notes)
