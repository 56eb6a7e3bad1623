from odoo import api, fields, models
from odoo.tools import SQL


class LeadScoringDomainMixin(models.AbstractModel):
    """What a domain asks for that is not there: it works, and never matches."""

    _inherit = "lead.scoring.domain.mixin"

    missing_note = fields.Text(
        string="Missing Values",
        readonly=True,
        copy=False,
        help="What the domain names that is not there, such as a stage that was "
        "deleted, as of when it was saved, or of the last nightly pass.",
    )
    domain_note = fields.Text(
        string="Please Note",
        compute="_compute_domain_note",
        help="What the domain may not mean as you think: names that nothing has, signs "
        "that stand for others, empty fields that match.",
    )

    @api.depends(lambda self: self._known_by())
    @api.depends_context("lang", "uid")
    def _compute_domain_note(self):
        notes = self.env["lead.scoring.domain.notes"]
        # what a statement within would flush must not be lost with it
        self.env.flush_all()
        for record in self:
            sentences = record._read_notes(notes._find)
            record.domain_note = "\n".join(sentences) or False

    def _get_domain_model(self):
        """Return the name of the model that the domain is about."""
        raise NotImplementedError

    def _get_event_kind(self):
        """Return the kind of the events that the domain is about, if it is."""
        return None

    def _read_notes(self, find):
        """Return what ``find(records, domain, kind)`` finds in the domain, a list, see
        ``lead.scoring.domain.notes``; nothing where it can't be read, or takes long.
        """
        self.ensure_one()
        kept = self.domain == self._origin.domain
        lang, tz = (self.lang, self.tz) if kept else self._author().values()
        return self.env["lead.scoring.domain.notes"]._read(
            find,
            self._get_domain_model,
            self.domain,
            lang,
            tz,
            self._get_event_kind(),
        )

    def _find_missing(self):
        """Return a sentence for each thing that the domain names and that is not there,
        see ``lead.scoring.domain.notes``.
        """
        return self._read_notes(self.env["lead.scoring.domain.notes"]._find_missing)

    def _note_missing(self, tell=True):
        """Note what the domains name that is not there (any more).

        By SQL, because ``write`` would make the next pass score all leads.

        :param tell: tell the scoring managers what is new
        """
        # what a statement within would flush must not be lost with it
        self.env.flush_all()
        # sudo: whoever deletes a stage need not be allowed to read rules
        for record in self.sudo():
            active = record.env["lead.scoring.engine"]._is_active(record.lang)
            author = record.with_context(lang=record.lang if active else "en_US")
            note = "\n".join(author._find_missing()) or None
            before = record.missing_note or None
            if note == before:
                continue
            statement = SQL(
                "UPDATE %s SET missing_note = %s WHERE id = %s",
                SQL.identifier(record._table),
                note,
                record.id,
            )
            record.env.cr.execute(statement)
            record.invalidate_recordset(["missing_note"], flush=False)
            if tell and note and not before:
                notes = author.env["lead.scoring.domain.notes"]
                notes._tell_managers(
                    author,
                    author.env._(
                        "Lead scoring: «%s» uses a value that does not exist",
                        record.name,
                    ),
                    author.env._("It still counts, without that. %s", note),
                )

    @api.model
    def _note_all_missing(self):
        """Do :meth:`_note_missing` for what scores leads, live models and their rules,
        and the like for what routes them, filters of teams.
        """
        # sudo: those of all companies
        scoring_models = self.env["lead.scoring.model"].sudo()
        scoring_models = scoring_models.search([("state", "=", "live")])
        scoring_models._note_missing()
        scoring_models.rule_ids._note_missing()
        self.env["crm.team"]._note_missing_filters()
