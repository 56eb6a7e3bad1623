from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime, format_list

from ...tools.retry import retry


class CrmTeam(models.Model):
    """Why a lead is still a lead."""

    _inherit = "crm.team"

    @api.model
    def _waiting_leads(self):
        """Return ``{waiting reason: Domain}``; the first that holds is the lead's."""
        teams = self._converting_teams()
        ready = Domain.OR(team._eligible_leads() for team in teams)
        anyone = Domain.OR(team._fitting_leads() for team in teams)
        refused = Domain.OR(
            team._fitting_leads()
            & Domain("score", ">=", team.minimum_score)
            & ~team._leads_in_taken_segments()
            for team in teams
        )
        owned = Domain("user_id", "!=", False) & ~self._unowned_leads()
        considered = self._considered_leads()
        unscored = Domain("type", "=", "lead") & Domain("do_not_score", "=", True)
        return {
            "do_not_score": unscored & self.env["lead.scoring.engine"]._open_leads(),
            # the next run converts them
            None: considered & ready | self._sampled_leads(),
            "segment": considered & refused,
            "below_minimum": considered & anyone,
            "salesperson": considered & owned,
            "no_team": considered,
        }

    @api.model
    def _waiting_reason(self, lead_id):
        """Return the SQL expression of why a lead waits; of leads that were flushed.

        :param lead_id: SQL expression of its id
        """
        leads = self.env["crm.lead"].sudo()
        cases = [
            SQL(
                "WHEN %s IN (%s) THEN %s",
                lead_id,
                leads._search(domain, bypass_access=True).select(),
                reason,
            )
            for reason, domain in self._waiting_leads().items()
        ]
        return SQL("CASE %s END", SQL(" ").join(cases))

    @api.model
    def _store_waiting_reasons(self, checkpoint):
        """Set ``waiting_reason`` of all leads by one statement; only changes cost."""
        reason = self._waiting_reason(SQL("lead_id"))
        self.env.flush_all()
        statement = SQL(
            """WITH waiting AS MATERIALIZED (
                   SELECT id, %s AS reason FROM lead_scoring_score
               )
               UPDATE lead_scoring_score score
                  SET waiting_reason = waiting.reason,
                      waiting_since = CASE WHEN waiting.reason IS NULL THEN NULL
                                           ELSE %s::timestamp END
                 FROM waiting
                WHERE waiting.id = score.id
                  AND waiting.reason IS DISTINCT FROM score.waiting_reason""",
            reason,
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
        asking = {team: leads.search(team._fitting_leads() & within) for team in teams}
        sampled = leads.search(self._sampled_leads() & within)
        for lead in considered:
            offers = teams.filtered(lambda team, lead=lead: lead in asking[team])
            notes[lead.id] = (
                self._sample_note(lead)
                if lead in sampled
                else self._waiting_note(lead, offers)
            )
        return notes

    @api.model
    def _not_considered_note(self, lead):
        if not lead.filtered_domain(self.env["lead.scoring.engine"]._open_leads()):
            return self.env._("Closed leads are not converted by score.")
        if lead.do_not_score:
            return lead._do_not_score_note()
        return self.env._("%s does not convert leads by score.", lead.team_id.name)

    @api.model
    def _sample_note(self, lead):
        return self.env._(
            "Score %s: chosen at random, the next run converts it all the same.",
            lead.score,
        )

    @api.model
    def _waiting_note(self, lead, teams):
        """Return the sentence for a lead that ``teams`` would take, given score and
        segment.
        """
        if not teams:
            return self._refused_note(lead)
        met = teams.filtered(lambda team: team._takes(lead))
        if met:
            return self.env._(
                "Score %(score)s: the next run converts it for %(team)s.",
                score=lead.score,
                team=(met & lead.team_id or met[0]).name,
            )
        asks = [
            self.env._(
                "%(team)s asks %(minimum)s", team=team.name, minimum=team.minimum_score
            )
            if lead.score < team.minimum_score
            else team._segment_note(lead)
            for team in teams
        ]
        return self.env._(
            "Score %(score)s: %(asks)s.", score=lead.score, asks=", ".join(asks)
        )

    def _takes(self, lead):
        """Return whether score and segment of a lead suffice for this team."""
        self.ensure_one()
        return (
            lead.score >= self.minimum_score and lead.segment in self._taken_segments()
        )

    @api.model
    def _refused_note(self, lead):
        """Return the sentence for a lead that no team takes, whatever its score is:
        what each says, or its own one alone where a salesperson keeps it.
        """
        owned = lead.user_id and lead.search(
            Domain("id", "=", lead.id) & ~self._unowned_leads()
        )
        teams = lead.team_id if owned else self._converting_teams()
        refusals = defaultdict(list)
        for team in teams:
            refusals[team._refusal(lead)].append(team.name)
        why = "; ".join(
            f"{format_list(self.env, names)}: {reason}"
            for reason, names in refusals.items()
        )
        if not owned:
            return self.env._(
                "Score %(score)s: no sales team takes it. %(why)s.",
                score=lead.score,
                why=why,
            )
        return self.env._(
            "Score %(score)s: it stays with %(user)s, whose sales team does not take "
            "it. %(why)s.",
            score=lead.score,
            user=lead.user_id.name,
            why=why or self.env._("It is in no sales team"),
        )

    def _refusal(self, lead):
        """Return in a few words why this team would not take a lead of any score."""
        self.ensure_one()
        if not self.use_opportunities:
            return self.env._("has no pipeline")
        if self.assignment_optout:
            return self.env._("skips automatic assignment")
        if self.company_id and lead.company_id != self.company_id:
            return self.env._("takes only leads of %s", self.company_id.name)
        if self.convert_since and lead.create_date < self.convert_since:
            return self.env._(
                "takes only leads created since %s",
                format_datetime(self.env, self.convert_since),
            )
        if not self._has_sound_domain():
            return self.env._("its assignment filter can't be applied")
        return self.env._("the lead does not meet the assignment filter")
