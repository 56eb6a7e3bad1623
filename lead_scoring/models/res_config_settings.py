from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.parameters import (
    DEFAULT_STATEMENT_SECONDS,
    MAXIMUM_STATEMENT_SECONDS,
    STATEMENT_PARAMETER,
    get_number,
)
from .lead.crm_lead_scoring import ON_SAVE_PARAMETER
from .routing.crm_team_duplicates import DUPLICATES_PARAMETER
from .routing.crm_team_sample import PERCENT_PARAMETER, SINCE_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_scoring_on_save = fields.Boolean(
        string="Score Leads as They Are Saved",
        help="Off: only the scheduled actions score leads: every hour those that "
        "changed or visited, and every night all of them, including changes of "
        "contacts. Useful while you import many leads.",
    )
    lead_scoring_website_leads = fields.Selection(
        selection=[
            ("reroute", "Assign them to the team they qualify for"),
            ("leave", "Keep them in the website's team"),
        ],
        string="Website Leads",
        config_parameter="lead_scoring.website_leads",
        default="reroute",
        help="The website gives each lead a team and perhaps a salesperson. While "
        "nobody has worked on such a lead, its score may give it to another team.",
    )
    lead_scoring_duplicates = fields.Selection(
        selection=[
            ("merge", "Merge if it is certainly the same person"),
            ("offer", "Offer them to the salesperson"),
            ("never", "Leave them alone"),
        ],
        string="Duplicates",
        config_parameter=DUPLICATES_PARAMETER,
        default="merge",
        help="What scoring does with leads that have the same e-mail address, "
        "before it hands one of them over. Certainly the same person: same address, "
        "and no different names, phone numbers, companies or contacts. Doubtful "
        "cases, such as two people behind info@, are only suggested in a note in "
        "the chatter. Addresses such as noreply@ are ignored. Merging can't be "
        "undone.",
    )
    lead_scoring_sample_percent = fields.Float(
        string="Random Sample",
        digits=(5, 2),
        config_parameter=PERCENT_PARAMETER,
        help="Percentage of the leads below every minimum score that become "
        "opportunities anyway, chosen at random and marked. Their results show "
        "which good leads the scores miss. Applies only to leads created from now "
        "on, once their first score is recorded.",
    )
    lead_scoring_visit_minutes = fields.Integer(
        string="Visit Length",
        config_parameter="lead_scoring.visit_minutes",
        default=30,
        help="Minutes. A page that is seen twice within a visit counts once.",
    )
    lead_scoring_track_with_consent = fields.Selection(
        selection=[
            ("yes", "Only if the visitor allows optional cookies"),
            ("no", "Always, as Odoo does by itself"),
        ],
        string="Record Page Views",
        config_parameter="lead_scoring.track_with_consent",
        default="yes",
        help="On a website with a cookies bar; without one, nobody is asked. Events, "
        "and who opened a link in a mail, are never recorded without consent.",
    )
    lead_scoring_page_view_days = fields.Integer(
        string="Keep Page Views",
        config_parameter="lead_scoring.page_view_days",
        help="Days; 0 keeps them for ever. Views that give points stay longer: until "
        "they have faded, and for ever those that a rule without half-life, or a rule "
        "on visits, reads.",
    )
    lead_scoring_event_days = fields.Integer(
        string="Keep Events",
        config_parameter="lead_scoring.event_days",
        help="Days; 0 keeps them for ever. Events and forms that give points stay "
        "longer: until they have faded, and for ever those that a rule without "
        "half-life reads.",
    )
    lead_scoring_move_days = fields.Integer(
        string="Keep Score Moves",
        config_parameter="lead_scoring.move_days",
        help="Days; 0 keeps them for ever. The rows of the history that say that a "
        "score moved; what was decided, and when a temperature changed, is kept.",
    )
    lead_scoring_created_delay = fields.Selection(
        selection=[
            ("0", "At once"),
            ("1", "After an hour"),
            ("24", "After a day"),
            ("72", "After three days"),
            ("168", "After a week"),
        ],
        string="Record the Score of New Leads",
        config_parameter="lead_scoring.created_delay",
        default="24",
        help="When the score of a new lead is kept, with the points of each rule, to "
        "be compared with what became of the lead. For leads created from now on.",
    )

    # no config_parameter: Odoo deletes one that is 0, which would mean the default
    lead_scoring_statement_seconds = fields.Integer(
        string="Time per Statement",
        default=DEFAULT_STATEMENT_SECONDS,
        help="Seconds. A rule that takes too long is found, marked and skipped; all "
        "others are applied. 0: no limit. A statement never takes more than half of "
        "the time that the server gives a scheduled action, unless this is 0.",
    )

    @api.model
    def get_values(self):
        return {
            **super().get_values(),
            **self._defaults_for_wrong_choices(),
            "lead_scoring_on_save": self.env["crm.lead"]._is_scored_on_save(),
            "lead_scoring_statement_seconds": get_number(
                self.env,
                STATEMENT_PARAMETER,
                DEFAULT_STATEMENT_SECONDS,
                0,
                MAXIMUM_STATEMENT_SECONDS,
            ),
        }

    @api.model
    def _defaults_for_wrong_choices(self):
        """Return the defaults of the settings whose system parameter is none of their
        choices: nobody could open Settings else.
        """
        # sudo: as core does, for who may open settings need not read parameters
        parameters = self.env["ir.config_parameter"].sudo()
        values = {}
        for name, field in self._fields.items():
            parameter = getattr(field, "config_parameter", None) or ""
            if field.type != "selection" or not parameter.startswith("lead_scoring."):
                continue
            choice = parameters.get_param(parameter)
            if choice and choice not in field.get_values(self.env):
                values[name] = field.default(self)
        return values

    @api.constrains("lead_scoring_statement_seconds")
    def _check_lead_scoring_statement_seconds(self):
        for settings in self:
            seconds = settings.lead_scoring_statement_seconds
            if not 0 <= seconds <= MAXIMUM_STATEMENT_SECONDS:
                raise ValidationError(
                    self.env._(
                        "The time per statement is between 0 and 86,400 seconds."
                    )
                )

    @api.constrains("lead_scoring_sample_percent")
    def _check_lead_scoring_sample_percent(self):
        for settings in self:
            if not 0 <= settings.lead_scoring_sample_percent <= 100:
                raise ValidationError(
                    self.env._("The random sample is between 0 and 100 percent.")
                )

    def set_values(self):
        # sudo: as core does, for who may save settings need not read parameters
        parameters = self.env["ir.config_parameter"].sudo()
        if not self.lead_scoring_sample_percent:
            parameters.set_param(SINCE_PARAMETER, False)
        elif not parameters.get_param(SINCE_PARAMETER):
            now = fields.Datetime.to_string(self.env.cr.now())
            parameters.set_param(SINCE_PARAMETER, now)
        # a parameter that is False is deleted, and means the default
        choice = not self.lead_scoring_on_save and "no"
        parameters.set_param(ON_SAVE_PARAMETER, choice)
        seconds = str(self.lead_scoring_statement_seconds)
        parameters.set_param(STATEMENT_PARAMETER, seconds)
        return super().set_values()
