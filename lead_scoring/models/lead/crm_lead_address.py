from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.addresses import PLAIN_EMAIL, plain_email

DUPLICATES = 20
"""Leads with one address that are offered as duplicates; more say nothing."""


class CrmLead(models.Model):
    """Addresses that reach the same person: «ann+webinar@» and «ann@». They find the
    lead of an event that is pushed, and are offered as duplicates. Everywhere else two
    addresses are two people: not all mail servers read a plus sign so.
    """

    _inherit = "crm.lead"

    # few leads have such an address
    _plain_email_idx = models.Index(
        f"({PLAIN_EMAIL % 'email_normalized'})"
        " WHERE position('+' in email_normalized) > 0"
    )

    @api.model
    def _has_plain_email(self, emails):
        """Return the Domain of the leads whose address has the same plain form as one
        of ``emails``, normalized ones.
        """
        plain = sorted({plain_email(email) for email in emails})
        self.flush_model(["email_normalized"])

        def to_sql(model, alias, query):
            email = SQL.identifier(alias, "email_normalized")
            return SQL(
                "(%(email)s = ANY(%(plain)s) OR (position('+' in %(email)s) > 0"
                " AND %(form)s = ANY(%(plain)s)))",
                email=email,
                plain=plain,
                form=SQL(PLAIN_EMAIL, email),
            )

        return Domain.custom(to_sql=to_sql)

    @api.depends("email_normalized")
    def _compute_potential_lead_duplicates(self):
        """Offer the leads with the same plain address, too."""
        result = super()._compute_potential_lead_duplicates()
        # closed and archived ones, and those of other companies, as core does
        leads = self.env["crm.lead"].with_context(active_test=False)
        for lead in self.filtered("email_normalized"):
            others = self._has_plain_email([lead.email_normalized])
            others &= Domain("id", "!=", lead._origin.id)
            alike = leads.search(others, limit=DUPLICATES + 1)
            if len(alike) <= DUPLICATES:
                lead.duplicate_lead_ids |= alike
                lead.duplicate_lead_count = len(lead.duplicate_lead_ids - lead)
        return result
