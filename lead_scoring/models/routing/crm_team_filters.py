from odoo import api, fields, models


class CrmTeam(models.Model):
    """Tells managers which filters can't be applied any more, such as one on a field
    that is gone: what they restrict gets no leads.
    """

    _inherit = "crm.team"

    broken_filters = fields.Text(
        compute="_compute_broken_filters",
        groups="sales_team.group_sale_salesman",
        help="Which filters can't be applied, and who gets no leads because of that.",
    )

    @api.depends(
        "assignment_domain",
        "convert_by_score",
        "crm_team_member_ids.assignment_domain",
        "crm_team_member_ids.assignment_domain_preferred",
    )
    def _compute_broken_filters(self):
        """Of the values in the form, saved or not."""
        for team in self:
            # sudo: of what else the filters read, only whether they can be applied
            lines = team.convert_by_score and team.sudo()._list_broken_filters()
            team.broken_filters = "\n".join(lines or ())

    def _list_broken_filters(self):
        """Return a sentence for the team, and one for each member, whose filter can't
        be applied.
        """
        self.ensure_one()
        lines = []
        if not self._has_sound_domain():
            lines.append(
                self.env._(
                    "The assignment filter of the team can't be applied: it gets no "
                    "leads by score."
                )
            )
        for member in self.crm_team_member_ids:
            if not all(map(self._is_applicable, member._filters())):
                lines.append(
                    self.env._(
                        "A filter of %s can't be applied: this person gets no leads by "
                        "score.",
                        member.user_id.name,
                    )
                )
        return lines
