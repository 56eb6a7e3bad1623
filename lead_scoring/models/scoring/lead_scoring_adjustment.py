from datetime import datetime, timedelta
from functools import partial

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from .lead_scoring_engine_leads import SECONDS_ON_REQUEST

MAXIMUM = 100
"""Points that one adjustment may give or take, and all of one author on a lead."""
LATEST_EXPIRY = datetime(2199, 12, 31)
"""Dates near the last one that there is can't be shown in every time zone."""
LOGGED_FIELDS = frozenset(["dimension", "expiry_date", "name", "points"])


class LeadScoringAdjustment(models.Model):
    """Points that somebody who knows the lead gives or takes by hand.

    Counted by the statement that counts the rules, until they expire. Who may write the
    lead may add one; only its author and scoring managers may change it.
    """

    _name = "lead.scoring.adjustment"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Lead Score Adjustment"
    _order = "create_date desc, id desc"

    lead_id = fields.Many2one(readonly=False)
    name = fields.Char(
        string="Reason", required=True, help="What you know and rules can't know."
    )
    points = fields.Integer(
        required=True,
        help="Points to give, or to take if negative; from -100 to 100.",
    )
    dimension = fields.Selection(
        selection=[("fit", "Fit"), ("interest", "Interest")],
        required=True,
        default="fit",
        help="Fit: who the lead is. Interest: what the lead does.",
    )
    expiry_date = fields.Datetime(
        string="Expires On",
        help="From then on the points no longer count. Empty: they count for ever.",
    )

    _points_bounded = models.Constraint(
        f"CHECK(points BETWEEN -{MAXIMUM} AND {MAXIMUM} AND points <> 0)",
        "An adjustment is from -100 to 100 points, and not 0.",
    )
    _write_date_idx = models.Index("(write_date)")
    _expiry_date_idx = models.Index("(expiry_date) WHERE expiry_date IS NOT NULL")

    @api.constrains("expiry_date")
    def _check_expiry_date(self):
        now = self.env.cr.now()
        for adjustment in self:
            if adjustment.expiry_date and adjustment.expiry_date <= now:
                raise ValidationError(
                    self.env._(
                        "It would have expired already. Choose a date to come, or none."
                    )
                )
            if adjustment.expiry_date and adjustment.expiry_date > LATEST_EXPIRY:
                raise ValidationError(
                    self.env._(
                        "That is too far away. Choose a date before 2200, or none: the "
                        "points then count for ever."
                    )
                )

    # not by lead_id: leads can be merged whatever their adjustments sum up to
    @api.constrains("points", "dimension", "expiry_date")
    def _check_sum_of_author(self):
        """Nobody moves a score, its fit or its interest further by many adjustments
        than by one: what is taken from one does not make up for the other.
        """
        unexpired = Domain("expiry_date", "=", False) | Domain(
            "expiry_date", ">", self.env.cr.now()
        )
        for adjustment in self:
            lead, author = adjustment.lead_id, adjustment.create_uid
            same = [("lead_id", "=", lead.id), ("create_uid", "=", author.id)]
            groups = self._read_group(
                unexpired & Domain(same), ["dimension"], ["points:sum"]
            )
            sums = [points for _dimension, points in groups]
            points = max(*sums, sum(sums), 0, key=abs)
            if abs(points) > MAXIMUM:
                raise ValidationError(
                    self.env._(
                        "The adjustments of %(user)s on «%(lead)s» would sum up to "
                        "%(points)s points. One person can give a lead at most "
                        "%(maximum)s points, or take as many.",
                        user=author.name,
                        lead=lead.display_name,
                        points=points,
                        maximum=MAXIMUM,
                    )
                )

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        adjustments = super().create(vals_list)
        adjustments._log(self.env._("Score adjusted: %s"))
        adjustments._reschedule()
        return adjustments

    def write(self, vals):
        if "lead_id" in vals and not self.env.su:
            raise AccessError(
                self.env._("An adjustment stays with its lead. Add one to the other.")
            )
        result = super().write(vals)
        if not LOGGED_FIELDS.isdisjoint(vals):
            self._log(self.env._("Score adjustment changed: %s"))
        self._reschedule()
        return result

    def unlink(self):
        # sudo: the leads are scored whatever the user may do with them
        leads = self.sudo().lead_id
        self.check_access("unlink")
        self._log(self.env._("Score adjustment removed: %s"))
        result = super().unlink()
        self._reschedule_leads(leads)
        return result

    def _reschedule(self):
        """Have the leads scored before the commit, and again when points expire."""
        # sudo: the lead is scored whatever the user may do with it
        self._reschedule_leads(self.sudo().lead_id)
        cron_id = self.env["lead.scoring.pass"]._cron_id()
        dates = {date for date in self.mapped("expiry_date") if date}
        if cron_id and dates:
            # sudo: users may not read scheduled actions; they look at whole seconds
            cron = self.env["ir.cron"].sudo().browse(cron_id)
            cron._trigger(at=[date + timedelta(seconds=1) for date in dates])

    @api.model
    def _reschedule_leads(self, leads):
        """Have the leads scored before the commit, or by the next pass.

        Of two requests that adjust a lead at the same time, Odoo repeats the later one,
        since both change the lead's row: it then sees the other's points.
        """
        leads._schedule_scoring()
        statement = SQL(
            "UPDATE crm_lead SET write_date = %s WHERE id = ANY(%s)",
            self.env.cr.now(),
            leads.ids,
        )
        # a lead that is being written keeps its date in the cache until it is flushed
        leads.flush_recordset(["write_date"])
        self.env.cr.execute(statement)
        leads.invalidate_recordset(["write_date"], flush=False)
        self.env["lead.scoring.change"]._note(leads.ids)

    def _log(self, text):
        """Log on the leads ``text``, which has a placeholder for the adjustment."""
        # sudo: to read what is logged; the message has the user as its author
        bodies = {
            lead.id: Markup("<br/>").join(text % a._describe() for a in adjustments)
            for lead, adjustments in self.sudo().grouped("lead_id").items()
        }
        self.env["crm.lead"].browse(bodies)._message_log_batch(bodies=bodies)

    def _describe(self):
        """Return what the adjustment is, as a text."""
        self.ensure_one()
        values = {
            "points": f"{self.points:+d}",
            "dimension": dict(
                self._fields["dimension"]._description_selection(self.env)
            )[self.dimension],
            "reason": self.name,
        }
        if not self.expiry_date:
            return self.env._("%(points)s %(dimension)s, %(reason)s", **values)
        values["date"] = format_datetime(self.env, self.expiry_date)
        return self.env._(
            "%(points)s %(dimension)s until %(date)s, %(reason)s", **values
        )

    # ------------------------------------------------------------------
    # Scoring
    # ------------------------------------------------------------------

    @api.model
    def _unexpired(self):
        """Return the SQL condition of the adjustments that count now."""
        now = SQL("%s::timestamp", self.env.cr.now())
        return SQL("(expiry_date IS NULL OR expiry_date > %s)", now)

    @api.model
    def _counting(self, leads, closed=False):
        """Return ``{lead id: adjustments}`` that count for ``leads`` now: not for those
        that belong to no model, or are not to be scored.

        :param closed: closed leads too, as if they were open
        """
        engine = self.env["lead.scoring.engine"]
        now = self.env.cr.now()
        # sudo: all points count, whoever explains the score
        given = self.sudo().search([("lead_id", "in", leads.ids)])
        given = given.filtered(lambda a: not a.expiry_date or a.expiry_date > now)
        if not given:
            return {}
        by_lead = given.grouped(lambda a: a.lead_id.id)
        no_rule = self.env["lead.scoring.rule"].sudo()
        result = {}
        for company, where in engine._by_company(leads.browse(by_lead)):
            _compiled, rows = engine._execute(
                company,
                where,
                partial(self._select_scored, where),
                rules=no_rule,
                closed=closed,
                seconds=SECONDS_ON_REQUEST,
            )
            result.update((lead_id, by_lead[lead_id]) for (lead_id,) in rows)
        return result

    @api.model
    def _select_scored(self, where, compiled):
        belongs = SQL("%s AND %s IS NOT NULL", where, compiled.model)
        return compiled.select(belongs, SQL("crm_lead.id"))

    @api.model
    def _touched(self, since):
        """Return the query of the ids of leads whose adjustments were made, changed or
        have expired since then.
        """
        return SQL(
            """SELECT lead_id FROM lead_scoring_adjustment WHERE write_date >= %(since)s
                UNION
               SELECT lead_id FROM lead_scoring_adjustment
                WHERE expiry_date BETWEEN %(since)s AND %(now)s""",
            since=since,
            now=SQL("%s::timestamp", self.env.cr.now()),
        )
