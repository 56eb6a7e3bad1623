from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_scoring_website_leads = fields.Selection(
        selection=[
            ("reroute", "Hand them to the team they qualify for"),
            ("leave", "Leave them in the website's team"),
        ],
        string="Website Leads",
        config_parameter="lead_scoring.website_leads",
        default="reroute",
        help="The website gives each lead a team and perhaps a salesperson. While "
        "nobody has worked on such a lead, its score may give it to another team.",
    )
