from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL

from ..tools.allocation import Assignment

LEADS_PER_REQUEST = 100
"""How many leads are handed over by one call of ``apply_next``."""
LEADS_SHOWN = 200
"""How many leads are shown by name; totals count all."""


class LeadScoringDryRun(models.TransientModel):
    """What the next run of the scheduled action would hand to whom, of the leads that
    the user may see and change, and doing just that.

    Users only read it; a plan can't be forged.
    """

    _name = "lead.scoring.dry.run"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Preview Assignment"
    _transient_max_hours = 24

    plan = fields.Json(
        groups=NO_ACCESS,
        readonly=True,
        help="Technical: lead, team, salesperson and whether chance chose the lead, of "
        "each assignment, best score first.",
    )
    position = fields.Integer(
        groups=NO_ACCESS,
        readonly=True,
        help="Technical: how many of the plan were tried.",
    )
    result = fields.Json(
        readonly=True,
        help="Who would get what, with totals for each team and salesperson, what "
        "stays and why, and what became of the plan.",
    )
    stopped_note = fields.Char(
        compute="_compute_stopped_note",
        help="Why no run comes, if the scheduled action does not run.",
    )

    @api.depends_context("lang")
    def _compute_stopped_note(self):
        self.stopped_note = self.env["lead.scoring.pass"]._stopped_note()

    @api.depends("create_date")
    def _compute_display_name(self):
        self.display_name = self.env._("Preview Assignment")

    # ------------------------------------------------------------------
    # Planning
    # ------------------------------------------------------------------

    @api.model
    def action_plan(self):
        """Plan, without changing anything, and return the action that shows it."""
        self.check_access("read")
        # sudo: a plan is made of all leads; the user sees and does his own part
        teams = self.env["crm.team"].sudo()
        route = teams._route()
        mine = self._own_leads([planned.lead_id for planned in route])
        route = [planned for planned in route if planned.lead_id in mine]
        merged = {
            lead_id
            for group in teams._duplicates([planned.lead_id for planned in route])
            for lead_id in group
        }
        plan = [planned for planned in route if planned.lead_id not in merged]
        waiting = self._count_waiting(planned.lead_id for planned in route)
        duplicates = len(route) - len(plan)
        # sudo: nobody but this method makes one
        dry_run = self.sudo().create(
            {
                "plan": [[p.lead_id, p.team_id, p.user_id, p.sampled] for p in plan],
                "result": {
                    "total": len(plan),
                    "nobody": sum(planned.user_id is None for planned in plan),
                    "teams": self._describe(plan),
                    "waiting": waiting,
                    "duplicates": duplicates,
                    "tried": 0,
                    "done": 0,
                    "changed_count": 0,
                    "changed": [],
                },
            }
        )
        action = dry_run.with_env(self.env)._get_records_action()
        return {**action, "name": self.env._("Preview Assignment")}

    @api.model
    def _own_leads(self, lead_ids):
        """Return the set of the ids of those leads that the user may see and change."""
        leads = self.env["crm.lead"].search([("id", "in", lead_ids)])
        return set(leads._filtered_access("write").ids)

    @api.model
    def _count_waiting(self, planned_ids):
        """Return how many of the other leads that the user may see stay, by reason."""
        leads = self.env["crm.lead"]
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        readable = leads._search(Domain("type", "=", "lead") & open_leads)
        teams = self.env["crm.team"]
        query = teams._all_leads_query()
        reason = teams._waiting_reason(query)
        query.add_where(SQL("crm_lead.id IN (%s)", readable.select()))
        query.add_where(SQL("crm_lead.id <> ALL(%s)", list(planned_ids)))
        query.groupby = SQL("1")
        self.env.flush_all()
        counts = dict(self.env.execute_query(query.select(reason, SQL("count(*)"))))
        field = self.env["lead.scoring.score"]._fields["waiting_reason"]
        return [
            {"label": label, "count": counts[reason]}
            for reason, label in field._description_selection(self.env)
            if counts.get(reason)
        ]

    @api.model
    def _describe(self, plan):
        """Return the teams of a plan, with totals and the leads that are shown."""
        leads = self.env["crm.lead"].browse(p.lead_id for p in plan[:LEADS_SHOWN])
        # sudo: who may see a lead may know by name who gets it
        users = (
            self.env["res.users"].sudo().browse({p.user_id for p in plan if p.user_id})
        )
        names = {None: ""} | {user.id: user.name for user in users}
        rows = defaultdict(list)
        for planned, lead in zip(plan, leads, strict=False):
            rows[planned.team_id].append(
                {
                    "id": lead.id,
                    "name": lead.display_name,
                    "score": lead.score,
                    "temperature": lead.temperature,
                    "user": names[planned.user_id],
                    "kept": bool(lead.user_id.id == planned.user_id),
                    "sampled": planned.sampled,
                }
            )
        people = defaultdict(Counter)
        for planned in plan:
            people[planned.team_id][planned.user_id] += 1
        return [
            {
                "id": team.id,
                "name": team.name,
                "minimum": team.minimum_score,
                "count": people[team.id].total(),
                "people": [
                    {"name": names[user_id], "count": count}
                    for user_id, count in people[team.id].most_common()
                ],
                "rows": rows[team.id],
            }
            for team in self.env["crm.team"]._converting_teams()
            if team.id in people
        ]

    # ------------------------------------------------------------------
    # Applying
    # ------------------------------------------------------------------

    def apply_next(self):
        """Do the next part of the plan, in a transaction of its own.

        What is no longer right is not done; ``result`` says what changed. To be called
        again for as long as anything remains.

        :return: how many were tried up to now
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: users may not read a plan, only go on with it
        batch = self.sudo()._next_batch() or []
        with self.env["crm.team"]._holding_capacity(batch):
            # a new one: so what others have handed over is seen
            with self.env.registry.cursor() as cr:
                tried = self.with_env(self.env(cr=cr))._apply_batch()
        self.invalidate_recordset(flush=False)
        return tried

    def _apply_batch(self):
        # sudo: users may not write a plan, only go on with it
        dry_run = self.sudo()
        start = dry_run.position
        batch = dry_run._next_batch()
        # a plan that can't be read has an end, too: the client asks until it is reached
        end = start + (LEADS_PER_REQUEST if batch is None else len(batch))
        batch = batch or []
        mine = self._own_leads([planned.lead_id for planned in batch])
        # sudo: the leads are the user's, teams and members need not be
        outcome = dry_run.env["crm.team"]._apply_assignments(
            [planned for planned in batch if planned.lead_id in mine], None
        )
        reasons = {
            planned.lead_id: self.env._("It is gone, closed, or no longer yours.")
            for planned in batch
            if planned.lead_id not in mine
        }
        reasons |= outcome["changed"] | outcome["failed"]
        leads = self.env["crm.lead"].browse(reasons).exists()._filtered_access("read")
        names = {lead.id: lead.display_name for lead in leads}
        dry_run.position = end
        with dry_run._reading("result"):
            result = dry_run.result
            result["tried"] = end
            result["done"] += len(outcome["done"])
            result["changed_count"] += len(reasons)
            result["changed"] += [
                {"id": lead_id, "name": names.get(lead_id, ""), "reason": reason}
                for lead_id, reason in reasons.items()
            ]
            result["changed"] = result["changed"][:LEADS_SHOWN]
            dry_run.result = result
        return end

    def _next_batch(self):
        """Return the next assignments of the plan, None where it can't be read."""
        start = self.position
        with self._reading("plan"):
            return [
                Assignment(int(lead), int(team), user and int(user), bool(sampled))
                for lead, team, user, sampled in self.plan[
                    start : start + LEADS_PER_REQUEST
                ]
            ]
        return None
