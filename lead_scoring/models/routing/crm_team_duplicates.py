import logging
import time
from dataclasses import dataclass

from markupsafe import Markup
from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL, format_list, split_every

from ...tools.addresses import kind_of

_logger = logging.getLogger(__name__)

DUPLICATES_PARAMETER = "lead_scoring.duplicates"
"""``merge``, what is surely one person; ``offer``, nothing is merged; or ``never``."""
ROLES_PARAMETER = "lead_scoring.role_addresses"
"""Parts before the @, with commas between, that are roles besides those of
tools/addresses.py.
"""
GROUPS_PER_TRANSACTION = 20
"""How many groups of duplicates are merged before a commit."""
MOST_OF_ONE_PERSON = 5
"""More leads of one address are not merged by a run: nor does Odoo let users merge more
at once.
"""


@dataclass(frozen=True, slots=True)
class Alike:
    """Open leads and opportunities with one address, of one company or of none."""

    address: str
    lead_ids: list
    agree: bool
    """They name no two people, telephones, companies or contacts, and who has one of
    them may work in the company of all.
    """
    deals: int
    """How many are opportunities already. Two deals are kept apart by somebody, for one
    person may have two needs.
    """


class CrmTeam(models.Model):
    """Merges the duplicates of leads before these go to sales, where they are surely of
    one person: merging can't be undone. Others are offered to salespeople.
    """

    _inherit = "crm.team"

    # ------------------------------------------------------------------
    # What is alike
    # ------------------------------------------------------------------

    @api.model
    def _alike(self, lead_ids, within=None):
        """Return a list of :class:`Alike`, those that have one of ``lead_ids`` among
        them. Odoo, too, compares the whole address. A lead without company fits each;
        where those of one address are of several companies, nobody knows which, and
        leads without company are alike among themselves only.

        :param within: SQL condition on crm_lead that restricts them
        """
        leads = self.env["crm.lead"]
        leads.flush_model(
            ["active", "company_id", "contact_name", "email_normalized", "partner_id"]
            + ["partner_name", "phone", "phone_sanitized", "type", "user_id"]
            + ["won_status"]
        )
        self.env["res.users"].flush_model(["company_ids"])
        query = SQL(
            """SELECT email_normalized, array_agg(id ORDER BY id), %(agree)s,
                      count(*) FILTER (WHERE type = 'opportunity')
                 FROM (%(same_address)s) AS alike
             GROUP BY email_normalized, company
               HAVING count(*) > 1 AND array_agg(id) && %(ids)s
             ORDER BY min(id)""",
            agree=self._agreement(),
            ids=lead_ids,
            same_address=self._same_address(lead_ids, within or SQL("TRUE")),
        )
        return [Alike(*row) for row in self.env.execute_query(query)]

    @api.model
    def _same_address(self, lead_ids, within):
        """Return the query of the open leads with the address of one of ``lead_ids``:
        with the ``company`` to group them by, and the ``company_of_all`` in a group.
        """
        return SQL(
            """SELECT *, CASE WHEN min(company_id) OVER address
                                   <> max(company_id) OVER address
                              THEN company_id END AS company,
                      CASE WHEN min(company_id) OVER address
                                   <> max(company_id) OVER address
                           THEN company_id
                           ELSE max(company_id) OVER address END AS company_of_all
                 FROM crm_lead
                WHERE %(open)s AND %(within)s
                  AND email_normalized IN (SELECT email_normalized FROM crm_lead
                                            WHERE id = ANY(%(ids)s))
               WINDOW address AS (PARTITION BY email_normalized)""",
            ids=lead_ids,
            open=self.env["lead.scoring.engine"]._open_sql(),
            within=within,
        )

    @api.model
    def _agreement(self):
        """Return the SQL condition that a group of leads names no two people,
        telephones, companies or contacts. What is empty contradicts nothing. Odoo
        refuses to give a lead of one company to who works in another only.
        """
        text = "lower(btrim(regexp_replace(%s, '\\s+', ' ', 'g')))"
        digits = "COALESCE(phone_sanitized, regexp_replace(phone, '[^0-9+]', '', 'g'))"
        values = [
            SQL(text, SQL.identifier("contact_name")),
            SQL(text, SQL.identifier("partner_name")),
            SQL(digits),
            SQL("partner_id::text"),
        ]
        conditions = [
            SQL("count(DISTINCT NULLIF(%s, '')) <= 1", value) for value in values
        ]
        works_there = SQL(
            """bool_and(user_id IS NULL OR company_of_all IS NULL OR EXISTS (
                   SELECT FROM res_company_users_rel works
                    WHERE works.user_id = alike.user_id
                      AND works.cid = alike.company_of_all))"""
        )
        return SQL(" AND ").join([*conditions, works_there])

    @api.model
    def _what_to_do(self, alike):
        """Return whether these are to be ``merge``\\ d, to be ``offer``\\ ed, or
        ``never`` to be mentioned. An override may offer more, or less.

        Merged is only what is surely one person. Behind the address of a role, such as
        ``info@``, are several; behind a placeholder, or behind one address of many
        different leads, nobody knows who. In doubt they are offered.
        """
        # sudo: users may not read parameters
        parameters = self.env["ir.config_parameter"].sudo()
        choice = parameters.get_param(DUPLICATES_PARAMETER, "merge")
        roles = (parameters.get_param(ROLES_PARAMETER) or "").lower().split(",")
        kind = kind_of(alike.address, {role.strip() for role in roles} - {""})
        many = len(alike.lead_ids) > MOST_OF_ONE_PERSON
        if choice == "never" or kind == "nobody" or (many and not alike.agree):
            return "never"
        sure = kind == "person" and alike.agree and alike.deals < 2 and not many
        return "merge" if sure and choice == "merge" else "offer"

    @api.model
    def _duplicates(self, lead_ids, within=None):
        """Return lists of the ids of what is to be merged, see :meth:`_alike`."""
        return [
            alike.lead_ids
            for alike in self._alike(lead_ids, within)
            if self._what_to_do(alike) == "merge"
        ]

    # ------------------------------------------------------------------
    # Merging
    # ------------------------------------------------------------------

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
    def _merge_group(self, group):
        """Merge these leads, in a savepoint, and tell their salespeople.

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
                before = {lead: (lead.name, lead.user_id) for lead in leads}
                # whose lead was merged is told below, not of an assignment as well
                quiet = leads.with_context(mail_auto_subscribe_no_notify=True)
                survivor = quiet._merge_opportunity(max_length=0)
                # a rule that is broken, or slow, keeps no leads from being merged
                survivor._score_safely()
                del before[survivor]
                survivor._notify_merged(list(before.values()))
        except OperationalError:
            # somebody changed one at the same time: the next run tries again
            return dict.fromkeys(group)
        except Exception as error:
            # overrides of any module run here: a group that fails must not stop the
            # others, and managers are told
            _logger.exception("Leads %s could not be merged", group)
            return dict.fromkeys(group, self._error_text(error))
        return {}

    # ------------------------------------------------------------------
    # Offering
    # ------------------------------------------------------------------

    @api.model
    def _offer_duplicates(self, leads):
        """Note in the chatter of these opportunities, new ones, which other open ones
        may be of the same person; whoever works on them may merge them.
        """
        bodies = {}
        for alike in self._alike(leads.ids):
            if self._what_to_do(alike) != "offer":
                continue
            group = leads.browse(alike.lead_ids)
            for lead in group & leads:
                bodies[lead.id] = self._offer_text(alike.address, group - lead)
        if bodies:
            leads.browse(bodies)._message_log_batch(bodies)

    @api.model
    def _offer_text(self, address, others):
        """Return the note for a lead that ``others`` may be duplicates of. Who has them
        is told, not what they are about: the reader may not see them.
        """
        nobody = self.env._("nobody")
        names = dict.fromkeys(lead.user_id.name or nobody for lead in others)
        return Markup("<p>%s</p>") % self.env._(
            "Possible duplicate: %(count)s more open with %(address)s, of "
            "%(people)s. They were not merged, because they may belong to different "
            "people. Click on «Similar Leads», select those of the same person in "
            "the list and merge them.",
            count=len(others),
            address=address,
            people=format_list(self.env, list(names)),
        )
