from odoo import models
from odoo.tools import SQL


class BlogPost(models.Model):
    _inherit = "blog.post"

    def _message_post_after_hook(self, message, msg_vals):
        """Have the leads of a comment's author scored soon, but not within the request
        that posts the comment.
        """
        result = super()._message_post_after_hook(message, msg_vals)
        if message.message_type == "comment":
            message.flush_recordset()
            # sudo: readers of the blog may not write contacts
            message.author_id.sudo().flush_recordset()
            self.env["lead.scoring.pass"]._request_run(
                SQL(
                    """EXISTS (
                           SELECT FROM (%s) AS tie
                             JOIN crm_lead lead ON lead.id = tie.lead_id AND %s
                            WHERE tie.key = %s)""",
                    self.env["lead.scoring.source"]._source_blog_comment().ties,
                    self.env["lead.scoring.engine"]._scored_sql("lead"),
                    message.id,
                )
            )
        return result
