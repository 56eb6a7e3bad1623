from datetime import datetime

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import UNFINISHED, ConversionCommon

LOGS = ("odoo.addons.lead_scoring", "odoo.domains", "odoo.sql_db")
LONG_AGO = datetime(2020, 1, 1)


@tagged("post_install", "-at_install")
class TestTeamForm(ConversionCommon):
    """What the form of a team says before it is saved, and «from now on only»."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("manager", "sales_team.group_sale_manager")
        cls.lead = cls._lead_of(60)

    def _form(self):
        return Form(self.team.with_user(self.manager))

    def test_broken_assignment_domain(self):
        """The form opens, or nobody could mend it."""
        broken = ("[('x_gone', '=', 1)]", "nonsense(", "[('name', '=')]", UNFINISHED)
        for domain in broken:
            with self.subTest(domain), mute_logger(*LOGS):
                self._set_columns(self.team, assignment_domain=domain)
                form = self._form()
                self.assertEqual(form.convert_ready_count, 0)
                self.assertIn("filter of the team", form.broken_filters)

    @mute_logger(*LOGS)
    def test_broken_filter_of_a_member(self):
        users = [self._user(name, "sales_team.group_sale_salesman") for name in "ab"]
        members = self.env["crm.team.member"].create(
            [{"crm_team_id": self.team.id, "user_id": user.id} for user in users]
        )
        members[0].assignment_domain = "[('city', '=', 'Ghent')]"
        self.assertFalse(self._form().broken_filters)
        for name in ("assignment_domain", "assignment_domain_preferred"):
            with self.subTest(name):
                self._set_columns(members[0], **{name: "[('x_gone', '=', 1)]"})
                warning = self._form().broken_filters
                self.assertIn(users[0].name, warning)
                self.assertEqual(len(warning.splitlines()), 1)
                members[0][name] = False
        self.assertFalse(self._form().broken_filters)

    @mute_logger(*LOGS)
    def test_assignment_domain_being_typed(self):
        team = self.team.new(origin=self.team)
        for domain, expected in (("[('name'", 0), ("[('name', '!=', False)]", 1)):
            team.assignment_domain = domain
            self.assertEqual(team.convert_ready_count, expected)

    def test_unticking_from_now_on_counts_all(self):
        self.team.convert_new_only = True
        self._set_columns(self.lead, create_date=LONG_AGO)
        form = self._form()
        form.convert_new_only = False
        self.assertEqual(form.convert_ready_count, 1)
        form.save()
        self._convert()
        self.assertConverted(self.lead, self.team)

    def test_switched_on_again_from_now_on(self):
        """Not from the moment it was switched on for the first time."""
        now = self.env.cr.now().replace(microsecond=0)
        self.team.convert_new_only = True
        for by_form in (True, False):
            with self.subTest(by_form=by_form):
                self.team.convert_by_score = False
                self.team.convert_since = LONG_AGO
                if by_form:
                    form = self._form()
                    form.convert_by_score = True
                    self.assertGreaterEqual(form.convert_since, now)
                    form.save()
                else:
                    self.team.convert_by_score = True
                self.assertGreaterEqual(self.team.convert_since, now)

    def test_switched_on_again_for_all(self):
        self.team.convert_by_score = False
        self.team.convert_by_score = True
        self.assertFalse(self.team.convert_since)

    def test_saving_something_else_keeps_the_date(self):
        self.team.convert_since = LONG_AGO
        self.team.write({"convert_by_score": True, "minimum_score": 40})
        self.assertEqual(self.team.convert_since, LONG_AGO)
