from odoo import api, fields, models
from odoo.fields import NO_ACCESS

VALUE_LIMIT = 10_000
MAXIMUM_LIMIT = 1_000_000
COUNT_LIMIT = 10_000
MINIMUM_HALF_LIFE = 0.00001
MAXIMUM_HALF_LIFE = 36_500
"""Days. Beyond these, points would be worth nothing at once, or never fade."""
RESCORE_FIELDS = frozenset(
    ["active", "dimension", "domain", "half_life", "maximum", "minimum_count"]
    + ["model_id", "source", "value"]
)
"""Fields whose change makes the next pass cover all leads."""
TRACED_FIELDS = RESCORE_FIELDS | {"name"}
"""Fields whose change the chatter of a live model tells."""
MATCHING_FIELDS = ("domain", "minimum_count", "source")
"""Fields that say which leads get points, not how many."""


class LeadScoringRule(models.Model):
    """Points for the leads that meet a domain, or for each record of a stream."""

    _name = "lead.scoring.rule"
    _inherit = "lead.scoring.domain.mixin"
    _description = "Lead Scoring Rule"
    _order = "sequence, id"

    name = fields.Char(
        required=True,
        translate=True,
        help="What salespeople read in the explanation of a score.",
    )
    sequence = fields.Integer(default=10, help="Order in lists; of no other meaning.")
    active = fields.Boolean(
        default=True, help="Archive a rule to pause it: its points are given back."
    )
    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self._default_model_id(),
        help="The model the rule belongs to. It scores the leads of this model.",
    )
    company_id = fields.Many2one(
        related="model_id.company_id",
        store=True,
        index="btree_not_null",
        help="The company of the rule's model.",
    )
    value = fields.Integer(
        string="Points",
        required=True,
        help="Points a matching lead gets; for what a lead does, points for each page "
        "view, event, meeting or mail. A negative number takes points away.",
    )
    dimension = fields.Selection(
        selection=[("fit", "Fit"), ("interest", "Interest")],
        default="fit",
        required=True,
        help="Fit: who the lead is. Interest: what the lead does.",
    )
    source = fields.Selection(
        selection=[
            ("lead", "The lead itself"),
            ("page_view", "Page views"),
            ("event", "Events"),
            ("form", "Forms submitted"),
            ("meeting", "Meetings"),
            ("reply", "Replies by e-mail"),
        ],
        default="lead",
        required=True,
        help="What the rule reads: the lead, which matches once or not, or what it "
        "does, where each page view, event, meeting or mail counts. A form counts once "
        "a visit, a recurring meeting once however often it comes back, and all single "
        "meetings to come count as one.",
    )
    source_model = fields.Char(
        compute="_compute_source_model",
        help="Technical name of the model the domain is about.",
    )
    domain = fields.Char(
        default="[]",
        required=True,
        help="Which leads match; for what a lead does, which page views, events, "
        "meetings or mails count.",
    )
    maximum = fields.Integer(
        help="The most this rule can give a lead, however often it counts, or take "
        "from it where the points are negative. 0 means no maximum.",
    )
    half_life = fields.Float(
        string="Half-life (days)",
        help="After this many days, a page view, event, meeting or mail gives half "
        "its points, after twice as many days a quarter. 0 means that points never "
        "fade. Future meetings give all their points.",
    )
    minimum_count = fields.Integer(
        string="Count From No.",
        default=1,
        required=True,
        help="The first page view, event, meeting or mail that counts: with 3, the "
        "first two give no points, the third and all later ones do. 1: all count.",
    )
    match_count = fields.Integer(
        string="Leads",
        compute="_compute_match_count",
        help="Number of open leads and opportunities that had points from this rule "
        "at the last full pass. Click to see today's.",
    )
    match_total = fields.Integer(
        readonly=True,
        groups=NO_ACCESS,
        copy=False,
        help="Technical: the number of leads of all companies.",
    )
    has_match_count = fields.Boolean(
        compute="_compute_match_count",
        help="Whether you may see the number: for a rule of all companies if you may "
        "switch to each of them.",
    )
    origin_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        string="Copied from",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The rule of another version of the model that this is a copy of. What "
        "deals say of that one counts for this one, while both read the same.",
    )
    page_note = fields.Char(
        compute="_compute_pages",
        help="Why a rule on page views can't match yet.",
    )
    has_untracked_pages = fields.Boolean(
        compute="_compute_pages",
        help="Whether the website has pages that the rule means and whose views Odoo "
        "does not record.",
    )

    access_note = fields.Char(
        compute="_compute_access_note",
        help="Why you can't change which records count.",
    )

    _value_bounds = models.Constraint(
        f"CHECK(value BETWEEN -{VALUE_LIMIT} AND {VALUE_LIMIT})",
        "Points must be between -10,000 and 10,000.",
    )
    _minimum_count_bounds = models.Constraint(
        f"CHECK(minimum_count BETWEEN 1 AND {COUNT_LIMIT})",
        "Records count from the first to the 10,000th on; 1 means that all count.",
    )
    _maximum_positive = models.Constraint(
        "CHECK(maximum >= 0)", "The maximum can't be negative; 0 means none."
    )
    _maximum_limit = models.Constraint(
        f"CHECK(maximum <= {MAXIMUM_LIMIT})",
        "The maximum can't be more than 1,000,000; 0 means none.",
    )
    _half_life_bounds = models.Constraint(
        f"""CHECK(half_life = 0
            OR half_life BETWEEN {MINIMUM_HALF_LIFE} AND {MAXIMUM_HALF_LIFE})""",
        "The half-life must be between 0.00001 and 36,500 days; 0 means none.",
    )

    @api.depends("match_total", "company_id")
    @api.depends_context("uid")
    def _compute_match_count(self):
        """A number of leads of other companies is no less private than the leads."""
        check = self.env["lead.scoring.access.check"]
        sees_all = self.env.su or check._sees_all_companies(self.env.user)
        for rule in self:
            rule.has_match_count = sees_all or bool(rule.company_id)
            # sudo: nobody may read the number itself
            total = rule.sudo().match_total
            rule.match_count = rule.has_match_count and total

    def _default_model_id(self):
        return self.env["lead.scoring.model"].search([("state", "=", "live")], limit=1)

    @api.depends("source")
    def _compute_source_model(self):
        sources = self.env["lead.scoring.source"]
        for rule in self:
            is_stream = rule.source and rule.source != "lead"
            rule.source_model = (
                sources._get(rule.source).model if is_stream else "crm.lead"
            )

    def _get_domain_model(self):
        return self.source_model

    def _get_event_kind(self):
        return self.source if self.source in ("event", "form") else None

    @api.depends("source", "domain")
    @api.depends_context("lang")
    def _compute_pages(self):
        for rule in self:
            rule.page_note, pages = self.env["lead.scoring.page.check"]._find(rule)
            rule.has_untracked_pages = bool(pages)

    @api.depends("source", "domain")
    @api.depends_context("uid")
    def _compute_access_note(self):
        """The editor of conditions calls one on hidden records invalid."""
        for rule in self:
            rule.access_note = False
            if not self.env[rule.source_model].has_access("read"):
                rule.access_note = self.env._(
                    "You have no access to what this rule counts, so you can't "
                    "change its condition: %s",
                    rule.domain,
                )

    @api.onchange("source")
    def _onchange_source(self):
        """A domain on one model means nothing on another."""
        if self.source != self._origin.source:
            self.domain = "[]"
            self.dimension = "fit" if self.source == "lead" else "interest"

    @api.constrains("domain", "source")
    def _check_domain(self):
        for rule in self:
            rule._check_new(rule.source_model, self)
        self._check_rehearsal()

    @api.model
    def _known_by(self):
        return [*super()._known_by(), "source"]

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules.model_id._mark_changed()
        rules._trace(is_new=True)
        return rules

    def _copied_by_code(self):
        return {**super()._copied_by_code(), "origin_id": self.id}

    def write(self, vals):
        before = self.model_id
        if not TRACED_FIELDS.isdisjoint(vals):
            self._trace()
        result = super().write(vals)
        if not RESCORE_FIELDS.isdisjoint(vals):
            (before | self.model_id)._mark_changed()
        return result

    def unlink(self):
        scoring_models = self.model_id
        self._trace()
        result = super().unlink()
        scoring_models._mark_changed()
        return result

    def _get_scoring_models(self):
        return self.model_id

    # ------------------------------------------------------------------
    # Versions
    # ------------------------------------------------------------------

    def _get_versions(self):
        """Return this rule and those of other versions of its model that it is a copy
        of and reads the same as, the newest first.
        """
        self.ensure_one()
        # sudo: of models of other companies, too
        versions = rule = self.sudo()
        while (origin := rule.origin_id) and origin.model_id not in versions.model_id:
            if any(origin[name] != rule[name] for name in MATCHING_FIELDS):
                break
            versions += origin
            rule = origin
        return versions

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_leads(self):
        """Open the leads that have points from this rule now."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.crm_lead_action_scored"
        )
        action["domain"] = [("scoring_rule_ids", "in", self.ids)]
        return {**action, "display_name": self.env._("Leads with points")}

    def action_track_pages(self):
        """Have Odoo record the views of the pages that the rule means. Needs the right
        to edit the website.
        """
        self.ensure_one()
        self.check_access("read")
        _note, pages = self.env["lead.scoring.page.check"]._find(self)
        pages.with_env(self.env).write({"track": True})

    def action_test(self):
        """Open a window to try the rule on a lead, one that matches at first."""
        self.ensure_one()
        self.check_access("read")
        example = (self.get_reach() or {}).get("match") or {}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test on a Lead"),
            "res_model": "lead.scoring.rule.test",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_rule_id": self.id,
                "default_lead_id": example.get("id", False),
            },
        }
