import logging
import math
import time
from ast import literal_eval

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ..tools.retry import retry

_logger = logging.getLogger(__name__)

BATCH = 100
"""Leads converted in one transaction."""


class CrmTeam(models.Model):
    _inherit = "crm.team"

    use_leads = fields.Boolean(default=True)
    convert_by_score = fields.Boolean(
        string="Convert by Score",
        tracking=True,
        help="The scheduled action converts leads that reach the minimum score into "
        "opportunities of this team.",
    )
    minimum_score = fields.Integer(
        default=50,
        tracking=True,
        help="Leads with at least this score become opportunities of this team. Of "
        "several teams whose minimum is met, the one that asks most gets the lead.",
    )
    convert_new_only = fields.Boolean(
        string="From Now on Only",
        compute="_compute_convert_new_only",
        inverse="_inverse_convert_new_only",
        help="Leads created before this was switched on stay leads.",
    )
    convert_since = fields.Datetime(
        string="Convert Leads Created From",
        copy=False,
        help="Only leads created since then are converted by score; all, when empty.",
    )
    convert_ready_count = fields.Integer(
        string="Leads Ready to Convert",
        compute="_compute_convert_ready_count",
        help="Leads that the next run of the scheduled action would convert for this "
        "team.",
    )

    @api.depends("convert_since")
    def _compute_convert_new_only(self):
        for team in self:
            team.convert_new_only = bool(team.convert_since)

    def _inverse_convert_new_only(self):
        for team in self:
            if bool(team.convert_since) != team.convert_new_only:
                team.convert_since = team.convert_new_only and self.env.cr.now()

    @api.depends(
        "convert_by_score",
        "minimum_score",
        "convert_new_only",
        "assignment_domain",
        "assignment_optout",
        "company_id",
        "use_opportunities",
    )
    def _compute_convert_ready_count(self):
        """Of the values in the form, saved or not."""
        for team in self:
            team.convert_ready_count = 0
            if not team.convert_by_score or team.convert_new_only:
                continue
            if team._has_sound_domain():
                domain = self._considered_leads(team._origin) & team._eligible_leads()
                domain &= ~team._leads_of_others()
                # sudo: those of companies, too, that the user has not switched to
                leads = self.env["crm.lead"].sudo()
                team.convert_ready_count = leads.search_count(domain)

    @api.onchange("convert_by_score")
    def _onchange_convert_by_score(self):
        """Show the date that saving sets."""
        if self.convert_by_score and not self._origin.convert_by_score:
            self._renew_convert_since()

    def write(self, vals):
        """«From now on» is the moment of switching on, not an earlier one."""
        off = self.filtered(lambda team: not team.convert_by_score)
        result = super().write(vals)
        if vals.get("convert_by_score") and "convert_since" not in vals:
            off._renew_convert_since()
        return result

    def _renew_convert_since(self):
        self.filtered("convert_since").convert_since = self.env.cr.now()

    # ------------------------------------------------------------------
    # Which leads, which team
    # ------------------------------------------------------------------

    @api.model
    def _converting_teams(self):
        """Return the teams that convert by score, the most demanding first; without
        those whose assignment domain can't be applied.
        """
        teams = self.sudo().search(
            [("convert_by_score", "=", True)], order="minimum_score desc, sequence, id"
        )
        return teams.filtered(lambda team: team._has_sound_domain())

    def _has_sound_domain(self):
        """Whether the assignment domain can be applied; a field of it may be gone."""
        self.ensure_one()
        if not self.assignment_domain:
            return True
        try:
            with self.env.cr.savepoint(flush=False):
                domain = Domain(literal_eval(self.assignment_domain))
                self.env["crm.lead"].sudo().search(domain, limit=1)
        except Exception:
            _logger.warning("Team %s: its assignment domain can't be applied", self.id)
            return False
        return True

    @api.model
    def _considered_leads(self, also=()):
        """Return the Domain of the leads that the scheduled action may convert.

        Not those of a team that does not convert by score, except in the website's
        default team, see :meth:`_unworked_website_leads`. An override may narrow it.

        :param also: teams as if they converted by score
        """
        converting = self.sudo().search([("convert_by_score", "=", True)])
        teams = converting.ids + [team.id for team in also]
        return (
            Domain("type", "=", "lead")
            & self.env["lead.scoring.engine"]._scored_leads()
            & (
                Domain("team_id", "in", [False, *teams])
                | self._unworked_website_leads()
            )
        )

    @api.model
    def _unworked_website_leads(self):
        """Return the Domain of the website's leads that nobody has worked on, which
        count as unowned: the website gives each a team, and that team's leader.
        """
        choice = self.env["ir.config_parameter"].sudo()
        if choice.get_param("lead_scoring.website_leads", "reroute") != "reroute":
            return Domain.FALSE
        with_team = [("crm_default_team_id", "!=", False)]
        teams = self.env["website"].sudo().search(with_team).crm_default_team_id
        sales_messages = Domain("message_type", "in", ("comment", "email_outgoing"))
        sales_messages &= Domain("author_id.user_ids.share", "=", False)
        return (
            Domain("team_id", "in", teams.ids)
            & Domain("visitor_ids", "!=", False)
            & Domain("activity_ids", "=", False)
            & Domain("calendar_event_ids", "=", False)
            & Domain("message_ids", "not any", sales_messages)
        )

    def _eligible_leads(self, any_score=False):
        """Return the Domain of the leads this team may take.

        :param any_score: whatever the lead's score is
        """
        self.ensure_one()
        if self.assignment_optout or not self.use_opportunities:
            return Domain.FALSE
        domain = Domain(literal_eval(self.assignment_domain or "[]"))
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        # a form knows better than the date that was saved
        if self.convert_new_only and self.convert_since:
            domain &= Domain("create_date", ">=", self.convert_since)
        # a lead that somebody works on is converted by its own team only
        unowned = Domain("user_id", "=", False) | self._unworked_website_leads()
        domain &= unowned | Domain("team_id", "in", self._origin.ids or self.ids)
        return (
            domain if any_score else domain & Domain("score", ">=", self.minimum_score)
        )

    def _leads_of_others(self):
        """Return the Domain of the leads that another team gets before this one: that
        team's own, and where it comes first all but this team's.
        """
        lost = Domain.FALSE
        for team in self._converting_teams() - self._origin:
            first, second = (
                (-t.minimum_score, t.sequence, t._origin.id) for t in (team, self)
            )
            own = Domain("team_id", "=", team.id)
            if first < second:
                own |= Domain("team_id", "not in", self._origin.ids)
            lost |= team._eligible_leads() & own
        return lost

    @api.model
    def _route(self, within=Domain.TRUE):
        """Return ``{lead id: team}`` of the leads to convert, best score first: each
        with its own team where that is eligible, else the most demanding one that is.

        :param within: Domain that restricts the leads
        """
        considered = (self._considered_leads() & within).optimize(self.env["crm.lead"])
        leads = self.env["crm.lead"].sudo()
        route = {}
        scores = {}
        for team in self._converting_teams():
            found = leads.search_fetch(
                considered & team._eligible_leads(), ["score", "team_id"]
            )
            for lead in found:
                if lead.id not in route or lead.team_id == team:
                    route[lead.id] = team
                    scores[lead.id] = lead.score
        order = sorted(route, key=lambda lead_id: (-scores[lead_id], lead_id))
        return {lead_id: route[lead_id] for lead_id in order}

    # ------------------------------------------------------------------
    # Converting
    # ------------------------------------------------------------------

    @api.model
    def _convert_by_score(self, checkpoint, deadline=math.inf):
        """Convert every lead that meets a team's minimum score, best first, and keep
        why the others wait.

        :param checkpoint: called after each batch, which is its own transaction
        :param deadline: ``time.monotonic()`` after which no further batch is begun
        :return: number of leads converted
        """
        converted = 0
        for batch in split_every(BATCH, self._route().items(), list):
            if time.monotonic() > deadline:
                return converted
            converted += self._convert_batch(batch)
            checkpoint()
        self._store_waiting_reasons(checkpoint)
        return converted

    @api.model
    def _convert_batch(self, batch):
        """Convert ``[(lead id, team)]``; a lead that fails does not stop the others.

        Each is chosen again, for somebody may have edited, converted or merged it; one
        that somebody edits right now is left to the next run.
        """
        converted = 0
        route = self._route(Domain("id", "in", [lead_id for lead_id, _team in batch]))
        for lead_id, team in route.items():
            lead = self.env["crm.lead"].sudo().browse(lead_id)
            self.env.flush_all()
            try:
                with self.env.cr.savepoint(flush=False):
                    if not lead.try_lock_for_update():
                        continue
                    lead._convert_to_team(team)
                    self.env.flush_all()
                converted += 1
            except Exception as error:
                # what was to be written, too: it would be tried again at the commit
                self.env.clear()
                # that somebody edited it this very moment is no fault
                fault = not isinstance(error, OperationalError)
                _logger.log(
                    logging.ERROR if fault else logging.INFO,
                    "Lead %s could not be converted by score",
                    lead_id,
                    exc_info=fault,
                )
        return converted

    # ------------------------------------------------------------------
    # Why a lead waits
    # ------------------------------------------------------------------

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
