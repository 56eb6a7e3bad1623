from odoo import models


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
            sources = self.env["lead.scoring.source"]
            ties = sources._source_blog_comment().ties
            lead_ids = sources._tied_lead_ids(ties, message.ids)
            self.env["lead.scoring.pass"]._request_run_of(lead_ids)
        return result
