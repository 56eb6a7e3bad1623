from odoo import api, fields, models


class LeadScoringPublish(models.TransientModel):
    """Asks how to publish a scoring model."""

    _name = "lead.scoring.publish"
    _description = "Publish a Scoring Model"

    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        required=True,
        ondelete="cascade",
        help="The model that is to score leads.",
    )
    replaced_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Retires",
        compute="_compute_replaced_id",
        help="The live model whose place it takes. It keeps its rules and its history, "
        "and can be brought back.",
    )
    version = fields.Integer(
        compute="_compute_version", help="The number of the version, if it has one."
    )
    is_revert = fields.Boolean(
        help="Whether a model is brought back that another one has replaced."
    )
    fire = fields.Boolean(
        string="Fire automations",
        help="Whether automations, notifications and notes in the chatter follow for "
        "leads whose temperature or segment changes because of this.",
    )

    @api.depends("model_id")
    def _compute_replaced_id(self):
        for wizard in self:
            chosen = wizard.model_id
            wizard.replaced_id = chosen and chosen._get_replaced()

    @api.depends("model_id")
    def _compute_version(self):
        for wizard in self:
            wizard.version = wizard.model_id._filtered_access("read").version

    def action_publish(self):
        """Publish the model and open it."""
        self.ensure_one()
        self.check_access("read")
        self.model_id._publish(fire=self.fire)
        return self.model_id._get_records_action()
