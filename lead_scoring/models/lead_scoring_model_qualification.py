from odoo import fields, models


class LeadScoringModel(models.Model):
    _inherit = "lead.scoring.model"

    required_answers = fields.Integer(
        default=0,
        required=True,
        help="Leads are converted by score only with so many of the five questions "
        "(need, fit, budget, authority, timeline) answered with yes. For those that "
        "have the score but not the answers, a qualifying call is planned. 0: the "
        "score is enough.",
    )

    _required_answers = models.Constraint(
        "CHECK(required_answers BETWEEN 0 AND 5)",
        "There are five questions: the answers required must be between 0 and 5.",
    )
