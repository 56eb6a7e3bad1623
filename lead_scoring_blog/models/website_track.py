from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

POST = "^[^?#]*/blog/(?:[^/?#]*-)?[0-9]+/(?:[^/?#]*-)?([0-9]{1,9})(?:[/?#]|$)"
"""The address of a post, such as ``/vi/blog/travel-1/hiking-in-spring-7``."""


class WebsiteTrack(models.Model):
    _inherit = "website.track"

    blog_tag_ids = fields.Many2many(
        comodel_name="blog.tag",
        string="Topics",
        compute="_compute_blog_tag_ids",
        search="_search_blog_tag_ids",
        help="The tags that the blog post seen has today.",
    )

    @api.depends("url")
    def _compute_blog_tag_ids(self):
        self.flush_model(["url"])
        self.env["blog.post"].flush_model(["tag_ids"])
        self.env.cr.execute(
            SQL(
                """SELECT track.id, array_agg(rel.blog_tag_id)
                     FROM website_track track
                     JOIN blog_post_blog_tag_rel rel ON rel.blog_post_id = %s
                    WHERE track.id = ANY(%s)
                    GROUP BY track.id""",
                self._blog_post("track"),
                self.ids,
            )
        )
        tags = dict(self.env.cr.fetchall())
        for view in self:
            view.blog_tag_ids = tags.get(view.id, [])

    @api.model
    def _search_blog_tag_ids(self, operator, value):
        """Find the views of a post with a tag that meets the condition; the ORM itself
        takes the others for a negative one.
        """
        if operator in ("any", "any!"):
            if not isinstance(value, Domain):
                value = Domain("id", "in", value)
            # sudo: that is what the ORM asks for by the exclamation mark
            tags = self.env["blog.tag"].sudo(self.env.su or operator == "any!")
            return self._has_blog_tag(tags._search(value))
        if operator != "in":
            return NotImplemented
        tags = self.env["blog.tag"]
        domain = self._has_blog_tag(
            tags._search(Domain("id", "in", [v for v in value if v]))
        )
        if False in value:
            domain |= ~self._has_blog_tag(tags._search(Domain.TRUE))
        return domain

    @api.model
    def _has_blog_tag(self, tags):
        """Return the Domain of the views of posts that have one of the tags.

        :param tags: Query on blog.tag
        """
        self.env["blog.post"].flush_model(["tag_ids"])
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                """COALESCE(%s IN (SELECT blog_post_id FROM blog_post_blog_tag_rel
                                    WHERE blog_tag_id IN %s), FALSE)""",
                self._blog_post(alias),
                tags.subselect(),
            )
        )

    @api.model
    def _blog_post(self, table):
        """Return the SQL of the id of the post that a view is of, NULL if of none."""
        url = SQL.identifier(table, "url")
        return SQL("substring(%s FROM %s)::integer", url, POST)
