from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmLead(models.Model):
    _inherit = "crm.lead"

    score_topic_ids = fields.Many2many(
        comodel_name="blog.tag",
        string="Topics Read",
        compute="_compute_score_topic_ids",
        search="_search_score_topic_ids",
        groups="sales_team.group_sale_salesman",
        help="Tags of the blog posts that the lead's visitors, or its contact's, have "
        "seen.",
    )

    @api.depends("score_pageview_ids.blog_tag_ids")
    def _compute_score_topic_ids(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT tie.lead_id, array_agg(DISTINCT rel.blog_tag_id)
                     FROM (%s) AS tie
                     JOIN website_track track ON track.visitor_id = tie.key
                     JOIN blog_post_blog_tag_rel rel ON rel.blog_post_id = %s
                    WHERE tie.lead_id = ANY(%s)
                    GROUP BY tie.lead_id""",
                self.env["lead.scoring.source"]._visitor_ties(),
                self.env["website.track"]._blog_post("track"),
                self.ids,
            )
        )
        topics = dict(self.env.cr.fetchall())
        for lead in self:
            lead.score_topic_ids = topics.get(lead._origin.id, [])

    @api.model
    def _search_score_topic_ids(self, operator, value):
        """Find the leads with a view of a post with a tag that meets the condition; the
        ORM itself takes the others for a negative one.
        """
        if operator in ("any", "any!"):
            topics = Domain("blog_tag_ids", operator, value)
            return Domain("score_pageview_ids", "any", topics)
        if operator != "in":
            return NotImplemented
        topics = Domain("blog_tag_ids", "in", [v for v in value if v])
        domain = Domain("score_pageview_ids", "any", topics)
        if False in value:
            some = Domain("blog_tag_ids", "any", Domain.TRUE)
            domain |= ~Domain("score_pageview_ids", "any", some)
        return domain
