import difflib
import logging
from contextlib import contextmanager

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.orm.utils import READ_GROUP_NUMBER_GRANULARITY
from odoo.tools import LazyTranslate

from ...tools.domain_text import DomainTextError, parse_domain
from ...tools.settled_domain import settle

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

MISTAKES = {
    "call": _lt("A rule can't run code; dates are written like 'today' or '-7d'"),
    "condition_shape": _lt("A condition has three parts: field, operator and value"),
    "control_character": _lt("There is a character that can't be seen"),
    "current_user": _lt(
        "A score is the same for everybody: rules can't use the current user"
    ),
    "field_name": _lt("A condition begins with the name of a field, in quotes"),
    "not_a_list": _lt("A domain is a list of conditions, between square brackets"),
    "syntax": _lt(
        "This can't be read; check quotation marks (straight ones), commas and brackets"
    ),
    "too_deep": _lt("The conditions are nested too deeply; make several rules of them"),
    "too_long": _lt("The domain is too long; make several rules of it"),
    "unknown_operator": _lt("There is no such operator"),
    "unquoted": _lt("Names, operators and texts need quotation marks"),
    "value": _lt("A field can't be compared with this"),
    "wrong_arity": _lt("Each '&' and '|' is followed by two conditions, '!' by one"),
}

RESULTS = frozenset(
    ["fit_band", "fit_score", "handover", "interest_band", "interest_score"]
    + ["qualifying_call_date", "returned_reason", "returned_until"]
    + ["routing_note", "routing_sample", "sales_qualified_date", "score"]
    + ["score_explanation", "score_explanation_text", "score_id", "score_rise"]
    + ["segment", "segment_date", "temperature", "temperature_date", "win_rate"]
)
"""What scoring writes on a lead. A rule on it would change what it reads, and the score
would change with each pass."""

SEARCHABLE = {
    "score_pageview_count": "score_pageview_ids",
    "visitor_page_count": "score_pageview_ids",
}
"""What to search instead of fields that can't be."""

RELATIONAL_OPERATORS = ("any", "not any", "child_of", "parent_of")


def shorten(text, length=80):
    """Return ``text`` on one line and no longer than ``length``."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


class LeadScoringRuleCheck(models.AbstractModel):
    """Reads the domains of rules, and refuses with a reason those that would fail in a
    pass, or would quietly mean something else than their author thinks.
    """

    _name = "lead.scoring.rule.check"
    _description = "Lead Scoring Rule Check"

    @api.model
    def _read(self, text):
        """Return the Domain written in ``text``; whether it fits a model is not asked.

        :raise ValidationError: it is none, with the corrected text if there is one
        """
        try:
            return Domain(parse_domain(text or ""))
        except DomainTextError as error:
            sentence = self.env._(
                "%(mistake)s: %(where)s",
                mistake=self.env._(MISTAKES[error.problem]),
                where=shorten(error.where),
            )
            if error.suggestion:
                instead = self.env._("Write: %s", error.suggestion)
                sentence = f"{sentence}\n{instead}"
            raise ValidationError(sentence) from error

    @api.model
    def _check(self, model_name, text, lang=None, tz=None):
        """Return the Domain written in ``text`` once nothing is found wrong with it.

        Unless superuser, the current user must be allowed to search all it reads, and
        to see all records of it, see ``lead.scoring.access.check``.

        :param model_name: the model the domain is about
        :param lang: language of the author; names of records are read in it
        :param tz: time zone of the author
        :raise ValidationError: something is wrong
        """
        domain = self._read(text)
        Engine = self.env["lead.scoring.engine"]
        env = Engine._compile_env(self.env.company, lang or self.env.lang, tz)
        author = self.env(context=env.context)
        self._check_conditions(author[model_name], domain)
        with self._explaining(domain):
            author[model_name]._search(settle(domain, author[model_name])).select()
            settled = settle(domain, env[model_name])
            sql = env[model_name]._search(settled, limit=1).select()
            self.env["lead.scoring.access.check"]._check(author[model_name], domain)
        env.flush_query(sql)
        with self._explaining(domain):
            # some mistakes PostgreSQL sees only when it runs the query
            env.cr.execute(sql, log_exceptions=False)
        return domain

    @api.model
    def _check_conditions(self, records, domain):
        """Check each condition of a domain on the model of ``records``, an empty
        recordset of the author.
        """
        for condition in domain.iter_conditions():
            field, field_type, target = self._get_field(records, condition)
            if condition.operator in RELATIONAL_OPERATORS and not (
                field.relational or field.name == "id"
            ):
                raise self._not_a_relation(field)
            if condition.operator in ("any", "not any"):
                self._check_conditions(target, Domain(condition.value))
                continue
            with self._explaining(condition):
                values = self.env["lead.scoring.value.check"]
                values._check(target, condition, field, field_type)
                records._search(condition).select()
                self._check_user(records, condition, field)

    @contextmanager
    def _explaining(self, domain):
        """Turn what goes wrong with searching ``domain`` into a sentence."""
        try:
            with self.env.cr.savepoint(flush=False):
                yield
        except (ValidationError, psycopg2.OperationalError):
            raise
        except AccessError as error:
            raise self._no_access(domain) from error
        except Exception as error:
            # the search methods of fields may raise anything
            _logger.info("%s can't be searched", domain, exc_info=True)
            raise ValidationError(
                self.env._(
                    "Odoo can't search %(domain)s: %(reason)s",
                    domain=shorten(repr(domain)),
                    reason=str(error).partition("\n")[0],
                )
            ) from error

    def _no_access(self, domain):
        return ValidationError(
            self.env._(
                "You have no access to what this uses: %s. Only users with access "
                "can use it in a rule.",
                shorten(repr(domain)),
            )
        )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.model
    def _get_field(self, records, condition):
        """Return what the path of ``condition`` leads to.

        :return: the field, the type of its values, and an empty recordset of the model
            it points to, or else of its own
        """
        names = condition.field_expr.split(".")
        for position, name in enumerate(names):
            field = records._fields.get(name)
            if field is None:
                raise self._unknown_field(records, name)
            self._check_field(records, field, condition)
            rest = names[position + 1 :]
            if field.relational:
                records = records.env[field.comodel_name]
            elif field.type in ("date", "datetime") and len(rest) == 1:
                if rest[0] not in READ_GROUP_NUMBER_GRANULARITY:
                    raise self._unknown_part(field, rest[0])
                return field, "integer", records
            elif rest:
                raise self._not_a_relation(field)
        return field, field.type, records

    @api.model
    def _check_field(self, records, field, condition):
        """Refuse fields that no rule can read."""
        if not records._has_field_access(field, "read"):
            raise self._no_access(condition)
        label = self._label(field)
        if self._is_result(field):
            reason = self.env._(
                "«%s» is computed by scoring, so a rule that uses it would change "
                "its own result. Use the fields that other rules use.",
                label,
            )
        elif field.type in ("properties", "properties_definition"):
            reason = self.env._(
                "«%s» can't be used in a rule: a lead that changes team loses its "
                "properties, and would lose the points with them. Use a field.",
                label,
            )
        elif not (field.store or field.search):
            reason = self.env._(
                "«%s» is computed when it is shown, so it can't be searched.", label
            )
            if near := SEARCHABLE.get(field.name):
                reason += " " + self.env._("Use «%s» instead.", near)
        else:
            return
        raise ValidationError(reason)

    @api.model
    def _is_result(self, field):
        """Whether ``field`` holds what scoring computes, itself or what it shows of
        another record.
        """
        if field.model_name == "crm.lead" and field.name in RESULTS:
            return True
        # events are signals
        scoring = {field.model_name, field.comodel_name} - {"lead.scoring.event", None}
        if any(name.startswith("lead.scoring.") for name in scoring):
            return True
        # sudo: to look at the fields of related models, no data
        records = self.env[field.model_name].sudo()
        for name in field.related.split(".") if field.related else ():
            if self._is_result(records._fields[name]):
                return True
            records = records[name]
        return False

    def _label(self, field):
        return field.get_description(self.env, ["string"])["string"]

    def _model_label(self, records):
        return self.env["ir.model"]._get(records._name).name

    def _unknown_field(self, records, name):
        known = [
            field.name
            for field in records._fields.values()
            if (field.store or field.search)
            and records._has_field_access(field, "read")
            and not self._is_result(field)
        ]
        reason = self.env._(
            "%(model)s has no field «%(field)s».",
            model=self._model_label(records),
            field=shorten(name),
        )
        if near := difflib.get_close_matches(name, known, n=1):
            reason += " " + self.env._("Did you mean «%s»?", near[0])
        return ValidationError(reason)

    def _unknown_part(self, field, name):
        return ValidationError(
            self.env._(
                "«%(field)s» is a date and has no «%(part)s». It has: %(parts)s.",
                field=self._label(field),
                part=shorten(name),
                parts=", ".join(READ_GROUP_NUMBER_GRANULARITY),
            )
        )

    def _not_a_relation(self, field):
        return ValidationError(
            self.env._(
                "«%s» does not link to other records, so it has no fields to check.",
                self._label(field),
            )
        )

    @api.model
    def _check_user(self, records, condition, field):
        """Refuse a condition that finds other records for another user, even for a
        superuser: a pass has no user, it compiles every rule as OdooBot.
        """
        odoobot = self.env.ref("base.user_root")
        public = self.env.ref("base.public_user")
        # dates that move would be those of two moments
        condition = settle(condition, records)
        # sudo: access is checked elsewhere
        before, other, after = (
            records.with_user(user).sudo()._search(condition).select()
            for user in (odoobot, public, odoobot)
        )
        # Parameters that differ between OdooBot's two queries depend on the time, not
        # on the user: leave them out.
        params = zip(before.params, other.params, after.params, strict=False)
        if before.code != other.code or any(a == c != b for a, b, c in params):
            raise ValidationError(
                self.env._(
                    "«%s» depends on the user, but a score is the same for all "
                    "users. Use a field that is the same for everybody.",
                    self._label(field),
                )
            )
