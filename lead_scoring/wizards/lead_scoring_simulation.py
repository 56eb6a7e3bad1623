from odoo import api, fields, models


class LeadScoringSimulation(models.TransientModel):
    """What publishing a model would change, as of a moment."""

    _name = "lead.scoring.simulation"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Simulation of a Scoring Model"
    _rec_name = "model_id"

    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The model that is simulated as if it were published.",
    )
    replaced_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Instead of",
        readonly=True,
        ondelete="cascade",
        help="The live model whose place it would take.",
    )
    result = fields.Json(
        readonly=True,
        help="Numbers of leads now and with the model, per temperature, segment, score "
        "and sales team, and the leads that move most.",
    )

    @api.depends("model_id")
    def _compute_display_name(self):
        for simulation in self:
            simulation.display_name = self.env._(
                "Simulation of %s", simulation.model_id.name
            )

    @api.model
    def _open(self, scoring_model):
        """Simulate, and return the action that shows the result."""
        scoring_model.check_access("read")
        self.check_access("create")
        # sudo: only code sets what came out
        simulation = self.sudo().create(
            {
                "model_id": scoring_model.id,
                "replaced_id": scoring_model._get_replaced().id,
                "result": self.env["lead.scoring.simulator"]._simulate(scoring_model),
            }
        )
        simulation = simulation.with_env(self.env)
        return simulation._get_records_action(name=self.env._("Simulation"))

    def action_publish(self):
        """Ask how to publish the model."""
        self.check_access("read")
        return self.model_id.action_publish()

    def action_simulate(self):
        """Simulate again, with the leads and rules of now."""
        self.check_access("read")
        return self.model_id.action_simulate()
