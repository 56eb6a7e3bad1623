from odoo import api, fields, models
from odoo.exceptions import ValidationError

RESCORE_FIELDS = frozenset(
    ["active", "company_id", "domain", "sequence", "state"]
    + ["fit_floor", "hot_score", "interest_floor", "margin", "warm_score"]
)
"""Fields whose change makes the next pass cover all leads."""
THRESHOLD_LIMIT = 1_000_000


class LeadScoringModel(models.Model):
    """Which leads, which rules, which thresholds."""

    _name = "lead.scoring.model"
    _inherit = ["lead.scoring.domain.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Lead Scoring Model"
    _order = "sequence, id"

    name = fields.Char(
        required=True,
        translate=True,
        help="For example the persona or product line these rules are about.",
    )
    sequence = fields.Integer(
        default=10,
        help="A lead belongs to the first live model, in this order, that fits it.",
    )
    active = fields.Boolean(
        default=True, help="An archived model scores nothing and is hidden."
    )
    state = fields.Selection(
        selection=[("draft", "Draft"), ("live", "Live"), ("retired", "Retired")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        help="Only live models score leads.",
    )
    origin_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Replaces",
        ondelete="set null",
        copy=False,
        help="The live model this draft is meant to replace.",
    )
    domain = fields.Char(
        string="Leads",
        default="[]",
        help="Which leads belong to this model; all, when empty.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Only leads of this company belong to the model; without one, leads of "
        "all companies and of none. Leads of no company that no such model is for "
        "belong to the models of the main company.",
    )
    rule_ids = fields.One2many(
        comodel_name="lead.scoring.rule",
        inverse_name="model_id",
        string="Rules",
        copy=True,
    )
    rule_count = fields.Integer(
        compute="_compute_rule_count", help="Number of rules that are not paused."
    )
    warm_score = fields.Integer(
        default=30, required=True, help="From this score on a lead is warm."
    )
    hot_score = fields.Integer(
        default=60, required=True, help="From this score on a lead is hot."
    )
    fit_floor = fields.Integer(
        default=20,
        required=True,
        help="From these fit points on a lead fits. Fits and interested: for sales. "
        "Fits, some interest: nurture. Fits, no interest at all: remarket.",
    )
    interest_floor = fields.Integer(
        default=20,
        required=True,
        help="From these interest points on a lead is interested. Interested and fits: "
        "for sales. Interested, but does not fit: remarket. Neither: discard.",
    )
    margin = fields.Integer(
        default=5,
        required=True,
        help="A lead cools down or leaves a segment only when its points fall more "
        "than this below the threshold. This avoids constant changes.",
    )
    required_answers = fields.Integer(
        default=0,
        required=True,
        help="Leads are only converted by score if at least this many of the five "
        "questions (need, fit, budget, authority, timeline) are answered Yes. For "
        "leads that have the score but not the answers, a qualifying call is "
        "planned. 0: the score is enough.",
    )
    changed_at = fields.Datetime(
        string="Rules Changed On",
        default=lambda self: self.env.cr.now(),
        readonly=True,
        copy=False,
        help="When the model or one of its rules last changed: "
        "the next hourly pass scores all leads again.",
    )

    _thresholds = models.Constraint(
        "CHECK(hot_score > warm_score)",
        "The hot score must be higher than the warm score.",
    )
    _margin_bounds = models.Constraint(
        f"CHECK(margin BETWEEN 0 AND {THRESHOLD_LIMIT})",
        "The margin must be between 0 and 1,000,000.",
    )
    _threshold_bounds = models.Constraint(
        "CHECK("
        + " AND ".join(
            f"{name} BETWEEN -{THRESHOLD_LIMIT} AND {THRESHOLD_LIMIT}"
            for name in ("warm_score", "hot_score", "fit_floor", "interest_floor")
        )
        + ")",
        "Warm and hot scores and floors must be between -1,000,000 and 1,000,000.",
    )
    _required_answers = models.Constraint(
        "CHECK(required_answers BETWEEN 0 AND 5)",
        "There are five questions: the answers required must be between 0 and 5.",
    )

    @api.depends("rule_ids")
    def _compute_rule_count(self):
        rules = self.env["lead.scoring.rule"]
        ours = [("model_id", "in", self.ids)]
        counts = dict(rules._read_group(ours, ["model_id"], ["__count"]))
        for model in self:
            model.rule_count = counts.get(model, 0)

    @api.constrains("origin_id")
    def _check_origin(self):
        """A draft replaces another model, which its author may read."""
        # the ORM calls constraints as superuser
        self.sudo(False).origin_id.check_access("read")
        if self._has_cycle("origin_id"):
            raise ValidationError(
                self.env._("A model can't replace itself. Choose another, or none.")
            )

    @api.constrains("domain")
    def _check_domain(self):
        for model in self:
            model._check_new("crm.lead", self)
        self._check_rehearsal()

    @api.model
    def _get_live(self, company, draft=None):
        """Return the live models that may fit leads of ``company``, first one first;
        without those whose scope is broken.

        :param company: a res.company record, empty for leads without company: these
            belong to a model without company if there is one for them, else to one of
            the main company, which they are taken for elsewhere, too
        :param draft: a model, counted in as if it were published
        """
        served = company or self.env["lead.scoring.engine"]._main_company()
        # sudo: leads are scored alike, whoever asks
        live = self.sudo().search_fetch(
            [
                ("state", "=", "live"),
                ("error", "=", False),
                ("company_id", "in", [False, *served.ids]),
            ],
            ["domain", "lang", "tz"],
        )
        if draft:
            live = draft.sudo()._in_place(live, served)
        return live if company else live.sorted(lambda model: bool(model.company_id))

    def write(self, vals):
        """What changes scores makes the next pass cover all leads. A new state gets its
        date; what goes live takes over the review of the version that it replaces.
        """
        stamps = self._stamps(vals)
        if not RESCORE_FIELDS.isdisjoint(vals):
            stamps["changed_at"] = self.env.cr.now()
        result = super().write(vals)
        if stamps := {n: v for n, v in stamps.items() if n not in vals}:
            # sudo: only code sets dates; the user may write the model
            self.sudo().write(stamps)
        if vals.get("state") == "live":
            self._number_versions()
            for model in self:
                model._take_over_reviews()
        return result

    def _get_scoring_models(self):
        return self

    def _get_domain_model(self):
        return "crm.lead"

    def _mark_changed(self):
        """Make the next pass cover all leads."""
        # sudo: deleting a rule needs no right on its model
        self.exists().sudo().write({"changed_at": self.env.cr.now()})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_live(self):
        if self.filtered(lambda model: model.state == "live"):
            raise ValidationError(
                self.env._("A live model can't be deleted. Archive it instead.")
            )
        # sudo: the history of leads the user may not read counts, too
        history = self.env["lead.scoring.history"].sudo()
        if rows := history.search([("model_id", "in", self.ids)], limit=1):
            raise ValidationError(
                self.env._(
                    "«%s» has scored leads: their history would no longer say by which "
                    "model. Archive it instead.",
                    rows.model_id.name,
                )
            )
