from odoo import api, models
from odoo.tools import SQL

UTM = "[?&]utm_%s=([^&#]*)"
"""Where the address of a page says by what link one came."""
SPELLING = "%[0-9a-f]{2}|[[:punct:][:space:]]+"
"""What an address writes differently from a name: «R&D day» is «r%26d+day»."""

NUMBER = "([[:space:]+]|%20)+([[]|%5b)[0-9]+(]|%5d)$"
"""What Odoo adds to the name of a source, medium or campaign that is there already."""

VISIT_FIELDS = frozenset(
    ["score_visit_count", "score_pages_per_visit", "score_time_on_site"]
    + ["score_last_visit"]
)
"""Fields of a lead that are computed from its page views."""


class LeadScoringSource(models.AbstractModel):
    """What the numbers of a lead count."""

    _inherit = "lead.scoring.source"

    @api.model
    def _get_count(self, field_name):
        """Return the query of ``lead_id`` and ``key``, each pair once, whose rows the
        field of ``crm.lead`` counts; None for all other fields.

        A full pass counts for all leads at once, else each lead is counted alone: a
        condition on ``lead_id`` should find its rows by index.
        """
        method = getattr(self, f"_count_{field_name}", None)
        return method() if method else None

    @api.model
    def _describe_number(self, field_name):
        """Return an object whose text changes whenever something does that the SQL of a
        search for the field of ``crm.lead`` is made of, besides the value and the
        moment of the transaction; None where that is not known. By this, leads are
        scored on save by rules compiled before.
        """
        if field_name in VISIT_FIELDS:
            return self.env["crm.lead"]._visits_query(SQL("NULL"))
        if field_name == "score_pageview_ids":
            return self._get("page_view")
        if field_name == "score_last_signal":
            return [self._touched(one, None) for one in self._get_all().values()]
        return self._get_count(field_name)

    @api.model
    def _company(self, table):
        """Return the SQL of the company of a record of ``crm_lead``: the main company
        of the database where it has none, as for its rules.
        """
        main = self.env["lead.scoring.engine"]._compile_env(None).company
        company = SQL.identifier(table, "company_id")
        return SQL("COALESCE(%s, %s)", company, main.id)

    # ------------------------------------------------------------------
    # Won before
    # ------------------------------------------------------------------

    @api.model
    def _count_score_won_count(self):
        """Other won opportunities of the contact or the address of each lead."""
        return SQL(
            """SELECT lead.id AS lead_id, won.id AS key
                 FROM crm_lead lead
                 JOIN crm_lead won ON won.partner_id = lead.partner_id
                WHERE %(other)s
                UNION
               SELECT lead.id AS lead_id, won.id AS key
                 FROM crm_lead lead
                 JOIN crm_lead won ON won.email_normalized = lead.email_normalized
                WHERE %(other)s""",
            other=SQL(
                "won.won_status = 'won' AND won.id <> lead.id AND %s = %s",
                self._company("won"),
                self._company("lead"),
            ),
        )

    @api.model
    def _touched_by_won(self, since):
        """Return the query of ``lead_id``, of the leads of somebody of whom another
        opportunity was won, or has changed, since then.
        """
        won = SQL(
            "SELECT id FROM crm_lead WHERE won_status = 'won' AND id IN (%s)",
            self.env["lead.scoring.change"]._changed(since),
        )
        return self._tied_to(self._count_score_won_count(), won)

    # ------------------------------------------------------------------
    # Channels
    # ------------------------------------------------------------------

    @api.model
    def _count_score_channel_count(self):
        """Combinations of source, medium and campaign, spelt alike."""
        source, medium, campaign = (
            self._spelt_alike(SQL.identifier(part))
            for part in ("source", "medium", "campaign")
        )
        # what a website form writes where the link says nothing
        # sudo: visitors may not read media
        website = self.env.ref("utm.utm_medium_website").sudo().name
        medium = SQL("NULLIF(%s, %s)", medium, self._spelt_alike(SQL("%s", website)))
        return SQL(
            """SELECT DISTINCT lead_id, key
                 FROM (SELECT lead_id, concat(%s, '|', %s, '|', %s) AS key
                         FROM (%s) AS channel) AS spelt
                WHERE key <> '||'""",
            source,
            medium,
            campaign,
            SQL(" UNION ALL ").join(self._channels()),
        )

    @api.model
    def _spelt_alike(self, text):
        text = SQL("regexp_replace(lower(%s), %s, '')", text, NUMBER)
        return SQL("regexp_replace(%s, %s, '', 'g')", text, SPELLING)

    @api.model
    def _channels(self):
        """Return queries of ``lead_id``, and the texts ``source``, ``medium`` and
        ``campaign``: by what the leads came. A bridge may add some.
        """
        events = [self._get(name).ties for name in ("event", "form")]
        return [
            SQL(
                """SELECT lead.id AS lead_id, source.name AS source,
                          medium.name AS medium, campaign.name AS campaign
                     FROM crm_lead lead
                LEFT JOIN utm_source source ON source.id = lead.source_id
                LEFT JOIN utm_medium medium ON medium.id = lead.medium_id
                LEFT JOIN utm_campaign campaign ON campaign.id = lead.campaign_id
                    WHERE COALESCE(lead.source_id, lead.medium_id, lead.campaign_id)
                          IS NOT NULL"""
            ),
            self._channels_of("website_track", "visitor_id", self._visitor_ties()),
            *(self._channels_of("lead_scoring_event", "id", ties) for ties in events),
        ]

    @api.model
    def _channels_of(self, table, key, ties):
        """Return the query of the channels that the column ``url`` of a table names."""
        parts = [
            SQL("substring(record.url FROM %s) AS %s", UTM % part, SQL.identifier(part))
            for part in ("source", "medium", "campaign")
        ]
        return SQL(
            """SELECT tie.lead_id, %s
                 FROM (%s) AS tie JOIN %s AS record ON record.%s = tie.key
                WHERE record.url LIKE %s""",
            SQL(", ").join(parts),
            ties,
            SQL.identifier(table),
            SQL.identifier(key),
            "%utm\\_%",
        )
