from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.convert import convert_file

from ..scoring.lead_scoring_pass import CRONS


class LeadScoringObstacle(models.AbstractModel):
    """What stands between a fresh installation and the first hot lead of a person, as
    the database shows it, and what mends each.

    An add-on adds a name to :meth:`_names` and a method ``_find_<name>``; it is given a
    scoring model and returns a list of dicts:

    - ``text``: what is wrong, or offered; ``advice``: what to do about it
    - ``kind``: ``stop`` (nothing works until it is mended), ``advice``, or ``done``
    - ``button``: where the current user may mend it by a click, what the button says;
      ``record``: what it is about, an id or text, where there are several

    With a button there has to be a method ``_mend_<name>``, which is given the scoring
    model and the record's id, checks access, and may return an action to open.
    """

    _name = "lead.scoring.obstacle"
    _description = "Lead Scoring Obstacle"

    @api.model
    def _names(self):
        """Return the names of all that is looked for."""
        return [
            *("contact_form", "leads", "cron", "team", "members", "pages", "no_page"),
            *("suggested_rules", "contact_form_undo"),
        ]

    @api.model
    def _find_all(self, scoring_model):
        """Return the list of what stands in the way of a model's leads, first what
        stops them.
        """
        found = []
        for name in self._names():
            for obstacle in self._find(scoring_model, name):
                found.append({"name": name, "kind": "stop", **obstacle})
        kinds = ["stop", "advice", "done"]
        return sorted(found, key=lambda obstacle: kinds.index(obstacle["kind"]))

    @api.model
    def _find(self, scoring_model, name):
        """Return the obstacles of one name; none where there is no such name."""
        if name not in self._names():
            return []
        return getattr(self, f"_find_{name}")(scoring_model)

    @api.model
    def _mend(self, scoring_model, name, record=None):
        """Mend what stands in the way; return an action to open, if any.

        :param record: None for the first of the name
        :raise UserError: it is mended already, or the current user may not
        """
        for obstacle in self._find(scoring_model, name):
            about = obstacle.get("record")
            if record in (None, about):
                if obstacle.get("button"):
                    return getattr(self, f"_mend_{name}")(scoring_model, about)
                raise AccessError(obstacle["advice"])
        raise UserError(self.env._("Nothing is left to do here: reload the page."))

    # ------------------------------------------------------------------
    # Leads are made, and scored
    # ------------------------------------------------------------------

    @api.model
    def _find_leads(self, scoring_model):
        group = self.env.ref("crm.group_use_lead")
        # sudo: which features are on is no secret
        if group in self.env.ref("base.group_user").sudo().all_implied_ids:
            return []
        obstacle = {
            "text": self.env._(
                "The Leads feature is off: every request becomes an opportunity at "
                "once, whatever its score."
            ),
            "advice": self.env._("An administrator can switch Leads on in Settings."),
        }
        if self.env.user.has_group("base.group_system"):
            obstacle["button"] = self.env._("Use Leads")
        return [obstacle]

    @api.model
    def _mend_leads(self, scoring_model, _record):
        group = self.env.ref("crm.group_use_lead")
        self.env.ref("base.group_user").implied_ids = [Command.link(group.id)]
        teams = self.env["crm.team"].search([("use_opportunities", "=", True)])
        # writing it also refreshes the defaults of the teams' mail aliases
        teams.use_leads = True

    @api.model
    def _find_cron(self, scoring_model):
        is_admin = self.env.user.has_group("base.group_system")
        ask = self.env._("Ask an administrator.")
        stopped = self.env["lead.scoring.pass"]._stopped(CRONS)
        if stopped == "off":
            obstacle = {
                "text": self.env._(
                    "A scheduled action of lead scoring was deleted or is off: scores "
                    "get old, and no lead is converted."
                ),
                "advice": "" if is_admin else ask,
            }
            if is_admin:
                obstacle["button"] = self.env._("Switch It On")
            return [obstacle]
        if not stopped:
            return []
        return [
            {
                "text": self.env._(
                    "Scheduled actions are late: Odoo does not run them, or they fail. "
                    "Until they run, no lead is converted."
                ),
                "advice": self.env._(
                    "Whoever runs the server finds the reason in its log. The setting "
                    "max_cron_threads must not be 0."
                ),
            }
        ]

    @api.model
    def _mend_cron(self, scoring_model, _record):
        path = "data/ir_cron_data.xml"
        # makes those that are missing, as an update of the add-on does
        convert_file(self.env, "lead_scoring", path, {}, mode="update")
        for name in CRONS:
            self.env.ref(name).active = True

    # ------------------------------------------------------------------
    # Leads come to somebody
    # ------------------------------------------------------------------

    @api.model
    def _teams(self, scoring_model):
        """Return the teams that serve the model's leads."""
        companies = scoring_model.company_id or self.env.companies
        return self.env["crm.team"].search(
            [
                ("use_opportunities", "=", True),
                ("company_id", "in", [False, *companies.ids]),
            ]
        )

    @api.model
    def _first_team(self, scoring_model):
        """Return the team that leads of the website are born in, else the first."""
        teams = self._teams(scoring_model)
        # sudo: a scoring manager need not be an editor of the website
        website = self.env["website"].sudo()
        website = website.search([("crm_default_team_id", "in", teams.ids)], limit=1)
        return website.crm_default_team_id.with_env(self.env) or teams[:1]

    @api.model
    def _find_team(self, scoring_model):
        teams = self._teams(scoring_model)
        if any(teams.mapped("convert_by_score")):
            return []
        team = self._first_team(scoring_model)
        obstacle = {
            "text": self.env._(
                "No team converts leads by score: none is given to sales."
            ),
            "advice": self.env._("A sales manager sets the minimum score of a team."),
        }
        if team and self.env.user.has_group("sales_team.group_sale_manager"):
            minimum = scoring_model.hot_score
            obstacle["advice"] = self.env._(
                "«%(team)s» can get leads created from now on, once they are hot "
                "(%(minimum)s points). More options are on the form of the team.",
                team=team.name,
                minimum=minimum,
            )
            obstacle["button"] = self.env._("Convert from %s Points", minimum)
        return [obstacle]

    @api.model
    def _mend_team(self, scoring_model, _record):
        self._first_team(scoring_model).write(
            {
                "convert_by_score": True,
                "convert_new_only": True,
                "minimum_score": scoring_model.hot_score,
            }
        )

    @api.model
    def _find_members(self, scoring_model):
        is_manager = self.env.user.has_group("sales_team.group_sale_manager")
        found = []
        for team in self._teams(scoring_model).filtered("convert_by_score"):
            # sudo: how many leads members can take is no secret
            if team.sudo()._capacity():
                continue
            obstacle = {
                "record": team.id,
                "text": self.env._(
                    "Nobody in «%s» takes leads: they become opportunities of nobody.",
                    team.name,
                ),
                "advice": self.env._("Add members, and how many leads each can take."),
            }
            if is_manager:
                obstacle["button"] = self.env._("Open the Team")
            found.append(obstacle)
        return found

    @api.model
    def _mend_members(self, scoring_model, record):
        return self.env["crm.team"].browse(record).get_formview_action()
