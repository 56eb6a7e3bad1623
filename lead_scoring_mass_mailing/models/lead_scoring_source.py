from odoo import api, models
from odoo.tools import SQL, ormcache

from odoo.addons.lead_scoring.models.scoring.lead_scoring_source import Source


class LeadScoringSource(models.AbstractModel):
    _inherit = "lead.scoring.source"

    @api.model
    def _trace_ties(self, *conditions):
        """Return the query of ``lead_id`` and ``key``, the mails and text messages sent
        to each lead, and those sent to its address, whoever was meant: a contact, a
        subscriber, another lead. What was sent to a lead or contact of one company
        does not count for a lead of another.

        :param conditions: SQL on ``trace``, a mailing.trace
        """
        where = SQL(" AND ").join([SQL("trace.is_test_trace IS NOT TRUE"), *conditions])
        joins, fits = SQL(), SQL("TRUE")
        if self._has_several_companies():
            joins = SQL(
                """LEFT JOIN crm_lead other
                          ON other.id = trace.res_id AND trace.model = 'crm.lead'
                   LEFT JOIN res_partner partner
                          ON partner.id = trace.res_id AND trace.model = 'res.partner'
                """
            )
            fits = SQL(
                """(lead.company_id IS NULL OR lead.company_id = COALESCE(
                        other.company_id, partner.company_id, lead.company_id))"""
            )
        return SQL(
            """SELECT trace.res_id AS lead_id, trace.id AS key
                 FROM mailing_trace trace
                WHERE trace.model = 'crm.lead' AND %(where)s
                UNION ALL
               SELECT lead.id AS lead_id, trace.id AS key
                 FROM crm_lead lead
                 JOIN mailing_trace trace ON trace.email = lead.email_normalized
                      %(joins)s
                WHERE (trace.model = 'crm.lead' AND trace.res_id = lead.id) IS NOT TRUE
                  AND %(fits)s AND %(where)s""",
            joins=joins,
            fits=fits,
            where=where,
        )

    @api.model
    @ormcache()
    def _has_several_companies(self):
        """Whether there are companies to tell apart. To plan the joins for that takes
        longer than all the rest of a query for one lead.
        """
        # sudo: users may not read the companies of others
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return companies.search_count([], limit=2) > 1

    @api.model
    def _source_mail_open(self):
        """Mails of mailings that a person opened, each once."""
        ties = self._trace_ties(
            SQL("trace.trace_type = 'mail' AND trace.open_datetime IS NOT NULL"),
            SQL("trace.machine_reason IS NULL"),
        )
        return Source(model="mailing.trace", date="open_datetime", ties=ties)

    @api.model
    def _source_mail_bounce(self):
        """Mails of mailings that came back."""
        ties = self._trace_ties(
            SQL("trace.trace_type = 'mail' AND trace.bounce_datetime IS NOT NULL")
        )
        return Source(model="mailing.trace", date="bounce_datetime", ties=ties)

    @api.model
    def _source_mail_click(self):
        """Clicks on the links of mailings, those of machines left out."""
        return self._clicks("mail")

    @api.model
    def _source_sms_click(self):
        """Clicks on the links of text messages; none without SMS Marketing."""
        return self._clicks("sms")

    @api.model
    def _clicks(self, trace_type):
        """Return the Source of the clicks in one kind of messages."""
        return Source(
            model="link.tracker.click",
            date="create_date",
            ties=SQL(
                """SELECT tie.lead_id, click.id AS key
                     FROM (%s) AS tie
                     JOIN link_tracker_click click ON click.mailing_trace_id = tie.key
                    WHERE click.is_machine IS NOT TRUE""",
                self._trace_ties(SQL("trace.trace_type = %s", trace_type)),
            ),
        )

    @api.model
    def _channels(self):
        """Add the links that were clicked in mailings."""
        clicks = [self._clicks(trace_type).ties for trace_type in ("mail", "sms")]
        return [
            *super()._channels(),
            SQL(
                """SELECT tie.lead_id, source.name AS source, medium.name AS medium,
                          campaign.name AS campaign
                     FROM (%s) AS tie
                     JOIN link_tracker_click click ON click.id = tie.key
                     JOIN link_tracker link ON link.id = click.link_id
                LEFT JOIN utm_source source ON source.id = link.source_id
                LEFT JOIN utm_medium medium ON medium.id = link.medium_id
                LEFT JOIN utm_campaign campaign ON campaign.id = link.campaign_id""",
                SQL(" UNION ALL ").join(clicks),
            ),
        ]

    @api.model
    def _source_mail_subscribe(self):
        """Mailing lists that the address is subscribed to, once each."""
        return Source(
            model="mailing.subscription",
            date="create_date",
            # an address can be several contacts of a list
            once=SQL("mailing_subscription.list_id"),
            ties=self._subscription_ties(SQL("subscription.opt_out IS NOT TRUE")),
        )

    @api.model
    def _source_mail_unsubscribe(self):
        """Mailing lists left, once each, and the blocklist, by the address."""
        return Source(
            model="mailing.unsubscription",
            date="date",
            # an address can be several contacts of a list
            once=SQL("mailing_unsubscription.list_id"),
            ties=SQL(
                """%s
                    UNION ALL
                   SELECT lead.id AS lead_id, -blacklist.id AS key
                     FROM crm_lead lead
                     JOIN mail_blacklist blacklist
                       ON blacklist.email = lead.email_normalized
                    WHERE blacklist.active""",
                self._subscription_ties(SQL("subscription.opt_out")),
            ),
        )

    @api.model
    def _subscription_ties(self, condition):
        """Return the SQL of the subscriptions of the lead's address that meet one."""
        return SQL(
            """SELECT lead.id AS lead_id, subscription.id AS key
                 FROM crm_lead lead
                 JOIN mailing_contact contact USING (email_normalized)
                 JOIN mailing_subscription subscription
                   ON subscription.contact_id = contact.id
                WHERE %s""",
            condition,
        )

    @api.model
    def _touched(self, source, since):
        """Begin with the new clicks, which are few; the traces of their mails give the
        leads.
        """
        if source.model != "link.tracker.click":
            return super()._touched(source, since)
        clicked = SQL(
            """SELECT mailing_trace_id FROM link_tracker_click
                WHERE mailing_trace_id IS NOT NULL AND create_date >= %s""",
            since,
        )
        return self._tied_to(self._trace_ties(), clicked)
