from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, escape_psql

from .lead_scoring_title_word import DEPARTMENTS


class LeadScoringTitleUnknown(models.Model):
    """Job titles whose rank no word tells, the most frequent first, to be taught.

    A row for each title of the leads that the user may read: nobody sees the titles, or
    the numbers, of others. The id is that of the first of these leads.
    """

    _name = "lead.scoring.title.unknown"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Unknown Job Title"
    _auto = False
    _order = "lead_count desc, name"
    _depends = {"crm.lead": ["function", "title_department", "title_rank"]}

    name = fields.Char(
        string="Job Position", readonly=True, help="As the first lead has it."
    )
    lead_count = fields.Integer(
        string="Leads",
        readonly=True,
        help="Leads and opportunities with this job position that you may see.",
    )
    department = fields.Selection(
        selection=DEPARTMENTS,
        readonly=True,
        help="What the title says of the department. Only its rank is unknown then.",
    )

    @property
    def _table_query(self):
        """Return the query of the titles of leads that the user may read."""
        unknown = Domain("function", "!=", False) & Domain("title_rank", "=", False)
        leads = self.env["crm.lead"]._search(unknown, active_test=False)
        return SQL(
            """SELECT min(lead.id) AS id, count(*) AS lead_count,
                      (array_agg(lead.function ORDER BY lead.id))[1] AS name,
                      min(lead.title_department) AS department
                 FROM crm_lead AS lead
                WHERE lead.id IN %s
             GROUP BY lower(lead.function)""",
            leads.subselect(),
        )

    def _check_access(self, operation):
        """A row is there for those who may read a lead with its title."""
        result = super()._check_access(operation)
        if result or self.env.su or not any(self._ids):
            return result
        forbidden = self - self.search([("id", "in", self.ids)])
        return forbidden and (
            forbidden,
            lambda: AccessError(
                self.env._(
                    "You have no access to the scoring of leads that you can't read."
                )
            ),
        )

    def action_teach(self):
        """Open a window to say what the title, or a word of it, means."""
        self.check_access("read")
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Teach a Word"),
            "res_model": "lead.scoring.title.word",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_name": self.name,
                "default_department": self.department,
            },
        }

    def action_view_leads(self):
        """Open the leads that have this title."""
        self.check_access("read")
        self.ensure_one()
        # no wildcards: a title is a text as it stands
        literal = escape_psql(self.name)
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "crm.lead",
            "view_mode": "list,form",
            "domain": [("function", "=ilike", literal), ("title_rank", "=", False)],
            "context": {"active_test": False},
        }
