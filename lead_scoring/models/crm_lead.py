import logging
import time

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

TEMPERATURES = [("cold", "Cold"), ("warm", "Warm"), ("hot", "Hot")]
SEGMENTS = [
    ("sales", "Sales"),
    ("nurture", "Nurture"),
    ("remarket", "Remarket"),
    ("discard", "Discard"),
]
SCORING_FIELDS = frozenset(
    ["handover", "qualifying_call_date", "returned_reason", "returned_until"]
    + ["routing_sample", "sales_qualified_date", "score_id", "segment"]
    + ["segment_date", "temperature", "temperature_date"]
)
"""What only scoring writes."""
ON_SAVE_PARAMETER = "lead_scoring.score_on_save"
SCHEDULED = "lead_scoring.scheduled"
FOLLOWED = "lead_scoring.followed"


class CrmLead(models.Model):
    _inherit = "crm.lead"

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
        help="Points from all scoring rules: fit and interest together. An automation "
        "on this field never fires; use the temperature.",
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
    scoring_rule_ids = fields.Many2many(
        comodel_name="lead.scoring.rule",
        string="Scoring Rules",
        groups="sales_team.group_sale_salesman",
        compute="_compute_scoring_rule_ids",
        search="_search_scoring_rule_ids",
        help="The scoring rules that give the lead points now.",
    )
    routing_note = fields.Char(
        groups="sales_team.group_sale_salesman",
        compute="_compute_routing_note",
        help="Why the lead has not become an opportunity by its score.",
    )

    _write_date_idx = models.Index("(write_date)")

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("score_id")
    def _compute_scoring_rule_ids(self):
        points = self.env["lead.scoring.engine"]._points(self)
        for lead in self:
            lead.scoring_rule_ids = list(points.get(lead.id, ()))

    @api.model
    def _search_scoring_rule_ids(self, operator, value):
        """Which leads have points from a rule; the engine knows, whoever asks."""
        rules = self.env["lead.scoring.rule"]
        if operator in ("any", "any!"):
            if not isinstance(value, Domain):
                value = Domain("id", "in", value)
            return self._with_points_from(rules.sudo(operator == "any!").search(value))
        if operator != "in":
            return NotImplemented
        domain = self._with_points_from(rules.browse(v for v in value if v).exists())
        if False in value:
            domain |= ~self._with_points_from(rules.sudo().search(Domain.TRUE))
        return domain

    @api.model
    def _with_points_from(self, rules):
        """Return the Domain of the leads with points from any of ``rules``."""
        matching = self.env["lead.scoring.engine"]._matching_leads(rules)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN (%s)", SQL.identifier(alias, "id"), matching
            )
        )

    @api.depends("type", "team_id", "user_id", "company_id", "score_id.score")
    def _compute_routing_note(self):
        notes = self.env["crm.team"]._routing_notes(self)
        for lead in self:
            lead.routing_note = notes.get(lead.id, False)

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_scoring_fields(vals)
        leads = super().create(vals_list)
        self.env["lead.scoring.score"]._link_leads(
            SQL("crm_lead.id = ANY(%s)", leads.ids), new=True
        )
        leads.invalidate_recordset(["score_id"], flush=False)
        leads._schedule_scoring()
        return leads

    def write(self, vals):
        self._check_scoring_fields(vals)
        if vals.keys() - SCORING_FIELDS:
            # before super: the change and its consequence share one chatter message
            self._schedule_scoring()
        return super().write(vals)

    def unlink(self):
        """Visitors known as nothing but these leads are erased with them, with their
        page views and events. Leads that are merged have handed their visitors on.
        """
        visitors = self.sudo().visitor_ids
        result = super().unlink()
        visitors.exists()._erase_unknown()
        return result

    @api.model
    def default_get(self, fields_list):
        """No default, of the context or of a user, sets what only scoring sets."""
        defaults = super().default_get(fields_list)
        for name in SCORING_FIELDS.intersection(defaults):
            default = self._fields[name].default
            defaults[name] = default(self) if default else False
        return defaults

    def _update_cache(self, values, validate=True):
        if not self.env.su and "score_id" in values:
            # a form that pretends another row would show the points of another lead
            values = {name: v for name, v in values.items() if name != "score_id"}
        return super()._update_cache(values, validate=validate)

    def _field_to_sql(self, alias, field_expr, query=None):
        field = self._fields.get(field_expr)
        if field and (field.related or "").startswith("score_id."):
            # core skips the groups of related fields, when it sorts or groups by them
            self._check_field_access(field, "read")
        return super()._field_to_sql(alias, field_expr, query)

    def _check_scoring_fields(self, vals):
        """Refuse what only scoring may write.

        :raise AccessError: to anyone but the superuser; with a foreign ``score_id`` one
            could read the points of any lead
        """
        if self.env.su or not (refused := SCORING_FIELDS.intersection(vals)):
            return
        names = [self._fields[n].get_description(self.env)["string"] for n in refused]
        raise AccessError(
            self.env._(
                "Only lead scoring itself sets: %s. Change the lead or a scoring rule.",
                ", ".join(sorted(names)),
            )
        )

    # ------------------------------------------------------------------
    # Scoring
    # ------------------------------------------------------------------

    def action_score_now(self):
        """Score these leads now."""
        self.check_access("read")
        self._score_safely()

    def _schedule_scoring(self):
        """Have these leads scored when the transaction is flushed before its commit.

        A lead whose temperature has just followed its score is left alone until the
        next pass, so that an automation can't drive it up and down for ever.
        """
        if not self._is_scored_on_save():
            return
        data = self.env.cr.precommit.data
        ids = set(self.ids) - data.get(FOLLOWED, set())
        if not ids:
            return
        if SCHEDULED not in data:
            data[SCHEDULED] = set()
            self.env.cr.precommit.add(self.browse()._score_scheduled)
        data[SCHEDULED].update(ids)

    @api.model
    def _is_scored_on_save(self):
        """Whether leads are scored as they are saved, not only by scheduled actions."""
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(ON_SAVE_PARAMETER) != "no"

    def _score_scheduled(self):
        """Score what was scheduled."""
        data = self.env.cr.precommit.data
        ids = data.pop(SCHEDULED, set())
        data.setdefault(FOLLOWED, set()).update(ids)
        self.browse(ids)._score_safely()

    def _score_safely(self):
        """Score this recordset as OdooBot. Whatever goes wrong is left to the next
        pass: nothing a user does fails because of scoring.
        """
        kept = ("tracking_disable", "mail_notrack", "mail_create_nosubscribe")
        context = {
            key: self.env.context[key] for key in kept if key in self.env.context
        }
        leads = self.with_env(self.env(user=SUPERUSER_ID, su=True, context=context))
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                leads._score_now()
                self.env.flush_all()
        except Exception as error:
            self.env.clear()
            # a pass that wrote the same row meanwhile is no fault
            trace = not isinstance(error, OperationalError)
            _logger.warning(
                "Leads not scored now: %s", sorted(self.ids), exc_info=trace
            )

    def _score_now(self):
        """Score this recordset within the current transaction, with all that follows:
        temperature, segment, history. Needs superuser. Closed leads keep their score.
        """
        self.env.flush_all()
        where = SQL("crm_lead.id = ANY(%s)", self.ids)
        unlinked, unscored, silenced = self._scoring_exceptions()
        if unlinked:
            self.env["lead.scoring.score"]._link_leads(where)
        if unscored:
            self.env.cr.execute(self.env["lead.scoring.score"]._reset(where))
        transition = self.env["lead.scoring.transition"]
        silencing = silenced and transition._silencing(
            SQL("score.lead_id = ANY(%s)", self.ids)
        )
        before, after = silencing or (None, None)
        if silencing:
            self.env.cr.execute(before)
        met = self.env["lead.scoring.engine"]._score(self, self._scoring_effects())
        if silencing:
            self.env.cr.execute(after)
            transition._invalidate_leads()
        self._invalidate_scores()
        if unscored or "follow" in met:
            transition._follow_now(where)
        if "move" in met:
            self.env.cr.execute(
                self.env["lead.scoring.history"]._moves(
                    SQL("%s AND score.lead_id = ANY(%s)", where, self.ids)
                )
            )
        if "convert" in met:
            self.env["website.visitor"]._trigger_scoring_soon(SQL("TRUE"))

    @api.model
    def _scoring_effects(self):
        """Return ``{name: SQL condition}`` of what new numbers may call for: asked for
        by the statement that computes them, for most often it is nothing.
        """
        return {
            "follow": self.env["lead.scoring.transition"]._is_due(),
            "move": self.env["lead.scoring.history"]._has_moved(),
            "convert": SQL(
                """score.scored_at = %s AND crm_lead.type = 'lead'
                   AND score.score >= (SELECT min(minimum_score) FROM crm_team
                                        WHERE active AND convert_by_score)""",
                SQL("%s::timestamp", self.env.cr.now()),
            ),
        }

    def _scoring_exceptions(self):
        """Return what is rarely so, three booleans: whether any of these leads has no
        score row, whether any is not to be scored, and whether a model was published
        silently.
        """
        [row] = self.env.execute_query(
            SQL(
                """SELECT bool_or(score_id IS NULL), bool_or(do_not_score),
                          EXISTS (SELECT FROM lead_scoring_model WHERE silent)
                     FROM crm_lead WHERE id = ANY(%s)""",
                self.ids,
            )
        )
        return row

    @api.model
    def _invalidate_scores(self):
        """Forget cached numbers after SQL has written them."""
        self.env["lead.scoring.score"].invalidate_model(flush=False)
        self.invalidate_model(
            ["score_id", "score", "fit_score", "interest_score", "routing_note"]
            + ["score_explanation", "score_explanation_text", "scoring_rule_ids"],
            flush=False,
        )

    # ------------------------------------------------------------------
    # Scheduled actions
    # ------------------------------------------------------------------

    @api.model
    def _cron_score_and_convert(self, full=False):
        """Score leads, then convert those that a team's minimum score asks for.

        Called by both scheduled actions; each commits as it goes and, when its time is
        up, asks to be called again.

        :param full: all leads, not only those with something new
        """
        cron = self.env["ir.cron"]
        passes = self.env["lead.scoring.pass"]
        score_until, convert_until = passes._deadlines()
        if time.monotonic() > score_until:
            # Odoo calls again within the same job, whose time is up
            cron._commit_progress(remaining=1)
            return

        def checkpoint():
            cron._commit_progress(1, remaining=1)

        finished = passes._start(full)._run(score_until, checkpoint)
        self.env["crm.team"]._convert_by_score(checkpoint, convert_until)
        finished = finished and time.monotonic() < convert_until
        cron._commit_progress(remaining=0 if finished else 1)
