from odoo import api, fields, models

from odoo.addons.lead_scoring.tools.statistics import MIN_DEALS_PER_OUTCOME

READY_AUC = 0.7
"""A model is ready when its AUC is at least this..."""
READY_AUC_LOW = 0.6
"""... and the lower end of the AUC's interval at least this."""
CHANCE_AUC = 0.5
"""The AUC of a score that says nothing."""
CALIBRATED_ECE = 0.05
"""A smaller expected calibration error does not matter."""


class LeadScoringQuality(models.Model):
    """How well the scores of a model told winners from losers, as of a moment.

    Old ones are kept, to be compared with new ones. It is about the leads of one
    company, and those of none. The numbers include leads that the user may not be
    allowed to read; the buttons open only those that the user may read.
    """

    _name = "lead.scoring.quality"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Quality of a Scoring Model"
    _order = "date desc, id desc"
    _rec_name = "model_id"

    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The scoring model that is evaluated with the leads it had scored at "
        "the decision.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Whose leads count, besides those of no company.",
    )
    date = fields.Datetime(
        string="Evaluated On",
        required=True,
        readonly=True,
        default=lambda self: self.env.cr.now(),
        help="When the model was evaluated.",
    )
    verdict = fields.Selection(
        selection=[
            ("missing", "Too few deals"),
            ("not_ready", "Not ready"),
            ("fair", "Fair"),
            ("ready", "Ready"),
        ],
        required=True,
        readonly=True,
        help="Ready: the score clearly ranks, and win rates are as expected from it. "
        "Fair: it ranks better than chance. Not ready: it does not.",
    )
    won_count = fields.Integer(
        string="Won", readonly=True, help="Won leads that the model scored."
    )
    lost_count = fields.Integer(
        string="Lost", readonly=True, help="Lost leads that the model scored."
    )
    auc = fields.Float(
        string="AUC",
        readonly=True,
        digits=(4, 3),
        aggregator=None,
        help="Of all pairs of a won and a lost lead among the newest fifth, in how "
        "many the won one had the higher score; ties count half. 0.5 is chance, 1 is "
        "perfect.",
    )
    auc_low = fields.Float(
        string="AUC at Least",
        readonly=True,
        digits=(4, 3),
        aggregator=None,
        help="The lower end of the 95 % interval.",
    )
    auc_high = fields.Float(
        string="AUC at Most",
        readonly=True,
        digits=(4, 3),
        aggregator=None,
        help="The upper end of the 95 % interval.",
    )
    brier = fields.Float(
        string="Brier Score",
        readonly=True,
        digits=(4, 3),
        aggregator=None,
        help="Mean squared difference of expected win rate and outcome; 0 is perfect.",
    )
    ece = fields.Float(
        string="Calibration Error",
        readonly=True,
        digits=(4, 3),
        aggregator=None,
        help="Expected calibration error: how far win rates are from what the score "
        "let one expect, on average.",
    )
    intercept = fields.Float(
        readonly=True,
        digits=False,
        aggregator=None,
        help="Technical: with the slope, the logistic curve from score to win rate, "
        "fitted on the older deals.",
    )
    slope = fields.Float(
        readonly=True,
        digits=False,
        aggregator=None,
        help="Technical: what a point adds to the logarithm of the odds to be won.",
    )
    result = fields.Json(readonly=True, help="All that was measured.")
    symptom_ids = fields.One2many(
        comodel_name="lead.scoring.symptom",
        inverse_name="quality_id",
        string="Symptoms",
        readonly=True,
        help="What is wrong, and what one could change.",
    )

    @api.depends("model_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for quality in self:
            # sudo: the model may have gone to another company since it was judged
            name = quality.sudo().model_id.name
            quality.display_name = self.env._("Quality of %s", name)

    # ------------------------------------------------------------------
    # Judging
    # ------------------------------------------------------------------

    @api.model
    def _judge(self, scoring_model, company):
        """Judge a model by its closed leads as of now, and keep the result.

        It counts leads that the user may not be allowed to read: who calls it has
        checked that the user may see the model's quality.

        :param company: a res.company; its leads and those of no company count
        """
        metrics = self.env["lead.scoring.metrics"]
        deals = metrics._prepare_deals(scoring_model, company)
        result = metrics._measure(deals, scoring_model, company)
        symptoms = []
        if "ranking" in result:
            scores = [scoring_model.warm_score, scoring_model.hot_score]
            scores += self._get_teams(company).mapped("minimum_score")
            scores += metrics._bands(deals)
            result["thresholds"] = metrics._thresholds(deals, scores)
            finder = self.env["lead.scoring.symptom"]
            symptoms = finder._find(deals, scoring_model, company)
            result["temperatures"] = finder._by_temperature(deals, scoring_model)
        score = self._get_ranking(result).get("score", {})
        # sudo: users may not write what was measured
        return self.sudo().create(
            {
                "model_id": scoring_model.id,
                "company_id": company.id,
                "verdict": self._get_verdict(result),
                "won_count": result["counts"]["won"],
                "lost_count": result["counts"]["lost"],
                "auc": score.get("auc"),
                "auc_low": score.get("low"),
                "auc_high": score.get("high"),
                "brier": result.get("brier"),
                "ece": result.get("ece"),
                "intercept": result.get("intercept"),
                "slope": result.get("slope"),
                "result": result,
                "symptom_ids": [fields.Command.create(vals) for vals in symptoms],
            }
        )

    @api.model
    def _get_ranking(self, result):
        """Return ``{key: ranking}`` of a result."""
        return {row["key"]: row for row in result.get("ranking", [])}

    def _get_auc_of_all(self):
        """Return ``auc``, ``low`` and ``high`` of the score on all deals, as measured
        then; None where it is not known.
        """
        self.ensure_one()
        with self._reading("result"):
            auc = self._get_ranking(self.result)["all"]
            return {key: float(auc[key]) for key in ("auc", "low", "high")}
        return None

    @api.model
    def _get_teams(self, companies):
        """Return the teams, as superuser, that convert leads of companies by score."""
        # sudo: minimum scores and names of teams are no secret to scoring managers
        teams = self.env["crm.team"].sudo()._converting_teams()
        return teams.filtered(
            lambda team: not team.company_id or team.company_id in companies
        )

    @api.model
    def _get_verdict(self, result):
        ranking = self._get_ranking(result)
        if not ranking:
            return "missing"
        score = ranking["score"]
        if score["auc"] is None or score["low"] <= CHANCE_AUC:
            return "not_ready"
        ready = self._ranks_well(score)
        if ready and self._is_calibrated(result) and not self._get_better(result):
            return "ready"
        return "fair"

    @api.model
    def _ranks_well(self, score):
        """Return whether the score puts enough pairs of leads in the right order."""
        return score["auc"] >= READY_AUC and score["low"] >= READY_AUC_LOW

    @api.model
    def _is_calibrated(self, result):
        """Return whether win rates are, but for chance, what the score lets expect."""
        return result["ece"] <= CALIBRATED_ECE or all(
            row["low"] <= row["expected"] <= row["high"]
            for row in result["reliability"]
        )

    @api.model
    def _get_better(self, result):
        """Return the keys of what clearly ranks the same deals better."""
        ranking = self._get_ranking(result)
        auc = ranking["score"]["auc"]
        return [
            key
            for key in ("odoo", "newest")
            if auc is not None and (ranking[key]["low"] or 0) > auc
        ]

    @api.model
    def _get_latest(self, scoring_model, company):
        """Return how a model was last judged by the leads of a company, if it was."""
        return self.search(
            [("model_id", "=", scoring_model.id), ("company_id", "=", company.id)],
            limit=1,
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_judge(self):
        """Judge the model again, with the deals of now."""
        self.ensure_one()
        self.check_access("read")
        return self._judge(self.model_id, self.company_id)._get_records_action(
            target="main"
        )

    @api.model
    def action_judge_live(self):
        """Judge the live models, with the deals of now, for the user's company."""
        self.check_access("read")
        live = self.env["lead.scoring.model"].search([("state", "=", "live")])
        for scoring_model in live:
            self._judge(scoring_model, self.env.company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_open_history(self):
        """Open how the model was judged before."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("model_id", "=", self.model_id.id)],
        }

    def action_open_win_rates(self):
        """Open the graph of how many closed leads were won, by score."""
        title = self.env._("Win Rate by Score")
        return self._open_graph(title, "win_rate", ["score_band"])

    def action_open_days(self):
        """Open the graph of how long won and lost leads took, by score."""
        title = self.env._("Days to Close by Score")
        return self._open_graph(title, "days_to_close", ["score_band", "outcome"])

    def _open_graph(self, title, measure, groupbys):
        """Return the action that shows the closed leads that the model scored, as far
        as the user may read them.

        :param measure: name of a field of lead.scoring.report
        :param groupbys: list of names of its fields
        """
        self.ensure_one()
        self.check_access("read")
        domain = [
            ("model_id", "=", self.model_id.id),
            ("outcome", "!=", "pending"),
            ("company_id", "in", [False, self.company_id.id]),
        ]
        context = {"graph_measure": measure, "graph_groupbys": groupbys}
        modes = ["graph", "pivot", "list", "kanban"]
        return self.env["lead.scoring.report"]._open_leads(
            title, domain, modes, context
        )

    def action_open_not_judged(self):
        """Open the closed leads of which no score was kept."""
        self.ensure_one()
        self.check_access("read")
        title = self.env._("Leads Not Evaluated")
        domain = [
            ("reason", "=", False),
            ("outcome", "!=", "pending"),
            ("company_id", "in", [False, self.company_id.id]),
        ]
        return self.env["lead.scoring.report"]._open_leads(title, domain)

    def _get_missing(self):
        """Return how many won and lost deals are missing for a judgement."""
        self.ensure_one()
        least = MIN_DEALS_PER_OUTCOME
        return max(0, least - self.won_count), max(0, least - self.lost_count)
