from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.retry import retry


class CrmTeam(models.Model):
    """Why a lead is still a lead."""

    _inherit = "crm.team"

    @api.model
    def _waiting_leads(self):
        """Return ``{waiting reason: Domain}``; the first that holds is the lead's."""
        teams = self._converting_teams()
        anyone = Domain.OR([team._eligible_leads(any_score=True) for team in teams])
        owned = Domain("user_id", "!=", False) & ~self._unworked_website_leads()
        considered = self._considered_leads()
        unscored = Domain("type", "=", "lead") & Domain("do_not_score", "=", True)
        return {
            "do_not_score": unscored & self.env["lead.scoring.engine"]._open_leads(),
            "below_minimum": considered & anyone,
            "salesperson": considered & owned,
            "no_team": considered,
        }

    @api.model
    def _store_waiting_reasons(self, checkpoint):
        """Set ``waiting_reason`` of all leads by one statement; only changes cost."""
        leads = self.env["crm.lead"].sudo()
        self.env.flush_all()
        cases = [
            SQL(
                "WHEN lead_id IN (%s) THEN %s",
                leads._search(domain, bypass_access=True).select(),
                reason,
            )
            for reason, domain in self._waiting_leads().items()
        ]
        statement = SQL(
            """WITH waiting AS MATERIALIZED (
                   SELECT id, CASE %s END AS reason FROM lead_scoring_score
               )
               UPDATE lead_scoring_score score
                  SET waiting_reason = waiting.reason,
                      waiting_since = CASE WHEN waiting.reason IS NULL THEN NULL
                                           ELSE %s::timestamp END
                 FROM waiting
                WHERE waiting.id = score.id
                  AND waiting.reason IS DISTINCT FROM score.waiting_reason""",
            SQL(" ").join(cases),
            self.env.cr.now(),
        )
        self.env["lead.scoring.pass"]._skip_jit()
        retry(self.env.cr, statement, checkpoint)
        self.env["lead.scoring.score"].invalidate_model(
            ["waiting_reason", "waiting_since"], flush=False
        )

    @api.model
    def _routing_notes(self, leads):
        """Return ``{lead id: text}``: why these leads are still leads, as of now."""
        leads = leads.sudo().filtered(lambda lead: lead.type == "lead" and lead.id)
        teams = self._converting_teams()
        if not leads or not teams:
            note = self.env._("No sales team converts leads by score yet.")
            return {
                lead.id: lead._do_not_score_note() if lead.do_not_score else note
                for lead in leads
            }
        within = Domain("id", "in", leads.ids)
        considered = leads.search(self._considered_leads() & within)
        notes = {
            lead.id: self._not_considered_note(lead) for lead in leads - considered
        }
        asking = {
            team: leads.search(team._eligible_leads(any_score=True) & within)
            for team in teams
        }
        for lead in considered:
            offers = [team for team, eligible in asking.items() if lead in eligible]
            notes[lead.id] = self._waiting_note(lead, offers)
        return notes

    @api.model
    def _not_considered_note(self, lead):
        if not lead.active or lead.won_status in ("won", "lost"):
            return self.env._("Closed leads are not converted by score.")
        if lead.do_not_score:
            return lead._do_not_score_note()
        return self.env._("%s does not convert leads by score.", lead.team_id.name)

    @api.model
    def _waiting_note(self, lead, teams):
        """Return the sentence for a lead that ``teams`` would take, given the score."""
        if not teams and lead.user_id:
            return self.env._(
                "Score %(score)s: it belongs to %(user)s, whose team does not "
                "convert such leads by score.",
                score=lead.score,
                user=lead.user_id.name,
            )
        if not teams:
            return self.env._(
                "Score %s: no sales team converts such leads by score.", lead.score
            )
        met = [team for team in teams if lead.score >= team.minimum_score]
        if met:
            team = lead.team_id if lead.team_id in met else met[0]
            return self.env._(
                "Score %(score)s: the next run converts it for %(team)s.",
                score=lead.score,
                team=team.name,
            )
        asks = [
            self.env._(
                "%(team)s asks %(minimum)s", team=team.name, minimum=team.minimum_score
            )
            for team in teams
        ]
        return self.env._(
            "Score %(score)s: %(asks)s.", score=lead.score, asks=", ".join(asks)
        )
