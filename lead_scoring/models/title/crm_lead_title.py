from odoo import api, fields, models

from .lead_scoring_title_word import DEPARTMENTS, RANKS


class CrmLead(models.Model):
    """Rank and department, understood from the job title."""

    _inherit = "crm.lead"

    title_rank = fields.Selection(
        selection=RANKS,
        string="Rank",
        compute="_compute_title",
        store=True,
        help="What the job position says of the rank, by the list of job title words.",
    )
    title_department = fields.Selection(
        selection=DEPARTMENTS,
        string="Department",
        compute="_compute_title",
        store=True,
        help="What the job position says of the department, by the list of job title "
        "words.",
    )

    @api.depends("function")
    def _compute_title(self):
        words = self.env["lead.scoring.title.word"]
        for lead in self:
            rank, department = words._understand(lead.function)
            lead.title_rank, lead.title_department = rank, department
