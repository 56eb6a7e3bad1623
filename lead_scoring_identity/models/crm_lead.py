import re
import time
from datetime import UTC, datetime, timedelta
from html import escape, unescape

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, models
from odoo.tools import html2plaintext
from odoo.tools.misc import hash_sign, verify_hash_signed

from odoo.addons.lead_scoring.tools.links import is_page, with_token

FORM_FIELDS = "lead_scoring_form_fields"
"""Context key: the fields that ``fields_get`` describes where it is to describe all."""
LINK_DAYS = 90
"""How long after a mail was sent its links identify who opens them."""

_FILLED_BY_WEBSITE = {"campaign_id", "company_id", "lang_id", "medium_id", "partner_id"}
_FILLED_BY_WEBSITE |= {"source_id", "team_id", "type", "user_id"}
_LINK = re.compile(
    r"""(?P<before><a\s[^>]*?\bhref=(?P<quote>["']))(?P<url>.*?)(?P=quote)""",
    re.IGNORECASE | re.DOTALL,
)


class CrmLead(models.Model):
    """How a visitor of the website is known to be a lead: by a link in a mail, or by a
    form submitted once more.
    """

    _inherit = "crm.lead"

    # ------------------------------------------------------------------
    # Links in mails
    # ------------------------------------------------------------------

    def _get_link_token(self):
        """Return the token by which a link identifies its reader as this lead; it gives
        access to nothing.
        """
        self.ensure_one()
        # su: the secret that signs it is a system parameter
        signed = hash_sign(
            self.env(su=True),
            self._link_scope(self.id),
            [self.id, int(time.time())],
            expiration=timedelta(days=LINK_DAYS),
        )
        return f"{self.id}-{signed}"

    @api.model
    def _get_lead_of_token(self, token):
        """Return the lead, as superuser, that a token of :meth:`_get_link_token` means,
        and when the mail was sent; an empty recordset and None if the token is forged,
        damaged or too old.
        """
        # sudo: visitors have no right on leads
        leads = self.sudo().browse()
        lead_id, _dash, signed = token.partition("-")
        if not (lead_id.isascii() and lead_id.isdecimal()):
            return leads, None
        try:
            scope = self._link_scope(lead_id)
            values = verify_hash_signed(self.env(su=True), scope, signed)
        except ValueError:
            # not a token at all
            return leads, None
        if not values:
            return leads, None
        if isinstance(values, int):
            # of a mail from before the tokens had the date
            return leads.browse(values).exists(), None
        signed_id, seconds = values
        sent = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        return leads.browse(signed_id).exists(), sent

    @api.model
    def _link_scope(self, lead_id):
        return f"lead_scoring.link.{lead_id}"

    def _identify_links(self, body):
        """Return the HTML of a mail with a token in all links to pages of our own
        websites, shortened ones too: it identifies their reader as this lead. Only for
        a copy that nobody else gets.
        """
        self.ensure_one()
        if not body:
            return body
        machine = self.env["lead.scoring.machine"]
        token, hosts = self._get_link_token(), machine._own_hosts()

        def identify(match):
            url = unescape(match["url"]).strip()
            if not is_page(url, hosts):
                return match[0]
            return match["before"] + escape(with_token(url, token)) + match["quote"]

        return type(body)(_LINK.sub(identify, str(body)))

    def _is_only_reader(self, copy):
        """Whether a copy of a mail goes to this lead or its contact and to nobody
        else; never if that is an employee.

        :param copy: dict of ``mail.mail._prepare_outgoing_list``
        """
        self.ensure_one()
        recipients = copy["email_to_normalized"]
        if len(recipients) != 1 or copy["email_cc"]:
            return False
        own = {self.email_normalized, self.partner_id.email_normalized}
        if recipients[0] not in own:
            return False
        # sudo: who sends a mail need not read all contacts
        employees = [
            ("email_normalized", "=", recipients[0]),
            ("partner_share", "=", False),
        ]
        return not self.env["res.partner"].sudo().search_count(employees, limit=1)

    # ------------------------------------------------------------------
    # Forms
    # ------------------------------------------------------------------

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """See ``ir.model._get_form_writable_fields``."""
        allfields = allfields or self.env.context.get(FORM_FIELDS)
        return super().fields_get(allfields, attributes)

    def _fill_from_form(self, values, custom):
        """Take over what a known person has submitted in one more form: fill empty
        fields, overwrite nothing, note what differs, and notify the salesperson; once,
        however often the button is pressed.

        :param values: values of a website form for a new lead
        :param custom: text of the form's own fields
        """
        self.ensure_one()
        # OdooBot writes the note, for the visitor has no user
        lead = self.with_user(SUPERUSER_ID)
        filled, notes = {}, []
        for name, value in values.items():
            field = self._fields.get(name)
            # the address is the same: by it the lead was found
            if not field or not value or name in {"email_from", *_FILLED_BY_WEBSITE}:
                continue
            if field.type == "properties":
                notes += lead._fill_properties(name, value)
            elif not lead[name]:
                filled[name] = value
            else:
                notes += lead._note_difference(field, value)
        lead.write(filled)
        notes += lead._unknown_lines(custom)
        body = Markup("<p>%s</p><ul>%s</ul>") % (
            self.env._("Submitted a form of the website again."),
            Markup("").join(Markup("<li>%s</li>") % note for note in notes),
        )
        if not lead._is_told(body, is_new=bool(filled or notes)):
            lead.message_post(
                body=body,
                message_type="notification",
                subtype_xmlid="mail.mt_note",
                partner_ids=lead.user_id.partner_id.ids,
            )

    def _unknown_lines(self, custom):
        """Return the lines of a form's own fields that the lead does not have."""
        known = html2plaintext(self.description or "")
        lines = (custom or "").strip().splitlines()
        return [line for line in lines if not line.strip() or line.strip() not in known]

    def _is_told(self, body, is_new):
        """Whether the salesperson was told in this visit what a form says: by the same
        note, or, where it says nothing new, by the new lead.
        """
        minutes = self.env["lead.scoring.source"]._visit_minutes()
        since = self.env.cr.now() - timedelta(minutes=minutes)
        if not is_new and self.create_date > since:
            return True
        notes = self.message_ids.filtered(lambda message: message.date > since)
        text = html2plaintext(body)
        return any(html2plaintext(note.body) == text for note in notes)

    def _fill_properties(self, name, given):
        """Fill the empty ones of the properties that a form gives, and return a note of
        each that differs.
        """
        values, notes = dict(self[name]), []
        for item in given:
            old, new = values.get(item["name"]), item.get("value")
            if not old:
                values[item["name"]] = new
            elif new and old != new:
                notes.append(f"{item.get('string') or item['name']}: {new}")
        self[name] = values
        return notes

    def _note_difference(self, field, value):
        """Return a list with a note of the value that a form gives to ``field``, or an
        empty list if the lead has the same value.
        """
        if field.type in ("one2many", "many2many", "binary"):
            return []
        given = field.convert_to_record(field.convert_to_cache(value, self), self)
        old, new = (
            field.convert_to_export(text, self) for text in (self[field.name], given)
        )
        if field.type == "html":
            old, new = html2plaintext(old), html2plaintext(new)
        old, new = str(old).strip(), str(new).strip()
        # a form's own fields are added to the text of the lead that it makes
        if old == new or (field.type in ("html", "text") and new in old):
            return []
        label = field.get_description(self.env, ["string"])["string"]
        return [f"{label}: {new}"]
