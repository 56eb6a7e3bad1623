from odoo import api, fields, models
from odoo.tools import SQL

VALUE_LIMIT = 10_000


class LeadScoringRule(models.Model):
    """Points for the leads that meet a domain, or for each record of a stream."""

    _name = "lead.scoring.rule"
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
        help="Points a matching lead gets; for a stream, points per record. "
        "A negative number takes points away.",
    )
    dimension = fields.Selection(
        selection=[("fit", "Fit"), ("interest", "Interest")],
        default="fit",
        required=True,
        help="Fit: who the lead is. Interest: what the lead does.",
    )
    source = fields.Selection(
        selection=[("lead", "The lead itself"), ("page_view", "Page views")],
        default="lead",
        required=True,
        help="What the rule reads: the lead, which matches once or not, or a stream "
        "of records, each of which counts.",
    )
    source_model = fields.Char(
        compute="_compute_source_model",
        help="Technical name of the model the domain is about.",
    )
    domain = fields.Char(
        default="[]",
        required=True,
        help="Which leads match; for a stream, which of its records count.",
    )
    maximum = fields.Integer(
        help="The most a stream can give a lead with this rule, or take from it where "
        "the points are negative. 0 means no maximum.",
    )
    half_life = fields.Float(
        string="Half-life (days)",
        help="After this many days a record of the stream is worth half its points, "
        "after twice as many a quarter. 0 means it never fades.",
    )
    lang = fields.Char(
        string="Language",
        readonly=True,
        copy=False,
        help="Language of the one who wrote the domain: names in it are read so.",
    )
    tz = fields.Char(
        string="Time Zone",
        readonly=True,
        copy=False,
        help="Time zone of the one who wrote the domain: days in it begin so.",
    )
    error = fields.Char(
        readonly=True,
        copy=False,
        help="Why the rule could not be applied. It is skipped until it is edited, "
        "or until the next nightly pass.",
    )
    match_count = fields.Integer(
        string="Leads",
        readonly=True,
        copy=False,
        help="Number of open leads and opportunities that had points from this rule "
        "at the last full pass. Click to see today's.",
    )

    _value_bounds = models.Constraint(
        f"CHECK(value BETWEEN -{VALUE_LIMIT} AND {VALUE_LIMIT})",
        "Points must be between -10,000 and 10,000.",
    )
    _maximum_positive = models.Constraint(
        "CHECK(maximum >= 0)", "The maximum can't be negative; 0 means none."
    )
    _half_life_positive = models.Constraint(
        "CHECK(half_life >= 0)", "The half-life can't be negative; 0 means none."
    )

    def _default_model_id(self):
        return self.env["lead.scoring.model"].search([("state", "=", "live")], limit=1)

    @api.depends("source")
    def _compute_source_model(self):
        for rule in self:
            rule.source_model = rule._get_source_model()

    def _get_source_model(self):
        if (self.source or "lead") == "lead":
            return "crm.lead"
        return self.env["lead.scoring.source"]._get(self.source).model

    @api.onchange("source")
    def _onchange_source(self):
        """A domain on one model means nothing on another."""
        if self.source != self._origin.source:
            self.domain = "[]"
            self.dimension = "fit" if self.source == "lead" else "interest"

    @api.constrains("domain", "source")
    def _check_domain(self):
        for rule in self:
            self.env["lead.scoring.rule.check"]._check(
                rule.source_model, rule.domain, lang=rule.lang, tz=rule.tz
            )

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create([{**self._author(), **vals} for vals in vals_list])
        rules._mark_changed()
        return rules

    def write(self, vals):
        """Editing clears the error; a new domain is read as its author means it."""
        if "domain" in vals:
            vals = {**self._author(), **vals}
        models_before = self.model_id
        result = super().write({"error": False, **vals})
        (models_before | self.model_id)._mark_changed()
        return result

    def unlink(self):
        scoring_models = self.model_id
        result = super().unlink()
        scoring_models._mark_changed()
        return result

    @api.model
    def _author(self):
        """Return the values that keep how the current user reads a domain."""
        return {"lang": self.env.lang or "en_US", "tz": self.env.user.tz or "UTC"}

    def _mark_changed(self):
        self.model_id._mark_changed()

    def _set_error(self, error):
        """Mark the rule as broken by the exception ``error``, or, with None, as sound.
        The scoring managers are told when it breaks, not every night it stays so.

        Written by SQL: it is no edit, so it must not make the next pass cover all.

        :return: whether the rule is broken
        """
        self.ensure_one()
        was_broken = self.error
        reason = error and (str(error).partition("\n")[0] or type(error).__name__)
        self.env.cr.execute(
            SQL(
                "UPDATE lead_scoring_rule SET error = %s WHERE id = %s", reason, self.id
            )
        )
        self.invalidate_recordset(["error"], flush=False)
        if reason and not was_broken:
            self._notify_error(reason)
        return bool(reason)

    def _notify_error(self, reason):
        managers = self.env.ref("lead_scoring.group_scoring_manager").all_user_ids
        self.env["mail.thread"].message_notify(
            partner_ids=managers.filtered("active").partner_id.ids,
            subject=self.env._("Scoring rule «%s» can't be applied", self.name),
            body=self.env._("It is skipped until it is edited. The reason: %s", reason),
            model=self._name,
            res_id=self.id,
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_leads(self):
        """Open the leads that have points from this rule now."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.crm_lead_action_scored"
        )
        return {
            **action,
            "display_name": self.name,
            "domain": [("scoring_rule_ids", "in", self.ids)],
        }

    def action_test(self):
        """Open a window to try the rule on a lead."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test on a lead"),
            "res_model": "lead.scoring.rule.test",
            "view_mode": "form",
            "target": "new",
            "context": {"default_rule_id": self.id},
        }
