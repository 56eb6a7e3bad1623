from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # orders of contacts with a lead's address are searched for each lead
    email_normalized = fields.Char(index="btree_not_null")
