from odoo import api, fields, models
from odoo.tools import SQL


class CrmLead(models.Model):
    """Counts, such as deals won before, as fields that rules and filters can read.
    They are not stored. ``lead.scoring.source`` says what each of them counts; an
    add-on with one more adds a field here and its query there.
    """

    _inherit = "crm.lead"

    score_won_count = fields.Integer(
        string="Won Before",
        compute="_compute_score_won_count",
        search="_search_score_won_count",
        groups="sales_team.group_sale_salesman",
        help="Other won opportunities of the same contact or e-mail address, in the "
        "same company. What belongs to no company is taken for the main company's.",
    )
    score_channel_count = fields.Integer(
        string="Number of Channels",
        compute="_compute_score_channel_count",
        search="_search_score_channel_count",
        groups="sales_team.group_sale_salesman",
        help="In how many ways the lead came: different combinations of source, medium "
        "and campaign of the lead itself, of the links by which its visitors came to "
        "tracked pages, and of the pages where its forms and events happened. The "
        "medium «Website» says nothing and is left out. A lead merged into this one "
        "adds its visits and events, but its own source is lost.",
    )

    # core's index is for parts of an address: too slow for thousands of whole ones
    _email_normalized_btree_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )

    @api.depends("partner_id", "email_normalized", "company_id")
    def _compute_score_won_count(self):
        self._compute_count("score_won_count")

    def _search_score_won_count(self, operator, value):
        return self._search_count("score_won_count", operator, value)

    @api.depends("source_id", "medium_id", "campaign_id", "score_pageview_ids")
    def _compute_score_channel_count(self):
        self._compute_count("score_channel_count")

    def _search_score_channel_count(self, operator, value):
        return self._search_count("score_channel_count", operator, value)

    def _compute_count(self, field_name):
        """Set the number ``field_name`` of these leads."""
        self.env.flush_all()
        query = SQL(
            """SELECT lead_id, count(*) FROM (%s) AS tie
                WHERE lead_id = ANY(%s) GROUP BY lead_id""",
            self.env["lead.scoring.source"]._get_count(field_name),
            self.ids,
        )
        counts = dict(self.env.execute_query(query))
        for lead in self:
            lead[field_name] = counts.get(lead._origin.id, 0)

    @api.model
    def _search_count(self, field_name, operator, value, number=None):
        """Return the Domain of the leads whose number ``field_name`` compares so.

        :param number: SQL of the number, where somebody has counted for all leads;
            default: counted for each lead
        :raise AccessError: the user may not read the field
        """
        self._check_field_access(self._fields[field_name], "read")
        self.env.flush_all()
        counted = self.env["lead.scoring.source"]._get_count(field_name)
        if operator == "in":
            value = [v or 0 for v in value]
        return self._search_number(
            lambda lead_id: (
                number
                or SQL(
                    "(SELECT count(*) FROM (%s) AS tie WHERE tie.lead_id = %s)",
                    counted,
                    lead_id,
                )
            ),
            operator,
            value,
        )
