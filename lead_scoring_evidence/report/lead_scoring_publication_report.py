from odoo import api, fields, models
from odoo.tools import SQL, formatLang

from ..tools.evidence import is_clear, log_odds_ratio
from ..tools.view import create_view
from ..tools.words import per_hundred

COMPARED_MONTHS = 6
"""How long before and after its publication a model is looked at."""
MIN_CLOSED = 10
"""With fewer closed leads before, or after, nothing is concluded."""


class LeadScoringPublicationReport(models.Model):
    """How leads ended before and after each model was published: how fast, and how many
    were lost.

    A row for each closed lead and each publication within some months of its outcome:
    leads that this model or another version of it scored, and leads of which no score
    was kept.
    """

    _name = "lead.scoring.publication.report"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Leads Before and After a Scoring Model"
    _auto = False
    _rec_name = "lead_id"
    _order = "date_closed desc, id desc"
    _depends = {
        "lead.scoring.model": ["company_id", "origin_id", "published_at", "retired_at"],
        "lead.scoring.report": ["lead_id"],
    }

    lead_id = fields.Many2one()
    published_model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        readonly=True,
        help="The scoring model before and after whose publication leads are compared.",
    )
    phase = fields.Selection(
        selection=[("1_before", "Before"), ("2_after", "After")],
        readonly=True,
        help="Whether the lead was won or lost before the model was published, or "
        "while it was live.",
    )
    date_closed = fields.Datetime(
        string="Closed On", readonly=True, help="When the lead was won or lost."
    )
    team_id = fields.Many2one(
        comodel_name="crm.team",
        string="Sales Team",
        readonly=True,
        help="The lead's sales team.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Who worked on the lead.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", readonly=True, help="The lead's company."
    )
    won = fields.Integer(readonly=True, help="Leads that were won.")
    lost_rate = fields.Float(
        string="Loss Rate",
        readonly=True,
        aggregator="avg",
        help="The lost ones among those that were won or lost.",
    )
    days_to_close = fields.Float(
        string="Days to Close",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="From the lead's creation until it was won or lost.",
    )

    def init(self):
        create_view(self, self._query())

    def _query(self):
        """Return the query of the view."""
        return SQL(
            """WITH RECURSIVE version AS (
                   SELECT id, id AS family FROM lead_scoring_model
                    WHERE origin_id IS NULL
                    UNION
                   SELECT model.id, version.family
                     FROM lead_scoring_model model
                     JOIN version ON version.id = model.origin_id
               )
               SELECT (model.id::bigint << 32) + lead.id AS id,
                      lead.id AS lead_id,
                      model.id AS published_model_id,
                      CASE WHEN lead.date_closed < model.published_at
                           THEN '1_before' ELSE '2_after' END AS phase,
                      lead.date_closed,
                      lead.team_id,
                      lead.user_id,
                      lead.company_id,
                      lead.won,
                      1 - lead.win_rate AS lost_rate,
                      lead.days_to_close
                 FROM lead_scoring_model model
                 JOIN version ON version.id = model.id
                 JOIN lead_scoring_report lead
                   ON lead.closed = 1
                  AND lead.date_closed >= model.published_at - %(months)s
                  AND lead.date_closed < LEAST(model.retired_at,
                                               model.published_at + %(months)s)
                  AND (model.company_id IS NULL OR model.company_id = lead.company_id)
            LEFT JOIN version scored ON scored.id = lead.model_id
                WHERE model.published_at IS NOT NULL
                  AND (scored.family IS NULL OR scored.family = version.family)""",
            months=SQL("make_interval(months => %s)", COMPARED_MONTHS),
        )

    def action_open_lead(self):
        """Open the lead."""
        self.check_access("read")
        return self.lead_id._get_records_action()

    @api.readonly
    @api.model
    def get_sentences(self, domain):
        """Return what changed with the model that the rows of a domain are of, in
        sentences, the most important first.
        """
        groups = self._read_group(
            domain,
            ["published_model_id", "phase"],
            ["__count", "won:sum", "days_to_close:avg"],
        )
        models_shown = {group[0] for group in groups}
        if not models_shown:
            return []
        if len(models_shown) > 1:
            return [self.env._("Choose one scoring model to see what it changed.")]
        name = models_shown.pop().display_name
        phases = {phase: numbers for _model, phase, *numbers in groups}
        before, after = (phases.get(key, (0, 0, 0)) for key in ("1_before", "2_after"))
        if min(before[0], after[0]) < MIN_CLOSED:
            return [
                self.env._(
                    "Nothing can be told yet: %(before)s leads were closed before "
                    "«%(model)s», %(after)s after it; it takes %(least)s of each.",
                    before=before[0],
                    after=after[0],
                    model=name,
                    least=MIN_CLOSED,
                )
            ]
        return [
            self._get_loss_sentence(name, before, after),
            self.env._(
                "Closing a lead takes %(after)s days on average; before, %(before)s. "
                "Whatever else changed in these months counts, too.",
                after=formatLang(self.env, after[2], digits=0),
                before=formatLang(self.env, before[2], digits=0),
            ),
        ]

    @api.model
    def _get_loss_sentence(self, name, before, after):
        """Return whether more or fewer leads are lost after the model ``name``.

        :param before: how many leads were closed, and won; as for ``after``
        """
        (closed_before, won_before), (closed, won) = before[:2], after[:2]
        ratio, variance = log_odds_ratio(
            won, closed - won, won_before, closed_before - won_before
        )
        numbers = {
            "model": name,
            "after": per_hundred(self.env, 1 - won / closed),
            "before": per_hundred(self.env, 1 - won_before / closed_before),
        }
        if not is_clear(ratio, variance):
            return self.env._(
                "No clear change since «%(model)s»: of 100 closed leads, %(after)s are "
                "lost; before, %(before)s.",
                **numbers,
            )
        if ratio > 0:
            return self.env._(
                "Fewer leads are lost since «%(model)s»: of 100 closed ones, "
                "%(after)s; before, %(before)s.",
                **numbers,
            )
        return self.env._(
            "More leads are lost since «%(model)s»: of 100 closed ones, %(after)s; "
            "before, %(before)s.",
            **numbers,
        )
