from datetime import timedelta
from threading import Timer
from uuid import uuid4

from odoo import api, fields, models
from odoo.http import request
from odoo.tools import SQL

from ...tools.links import without_token

CONSENT_PARAMETER = "lead_scoring.track_with_consent"
ASK_AGAIN_AFTER = timedelta(seconds=20)
"""How long after a signal the scheduled action is asked for once more."""
NOTIFY_AFTER = 1
"""Seconds after a signal that the scheduler is notified of it."""
_COVERED_UNTIL = {}
"""``{database: datetime}`` until when signals need not ask for the scheduled action."""


class WebsiteVisitor(models.Model):
    _inherit = "website.visitor"

    _write_date_idx = models.Index("(write_date)")

    @api.model_create_multi
    def create(self, vals_list):
        """See :meth:`write`."""
        visitors = super().create(vals_list)
        # sudo: visitors have no right on leads
        visitors.sudo().lead_ids._schedule_scoring()
        return visitors

    def write(self, vals):
        """Score the leads that get, or lose, a visitor and so its page views. Core
        writes their relation from this side, without ``crm.lead.write``.
        """
        if "lead_ids" not in vals:
            return super().write(vals)
        # sudo: visitors have no right on leads
        visitors = self.sudo()
        before = visitors.lead_ids
        result = super().write(vals)
        (before | visitors.lead_ids)._schedule_scoring()
        return result

    def _upsert_visitor(self, access_token, force_track_values=None):
        """Have a known lead scored soon after its page view, not in this request, and
        take the token of a mail's link out of the address that is recorded. It still
        has one if the visitor allows no optional cookies: then nobody was redirected.
        """
        if force_track_values:
            url = without_token(force_track_values["url"])
            force_track_values = {**force_track_values, "url": url}
        result = super()._upsert_visitor(access_token, force_track_values)
        if force_track_values:
            # as in core, the token of who is logged in is the contact's id
            self._trigger_scoring(result[0], anonymous=len(str(access_token)) == 32)
        return result

    @api.model
    def _trigger_scoring(self, visitor_id, anonymous=False):
        """Have the scheduled action run soon if the visitor is an open lead.

        It is asked for twice, for now and for a little later, so that signals until
        then need not ask; in a process that knows of it, they don't even query. By SQL,
        for ``ir.cron._trigger`` creates records by the ORM: visitors would wait for it.

        :param anonymous: the visitor is known not to be a contact
        """
        now, database = fields.Datetime.now(), self.env.cr.dbname
        if now < _COVERED_UNTIL.get(database, now):
            return
        cron_id = self.env["lead.scoring.pass"]._cron_id()
        if not cron_id or (anonymous and not self._is_tied(visitor_id)):
            return
        # half the time: a signal may be committed later than it happens
        margin = ASK_AGAIN_AFTER / 2
        is_lead = self._is_scored_lead(visitor_id)
        asked, new = self._ask_for_run(cron_id, now, margin, is_lead)
        if new:
            self.env.cr.postcommit.add(self._notify_scheduler)
        if last := new or asked:
            until = last - margin
            self.env.cr.postcommit.add(lambda: _COVERED_UNTIL.update({database: until}))

    @api.model
    def _ask_for_run(self, cron_id, now, margin, condition):
        """Ask for the scheduled action for now and for a little later, unless a run is
        asked for already that is at least ``margin`` away, or it is off.

        :param condition: SQL, whether to ask at all
        :return: the moment of that run, or None, and the last moment it is asked for
            now, or None
        """
        query = SQL(
            """WITH asked AS (
                   SELECT max(call_at) AS call_at FROM ir_cron_trigger
                    WHERE cron_id = %(cron)s AND call_at BETWEEN %(until)s AND %(again)s
               ), new AS (
                   INSERT INTO ir_cron_trigger (cron_id, call_at)
                   SELECT cron.id, unnest(ARRAY[%(now)s, %(again)s])
                     FROM ir_cron cron, asked
                    WHERE cron.id = %(cron)s AND cron.active
                      AND asked.call_at IS NULL AND (%(condition)s)
                RETURNING call_at
               )
               SELECT asked.call_at, (SELECT max(call_at) FROM new) FROM asked""",
            cron=cron_id,
            now=SQL("%s::timestamp", now),
            until=now + margin,
            again=SQL("%s::timestamp", now + ASK_AGAIN_AFTER),
            condition=condition,
        )
        return self.env.execute_query(query)[0]

    @api.model
    def _is_tied(self, visitor_id):
        """Whether a visitor is tied to any lead. Most are not; then the whole query,
        which is long to plan, need not be asked.
        """
        query = SQL(
            """SELECT FROM crm_lead_website_visitor_rel
                WHERE website_visitor_id = %s LIMIT 1""",
            visitor_id,
        )
        return bool(self.env.execute_query(query))

    @api.model
    def _is_scored_lead(self, visitor_id):
        """Return the SQL of whether a visitor belongs to a lead that is scored."""
        return SQL(
            """EXISTS (
                   SELECT FROM crm_lead_website_visitor_rel rel
                     JOIN crm_lead lead ON lead.id = rel.crm_lead_id
                    WHERE rel.website_visitor_id = %(visitor)s AND %(scored)s
               ) OR EXISTS (
                   SELECT FROM website_visitor visitor
                     JOIN crm_lead lead ON lead.partner_id = visitor.partner_id
                    WHERE visitor.id = %(visitor)s AND %(scored)s
               )""",
            visitor=visitor_id,
            scored=self.env["lead.scoring.engine"]._scored_sql("lead"),
        )

    def _notify_scheduler(self):
        """Notify the scheduler once the visitor has got the answer. It takes a new
        connection to PostgreSQL: that is slow, and other requests wait for it, too.
        """
        timer = Timer(NOTIFY_AFTER, self.env["ir.cron"]._notifydb)
        timer.daemon = True
        timer.start()

    # ------------------------------------------------------------------
    # Consent
    # ------------------------------------------------------------------

    def _handle_webpage_dispatch(self, website_page):
        """Record no page view without the visitor's consent, if Settings say so."""
        if not self._may_record_page_view():
            return None
        return super()._handle_webpage_dispatch(website_page)

    def _add_tracking(self, domain, website_track_values):
        """Likewise for the page views that other add-ons record, such as the shop."""
        if not self._may_record_page_view():
            return None
        return super()._add_tracking(domain, website_track_values)

    @api.model
    def _may_record_page_view(self):
        if not request or self.env["ir.http"]._allows_optional_cookies():
            return True
        # sudo: visitors may not read system parameters
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(CONSENT_PARAMETER) == "no"

    # ------------------------------------------------------------------
    # Erasing and merging
    # ------------------------------------------------------------------

    def _erase_unknown(self):
        """Delete those of these visitors that belong to no lead and no contact."""
        visitors = self.with_context(active_test=False)
        visitors.filtered(lambda v: not v.lead_ids and not v.partner_id).unlink()

    def _forget_contact(self):
        """Delete those of these visitors that belong to no lead, before their contact
        is deleted; the others are known by their lead alone from then on.
        """
        kept = self.filtered("lead_ids")
        (self - kept).unlink()
        for visitor in kept:
            # the token of a contact's visitor is the contact's id
            visitor.write({"access_token": uuid4().hex, "partner_id": False})

    def _merge_visitor(self, target):
        """Keep the events of the anonymous visitor, which is deleted."""
        # sudo: visitors have no right on events
        events = self.env["lead.scoring.event"].sudo()
        events.search([("visitor_id", "in", self.ids)]).visitor_id = target
        # passes find by its date the visitor that gets what was seen long ago
        target.write({})
        return super()._merge_visitor(target)
