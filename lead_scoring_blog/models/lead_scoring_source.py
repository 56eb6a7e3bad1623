from odoo import api, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.scoring.lead_scoring_source import Source

COUNTS = SQL(
    """message.model = 'blog.post' AND message.message_type = 'comment'
       AND NOT EXISTS (SELECT FROM res_users employee
                        WHERE employee.partner_id = message.author_id
                          AND NOT employee.share)"""
)
"""Whether a comment counts: it is on a blog post, and not by an employee."""


class LeadScoringSource(models.AbstractModel):
    _inherit = "lead.scoring.source"

    @api.model
    def _source_blog_comment(self):
        """Comments on blog posts by the lead's contact, by somebody of the same address
        or by one of its visitors; not by employees.
        """
        return Source(
            model="mail.message",
            date="date",
            ties=SQL(
                """SELECT lead.id AS lead_id, message.id AS key
                     FROM crm_lead lead
                     JOIN mail_message message ON message.author_id = lead.partner_id
                    WHERE %(counts)s
                    UNION
                   SELECT lead.id AS lead_id, message.id AS key
                     FROM crm_lead lead
                     JOIN res_partner author
                       ON author.email_normalized = lead.email_normalized
                     JOIN mail_message message ON message.author_id = author.id
                    WHERE %(counts)s
                      AND (lead.company_id IS NULL OR lead.company_id = COALESCE(
                               author.company_id, lead.company_id))
                    UNION
                   SELECT rel.crm_lead_id AS lead_id, message.id AS key
                     FROM crm_lead_website_visitor_rel rel
                     JOIN website_visitor visitor ON visitor.id = rel.website_visitor_id
                     JOIN mail_message message ON message.author_id = visitor.partner_id
                    WHERE %(counts)s""",
                counts=COUNTS,
            ),
        )

    @api.model
    def _touched(self, source, since):
        """There is no index on the dates of messages, but one on their models."""
        if source != self._source_blog_comment():
            return super()._touched(source, since)
        return self._tied_to(
            source.ties,
            SQL(
                "SELECT id FROM mail_message WHERE model = 'blog.post' AND date >= %s",
                since,
            ),
        )
