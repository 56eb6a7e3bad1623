from odoo import api, fields, models
from odoo.tools import SQL

from ..scoring.lead_scoring_transition import SEGMENTS, TEMPERATURES
from .crm_lead_scoring import CREATED_IDS


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "lead.scoring.code.only.mixin"]

    score_id = fields.Many2one(
        groups="sales_team.group_sale_salesman",
        comodel_name="lead.scoring.score",
        string="Score Row",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        # safe, for nobody but scoring can point it at another lead's row
        bypass_search_access=True,
        help="Technical: the row that holds the lead's points.",
    )
    score = fields.Integer(
        groups="sales_team.group_sale_salesman",
        related="score_id.score",
        aggregator="avg",
        help="Points from all scoring rules: fit and interest together.",
    )
    fit_score = fields.Integer(
        groups="sales_team.group_sale_salesman",
        string="Fit",
        related="score_id.fit",
        aggregator="avg",
        help="Points for who the lead is.",
    )
    interest_score = fields.Integer(
        groups="sales_team.group_sale_salesman",
        string="Interest",
        related="score_id.interest",
        aggregator="avg",
        help="Points for what the lead does.",
    )
    fit_band = fields.Selection(
        groups="sales_team.group_sale_salesman",
        related="score_id.fit_band",
        help="How the fit points compare with the floor of the scoring model: none, "
        "some, the floor reached, or twice the floor.",
    )
    interest_band = fields.Selection(
        groups="sales_team.group_sale_salesman",
        related="score_id.interest_band",
        help="How the interest points compare with the floor of the scoring model: "
        "none, some, the floor reached, or twice the floor.",
    )
    temperature = fields.Selection(
        groups="sales_team.group_sale_salesman",
        selection=TEMPERATURES,
        default="cold",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        help="How the score compares with the thresholds of the scoring model.",
    )
    temperature_date = fields.Datetime(
        groups="sales_team.group_sale_salesman",
        string="Temperature Since",
        readonly=True,
        copy=False,
        help="When the temperature last changed.",
    )
    segment = fields.Selection(
        groups="sales_team.group_sale_salesman",
        selection=SEGMENTS,
        default="discard",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        help="Sales: fit and interest both reach the floors of the scoring model. "
        "Nurture: fit does, and there is some interest. Remarket: fit does, without "
        "any interest, or interest does, without fit. Discard: no fit, and little or "
        "no interest, or nothing known yet.",
    )
    segment_date = fields.Datetime(
        groups="sales_team.group_sale_salesman",
        string="Segment Since",
        readonly=True,
        copy=False,
        help="When the segment last changed.",
    )
    win_rate = fields.Float(
        groups="sales_team.group_sale_salesman",
        compute="_compute_win_rate",
        aggregator="avg",
        help="In reports: the won ones among those that are won or lost. Open leads "
        "don't count.",
    )
    routing_note = fields.Char(
        groups="sales_team.group_sale_salesman",
        compute="_compute_routing_note",
        help="Why the lead has not become an opportunity by its score.",
    )

    # a copy is another lead: what one visitor does must not give points to two
    visitor_ids = fields.Many2many(copy=False)

    _without_score_idx = models.Index("(id) WHERE score_id IS NULL")

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("won_status")
    def _compute_win_rate(self):
        for lead in self:
            lead.win_rate = lead.won_status == "won"

    @api.depends("type", "team_id", "user_id", "company_id", "score_id.score")
    @api.depends_context("lang")
    def _compute_routing_note(self):
        notes = self.env["crm.team"]._routing_notes(self)
        for lead in self:
            lead.routing_note = notes.get(lead.id, False)

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        self.env["lead.scoring.score"]._link_leads(
            SQL("crm_lead.id = ANY(%s)", leads.ids), new=True
        )
        leads.invalidate_recordset(["score_id"], flush=False)
        self.env["lead.scoring.change"]._note(leads.ids)
        created = self.env.cr.precommit.data.setdefault(CREATED_IDS, set())
        created.update(leads.ids)
        leads._schedule_scoring()
        return leads

    def write(self, vals):
        if any(map(self._may_change_score, vals)):
            # before super: the change and its consequence share one chatter message
            self._schedule_scoring()
        return super().write(vals)

    def _write_multi(self, vals_list):
        # here all writes of the ORM come together, those of computed fields, too
        result = super()._write_multi(vals_list)
        self.env["lead.scoring.change"]._note(self.ids)
        return result

    def _may_change_score(self, name):
        """Whether to write the field ``name`` may change scores: not what only scoring
        sets, nor what is computed without being saved, as core writes it at times.
        """
        field = self._fields.get(name)
        saved = field and (field.store or field.inverse)
        return bool(saved) and not self._is_code_only(name)

    def _message_post_after_hook(self, message, msg_vals):
        """Note a mail that came in for the next pass, which looks for replies by their
        own date: after a fault of the mail server it is hours ago.
        """
        if message.message_type == "email":
            self.env["lead.scoring.change"]._note(self.ids)
        return super()._message_post_after_hook(message, msg_vals)

    def unlink(self):
        """Visitors that belong to no other lead and no contact are deleted with these
        leads, with their page views and events. When leads are merged, the one that
        stays has got the visitors of the others before.
        """
        # sudo: whoever may delete a lead need not see visitors
        visitors = self.sudo().visitor_ids
        result = super().unlink()
        visitors.exists()._erase_unknown()
        return result

    def _field_to_sql(self, alias, field_expr, query=None):
        field = self._fields.get(field_expr.partition(".")[0])
        if field and field.groups:
            # core skips the groups of related fields, when it sorts or groups by them
            self._check_field_access(field, "read")
        if field_expr == "win_rate":
            return SQL(
                "CASE %s WHEN 'won' THEN 1.0 WHEN 'lost' THEN 0.0 END",
                self._field_to_sql(alias, "won_status", query),
            )
        if field_expr == "score_rise":
            return self._score_rise(SQL.identifier(alias, "id"))
        return super()._field_to_sql(alias, field_expr, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        term = super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        field = self._fields[field_name.partition(".")[0]]
        of_row = field.related and field.related.startswith("score_id.")
        # core asks with an empty query whether a field can be sorted by
        asked = alias == query.table and not query.is_empty()
        if of_row and asked and not self._is_score_missing():
            # with an outer join PostgreSQL would sort all leads to find the best ones;
            # with an inner one it reads them in the order of the index
            row = SQL.identifier(query.make_alias(alias, "score_id"), "id")
            query.add_where(SQL("%s IS NOT NULL", row))
        return term

    @api.model
    def _is_score_missing(self):
        """Whether some lead has no row for its score: one that was added by SQL, until
        the next pass.
        """
        self.env.cr.execute(
            "SELECT EXISTS (SELECT FROM crm_lead WHERE score_id IS NULL)"
        )
        return self.env.cr.fetchone()[0]

    # ------------------------------------------------------------------
    # Consent
    # ------------------------------------------------------------------

    def _filter_mailable(self):
        """Return the leads that marketing may write to: with a usable address that is
        not on the blocklist. A bridge leaves out those that opted out elsewhere.
        """
        leads = self.filtered("email_normalized")
        # sudo: only employees read the blocklist, and a visitor's request may ask, too
        return leads.filtered(lambda lead: not lead.sudo().is_blacklisted)
