import numpy as np

from odoo import api, models
from odoo.tools import SQL

from ..tools import conditions as tools
from ..tools import evaluate
from .lead_scoring_sample import SAMPLE, Asked

MAX_CONDITIONS = 200
"""At most so many conditions are proposed, those that tell most."""
STREAM_VALUE_FIELDS = {
    "website.track": "url",
    "lead.scoring.event": "name",
    "mail.message": "body",
}
"""The field of a stream's model whose values are proposed; of mails their words."""
MAX_STREAM_VALUES = 25
MAX_LEADS_READ = 20_000
MAX_TEXT_READ = 2_000
"""Mails are read of so many leads, those decided on last, and so many characters."""
WORDS_OF_HTML = tuple(
    "align background border class color family height margin padding style strong "
    "table target width".split()
)
"""A rule that looks for them finds them in the tags of nearly every mail."""
COLUMNS_PER_QUERY = 8
SUSPICIOUS_GAIN = 0.3
"""A single condition whose AUC is so far above chance was probably filled in when the
outcome was known.
"""


class LeadScoringProposal(models.AbstractModel):
    """What conditions the closed leads of a sample suggest."""

    _name = "lead.scoring.proposal"
    _description = "Proposed Conditions"

    @api.model
    def _propose(self, user, won, use=()):
        """Return conditions on the open sample, those that tell most.

        :param user: in whose language they are named, and who may read what they ask
        :param won: what the sample's ``_won`` returned, or the beginning of it: then
            the leads decided on later are not looked at
        :param use: names of fields that are left out otherwise
        :return: list of :class:`Asked`, and ``{name: reason}`` of fields left out
        """
        learnable = self.env["lead.scoring.learnable"]
        kinds, left_out = learnable._fields_to_learn(user)
        for name in learnable._liftable(left_out, use):
            kinds[name] = learnable._kind(self.env["crm.lead"]._fields[name])
            del left_out[name]
        words = {"lang": user.lang or "en_US", "tz": user.tz or "UTC"}
        found = self._of_leads(kinds, won)
        asked = [
            Asked(name, "lead", repr(condition.domain()), **words)
            for condition, name in self._named(found)
        ]
        return asked + self._of_streams(words, user, len(won)), left_out

    # ------------------------------------------------------------------
    # Who leads are
    # ------------------------------------------------------------------

    @api.model
    def _of_leads(self, kinds, won):
        """Return the :data:`MAX_CONDITIONS` conditions on fields that tell most.

        :param kinds: ``{field name: kind}``
        """
        conditions, gains = [], []
        for column in self._columns(kinds, len(won)):
            for condition in tools.propose(column):
                met = condition.matches(column)
                support, wins = [met.sum()], [(met & won).sum()]
                gains += evaluate.gains(support, wins, len(won), won.sum()).tolist()
                conditions.append(condition)
        best = np.sort(np.argsort(-np.array(gains), kind="stable")[:MAX_CONDITIONS])
        return [conditions[position] for position in best]

    @api.model
    def _columns(self, kinds, count):
        """Yield the :class:`Column` of each field, as of the decision, of the ``count``
        leads decided on first.
        """
        leads = self.env["crm.lead"]
        names = sorted(name for name, kind in kinds.items() if kind != "tags")
        for start in range(0, len(names), COLUMNS_PER_QUERY):
            batch = names[start : start + COLUMNS_PER_QUERY]
            rows = self.env["lead.scoring.sample"]._select(
                *(self._expression(name, kinds[name]) for name in batch)
            )[:count]
            for name, values in zip(batch, zip(*rows, strict=True), strict=True):
                yield self._column(leads._fields[name], kinds[name], values)
        for name, kind in kinds.items():
            if kind == "tags":
                yield self._tags(leads._fields[name], count)

    @api.model
    def _expression(self, name, kind):
        column = SQL.identifier("crm_lead", name)
        if name == "create_date":
            return SQL("extract(dow FROM %s)::int", column)
        if kind == "number":
            return SQL("COALESCE(%s, 0)::float8", column)
        if kind == "date":
            return SQL("%s::date", column)
        if kind == "boolean":
            return SQL("COALESCE(%s, FALSE)", column)
        if self.env["crm.lead"]._fields[name].type == "html":
            return self._without_tags(column)
        return column

    @api.model
    def _column(self, field, kind, values):
        """Return the :class:`Column` of the values of a field."""
        if field.name == "create_date":
            name, kind = "create_date.day_of_week", "category"
            return tools.Column(name, kind, np.array(values, dtype=object))
        if kind == "number":
            return tools.Column(field.name, kind, np.array(values, dtype=float))
        if kind == "date":
            dates = np.array(values, dtype="datetime64[D]")
            return tools.Column(field.name, kind, dates)
        if field.type in ("char", "selection"):
            # Odoo's condition «is not set» finds an empty text, too
            values = [text or None for text in values]
        return tools.Column(field.name, kind, np.array(values, dtype=object))

    @api.model
    def _tags(self, field, count):
        """Return the :class:`Column` of a many2many field, of the first leads."""
        rows = self.env["lead.scoring.sample"]._select(
            SQL(
                "ARRAY(SELECT %s FROM %s AS tie WHERE tie.%s = crm_lead.id)",
                SQL.identifier("tie", field.column2),
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
            )
        )[:count]
        values = np.empty(len(rows), dtype=object)
        values[:] = [frozenset(ids) for (ids,) in rows]
        return tools.Column(field.name, "tags", values)

    # ------------------------------------------------------------------
    # What leads do
    # ------------------------------------------------------------------

    @api.model
    def _of_streams(self, words, user, count):
        """Return conditions on the records of each stream that the user may read: that
        there is any, and the values that most of the ``count`` first leads have.
        """
        asked = []
        selection = self.env["lead.scoring.rule"]._fields["source"]
        labels = dict(selection._description_selection(self.env))
        check = self.env["lead.scoring.access.check"]
        leads = self.env["crm.lead"].with_user(user).sudo(False)
        for name, source in self.env["lead.scoring.source"]._get_all().items():
            # sudo: records of all leads count, if the user may read the model
            records = self.env[source.model].sudo()
            if not records.with_user(user).sudo(False).has_access("read"):
                continue
            asked.append(Asked(labels[name], name, "[]", **words))
            field = STREAM_VALUE_FIELDS.get(source.model)
            if field == "body" and check._hides(leads):
                # words may be quoted from mails that the user may not read
                field = None
            for value in (
                self._values(name, source, records, field, count) if field else ()
            ):
                operator = "=" if field == "name" else "ilike"
                domain = repr([(field, operator, value)])
                shown = f"«{value}»" if field == "body" else value
                asked.append(Asked(f"{labels[name]}: {shown}", name, domain, **words))
        return asked

    @api.model
    def _without_tags(self, html):
        """Return the SQL of the text of HTML."""
        return SQL("regexp_replace(%s, '<[^>]*>', ' ', 'g')", html)

    @api.model
    def _value_of(self, field, value):
        """Return the SQL of what is proposed of the value of a field."""
        if field == "url":
            return SQL(
                "regexp_replace(split_part(%s, '?', 1), '^https?://[^/]*', '')", value
            )
        if field == "body":
            text = SQL("left(%s, %s)", self._without_tags(value), MAX_TEXT_READ)
            return SQL("(regexp_matches(lower(%s), '[[:alpha:]]{5,}', 'g'))[1]", text)
        return value

    @api.model
    def _values(self, name, source, records, field, count):
        """Return the most frequent values of a field of a stream's records that the
        ``count`` first leads have; of a URL what comes before a question mark, the home
        page left out; of a mail its words.
        """
        # OFFSET 0: PostgreSQL first finds the records of these leads, and only then
        # cuts their URLs
        self.env.cr.execute(
            SQL(
                """SELECT value FROM (
                       SELECT %(value)s AS value, lead_id
                         FROM (SELECT DISTINCT record.%(field)s AS value, tie.lead_id
                                 FROM (%(ties)s) AS tie
                                 JOIN %(records)s AS record ON record.id = tie.key
                                 JOIN %(sample)s AS sample ON sample.id = tie.lead_id
                                  AND sample.position < %(count)s
                                  AND sample.position >= %(count)s - %(leads)s
                               OFFSET 0) AS seen) AS page
                    WHERE value <> ALL(%(none)s)
                 GROUP BY value HAVING count(DISTINCT lead_id) >= %(least)s
                 ORDER BY count(DISTINCT lead_id) DESC, value LIMIT %(most)s""",
                value=self._value_of(field, SQL.identifier("seen", "value")),
                none=["", "/", *WORDS_OF_HTML],
                field=SQL.identifier(field),
                ties=self.env["lead.scoring.sample"]._ties(name, source, records),
                records=records._table_sql,
                sample=SQL.identifier(SAMPLE),
                count=count,
                leads=MAX_LEADS_READ if field == "body" else count,
                least=tools.MIN_LEADS,
                most=MAX_STREAM_VALUES,
            )
        )
        return [value for (value,) in self.env.cr.fetchall()]

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    @api.model
    def _named(self, conditions):
        """Yield ``(condition, name)``: what it asks, in the user's language."""
        # sudo: for the names of records that conditions compare with; no lead is read
        leads = self.env["crm.lead"].sudo()
        names = self._record_names(leads, conditions)
        for condition in conditions:
            path, _dot, part = condition.field.partition(".")
            field = leads._fields[path]
            label = field._description_string(self.env)
            yield condition, self._name_of(condition, field, label, part, names)

    @api.model
    def _record_names(self, leads, conditions):
        """Return ``{(field name, id): name}`` of the records that conditions name."""
        ids = {}
        for condition in conditions:
            field = leads._fields.get(condition.field)
            if field and field.relational and condition.value:
                ids.setdefault(field.name, []).append(condition.value)
        return {
            (name, record.id): record.display_name
            for name, record_ids in ids.items()
            for record in leads[name].browse(record_ids).exists()
        }

    @api.model
    def _name_of(self, condition, field, label, part, names):
        value = condition.value
        if condition.kind == "mail":
            if condition.operator == "company":
                return self.env._("E-mail address of a company")
            return self.env._("E-mail address at a free provider")
        if part:
            sunday = np.datetime64("2024-01-07")
            day = self.env["ir.qweb.field.date"].value_to_html(
                (sunday + int(value or 0)).item(), {"format": "EEEE"}
            )
            return self.env._("Created on a %s", day)
        if condition.operator == "set":
            return self.env._("%s: is set", label)
        if value is None:
            return self.env._("%s: is not set", label)
        if condition.kind == "boolean":
            return label
        if condition.operator == ">=":
            if condition.kind == "date":
                return self.env._("%(field)s: from %(date)s", field=label, date=value)
            number = f"{value:,}"
            return self.env._(
                "%(field)s: at least %(number)s", field=label, number=number
            )
        if condition.kind == "text":
            return self.env._("%(field)s has «%(word)s»", field=label, word=value)
        if field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value, value)
        return f"{label}: {names.get((field.name, value), value)}"
