import random
from ast import literal_eval

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ConversionCommon, LeadScoringCommon

CITIES = ["Ghent", "Liège", False]
URLS = ["/price", "/contact", "/jobs"]


@tagged("post_install", "-at_install")
class TestRandomWalk(ConversionCommon):
    """Whatever users do, in whatever order: scores end up right.

    The numbers at the end are compared with those of leads scored one by one.
    """

    def _start_world(self, seed):
        self.chance = random.Random(seed)
        self.env["lead.scoring.rule"].search([]).unlink()
        self._rule(30, "[('city', '=', 'Ghent')]")
        self._rule(-12, "[('type', '=', 'opportunity')]")
        self._rule(5, "[('score_pageview_ids', '=', False)]")
        self._rule(25, "[('partner_id', '!=', False)]", dimension="interest")
        self._page_view_rule(9, maximum=40)
        self._page_view_rule(-3, "[('url', '=', '/jobs')]", half_life=2)
        self.leads = self._lead() + self._lead() + self._lead()
        self.visitors = self._visitor(self.leads[0]) + self._visitor()
        self.contact = self.env["res.partner"].create({"name": f"Contact {seed}"})
        self.visitors += self._visitor(partner=self.contact)

    def _any_lead(self):
        return self.leads.browse(self.chance.choice(self.leads.ids))

    def _any_visitor(self):
        return self.visitors.browse(self.chance.choice(self.visitors.ids))

    # ------------------------------------------------------------------
    # What users do
    # ------------------------------------------------------------------

    def _do_create(self):
        self.leads += self._lead(city=self.chance.choice(CITIES))

    def _do_write(self):
        self._any_lead().city = self.chance.choice(CITIES)

    def _do_write_many(self):
        self.leads.write({"city": self.chance.choice(CITIES)})

    def _do_contact(self):
        partner = self.chance.choice([self.contact.id, False])
        self._any_lead().partner_id = partner

    def _do_adjust(self):
        self.env["lead.scoring.adjustment"].create(
            {
                "lead_id": self._any_lead().id,
                "name": "Called",
                "points": self.chance.choice([-20, -3, 4, 35]),
                "dimension": self.chance.choice(["fit", "interest"]),
            }
        )

    def _do_change_adjustment(self):
        adjustments = self.env["lead.scoring.adjustment"].search([])
        if adjustments:
            adjustment = adjustments.browse(self.chance.choice(adjustments.ids))
            adjustment.points = self.chance.choice([-7, 11])

    def _do_remove_adjustment(self):
        adjustments = self.env["lead.scoring.adjustment"].search([])
        if adjustments:
            adjustments.browse(self.chance.choice(adjustments.ids)).unlink()

    def _do_not_score_lead(self):
        reason = self.chance.choice(["objection", "competitor", False])
        self._any_lead().do_not_score_reason = reason

    def _do_not_score_contact(self):
        reason = self.chance.choice(["objection", "competitor", False, False])
        self.contact.do_not_score_reason = reason

    def _do_archive(self):
        self._any_lead().active = self.chance.choice([True, False])

    def _do_close(self):
        lead = self._any_lead()
        if lead.won_status != "won":  # core refuses to lose what is won
            self.chance.choice([lead.action_set_won, lead.action_set_lost])()

    def _do_reopen(self):
        lead = self._any_lead()
        lead.action_unarchive()
        stages = self.env["crm.stage"].search([("is_won", "=", False)])
        lead.stage_id = stages[0]

    def _do_convert(self):
        lead = self._any_lead()
        lead.convert_opportunity(lead.partner_id)

    def _do_convert_by_score(self):
        self._score()
        self._convert()

    def _do_tie(self):
        command = self.chance.choice([3, 4])
        if self.chance.random() < 0.5:
            self._any_lead().visitor_ids = [(command, self._any_visitor().id)]
        else:
            self._any_visitor().lead_ids = [(command, self._any_lead().id)]

    def _do_view(self):
        self.env["website.track"].create(
            {
                "visitor_id": self._any_visitor().id,
                "url": self.chance.choice(URLS),
                "visit_datetime": self.env.cr.now(),
            }
        )

    def _do_save(self):
        self._score()

    def _do_incremental_pass(self):
        self._score()
        self._run_pass(full=False)

    # ------------------------------------------------------------------
    # What managers do
    # ------------------------------------------------------------------

    def _any_rule(self):
        rules = self.scoring_model.with_context(active_test=False).rule_ids
        return rules.browse(self.chance.choice(rules.ids))

    def _do_edit_rule(self):
        self._any_rule().value = self.chance.randrange(-60, 60)

    def _do_pause_rule(self):
        self._any_rule().active = self.chance.choice([True, False])

    def _do_break_rule(self):
        self._set_columns(self._any_rule(), domain="[('x_gone', '=', 1)]")

    def _do_edit_model(self):
        self.scoring_model.warm_score = self.chance.randrange(0, 59)

    # ------------------------------------------------------------------

    def _walk(self, steps, actions):
        for _step in range(steps):
            getattr(self, self.chance.choice(actions))()
        self._score()

    def _numbers(self):
        leads = self.leads.with_context(active_test=False)
        return leads.mapped(
            lambda lead: (lead.id, lead.fit_score, lead.interest_score, lead.score)
        )

    def _check_settled(self):
        """Check that nothing is left to do, and that numbers are as one by one."""
        numbers = self._numbers()
        for lead in self.leads:
            self.assertEqual(lead.score, lead.fit_score + lead.interest_score)
            self.assertEqual(lead.score_explanation["score"], lead.score)
            self.assertEqual(lead.score_id.lead_id, lead)
            lead._score_now()
        self.assertEqual(self._numbers(), numbers)
        versions = self._versions(self.leads)
        self._run_pass()
        self.assertEqual(self._versions(self.leads), versions)

    def test_incremental_passes_miss_nothing(self):
        """Rules stay as they are: what users do must be seen without a full pass."""
        actions = [
            name
            for name in dir(self)
            if name.startswith("_do_") and not name.endswith(("_rule", "_model"))
        ]
        for seed in range(3):
            with self.subTest(seed=seed):
                self._start_world(seed)
                self._run_pass()
                self._let_time_pass()
                self._walk(40, actions)
                self._run_pass(full=False)
                numbers = self._numbers()
                self._run_pass()
                self.assertEqual(self._numbers(), numbers)
                self._check_settled()

    def test_full_pass_sets_all_right(self):
        actions = [name for name in dir(self) if name.startswith("_do_")]
        for seed in range(3):
            with self.subTest(seed=seed), mute_logger("odoo.addons.lead_scoring"):
                self._start_world(seed)
                self._walk(40, actions)
                self._run_pass()
                self._check_settled()


@tagged("post_install", "-at_install")
class TestRandomRouting(LeadScoringCommon):
    """The team of each lead, compared with a second reading of the design."""

    def _start_world(self, seed):
        chance = random.Random(seed)
        companies = self.env["res.company"].create(
            [{"name": f"One {seed}"}, {"name": f"Two {seed}"}]
        )
        company_ids = [*companies.ids, False]
        users = self.env.ref("base.user_admin") + self.env.ref("base.user_root")
        users.company_ids += companies
        self.env["crm.team"].search([]).convert_by_score = False
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        self.teams = self.env["crm.team"].concat(
            *(
                self._team(
                    f"Team {number}",
                    sequence=chance.randrange(3),
                    company_id=chance.choice([*company_ids, False]),
                    convert_by_score=chance.random() < 0.75,
                    minimum_score=chance.choice([10, 20, 20, 30]),
                    assignment_optout=chance.random() < 0.15,
                    use_opportunities=chance.random() < 0.9,
                    active=chance.random() < 0.9,
                    assignment_domain=chance.choice(
                        [False, "[]", "[('city', '=', 'Ghent')]"]
                    ),
                )
                for number in range(6)
            )
        )
        self.leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(40)))
        # what is still to be scored would lose the scores given below
        self._score()
        for lead in self.leads:
            self._set_columns(
                lead,
                city=chance.choice(["Ghent", "Liège"]),
                team_id=chance.choice([*self.teams.ids, None, None, None]),
                user_id=chance.choice([*users.ids, None, None, None]),
                company_id=chance.choice([*companies.ids, None]),
                partner_id=chance.choice([self.partner.id, None]),
                active=chance.random() < 0.95,
            )
            self._set_columns(lead.score_id, score=chance.choice([5, 10, 19, 20, 35]))

    def _expected_team(self, lead):
        no_team = self.teams.browse()
        own = lead.team_id
        if not lead.active or own and not (own.convert_by_score and own.active):
            return no_team
        eligible = self.teams.filtered(
            lambda team: (
                team.active
                and team.convert_by_score
                and team.use_opportunities
                and not team.assignment_optout
                and lead.score >= team.minimum_score
                and (
                    not (team.company_id and lead.company_id)
                    or team.company_id == lead.company_id
                )
                and lead.filtered_domain(literal_eval(team.assignment_domain or "[]"))
            )
        )
        if lead.user_id.active or own in eligible:
            return own & eligible
        ranked = eligible.sorted(lambda t: (-t.minimum_score, t.sequence, t.id))
        return ranked[:1]

    def test_routing_is_what_the_design_says(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self._start_world(seed)
                expected = {lead: self._expected_team(lead) for lead in self.leads}
                ready = {team: team.convert_ready_count for team in self.teams}
                kept = [(lead.company_id, lead.partner_id) for lead in self.leads]
                own_teams = {lead: lead.team_id for lead in self.leads}
                self._convert()
                for lead, team in expected.items():
                    self.assertEqual(lead.team_id, team or own_teams[lead])
                    self.assertEqual(lead.type == "opportunity", bool(team))
                    self.assertEqual(bool(lead.routing_note), not team)
                for lead, (company, partner) in zip(self.leads, kept, strict=True):
                    company = company or expected[lead].company_id
                    self.assertEqual(
                        (lead.company_id, lead.partner_id), (company, partner)
                    )
                wanted = list(expected.values())
                for team in self.teams.filtered("active"):
                    self.assertEqual(ready[team], wanted.count(team), team.name)
