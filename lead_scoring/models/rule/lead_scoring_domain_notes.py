import difflib
import logging
import re

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_list

from ...tools.faults import is_by_users, limited, reason_of
from .lead_scoring_rule_check import shorten

_logger = logging.getLogger(__name__)

SECONDS = 10
"""How long a statement that looks for what a domain names may take."""
NEGATIVE_OPERATORS = ("not in", "not ilike", "not like", "not any")
EMPTIABLE_TYPES = frozenset(
    ["char", "date", "datetime", "html", "many2one", "selection", "text"]
)
COUNT_LIMIT = 10_000
"""As many records without a value are counted."""
NAMES_LIMIT = 1000
"""As many names are compared with one that no record has."""
WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*[%_]")


class LeadScoringDomainNotes(models.AbstractModel):
    """Says what of a domain is right for Odoo, and still may not be what its author
    means: names that no record has, records that are gone, characters that stand for
    others, empty fields that match.
    """

    _name = "lead.scoring.domain.notes"
    _description = "Lead Scoring Domain Notes"

    @api.model
    def _read(self, find, get_model, text, lang, tz, kind=None):
        """Return what ``find(records, domain, kind)``, a method of this model, finds in
        a domain that somebody has written; nothing where it can't be read, or takes
        long.

        :param get_model: returns the name of the model that the domain is about; what
            it raises, such as a source of another add-on, is no reason to stop
        :param lang: the language of its author, as ``tz`` is the time zone
        """
        lang = lang if self.env["lead.scoring.engine"]._is_active(lang) else "en_US"
        try:
            with limited(self.env.cr, SECONDS):
                records = self.env[get_model()].with_context(lang=lang, tz=tz)
                domain = self.env["lead.scoring.rule.check"]._read(text)
                return find(records, domain, kind)
        except Exception as error:
            # half a domain, while it is typed; or anything that search methods raise
            if not is_by_users(error):
                raise
            _logger.debug("Nothing is said of %s: %s", text, reason_of(error))
            return []

    @api.model
    def _find(self, records, domain, kind=None):
        """Return sentences on a Domain, to be read while it is typed.

        :param records: empty recordset of the domain's model, of the reader, in the
            author's language
        :param domain: as it was typed
        :param kind: of the events, where the domain is about these
        """
        return [
            *self._find_missing(records, domain, kind),
            *self._find_wildcards(domain),
            *self._find_empty(records, domain),
        ]

    # ------------------------------------------------------------------
    # What is not there
    # ------------------------------------------------------------------

    @api.model
    def _find_missing(self, records, domain, kind=None):
        """Return a sentence for each name in ``domain`` that no record has, and each
        record that is not there. Names that are nearly the same are told to who may
        read them, not to the superuser.

        For the parameters see :meth:`_find`.
        """
        sentences = []
        conditions = list(domain.iter_conditions())
        if records._name == "lead.scoring.event":
            parts = [c for c in conditions if self._is_part_of_name(c)]
            sentences += self._find_unseen(records, parts, kind)
            conditions = [c for c in conditions if not self._is_part_of_name(c)]
        for condition in conditions:
            sentences += self._find_missing_in(records, condition, kind)
        return list(dict.fromkeys(sentences))

    @api.model
    def _is_part_of_name(self, condition):
        return condition.field_expr == "name" and condition.operator.endswith("like")

    @api.model
    def _find_unseen(self, records, parts, kind):
        """Return a sentence where none of the events so far has any of ``parts`` in its
        name: they are often words of several languages, of which one is enough.
        Nothing is said before there are events.

        :param parts: conditions on the name; those that exclude some ask for nothing
        """
        parts = [c for c in parts if not c.operator.startswith("not") and c.value]
        within = Domain("kind", "=", kind) if kind else Domain.TRUE
        try:
            if not parts or not records.search(within, limit=1):
                return []
            if records.search(within & Domain.OR(parts), limit=1):
                return []
            near = self._nearest(records, "name", str(parts[0].value), within)
        except AccessError:
            # what one may not read is refused elsewhere
            return []
        names = [f"«{shorten(str(condition.value))}»" for condition in parts]
        sentence = self.env._(
            "Events so far: none has %s in its name.",
            format_list(self.env, names, "or"),
        )
        if near:
            sentence += " " + self.env._("Did you mean «%s»?", near)
        return [sentence]

    @api.model
    def _find_missing_in(self, records, condition, kind, label=None):
        """Do :meth:`_find_missing` for one condition.

        :param label: of the field that leads to ``records``; default: none does
        """
        records, last, label = self._follow(records, condition.field_expr, label)
        if condition.operator in ("any", "not any") and label:
            return [
                sentence
                for inner in Domain(condition.value).iter_conditions()
                for sentence in self._find_missing_in(records, inner, None, label)
            ]
        within = Domain.TRUE
        if records._name == "lead.scoring.event" and last == "name":
            label = self.env._("Events so far")
            within = Domain("kind", "=", kind) if kind else within
        if not label or last not in ("id", "display_name", "name"):
            return []
        if condition.operator[0] in "<>":
            return []
        value = condition.value
        values = value if isinstance(value, list | tuple | set) else [value]
        records = records.with_context(active_test=False)
        names = [v for v in values if isinstance(v, str) and v and last != "id"]
        ids = {
            v for v in values if isinstance(v, int) and not isinstance(v, bool) and v
        }
        return [
            self.env._(
                "%(field)s: none has the ID %(id)s; it was deleted, or never was.",
                field=label,
                id=missing,
            )
            for missing in sorted(ids.difference(records.browse(ids).exists().ids))
        ] + self._find_missing_names(
            records, condition.operator, last, names, within, label
        )

    @api.model
    def _follow(self, records, path, label):
        """Return what the path of a condition leads to: an empty recordset, the name of
        a field of it, and the label of the field that leads there.
        """
        name, _dot, rest = path.partition(".")
        field = records._fields.get(name)
        if not (field and field.relational):
            # of a part of a date there is nothing to say
            return records, not rest and name, label
        records, label = records.env[field.comodel_name], self._label(field)
        return self._follow(records, rest or "display_name", label)

    @api.model
    def _find_missing_names(self, records, operator, name, texts, within, label):
        """Return a sentence for each of ``texts`` that no record has as its name, or in
        it, as the operator asks.

        :param name: of the field that is compared
        :param within: Domain, of the records that count
        :param label: what these records are
        """
        is_part = operator.endswith("like")
        operator = operator.removeprefix("not ") if is_part else "="
        sentence = self.env._("%(field)s: none is called «%(name)s».")
        if is_part:
            sentence = self.env._("%(field)s: none has «%(name)s» in its name.")
        sentences = []
        for text in texts:
            try:
                if records.search(within & Domain(name, operator, text), limit=1):
                    continue
                near = self._nearest(records, name, text, within)
            except AccessError:
                # what one may not read is refused elsewhere
                continue
            sentences.append(sentence % {"field": label, "name": shorten(text)})
            if near:
                sentences[-1] += " " + self.env._("Did you mean «%s»?", near)
        return sentences

    @api.model
    def _nearest(self, records, name, text, within):
        """Return the name of a record that is nearly ``text``, or None; for the
        superuser None: what is kept is read by others.
        """
        if records.env.su:
            return None
        records = records.search(within, limit=NAMES_LIMIT)
        names = {known.casefold(): known for known in records.mapped(name) if known}
        text = text.strip("%").casefold()
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.7)
        return names[near[0]] if near else None

    def _label(self, field):
        return field.get_description(self.env, ["string"])["string"]

    # ------------------------------------------------------------------
    # What means more than it seems to
    # ------------------------------------------------------------------

    @api.model
    def _find_wildcards(self, domain):
        """Return a sentence for each text to be contained that has a character which
        stands for others.
        """
        sentences = []
        for condition in domain.iter_conditions():
            operator, value = condition.operator, condition.value
            if operator in ("any", "not any"):
                sentences += self._find_wildcards(Domain(value))
            elif (
                operator.removeprefix("not ") in ("like", "ilike")
                and isinstance(value, str)
                and WILDCARD.search(value)
            ):
                sentences.append(
                    self.env._(
                        "In «%(text)s» the sign %% stands for any text and _ for any "
                        "character. Write \\%% and \\_ for the signs themselves.",
                        text=shorten(value),
                    )
                )
        return list(dict.fromkeys(sentences))

    @api.model
    def _find_empty(self, records, domain):
        """Return a sentence for each condition that also matches where its field is
        empty, with the number of such records.
        """
        is_lead = records._name == "crm.lead"
        counted = Domain.TRUE
        if is_lead:
            counted = self.env["lead.scoring.engine"]._open_leads()
        sentences = {}
        for labels, empty in self._empty_fields(records, domain.optimize(records)):
            field = " › ".join(labels)
            try:
                count = records.search_count(counted & empty, limit=COUNT_LIMIT)
            except AccessError:
                continue
            if not count:
                continue
            count = f"{count}+" if count == COUNT_LIMIT else count
            if is_lead:
                sentence = self.env._(
                    "Leads without «%(field)s» match, too: %(count)s.",
                    field=field,
                    count=count,
                )
            else:
                sentence = self.env._(
                    "Records without «%(field)s» count, too: %(count)s.",
                    field=field,
                    count=count,
                )
            sentences[field] = sentence
        return list(sentences.values())

    @api.model
    def _empty_fields(self, records, domain):
        """Yield, for each condition that says what a field is not, the labels of the
        path to the field, and the Domain on ``records`` of its being empty.
        """
        for condition in domain.iter_conditions():
            field = records._fields.get(condition.field_expr)
            if field is None or field.type not in EMPTIABLE_TYPES:
                continue
            operator, value = condition.operator, condition.value
            label = self._label(field)
            if operator == "any" and isinstance(value, Domain):
                target = records.env[field.comodel_name]
                for labels, empty in self._empty_fields(target, value):
                    yield [label, *labels], Domain(field.name, "any", empty)
            elif operator in NEGATIVE_OPERATORS and not (
                operator == "not in" and False in value
            ):
                yield [label], Domain(field.name, "=", False)

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    @api.model
    def _tell_managers(self, record, subject, body):
        """Tell the scoring managers of a record, such as a rule, what is wrong with it;
        whatever that raises must not stop a pass.
        """
        managers = self.env.ref("lead_scoring.group_scoring_manager")
        partners = managers.all_user_ids.filtered("active").partner_id
        try:
            with self.env.cr.savepoint():
                self.env["mail.thread"].message_notify(
                    partner_ids=partners.ids,
                    subject=subject,
                    body=body,
                    model=record._name,
                    res_id=record.id,
                )
        except Exception as error:
            # automations and overrides of any module run here
            if not is_by_users(error):
                raise
            _logger.exception("Nobody could be told of %s: %s", record, subject)
