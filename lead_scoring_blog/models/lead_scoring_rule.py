from odoo import fields, models


class LeadScoringRule(models.Model):
    _inherit = "lead.scoring.rule"

    source = fields.Selection(
        selection_add=[("blog_comment", "Comments on blog posts")],
        ondelete={"blog_comment": "cascade"},
    )
