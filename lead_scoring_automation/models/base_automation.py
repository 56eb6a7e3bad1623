import logging
from contextlib import contextmanager

from psycopg2 import Error as DatabaseError
from psycopg2 import OperationalError

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

_logger = logging.getLogger(__name__)

ERROR_LENGTH = 200
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
        """Take the last error away: after the change the automation may work."""
        result = super().write(vals)
        if vals.keys() - {"last_run"}:
            # sudo: who may change automations need not be a scoring manager
            self.sudo().playbook_ids.filtered("error").error = False
        return result

    def _process(self, records, domain_post=None):
        """Undo nothing but the automation itself where one on leads fails, and only for
        the leads it fails for: they still get their temperature, and other automations
        run.
        """
        if not self._watches_scoring(records):
            return super()._process(records, domain_post=domain_post)
        records = self._without_imported(records)
        if not self._process_safely(records, domain_post) and len(records) > 1:
            for record in records:
                self._process_safely(record, domain_post)
        return None

    def _without_imported(self, records):
        """Leave out leads of an import, which is no reason to write to all of them,
        unless the playbook is to act on imports.
        """
        # sudo: automations run for users who may not read playbooks
        playbooks = self.sudo().playbook_ids
        if not playbooks or any(playbooks.mapped("on_import")):
            return records
        return records.filtered(lambda lead: not lead._is_imported())

    def _watches_scoring(self, records):
        """Return whether this is about temperature or segment of leads."""
        # sudo: automations run for users who may not read them
        automation = self.sudo()
        if records._name != "crm.lead" or automation.model_name != "crm.lead":
            return False
        watched = automation.trigger_field_ids | automation.trg_date_id
        return bool(automation.playbook_ids) or bool(
            {"temperature", "temperature_date", "segment", "segment_date"}
            & set(watched.mapped("name"))
        )

    def _filter_pre(self, records, feedback=False):
        """Take conditions that can't be read to be met by no lead: leads still get
        their temperature, and users can save them.
        """
        with self._report_conditions(records):
            return super()._filter_pre(records, feedback=feedback)
        return records.browse()

    def _filter_post_export_domain(self, records, feedback=False):
        """See :meth:`_filter_pre`."""
        with self._report_conditions(records):
            return super()._filter_post_export_domain(records, feedback=feedback)
        return records.browse(), None

    def _search_time_based_automation_records(self, *, until):
        """See :meth:`_filter_pre`; the automations after this one still run."""
        leads = self.env["crm.lead"]
        with self._report_conditions(leads):
            return super()._search_time_based_automation_records(until=until)
        return leads

    @contextmanager
    def _report_conditions(self, records):
        """Report conditions that can't be read, and go on after the block; an error of
        an automation that is not about scoring is raised.
        """
        try:
            yield
        except DatabaseError:
            # the transaction can't go on
            raise
        except Exception as error:
            # conditions are code of users, which may raise anything
            if not self._watches_scoring(records):
                raise
            _logger.warning(
                "Automation %s: conditions can't be read",
                self.id,
                exc_info=not isinstance(error, UserError),
            )
            # sudo: automations run for users who may not write them
            self.sudo()._report_failure(records.browse(), error)

    def _process_safely(self, records, domain_post):
        """Process these records in a savepoint, and return whether that went well;
        nothing is written where it did not.
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
                # sudo: automations run for users who may not write them
                self.sudo()._report_failure(records, error)
            else:
                # each is tried alone next, and only what fails then is reported
                _logger.debug(
                    "Automation %s failed for %s leads together",
                    self.id,
                    len(records),
                    exc_info=True,
                )
            return False
        return True

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
        """Return the first line of an exception's text, and the exception that caused
        it, without traceback.
        """
        cause = error
        while cause.__cause__ or cause.__context__:
            cause = cause.__cause__ or cause.__context__
        lines = str(error).splitlines() or [type(error).__name__]
        text = lines[0][:ERROR_LENGTH]
        return text if cause is error else f"{text} ({cause})"
