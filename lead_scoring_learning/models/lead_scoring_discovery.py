from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.lead_scoring.tools.statistics import MIN_DEALS_PER_OUTCOME

from ..tools import evaluate, points
from .lead_scoring_sample import Asked

YEARS_BACK = 2
MOST_RULES = 100


class LeadScoringDiscovery(models.Model):
    """A search for conditions that won leads meet more often than lost ones, and the
    points that follow from them.
    """

    _name = "lead.scoring.discovery"
    _inherit = "lead.scoring.job"
    _description = "Learning from Closed Leads"
    _order = "id desc"

    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env["lead.scoring.model"].search(
            [("state", "=", "live")], limit=1
        ),
        help="Whose closed leads tell, and which the rules are for.",
    )
    since = fields.Date(
        string="Closed Since",
        default=lambda self: fields.Date.today() - timedelta(days=365 * YEARS_BACK),
        help="Leads won or lost earlier are left out; none, when empty. What made "
        "deals long ago may not make them today.",
    )
    goal = fields.Selection(
        selection=[("won", "Won deals"), ("revenue", "Revenue")],
        default="won",
        required=True,
        help="What leads with many points are to bring: many won deals, or much "
        "revenue. For revenue each won deal counts as much as the expected revenue on "
        "it says; a single huge one no more than twenty usual ones.",
    )
    max_rules = fields.Integer(
        string="Rules at Most",
        default=points.MAX_RULES,
        aggregator=None,
        help="So many rules are suggested at most. More than 30 rarely rank better, "
        "and nobody reads them.",
    )
    task = fields.Selection(
        selection=[("discover", "Find conditions"), ("learn", "Learn points")],
        default="discover",
        required=True,
        readonly=True,
        help="What is being done in the background, or was last.",
    )
    candidate_ids = fields.One2many(
        comodel_name="lead.scoring.discovery.candidate",
        inverse_name="discovery_id",
        string="Conditions",
    )
    candidate_count = fields.Integer(
        compute="_compute_candidate_count", help="Number of conditions found."
    )
    field_ids = fields.One2many(
        comodel_name="lead.scoring.discovery.field",
        inverse_name="discovery_id",
        string="Fields Left Out",
        help="No condition is looked for in them, for the reason given.",
    )
    won_count = fields.Integer(
        string="Won", readonly=True, help="Won leads used to evaluate conditions."
    )
    lost_count = fields.Integer(
        string="Lost", readonly=True, help="Lost leads used to evaluate conditions."
    )
    draft_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        readonly=True,
        ondelete="set null",
        help="The draft that conditions were added to, and points were learned for.",
    )
    draft_state = fields.Selection(
        related="draft_id.state", help="Whether the draft is still one."
    )

    test_count = fields.Integer(
        string="Tried On",
        readonly=True,
        aggregator=None,
        help="Leads decided last: the rules that were tried on them were found and "
        "weighed without them.",
    )
    hot_count = fields.Integer(
        string="Best of Them",
        readonly=True,
        aggregator=None,
        help="So many of them have the most points: as many as are hot with today's "
        "rules, or a fifth of all where fewer are.",
    )
    hot_rate_before = fields.Float(
        string="Won with Today's Points",
        readonly=True,
        aggregator=None,
        help="The share that was won of those with the most points today.",
    )
    hot_rate_after = fields.Float(
        string="Won with Learned Points",
        readonly=True,
        aggregator=None,
        help="The share that was won of those with the most learned points.",
    )
    revenue_share_before = fields.Float(
        string="Revenue with Today's Points",
        readonly=True,
        aggregator=None,
        help="The share of the revenue that the tenth with the most points brings "
        "today.",
    )
    revenue_share_after = fields.Float(
        string="Revenue with Learned Points",
        readonly=True,
        aggregator=None,
        help="The share of the revenue that the tenth with the most learned points "
        "brings.",
    )
    auc_before = fields.Float(
        string="AUC Today",
        readonly=True,
        digits=(4, 3),
        aggregator=None,
        help="How often today's points put a won lead above a lost one: 0.5 is chance, "
        "1 always.",
    )
    auc_after = fields.Float(
        string="AUC Learned",
        readonly=True,
        digits=(4, 3),
        aggregator=None,
        help="How often learned points put a won lead above a lost one.",
    )

    @api.constrains("max_rules")
    def _check_max_rules(self):
        for discovery in self:
            if not 1 <= discovery.max_rules <= MOST_RULES:
                raise ValidationError(
                    self.env._("Enter between 1 and %s rules.", MOST_RULES)
                )

    @api.depends("model_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for discovery in self:
            name = discovery.model_id.name or self.env._("New")
            discovery.display_name = self.env._("Learning for %s", name)

    @api.depends("candidate_ids")
    def _compute_candidate_count(self):
        for discovery in self:
            discovery.candidate_count = len(discovery.candidate_ids)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_discover(self):
        """Look for conditions, in the background."""
        self.ensure_one()
        self.check_access("write")
        self._queue(task="discover")

    def action_view_draft(self):
        """Open the draft."""
        self.ensure_one()
        self.check_access("read")
        return self.draft_id._get_records_action()

    # ------------------------------------------------------------------
    # In the background
    # ------------------------------------------------------------------

    def _work(self):
        return self._discover() if self.task == "discover" else self._learn()

    def _open(self):
        """Open the sample of the closed leads, see ``lead.scoring.sample``."""
        since = self.since and fields.Datetime.to_datetime(self.since)
        return self.env["lead.scoring.sample"]._open(
            self.model_id, self._get_companies(), since
        )

    def _check_enough(self, won):
        """Refuse to learn from too few leads.

        :raise UserError: with how many there are, and are needed
        """
        if evaluate.is_enough(won):
            return
        raise UserError(
            self.env._(
                "There are %(won)s won and %(lost)s lost leads: too few to learn from. "
                "It takes %(least)s of each; until then, what looks like a rule is "
                "mostly chance. Go further back in time, or wait for more deals to "
                "close.",
                won=int(won.sum()),
                lost=int((~won).sum()),
                least=MIN_DEALS_PER_OUTCOME,
            )
        )

    def _used_anyway(self):
        """Return the names of the fields that are ticked to be used anyway."""
        return self.field_ids.filtered("use").mapped("name")

    def _get_known(self, scoring_model):
        """Return the running rules of a model whose points can be learned: what they
        ask was known at the decision. Of rules that ask the same one.
        """
        learnable = self.env["lead.scoring.learnable"]
        _kinds, left_out = learnable._fields_to_learn(self.user_id)
        used = set(learnable._liftable(left_out, self._used_anyway()))
        # the scheduled action sees archived records, too
        rules = scoring_model.rule_ids.filtered("active")
        known = learnable._known(rules, left_out.keys() - used)
        alike = known.grouped(lambda rule: Asked.of(rule).key).values()
        return known.browse().union(*(rules[:1] for rules in alike))
