from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

COMPARISONS = {sign: SQL(sign) for sign in ("<", "<=", ">", ">=")}


class CrmLead(models.Model):
    """A lead's page views, its visits and its last signal, as fields that rules and
    filters can read. They are not stored.
    """

    _inherit = "crm.lead"

    score_pageview_ids = fields.Many2many(
        groups="sales_team.group_sale_salesman",
        comodel_name="website.track",
        string="Page Views",
        compute="_compute_score_pageview_ids",
        search="_search_score_pageview_ids",
        help="Pages that the lead's visitors, or its contact's, have seen.",
    )
    score_pageview_count = fields.Integer(
        groups="sales_team.group_sale_salesman",
        string="Number of Page Views",
        compute="_compute_score_pageview_ids",
        help="How many pages the lead has seen.",
    )
    score_visit_count = fields.Integer(
        string="Number of Visits",
        compute="_compute_visits",
        search="_search_visit_count",
        groups="sales_team.group_sale_salesman",
        help="How often the lead's visitors came to the website. After a pause as long "
        "as the visit length in Settings a new visit begins.",
    )
    score_pages_per_visit = fields.Float(
        string="Pages per Visit",
        compute="_compute_visits",
        search="_search_pages_per_visit",
        groups="sales_team.group_sale_salesman",
        help="Page views divided by visits.",
    )
    score_time_on_site = fields.Float(
        string="Time on Site (minutes)",
        compute="_compute_visits",
        search="_search_time_on_site",
        groups="sales_team.group_sale_salesman",
        help="Estimated: from the first to the last page view of each visit.",
    )
    score_last_visit = fields.Datetime(
        string="Last Visit",
        compute="_compute_visits",
        search="_search_last_visit",
        groups="sales_team.group_sale_salesman",
        help="When one of the lead's visitors last saw a tracked page.",
    )
    score_last_signal = fields.Datetime(
        string="Last Signal",
        compute="_compute_score_last_signal",
        search="_search_score_last_signal",
        groups="sales_team.group_sale_salesman",
        help="When the lead, or its contact, last did something that rules can count: "
        "saw a page, sent a form, answered, met us, ...",
    )

    # ------------------------------------------------------------------
    # Page views
    # ------------------------------------------------------------------

    @api.depends("visitor_ids.website_track_ids", "partner_id")
    def _compute_score_pageview_ids(self):
        Source = self.env["lead.scoring.source"]
        views = Source._records("page_view", self)
        for lead in self:
            lead.score_pageview_ids = views.get(lead.id, [])
            lead.score_pageview_count = len(lead.score_pageview_ids)

    @api.model
    def _search_score_pageview_ids(self, operator, value):
        """Find the leads with a view that meets the condition; the ORM itself takes the
        others for a negative one.
        """
        # the ORM checks a field's groups only where it compiles the field itself
        self._check_field_access(self._fields["score_pageview_ids"], "read")
        exists = self.env["lead.scoring.source"]._exists
        if operator in ("any", "any!"):
            if not isinstance(value, Domain):
                value = Domain("id", "in", value)
            return exists("page_view", value)
        if operator != "in":
            return NotImplemented
        domain = exists("page_view", Domain("id", "in", [v for v in value if v]))
        return domain | ~exists("page_view", Domain.TRUE) if False in value else domain

    def action_redirect_to_page_views(self):
        """Open all page views that scoring reads, those of the contact's too."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.website_track_action"
        )
        return {**action, "domain": [("id", "in", self.score_pageview_ids.ids)]}

    # ------------------------------------------------------------------
    # Events
    # ------------------------------------------------------------------

    def _form_and_event_ids(self):
        """Return the ids of the forms and events that count for this lead."""
        source = self.env["lead.scoring.source"]
        records = (source._records(name, self) for name in ("form", "event"))
        return [record_id for ids in records for record_id in ids.get(self.id, ())]

    def action_open_events(self):
        """Open the forms and events that count for this lead."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.lead_scoring_event_action"
        )
        return {**action, "domain": [("id", "in", self._form_and_event_ids())]}

    # ------------------------------------------------------------------
    # Visits
    # ------------------------------------------------------------------

    @api.model
    def _visits_query(self, lead_id):
        """Return the query of ``visits``, ``pages_per_visit``, ``minutes`` and ``last``
        of one lead.

        :param lead_id: SQL
        """
        source = self.env["lead.scoring.source"]
        return SQL(
            """SELECT count(*) FILTER (WHERE begins) AS visits,
                      count(*)::float8 / NULLIF(count(*) FILTER (WHERE begins), 0)
                          AS pages_per_visit,
                      COALESCE(EXTRACT(EPOCH FROM SUM(pause) FILTER (WHERE NOT begins))
                          / 60, 0)::float8 AS minutes,
                      max(visit_datetime) AS last
                 FROM (SELECT visit_datetime, pause,
                              COALESCE(pause > make_interval(mins => %s), TRUE)
                                  AS begins
                         FROM (SELECT track.visit_datetime,
                                      track.visit_datetime - lag(track.visit_datetime)
                                          OVER (PARTITION BY track.visitor_id
                                                    ORDER BY track.visit_datetime)
                                          AS pause
                                 FROM (%s) AS tie
                                 JOIN website_track track ON track.visitor_id = tie.key
                                WHERE tie.lead_id = %s) AS seen) AS view""",
            source._visit_minutes(),
            source._visitor_ties(),
            lead_id,
        )

    @api.depends("score_pageview_ids")
    def _compute_visits(self):
        self.env.flush_all()
        query = SQL(
            """SELECT lead.id, visit.*
                 FROM crm_lead lead JOIN LATERAL (%s) AS visit ON TRUE
                WHERE lead.id = ANY(%s)""",
            self._visits_query(SQL.identifier("lead", "id")),
            self.ids,
        )
        numbers = {lead_id: row for lead_id, *row in self.env.execute_query(query)}
        for lead in self:
            visits, pages, minutes, last = numbers.get(lead.id, (0, 0, 0, None))
            lead.score_visit_count = visits
            lead.score_pages_per_visit = pages or 0
            lead.score_time_on_site = minutes
            lead.score_last_visit = last

    def _search_visit_count(self, operator, value):
        return self._search_visits("score_visit_count", "visits", operator, value)

    def _search_pages_per_visit(self, operator, value):
        return self._search_visits(
            "score_pages_per_visit", "pages_per_visit", operator, value
        )

    def _search_time_on_site(self, operator, value):
        return self._search_visits("score_time_on_site", "minutes", operator, value)

    def _search_last_visit(self, operator, value):
        return self._search_visits("score_last_visit", "last", operator, value)

    @api.model
    def _search_visits(self, field_name, column, operator, value):
        self._check_field_access(self._fields[field_name], "read")
        self.env["website.track"].flush_model()
        self.env["website.visitor"].flush_model()
        self.flush_model(["company_id", "partner_id", "visitor_ids"])
        column = SQL.identifier("visit", column)
        return self._search_number(
            lambda lead_id: SQL(
                "(SELECT %s FROM (%s) AS visit)", column, self._visits_query(lead_id)
            ),
            operator,
            value,
        )

    # ------------------------------------------------------------------
    # Last signal
    # ------------------------------------------------------------------

    # signals are in many tables, most of which no field of the lead leads to
    @api.depends()
    def _compute_score_last_signal(self):
        sources = self.env["lead.scoring.source"]
        self.env.flush_all()
        queries = (
            sources._last_dates(source, self.ids)
            for source in sources._get_all().values()
        )
        query = SQL(
            "SELECT lead_id, max(date) FROM (%s) AS signal GROUP BY lead_id",
            SQL(" UNION ALL ").join(queries),
        )
        dates = dict(self.env.execute_query(query))
        for lead in self:
            lead.score_last_signal = dates.get(lead._origin.id, False)

    @api.model
    def _search_score_last_signal(self, operator, value):
        """Find leads with a signal since then, also with a meeting in the future."""
        self._check_field_access(self._fields["score_last_signal"], "read")
        if operator != ">=" or not value:
            return NotImplemented
        sources = self.env["lead.scoring.source"]
        self.env.flush_all()
        queries = [
            sources._touched(source, value) for source in sources._get_all().values()
        ]

        def to_sql(model, alias, query):
            found = SQL(" UNION ALL ").join(queries)
            return SQL("%s IN (%s)", SQL.identifier(alias, "id"), found)

        return Domain.custom(to_sql=to_sql)

    # ------------------------------------------------------------------
    # Searching
    # ------------------------------------------------------------------

    @api.model
    def _search_number(self, number, operator, value):
        """Return the Domain of the leads whose number compares so.

        :param number: function of the SQL of a lead's id, returns the SQL of its number
        """
        if operator == "in":
            # by identity, for 0 equals False
            unset = any(v is False for v in value)
            values = [v for v in value if v is not False]
        elif operator not in COMPARISONS:
            return NotImplemented

        def to_sql(model, alias, query):
            sql = number(SQL.identifier(alias, "id"))
            if operator != "in":
                return SQL("%s %s %s", sql, COMPARISONS[operator], value)
            terms = [SQL("%s IS NULL", sql)] if unset else []
            if values:
                # a tuple: unlike a list, it can be compared with that of another rule
                terms.append(SQL("%s IN %s", sql, tuple(values)))
            return SQL("(%s)", SQL(" OR ").join(terms))

        return Domain.custom(to_sql=to_sql)
