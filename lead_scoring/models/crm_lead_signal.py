from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmLead(models.Model):
    """When a lead last did something: what its interest does not tell, for points may
    be of a sort that does not fade.
    """

    _inherit = "crm.lead"

    score_last_signal = fields.Datetime(
        string="Last Signal",
        compute="_compute_score_last_signal",
        search="_search_score_last_signal",
        groups="sales_team.group_sale_salesman",
        help="When the lead, or its contact, last did something that rules can count: "
        "saw a page, sent a form, answered, met us, ...",
    )

    def _compute_score_last_signal(self):
        sources = self.env["lead.scoring.source"]
        self.env.flush_all()
        queries = (
            sources._last_dates(source, self.ids)
            for source in sources._get_all().values()
        )
        self.env.cr.execute(
            SQL(
                "SELECT lead_id, max(date) FROM (%s) AS signal GROUP BY lead_id",
                SQL(" UNION ALL ").join(queries),
            )
        )
        dates = dict(self.env.cr.fetchall())
        for lead in self:
            lead.score_last_signal = dates.get(lead._origin.id, False)

    @api.model
    def _search_score_last_signal(self, operator, value):
        """Leads with a signal since then; a meeting to come is one, too."""
        if operator != ">=" or not value:
            return NotImplemented
        sources = self.env["lead.scoring.source"]
        self.env.flush_all()
        queries = [
            sources._touched(source, value) for source in sources._get_all().values()
        ]

        def to_sql(model, alias, query):
            found = SQL(" UNION ALL ").join(queries)
            return SQL("%s IN (%s)", SQL.identifier(alias, "id"), found)

        return Domain.custom(to_sql=to_sql)
