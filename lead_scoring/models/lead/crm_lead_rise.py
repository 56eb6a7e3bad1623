from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

PERIOD = timedelta(days=7)


class CrmLead(models.Model):
    """How much the score has risen lately: who rises is worth a call before others."""

    _inherit = "crm.lead"

    score_rise = fields.Integer(
        string="Rise in 7 Days",
        compute="_compute_score_rise",
        search="_search_score_rise",
        groups="sales_team.group_sale_salesman",
        help="Points that the score has gained in the last seven days, or since the "
        "lead is known, as far as the score history tells.",
    )

    @api.depends("score_id.score")
    def _compute_score_rise(self):
        self.env.flush_all()
        query = SQL(
            "SELECT id, %s FROM crm_lead WHERE id = ANY(%s)",
            self._score_rise(SQL("crm_lead.id")),
            self.ids,
        )
        rises = dict(self.env.execute_query(query))
        for lead in self:
            lead.score_rise = rises.get(lead._origin.id) or 0

    def _search_score_rise(self, operator, value):
        self._check_field_access(self._fields["score_rise"], "read")
        self.env.flush_all()
        if operator == "in":
            value = [v or 0 for v in value]
        return self._search_number(self._score_rise, operator, value)

    @api.model
    def _score_rise(self, lead_id):
        """Return the SQL expression of the points gained; of leads that were flushed.

        Compared is the last score noted before the period, else the first one after: a
        new lead has risen by what it gained since it was made.

        :param lead_id: SQL expression of the lead's id
        """
        since = SQL("%s::timestamp", self.env.cr.now() - PERIOD)
        noted = SQL(
            """SELECT past.score FROM lead_scoring_history past
                WHERE past.lead_id = score.lead_id AND past.date"""
        )
        return SQL(
            """(SELECT score.score - COALESCE(
                       (%(noted)s <= %(since)s ORDER BY past.date DESC, past.id DESC
                         LIMIT 1),
                       (%(noted)s > %(since)s ORDER BY past.date, past.id LIMIT 1),
                       score.score)
                  FROM lead_scoring_score score WHERE score.lead_id = %(lead_id)s)""",
            noted=noted,
            since=since,
            lead_id=lead_id,
        )
