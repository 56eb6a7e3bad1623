from odoo import api, models
from odoo.fields import Domain

from ..tools import points
from ..tools.pairs import design
from .lead_scoring_sample import Asked

NONE = frozenset()


class LeadScoringLesson(models.AbstractModel):
    """Few rules that tell won leads from lost ones: conditions, pairs of conditions,
    and what each is worth.
    """

    _name = "lead.scoring.lesson"
    _description = "Rules Learned from Closed Leads"

    @api.model
    def _learn(self, asked, matrix, won, counts, target, most):
        """Return ``[(Asked, points)]``: the conditions in their order, then the pairs
        that were found; most have 0 points. And the matrix for them.

        :param asked: list of :class:`Asked`
        :param matrix: array of booleans, who meets which; a column for each of them
        :param won: array of booleans, which leads were won
        :param counts: array of how much each lead counts
        :param target: a tenth of the leads get about so many points, or more
        :param most: so many of them get points at most
        """
        # a rule is read in one language and time zone
        words = [(c.lang, c.tz) for c in asked]
        usual = max(words, key=words.count, default=None)
        fields = [
            self._get_fields(c) if w == usual else NONE
            for c, w in zip(asked, words, strict=True)
        ]
        learned = points.learn(matrix, won, target, fields, most, counts)
        pairs = [self._get_pair(pair, asked) for pair in learned.pairs]
        terms = zip([*asked, *pairs], learned.points.tolist(), strict=True)
        return list(terms), design(matrix, learned.pairs)

    @api.model
    def _get_fields(self, condition):
        """Return the frozenset of the field that a condition reads, if one rule can ask
        it together with another: it reads the lead, or a stream whose records the lead
        has in a field, and no more than one field; else an empty frozenset.
        """
        if (domain := self._get_domain(condition)) is None:
            return NONE
        fields = frozenset(c.field_expr for c in domain.iter_conditions())
        return fields if len(fields) == 1 else NONE

    @api.model
    def _get_domain(self, condition):
        """Return a condition as a Domain of leads; None where there is no such."""
        domain = self.env["lead.scoring.rule.check"]._read(condition.domain)
        if condition.source == "lead":
            return domain
        source = self.env["lead.scoring.source"]._get(condition.source)
        field = source.lead_field
        return Domain(field, "any", domain) if field else None

    @api.model
    def _get_pair(self, pair, asked):
        """Return the :class:`Asked` of a pair of conditions."""
        first, second = asked[pair.first], asked[pair.second]
        names = {"first": first.name, "second": second.name}
        other = self._get_domain(second)
        if pair.negated:
            name = self.env._("%(first)s, and not: %(second)s", **names)
            other = ~other
        else:
            name = self.env._("%(first)s, and %(second)s", **names)
        domain = repr(list(self._get_domain(first) & other))
        return first._replace(name=name, source="lead", domain=domain)

    @api.model
    def _get_dimension(self, condition):
        """Return ``interest`` for what a lead does, else ``fit``."""
        if condition.source != "lead":
            return "interest"
        engine = self.env["lead.scoring.engine"]
        domain = self.env["lead.scoring.rule.check"]._read(condition.domain)
        paths = (c.field_expr.partition(".")[0] for c in domain.iter_conditions())
        does = any(engine._stream_of(path) for path in paths)
        return "interest" if does else "fit"

    @api.model
    def _get_vals(self, condition, value):
        """Return the values of a rule that gives points for a condition. Those of a
        stream count once: learned was whether there is any record.
        """
        return {
            **condition._asdict(),
            "dimension": self._get_dimension(condition),
            "maximum": 0 if condition.source == "lead" else abs(value),
            "value": value,
        }

    @api.model
    def _get_rules(self, terms, known):
        """Return rules, not in the database, as they would be written.

        :param terms: ``[(Asked, points)]``
        :param known: rules that some of them are; what else these say stays
        """
        by_key = {Asked.of(rule).key: rule for rule in known}
        rules = self.env["lead.scoring.rule"]
        for condition, value in terms:
            if not value:
                continue
            rule = by_key.get(condition.key, rules.browse())
            vals = self._get_vals(condition, value)
            rules |= rules.new({**vals, "half_life": rule.half_life})
        return rules
