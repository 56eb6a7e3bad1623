from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # who commented under a lead's address is looked for once per lead
    email_normalized = fields.Char(index="btree_not_null")
