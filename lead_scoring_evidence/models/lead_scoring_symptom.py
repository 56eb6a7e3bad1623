from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.words import per_hundred

MIN_LEADS = 10
"""Fewer leads than this may be chance."""
MIN_DIFFERENCE = 0.1
"""A rule is named when the share of won leads that meet it, and the share of lost ones,
differ by this at least.
"""


class LeadScoringSymptom(models.Model):
    """What is wrong with the scores of a model, which leads show it, what to change.

    Only numbers are stored; the texts are made of them in the user's language.
    """

    _name = "lead.scoring.symptom"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Symptom of a Scoring Model"
    _order = "id"
    # the text is computed, so nothing can search it: find what it names
    _rec_names_search = ["team_id", "rule_id"]

    quality_id = fields.Many2one(
        comodel_name="lead.scoring.quality",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The evaluation that found this.",
    )
    kind = fields.Selection(
        selection=[
            ("many", "Too many leads for a team"),
            ("few", "Too few leads for a team"),
            ("high_lost", "High scores that are lost"),
            ("low_won", "Low scores that win"),
        ],
        string="Symptom",
        required=True,
        readonly=True,
        help="What is wrong.",
    )
    team_id = fields.Many2one(
        comodel_name="crm.team",
        string="Sales Team",
        readonly=True,
        ondelete="cascade",
        help="The sales team with too many or too few leads.",
    )
    rule_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        readonly=True,
        ondelete="set null",
        help="The rule that these leads meet more often than others.",
    )
    numbers = fields.Json(readonly=True, help="What the texts are made of.")
    name = fields.Char(
        string="What Was Found", compute="_compute_texts", help="What was found."
    )
    suggestion = fields.Char(compute="_compute_texts", help="What one could change.")

    @api.depends("kind", "numbers", "team_id.name", "rule_id.name")
    @api.depends_context("lang")
    def _compute_texts(self):
        # sudo: model and team may have gone to another company since then
        for symptom in self.sudo():
            name = suggestion = False
            with symptom._reading("numbers"):
                name = getattr(symptom, f"_describe_{symptom.kind}")()
                suggestion = symptom._suggest()
            symptom.name = name
            symptom.suggestion = suggestion

    def _describe_many(self):
        return self.env._(
            "Leads of %(team)s from %(minimum)s points on, in 30 days: %(count)s. Its "
            "members can take: %(capacity)s.",
            team=self.team_id.name,
            **self.numbers,
        )

    _describe_few = _describe_many

    def _describe_high_lost(self):
        return self.env._(
            "Of %(count)s hot leads (%(score)s points or more) that are closed, "
            "%(lost)s were lost. %(rate)s %% were won, and %(overall)s %% of all.",
            **self._with_rates(),
        )

    def _describe_low_won(self):
        return self.env._(
            "%(won)s of %(all_won)s won leads were cold (below %(score)s points). "
            "Of the cold ones %(rate)s %% were won, and %(overall)s %% of all.",
            **self._with_rates(),
        )

    def _with_rates(self):
        """Return the numbers, the win rates among them as texts: those below one
        percent with the digits by which they differ.
        """
        numbers = dict(self.numbers)
        for name in ("rate", "overall"):
            numbers[name] = per_hundred(self.env, numbers[name] / 100)
        return numbers

    def _suggest(self):
        if self.team_id:
            return self._suggest_minimum()
        if self.rule_id:
            return self._suggest_points()
        if self.kind == "low_won":
            return self.env._(
                "No rule tells them apart. Look at what they have in common and write "
                "a rule for it, or let leads be warm from %s points on: nine of ten "
                "won leads had as many.",
                self.numbers["tenth"],
            )
        return self.env._(
            "No rule tells them apart. Look at what they have in common, and write a "
            "rule with negative points for it."
        )

    def _suggest_minimum(self):
        if self.numbers["suggested"] is not None:
            return self.env._(
                "Set its minimum score to %(suggested)s. Leads from there on, in 30 "
                "days: %(suggested_count)s.",
                **self.numbers,
            )
        found = self.kind, self.numbers.get("verdict")
        if found == ("few", "all"):
            return self.env._(
                "A lower minimum score would not do: there are too few leads."
            )
        if found == ("many", "tie"):
            return self.env._(
                "A higher minimum score would not do: its best leads have one score. "
                "Add rules that tell them apart."
            )
        return self.env._(
            "The leads of the last 90 days suggest no other minimum score: see whether "
            "it lasts."
        )

    def _suggest_points(self):
        if self.kind == "high_lost":
            return self.env._(
                "Give fewer than %(value)s points for «%(rule)s»: %(share_lost)s %% of "
                "the lost ones meet it, and %(share_won)s %% of the won ones.",
                rule=self.rule_id.name,
                **self.numbers,
            )
        return self.env._(
            "Give more than %(value)s points for «%(rule)s»: %(share_won)s %% of the "
            "won ones meet it, and %(share_lost)s %% of the lost ones.",
            rule=self.rule_id.name,
            **self.numbers,
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_leads(self):
        """Open the leads behind the symptom, as far as the user may read them."""
        self.ensure_one()
        self.check_access("read")
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        domain = [("id", "=", False)]
        with self._reading("numbers"):
            domain = self._leads_domain()
        return self.env["lead.scoring.report"]._open_leads(kinds[self.kind], domain)

    def _leads_domain(self):
        """Return which rows of the analysis are behind the symptom."""
        if self.team_id:
            return [("lead_id", "in", self._leads_of_team())]
        domain = [("model_id", "=", self.quality_id.model_id.id)]
        if self.kind == "high_lost":
            return domain + [
                ("outcome", "=", "lost"),
                ("score", ">=", int(self.numbers["score"])),
            ]
        return domain + [
            ("outcome", "=", "won"),
            ("score", "<", int(self.numbers["score"])),
        ]

    def _leads_of_team(self):
        """Return the ids of the leads that the number of a team is of: those of three
        times 30 days, as of now.
        """
        companies = self.quality_id.company_id.ids
        # sudo: the user may not read the team; leads are shown as far as readable
        team = self.team_id.sudo().with_context(allowed_company_ids=companies)
        query = SQL(
            "SELECT id FROM (%s) AS lead WHERE score >= %s",
            team._counted_leads(),
            int(self.numbers["minimum"]),
        )
        return [lead_id for (lead_id,) in self.env.execute_query(query)]

    # ------------------------------------------------------------------
    # Finding them
    # ------------------------------------------------------------------

    @api.model
    def _find(self, deals, scoring_model, company):
        """Return the values of the symptoms of a model.

        :param deals: what ``_prepare_deals`` of lead.scoring.metrics returned for model
            and company
        """
        return [
            *self._find_capacity(company),
            *self._find_high_lost(deals, scoring_model),
            *self._find_low_won(deals, scoring_model),
        ]

    @api.model
    def _find_capacity(self, company):
        """Teams whose members can't take the leads they get in 30 days, or could take
        twice as many: with the minimum that their form proposes, if that would help.
        """
        found = []
        teams = self.env["lead.scoring.quality"]._get_teams(company)
        # by leads of this company and of none only
        for team in teams.with_context(allowed_company_ids=company.ids):
            proposal = team._propose_minimum()
            capacity = proposal["capacity"]
            # of the same table as what is suggested, and as the form of the team
            count = team._expected(proposal, team.minimum_score)
            kind = team._compare_with_capacity(count, capacity)
            if kind not in ("many", "few"):
                continue
            suggested = proposal.get("minimum", team.minimum_score)
            rises = suggested > team.minimum_score
            if suggested == team.minimum_score or rises != (kind == "many"):
                suggested = None
            numbers = {
                "count": count,
                "capacity": capacity,
                "minimum": team.minimum_score,
                "suggested": suggested,
                "verdict": proposal["verdict"],
            }
            if suggested is not None:
                numbers["suggested_count"] = team._expected(proposal, suggested)
            found.append({"kind": kind, "team_id": team.id, "numbers": numbers})
        return found

    @api.model
    def _find_high_lost(self, deals, scoring_model):
        """Hot leads that are not won more often than leads are on average."""
        hot = SQL("score >= %s", scoring_model.hot_score)
        numbers = self._compare(deals, hot)
        if numbers["count"] < MIN_LEADS or self._beats_average(numbers) > 0:
            return []
        numbers["score"] = scoring_model.hot_score
        rule = self._telling_rule(deals, hot, "lost")
        return [self._symptom("high_lost", numbers, rule)]

    @api.model
    def _find_low_won(self, deals, scoring_model):
        """Cold leads that are not won more seldom than leads are on average, or more
        than a fourth of what is won.
        """
        cold = SQL("score < %s", scoring_model.warm_score)
        numbers = self._compare(deals, cold)
        is_often = self._beats_average(numbers) >= 0
        is_much = numbers["won"] * 4 > numbers["all_won"]
        if numbers["won"] < MIN_LEADS or not (is_often or is_much):
            return []
        numbers["score"] = scoring_model.warm_score
        rule = self._telling_rule(deals, cold, "won")
        return [self._symptom("low_won", numbers, rule)]

    @api.model
    def _beats_average(self, numbers):
        """Return a number above 0 if the deals that :meth:`_compare` looked at are won
        more often than all, below 0 if more seldom. Of whole numbers: a rate that is
        rounded for a text says nothing where few deals are won.
        """
        won = numbers["won"] * numbers["all_count"]
        return won - numbers["all_won"] * numbers["count"]

    @api.model
    def _symptom(self, kind, numbers, rule):
        rule_id = rule.pop("rule_id", False)
        return {"kind": kind, "rule_id": rule_id, "numbers": {**numbers, **rule}}

    @api.model
    def _compare(self, deals, where):
        """Return the numbers of the closed deals that meet a condition, and of all, and
        their win rates in percent.
        """
        (row,) = self.env["lead.scoring.metrics"]._rows(
            """SELECT count(*) FILTER (WHERE %(where)s) AS count,
                      count(*) FILTER (WHERE won = 1 AND %(where)s) AS won,
                      count(*) AS all_count,
                      count(*) FILTER (WHERE won = 1) AS all_won,
                      percentile_disc(0.1) WITHIN GROUP (ORDER BY score)
                          FILTER (WHERE won = 1) AS tenth
                 FROM %(deals)s WHERE closed = 1""",
            deals=deals,
            where=where,
        )
        return {
            **row,
            "lost": row["count"] - row["won"],
            "rate": 100 * row["won"] / (row["count"] or 1),
            "overall": 100 * row["all_won"] / (row["all_count"] or 1),
        }

    @api.model
    def _by_temperature(self, deals, scoring_model):
        """Return what :meth:`_compare` says of the hot deals, and of the cold ones."""
        hot = SQL("score >= %s", scoring_model.hot_score)
        cold = SQL("score < %s", scoring_model.warm_score)
        return {"hot": self._compare(deals, hot), "cold": self._compare(deals, cold)}

    @api.model
    def _telling_rule(self, deals, where, side):
        """Return the rule, of those that still run, with positive points that is met
        clearly more often by the deals of one side: ``rule_id``, ``value``, and the
        shares of both sides in percent.

        :param where: SQL condition on the deals that are looked at
        :param side: ``won`` or ``lost``
        """
        rows = self.env["lead.scoring.metrics"]._rows(
            """SELECT met.rule_id, rule.value, met.won, met.lost
                 FROM (%(met)s) AS met
                 JOIN lead_scoring_rule rule ON rule.id = met.rule_id
                WHERE rule.active AND rule.value > 0 AND met.count >= %(support)s
                  AND %(sign)s * (met.won - met.lost) >= %(difference)s
             ORDER BY %(sign)s * (met.won - met.lost) DESC, met.rule_id LIMIT 1""",
            met=self._met(deals, where),
            support=MIN_LEADS,
            difference=MIN_DIFFERENCE,
            sign=1 if side == "won" else -1,
        )
        if not rows:
            return {}
        (row,) = rows
        return {
            "rule_id": row["rule_id"],
            "value": row["value"],
            "share_won": round(100 * row["won"]),
            "share_lost": round(100 * row["lost"]),
        }

    @api.model
    def _met(self, deals, where):
        """Return the query of which share of the won deals, and of the lost ones, met
        each rule, of the closed deals that meet a condition.
        """
        return SQL(
            """WITH deal AS (
                   SELECT won, decision_id FROM %s
                    WHERE closed = 1 AND %s
               ), total AS (
                   SELECT NULLIF(count(*) FILTER (WHERE won = 1), 0)::float8 AS won,
                          NULLIF(count(*) FILTER (WHERE won = 0), 0)::float8 AS lost
                     FROM deal
               )
               SELECT given.rule_id, count(*) AS count,
                      count(*) FILTER (WHERE deal.won = 1) / max(total.won) AS won,
                      count(*) FILTER (WHERE deal.won = 0) / max(total.lost) AS lost
                 FROM deal
           CROSS JOIN total
                 JOIN lead_scoring_history history ON history.id = decision_id
           CROSS JOIN LATERAL (%s) AS given
             GROUP BY 1""",
            deals,
            where,
            self.env["lead.scoring.history"]._given_points(SQL("history.rules")),
        )
