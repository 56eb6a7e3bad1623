from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ...tools.domain_meaning import reads_names


@dataclass(frozen=True, order=True)
class Filter:
    """A domain of leads, with what its meaning depends on."""

    text: str
    lang: str
    tz: str
    company_id: int
    """The company that company-dependent fields are read for; 0: the main one."""


class LeadScoringFilterMixin(models.AbstractModel):
    """Filters of leads on sales teams and their members, which are read as their author
    means them, whoever plans or asks.
    """

    _name = "lead.scoring.filter.mixin"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Filters of Leads"

    assignment_lang = fields.Char(
        string="Language of the Filter",
        default=lambda self: self._reader()[0],
        readonly=True,
        help="Language of the one who wrote the filter: names in it are read so.",
    )
    assignment_tz = fields.Char(
        string="Time Zone of the Filter",
        default=lambda self: self._reader()[1],
        readonly=True,
        help="Time zone of the one who wrote the filter: days in it begin so.",
    )

    @api.model
    def _filter_authors(self):
        """Return ``{filter: (its language, its time zone)}``, names of fields."""
        return {"assignment_domain": ("assignment_lang", "assignment_tz")}

    @api.model
    def _reader(self):
        """Return language and time zone in which the current user reads."""
        return self.env.lang or "en_US", self.env.user.tz or "UTC"

    def write(self, vals):
        """A new filter is read as its author means it."""
        authors = {}
        for name, columns in self._filter_authors().items():
            if name in vals and any(
                (record[name] or "[]") != (vals[name] or "[]") for record in self
            ):
                authors |= dict(zip(columns, self._reader(), strict=True))
        if authors:
            self.check_access("write")
            # sudo: only code sets these; first, for a new filter is checked with them
            self.sudo().write(authors)
        return super().write(vals)

    def copy(self, default=None):
        """A copy is read as the original, also where another user copies it."""
        copies = super().copy(default)
        for record, copy in zip(self, copies, strict=True):
            kept = [
                column
                for name, columns in self._filter_authors().items()
                if name not in (default or {})
                for column in columns
            ]
            # sudo: only code sets these; the user may make the copy
            copy.sudo().write({column: record[column] for column in kept})
        return copies

    def _init_column(self, column_name):
        """Filters that were there before are those of who wrote the record last."""
        columns = list(zip(*self._filter_authors().values(), strict=True))
        for names, source in zip(columns, ("lang", "tz"), strict=False):
            if column_name in names:
                self.env.cr.execute(
                    SQL(
                        """UPDATE %s SET %s = partner.%s
                             FROM res_users writer
                             JOIN res_partner partner ON partner.id = writer.partner_id
                            WHERE writer.id = %s""",
                        SQL.identifier(self._table),
                        SQL.identifier(column_name),
                        SQL.identifier(source),
                        SQL.identifier(self._table, "write_uid"),
                    )
                )
                return
        super()._init_column(column_name)

    def _filter(self, name):
        """Return the :class:`Filter` of the field ``name``; in a form, one that is not
        saved yet is its reader's.
        """
        self.ensure_one()
        lang, tz = (self[column] for column in self._filter_authors()[name])
        if self._origin != self and self._origin[name] != self[name]:
            lang, tz = self._reader()
        text = (self[name] or "").strip() or "[]"
        return Filter(
            text, lang or "en_US", tz or "UTC", self._filter_company().id or 0
        )

    def _filter_company(self):
        """Return the company that company-dependent fields of filters are read for."""
        raise NotImplementedError

    @api.model
    def _parse_filter(self, written):
        """Return the Domain of a :class:`Filter`, as it is written."""
        return self.env["lead.scoring.engine"]._parse("crm.lead", written.text)

    @api.model
    def _find_filter_notes(self, written, find):
        """Return what a :class:`Filter` may not mean as its author thinks, a list of
        sentences for the current user.

        :param find: a method of ``lead.scoring.domain.notes``, see its ``_read``
        """
        return self.env["lead.scoring.domain.notes"]._read(
            find, lambda: "crm.lead", written.text, written.lang, written.tz
        )

    @api.model
    def _filtered_leads(self, written):
        """Return the Domain of the leads that meet a :class:`Filter`, which is read as
        its author means it wherever the Domain is used.

        :raise UserError: it can't be read any more
        """
        engine = self.env["lead.scoring.engine"]
        company = self.env["res.company"].browse(written.company_id or ())
        leads = engine._compile_env(company, written.lang, written.tz)["crm.lead"]
        domain = engine._settled(leads, written.text)
        if domain.is_true():
            return domain
        if not engine._is_active(written.lang) and reads_names(domain, leads):
            raise UserError(
                self.env._("Its names are in %s, a language that is off.", written.lang)
            )

        def to_sql(_model, alias, query):
            own = Query(leads.env, alias, leads._table_sql)
            condition = domain.optimize_full(leads)._to_sql(leads, alias, own)
            joins = own._joins.items()
            if any(query._joins.get(name, join) != join for name, join in joins):
                # another company's filter has joined by its own value of a field
                own.add_where(condition)
                lead_id = SQL.identifier(alias, "id")
                return SQL("(%s IN (%s))", lead_id, own.select())
            for name, (kind, table, on) in joins:
                query.add_join(kind.code, name, table, on)
            # NULL, too, is not met: this may be negated
            return SQL("((%s) IS TRUE)", condition)

        return Domain.custom(to_sql=to_sql)
