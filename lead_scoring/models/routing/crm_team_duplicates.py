import logging
import time

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL, split_every

_logger = logging.getLogger(__name__)

GROUPS_PER_TRANSACTION = 20
"""How many groups of duplicates are merged before a commit."""


class CrmTeam(models.Model):
    """Merges the duplicates of leads before these go to sales, as Odoo's own assignment
    does, but never across companies.
    """

    _inherit = "crm.team"

    @api.model
    def _merge_duplicates(self, groups, checkpoint, deadline):
        """Merge groups of duplicates, and score the merged leads.

        A group somebody is working on is left to the next run.

        :param groups: see :meth:`_duplicates`
        :param checkpoint: see :meth:`_convert_by_score`, as for ``deadline``
        :return: ``{lead id: error}`` of those that are not merged; an error of None: it
            was not tried
        """
        left = {}
        for batch in split_every(GROUPS_PER_TRANSACTION, groups, list):
            late = time.monotonic() > deadline
            for group in batch:
                left |= dict.fromkeys(group) if late else self._merge_group(group)
            checkpoint()
        return left

    @api.model
    def _duplicates(self, lead_ids, within=None):
        """Return lists of the ids of open leads and opportunities with the same address
        and company, those that have one of ``lead_ids`` among them.

        :param within: SQL condition on crm_lead that restricts them
        """
        leads = self.env["crm.lead"]
        leads.flush_model(["active", "company_id", "email_normalized", "won_status"])
        query = SQL(
            """SELECT array_agg(id ORDER BY id)
                 FROM crm_lead
                WHERE %(open)s AND %(within)s
                  AND email_normalized IN (SELECT email_normalized FROM crm_lead
                                            WHERE id = ANY(%(ids)s))
             GROUP BY email_normalized, company_id
               HAVING count(*) > 1 AND array_agg(id) && %(ids)s
             ORDER BY min(id)""",
            ids=lead_ids,
            open=self.env["lead.scoring.engine"]._open_sql(),
            within=within or SQL("TRUE"),
        )
        return [group for (group,) in self.env.execute_query(query)]

    @api.model
    def _merge_group(self, group):
        """Merge these leads, in a savepoint.

        :return: ``{lead id: error}``, see :meth:`_merge_duplicates`; empty when merged
        """
        try:
            with self.env.cr.savepoint():
                self.env.invalidate_all()
                # sudo: a run merges the leads of everybody
                leads = self.env["crm.lead"].sudo().browse(group).try_lock_for_update()
                alike = self._duplicates(group, SQL("id = ANY(%s)", leads.ids))
                if alike != [group]:
                    # somebody is changing one, or has changed one meanwhile
                    return dict.fromkeys(group)
                survivor = leads._merge_opportunity(max_length=0)
                # a rule that is broken, or slow, keeps no leads from being merged
                survivor._score_safely()
        except OperationalError:
            # somebody changed one at the same time: the next run tries again
            return dict.fromkeys(group)
        except Exception as error:
            # overrides of any module run here: a group that fails must not stop the
            # others, and managers are told
            _logger.exception("Leads %s could not be merged", group)
            return dict.fromkeys(group, self._error_text(error))
        return {}
