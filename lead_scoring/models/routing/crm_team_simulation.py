from odoo import api, models
from odoo.tools import SQL


class CrmTeam(models.Model):
    """How many leads each team would get by other scores."""

    _inherit = "crm.team"

    @api.model
    def _simulate_routing(self, now, then):
        """Return, for each converting team that the user may read, how many open leads
        meet its minimum and would be routed to it.

        :param now: name of a table of ``lead_id``, ``score`` and ``segment``
        :param then: name of another one
        """
        routed_now, routed_then = self._count_routed(now), self._count_routed(then)
        teams = self._converting_teams().with_env(self.env)._filtered_access("read")
        result = []
        for team in teams:
            capacity = team.sudo()._capacity()
            count = routed_then.get(team.id, 0)
            result.append(
                {
                    "id": team.id,
                    "name": team.name,
                    "minimum": team.minimum_score,
                    "now": routed_now.get(team.id, 0),
                    "then": count,
                    "capacity": capacity,
                    "verdict": self._compare_with_capacity(count, capacity),
                }
            )
        return result

    @api.model
    def _compare_with_capacity(self, count, capacity):
        """Return whether ``count`` leads are ``many``, ``few`` (less than half) or just
        right (``fits``) for a capacity of 30 days; ``none`` where there is none.
        """
        if not capacity:
            return "none"
        if count > capacity:
            return "many"
        return "few" if 2 * count < capacity else "fits"

    @api.model
    def _count_routed(self, table):
        """Return ``{team id: number of leads}``: what :meth:`_route` does, with the
        numbers of ``table``, the name of one with ``lead_id``, ``score`` and
        ``segment``. Of equally demanding teams the first by sequence counts the lead,
        for how much capacity they will have left can't be known.
        """
        teams = self._converting_teams()
        if not teams:
            return {}
        leads = self.env["crm.lead"].sudo()
        eligible = {team: SQL.identifier(f"team_{team.id}") for team in teams}
        meets = {
            team: SQL(
                "%s AND score >= %s AND segment = ANY(%s)",
                column,
                team.minimum_score,
                sorted(team._taken_segments()),
            )
            for team, column in eligible.items()
        }
        cases = [
            SQL("WHEN team_id = %s AND %s THEN %s", team.id, condition, team.id)
            for team, condition in meets.items()
        ]
        cases += [SQL("WHEN %s THEN %s", c, team.id) for team, c in meets.items()]
        columns = [
            SQL(
                "crm_lead.id IN (%s) AS %s",
                leads._search(team._fitting_leads()).select(),
                column,
            )
            for team, column in eligible.items()
        ]
        # OFFSET 0 keeps PostgreSQL from asking twice whether a team is eligible
        self.env.cr.execute(
            SQL(
                """SELECT CASE %(cases)s END AS team, count(*)
                     FROM (SELECT crm_lead.team_id, simulated.score,
                                  simulated.segment, %(columns)s
                             FROM crm_lead
                             JOIN %(table)s AS simulated
                               ON simulated.lead_id = crm_lead.id
                            WHERE crm_lead.id IN (%(considered)s) OFFSET 0) AS lead
                 GROUP BY 1""",
                cases=SQL(" ").join(cases),
                columns=SQL(", ").join(columns),
                table=SQL.identifier(table),
                considered=leads._search(self._considered_leads()).select(),
            )
        )
        return dict(self.env.cr.fetchall())
