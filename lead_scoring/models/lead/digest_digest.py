from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_lead_scoring_hot = fields.Boolean(
        string="New Hot Leads", help="Leads that became hot."
    )
    kpi_lead_scoring_hot_value = fields.Integer(
        compute="_compute_kpi_lead_scoring_hot_value",
        help="How many leads became hot.",
    )
    kpi_lead_scoring_converted = fields.Boolean(
        string="Converted by Score",
        help="Leads that their score turned into opportunities.",
    )
    kpi_lead_scoring_converted_value = fields.Integer(
        compute="_compute_kpi_lead_scoring_converted_value",
        help="How many leads their score turned into opportunities.",
    )
    kpi_lead_scoring_waiting = fields.Boolean(
        string="Leads Waiting over a Day",
        help="Leads that no sales team took for more than a day, whatever the period.",
    )
    kpi_lead_scoring_waiting_value = fields.Integer(
        compute="_compute_kpi_lead_scoring_waiting_value",
        help="How many leads have been waiting for a sales team for more than a day.",
    )

    # The three depend on the period in the context; the digest itself invalidates them
    # whenever it sets another one.

    @api.depends("company_id")
    def _compute_kpi_lead_scoring_hot_value(self):
        rows = [("reason", "=", "crossing"), ("temperature", "=", "hot")]
        self._count_leads_with_history("kpi_lead_scoring_hot_value", rows)

    @api.depends("company_id")
    def _compute_kpi_lead_scoring_converted_value(self):
        rows = [("reason", "=", "converted"), ("by_score", "=", True)]
        self._count_leads_with_history("kpi_lead_scoring_converted_value", rows)

    @api.depends("company_id")
    def _compute_kpi_lead_scoring_waiting_value(self):
        _start, end, _companies = self._get_kpi_compute_parameters()
        # read outside of a digest that is sent, it has no period
        end = fields.Datetime.to_datetime(end) or fields.Datetime.now()
        a_day_ago = end - timedelta(days=1)
        waiting = Domain("type", "=", "lead") & Domain(
            "score_id.waiting_since", "<", a_day_ago
        )
        self._count_leads("kpi_lead_scoring_waiting_value", waiting)

    @api.model
    def _compute_kpis_actions(self, company, user):
        result = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("crm.crm_menu_root").id
        leads = f"crm.crm_lead_all_leads?menu_id={menu}"
        pipeline = f"crm.crm_lead_action_pipeline?menu_id={menu}"
        return result | {
            "kpi_lead_scoring_hot": leads,
            "kpi_lead_scoring_converted": pipeline,
            "kpi_lead_scoring_waiting": leads,
        }

    def _count_leads_with_history(self, field, rows):
        """Set ``field`` to the number of leads with such history rows in the period."""
        start, end, _companies = self._get_kpi_compute_parameters()
        rows = Domain(rows) & Domain("date", ">=", start) & Domain("date", "<", end)
        history = self.env["lead.scoring.history"]._search(rows)
        self.env["lead.scoring.history"].flush_model()
        self._count_leads(field, Domain("id", "in", history.subselect("lead_id")))

    def _count_leads(self, field, domain):
        """Set ``field`` to the number of leads in ``domain`` of each digest's company.

        :raise AccessError: to users without the CRM, whose digest then skips it
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(
                self.env._("This part of the digest is for salespeople only.")
            )
        _start, _end, companies = self._get_kpi_compute_parameters()
        leads = self.env["crm.lead"].with_context(active_test=False)
        domain &= Domain("company_id", "in", companies.ids)
        counts = dict(leads._read_group(domain, ["company_id"], ["__count"]))
        for digest in self:
            digest[field] = counts.get(digest.company_id or self.env.company, 0)
