from odoo import api, models
from odoo.fields import Domain


class LeadScoringEngine(models.AbstractModel):
    _inherit = "lead.scoring.engine"

    @api.model
    def _use_streams(self, domain, env, streams):
        """Turn conditions on topics into conditions on page views, so that they read
        the same stream.
        """

        def replace(condition):
            if condition.field_expr != "score_topic_ids":
                return condition
            if condition.operator not in ("any", "not any"):
                return condition
            topics = Domain("blog_tag_ids", "any", condition.value)
            return Domain("score_pageview_ids", condition.operator, topics)

        return super()._use_streams(domain.map_conditions(replace), env, streams)
