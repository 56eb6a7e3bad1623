from odoo import fields, models


class LeadScoringModel(models.Model):
    _inherit = "lead.scoring.model"

    learned_note = fields.Text(
        string="Learned From",
        readonly=True,
        copy=False,
        help="Which deals the points were learned from, and how well they tell won "
        "from lost leads.",
    )

    def action_discover(self):
        """Open the search for conditions of this model's closed leads."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring_learning.lead_scoring_discovery_action"
        )
        return {
            **action,
            "views": [(False, "form")],
            "context": {"default_model_id": self.id},
        }
