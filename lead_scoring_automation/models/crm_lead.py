from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

IMPORT_PAUSE = timedelta(days=1)
"""How long after an import playbooks leave its leads alone: scores follow within."""
PAGES_NAMED = 3
"""Pages that the text of a playbook names."""


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # not a related field: Odoo does not check the groups of those when it searches
    team_leader_id = fields.Many2one(
        comodel_name="res.users",
        compute="_compute_team_leader_id",
        compute_sudo=True,
        groups="sales_team.group_sale_salesman",
        help="The leader of the lead's sales team.",
    )
    persona = fields.Char(
        string="Persona",
        related="score_id.model_id.name",
        groups="sales_team.group_sale_salesman",
        help="The name of the lead's scoring model, for texts of playbooks.",
    )
    pages_read = fields.Char(
        groups="sales_team.group_sale_salesman",
        compute="_compute_pages_read",
        help="The titles of the pages read last, for texts of playbooks.",
    )
    quiet_since = fields.Datetime(
        groups="sales_team.group_sale_salesman",
        compute="_compute_quiet_since",
        search="_search_quiet_since",
        help="Since when nothing happened: no signal, reply, message of a colleague or "
        "activity done, and no change of segment.",
    )

    imported_at = fields.Datetime(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="When the lead was imported from a file. For a day after, only playbooks "
        "that act on imports do something with it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Note what was imported from a file."""
        leads = super().create(vals_list)
        if self.env.context.get("import_file"):
            # sudo: only code notes it
            leads.sudo().imported_at = self.env.cr.now()
        return leads

    def _is_imported(self):
        """Whether an import makes or changes the lead, or made it within a day."""
        self.ensure_one()
        since = self.env.cr.now() - IMPORT_PAUSE
        # sudo: users don't see the date
        imported_at = self.sudo().imported_at
        return self.env.context.get("import_file") or (imported_at or since) > since

    @api.depends("team_id.user_id")
    def _compute_team_leader_id(self):
        for lead in self:
            lead.team_leader_id = lead.team_id.user_id

    @api.depends("score_pageview_ids")
    def _compute_pages_read(self):
        for lead in self:
            views = lead.score_pageview_ids.filtered("page_id")
            views = views.sorted("visit_datetime", reverse=True)
            # sudo: salespeople read no pages, and only titles are shown
            names = dict.fromkeys(page.name for page in views.page_id.sudo())
            lead.pages_read = ", ".join(list(names)[:PAGES_NAMED])

    @api.depends("segment_date", "message_ids")
    def _compute_quiet_since(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT lead_id, max(date) FROM (%s) AS sign
                    WHERE lead_id = ANY(%s) GROUP BY lead_id""",
                self._signs_of_life(),
                self.ids,
            )
        )
        last = dict(self.env.cr.fetchall())
        for lead in self:
            dates = (lead.segment_date or lead.create_date, last.get(lead.id))
            lead.quiet_since = max(filter(None, dates), default=False)

    @api.model
    def _search_quiet_since(self, operator, value):
        """Leads without any sign of life from ``value`` on, or the others."""
        self._check_field_access(self._fields["quiet_since"], "read")
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        begun = Domain("segment_date", operator, value)
        begun |= Domain("segment_date", "=", False) & Domain(
            "create_date", operator, value
        )
        since = SQL(">" if operator in ("<=", ">") else ">=")

        def to_sql(model, alias, query):
            for name in ("lead.scoring.event", "mail.message", "website.visitor"):
                model.env[name].flush_model()
            return SQL(
                """EXISTS (SELECT FROM (%s) AS sign
                            WHERE sign.lead_id = %s AND sign.date %s %s)""",
                self._signs_of_life(),
                SQL.identifier(alias, "id"),
                since,
                SQL("%s::timestamp", value),
            )

        alive = Domain.custom(to_sql=to_sql)
        return begun & ~alive if operator in ("<", "<=") else begun | alive

    @api.model
    def _signs_of_life(self):
        """Return the query of ``lead_id`` and ``date`` of all signals, whichever rules
        count them, of what people wrote and of activities done.
        """
        queries = [
            SQL(
                """SELECT res_id AS lead_id, date FROM mail_message
                    WHERE model = 'crm.lead' AND (
                          message_type IN ('comment', 'email')
                          OR mail_activity_type_id IS NOT NULL)"""
            )
        ]
        for source in self.env["lead.scoring.source"]._get_all().values():
            queries.append(
                SQL(
                    """SELECT tie.lead_id, record.%(date)s::timestamp AS date
                         FROM (%(ties)s) AS tie
                         JOIN %(table)s record ON record.%(key)s = tie.key""",
                    date=SQL.identifier(source.date),
                    ties=source.ties,
                    table=self.env[source.model]._table_sql,
                    key=SQL.identifier(source.key),
                )
            )
        return SQL(" UNION ALL ").join(queries)
