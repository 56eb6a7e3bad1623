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
            # sudo: of members that the user may not read, only the capacity is shown
            capacity, room = team.sudo()._capacity(), team.sudo()._room()
            count = routed_then.get(team.id, 0)
            result.append(
                {
                    "id": team.id,
                    "name": team.name,
                    "minimum": team.minimum_score,
                    "now": routed_now.get(team.id, 0),
                    "then": count,
                    "capacity": capacity,
                    "room": room,
                    "verdict": "full"
                    if capacity and not room
                    else self._compare_with_capacity(count, room),
                }
            )
        return result

    @api.model
    def _compare_with_capacity(self, count, capacity):
        """Return whether ``count`` leads are ``many``, ``few`` (less than half) or just
        right (``fits``) for a capacity; ``none`` where there is none.
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
        ``segment``. Of teams with the same minimum the first by sequence counts the
        lead, because nobody knows how much capacity they will have left.
        """
        teams = self._converting_teams()
        if not teams:
            return {}
        # sudo: only numbers of leads are shown
        leads = self.env["crm.lead"].sudo()
        fits = {team: leads._search(team._fitting_leads()) for team in teams}
        columns = [
            SQL("crm_lead.id IN (%s) AS %s", ids.select(), team._fits_column())
            for team, ids in fits.items()
        ]
        # OFFSET 0: PostgreSQL computes each column once, not in each case that has it
        query = SQL(
            """SELECT %(routed)s AS team, count(*)
                 FROM (SELECT crm_lead.team_id, simulated.score,
                              simulated.segment, %(columns)s
                         FROM crm_lead
                         JOIN %(table)s AS simulated
                           ON simulated.lead_id = crm_lead.id
                        WHERE crm_lead.id IN (%(considered)s) OFFSET 0) AS lead
             GROUP BY 1""",
            routed=teams._routed_team(),
            columns=SQL(", ").join(columns),
            table=SQL.identifier(table),
            considered=leads._search(self._considered_leads()).select(),
        )
        return dict(self.env.execute_query(query))

    def _fits_column(self):
        """Return the name of the column that says whether a lead fits this team."""
        return SQL.identifier(f"team_{self.id}")

    def _routed_team(self):
        """Return the SQL expression of the id of that of these converting teams which
        gets a lead: its own where that takes it, else the first that does. Of a row
        with ``team_id``, ``score``, ``segment`` and each :meth:`_fits_column`.
        """
        meets = {
            team: SQL(
                "%s AND score >= %s AND segment = ANY(%s)",
                team._fits_column(),
                team.minimum_score,
                sorted(team._taken_segments()),
            )
            for team in self
        }
        cases = [
            SQL("WHEN team_id = %s AND %s THEN %s", team.id, condition, team.id)
            for team, condition in meets.items()
        ]
        cases += [SQL("WHEN %s THEN %s", c, team.id) for team, c in meets.items()]
        return SQL("CASE %s END", SQL(" ").join(cases))
