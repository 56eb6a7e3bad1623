import logging

from psycopg2 import Error as DatabaseError
from psycopg2 import OperationalError

from odoo import fields, models
from odoo.tools import clean_context

_logger = logging.getLogger(__name__)

LINE = 200
"""Characters of an error that are shown."""


class BaseAutomation(models.Model):
    _inherit = "base.automation"

    playbook_ids = fields.One2many(
        comodel_name="lead.scoring.playbook",
        inverse_name="automation_id",
        string="Playbooks",
        help="The lines of the page Playbooks that show this automation.",
    )

    def write(self, vals):
        """What was changed may work now."""
        result = super().write(vals)
        if vals.keys() - {"last_run"}:
            self.sudo().playbook_ids.filtered("error").error = False
        return result

    def _process(self, records, domain_post=None):
        """An automation on leads that fails undoes nothing but itself, for the leads it
        fails for: the lead still gets its temperature, and other automations run.
        """
        if not self._watches_scoring(records):
            return super()._process(records, domain_post=domain_post)
        if self._process_safely(records, domain_post) is None:
            return None
        if len(records) == 1:
            return None
        for record in records:
            self._process_safely(record, domain_post)
        return None

    def _watches_scoring(self, records):
        """Return whether this is about temperature or segment of leads."""
        if records._name != "crm.lead" or self.sudo().model_name != "crm.lead":
            return False
        automation = self.sudo()
        watched = automation.trigger_field_ids | automation.trg_date_id
        return bool(automation.playbook_ids) or bool(
            {"temperature", "temperature_date", "segment", "segment_date"}
            & set(watched.mapped("name"))
        )

    def _filter_pre(self, records, feedback=False):
        """Conditions that can't be read are met by no lead: it still gets its
        temperature, and users can save it.
        """
        try:
            return super()._filter_pre(records, feedback=feedback)
        except DatabaseError:
            raise
        except Exception as error:
            self._report_condition(records, error)
            return records.browse()

    def _filter_post_export_domain(self, records, feedback=False):
        """See :meth:`_filter_pre`."""
        try:
            return super()._filter_post_export_domain(records, feedback=feedback)
        except DatabaseError:
            raise
        except Exception as error:
            self._report_condition(records, error)
            return records.browse(), None

    def _search_time_based_automation_records(self, *, until):
        """See :meth:`_filter_pre`; the automations after this one go on."""
        try:
            return super()._search_time_based_automation_records(until=until)
        except DatabaseError:
            raise
        except Exception as error:
            leads = self.env["crm.lead"]
            self._report_condition(leads, error)
            return leads

    def _report_condition(self, records, error):
        """Report conditions that can't be read.

        :raise Exception: the error, when this is not about scoring
        """
        if not self._watches_scoring(records):
            raise error
        _logger.warning("Automation %s: conditions can't be read: %s", self.id, error)
        self.sudo()._report_failure(records.browse(), error)

    def _process_safely(self, records, domain_post):
        """Process these records in a savepoint.

        :return: the error, when one was raised: nothing of it is written then
        """
        # flush=False, as precommit hooks are not to run in the middle
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                super()._process(records, domain_post=domain_post)
                self.env.flush_all()
        except OperationalError:
            # somebody else writes the same: whoever called tries again
            raise
        except Exception as error:
            self.env.clear()
            if len(records) == 1:
                _logger.warning(
                    "Automation %s failed for lead %s",
                    self.id,
                    records.id,
                    exc_info=True,
                )
                self.sudo()._report_failure(records, error)
            return error
        return None

    def _report_failure(self, lead, error):
        """Say in the chatter, and on the page Playbooks, what failed; once for the same
        error until something is changed.

        :param lead: the lead it failed for; empty where the conditions did
        """
        text = self._short(error)
        automation = self.with_context(clean_context(self.env.context))
        playbooks = automation.playbook_ids
        if playbooks and playbooks[0].error == text:
            return
        playbooks.error = text
        if lead:
            body = self.env._(
                "Failed for %(lead)s: %(error)s", lead=lead.display_name, error=text
            )
        else:
            body = self.env._("Its conditions can't be read: %s", text)
        automation.message_post(body=body)

    def _short(self, error):
        """Return the first line of what an exception says, and what caused it, without
        its traceback.
        """
        cause = error
        while cause.__cause__ or cause.__context__:
            cause = cause.__cause__ or cause.__context__
        lines = str(error).splitlines() or [type(error).__name__]
        if cause is error:
            return lines[0][:LINE]
        return f"{lines[0][:LINE]} ({cause})"
