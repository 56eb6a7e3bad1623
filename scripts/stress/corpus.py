"""Hostile domains and values: a table of known ones, and as many more as are asked, of
fields, operators and odd values, drawn with a fixed seed.
"""

from random import Random
from typing import NamedTuple

SEED = 19


class Case(NamedTuple):
    """Something that somebody enters.

    :ivar model: name of the model of what is created
    :ivar values: its values
    """

    model: str
    values: dict

    def __str__(self):
        return f"{self.model} {self.values}"


# ----------------------------------------------------------------------
# Known ones
# ----------------------------------------------------------------------

DOMAINS = (
    # what a database can't compute or compare
    "[('activity_state', '=', False)]",
    "[('partner_id.activity_state', '=', 'overdue')]",
    "[('my_activity_date_deadline', '<', 'today')]",
    r"[('name', '=like', 'Le\\')]",
    "[('id', '=', 9999999999999999999)]",
    "[('id', 'in', [])]",
    "[('color', '>', 2147483648)]",
    "[('expected_revenue', '>', 1e400)]",
    "[('create_date', '>', '9999-12-31 23:59:59')]",
    "[('create_date', '>', '-999999999d')]",
    "[('date_deadline', '=', '0000-00-00')]",
    "[('tag_ids', 'child_of', 1)]",
    "[('partner_id', 'child_of', [1, 'x', False])]",
    "[('name', 'ilike', '" + "%_" * 3000 + "')]",
    "[('name', '=', '\\x00')]",
    "[" + "'|', " * 200 + "('name', '=', 'a')" + ", ('name', '=', 'a')" * 200 + "]",
    "[" + "'!', " * 500 + "('name', '=', 'a')]",
    "[('partner_id.parent_id.parent_id.parent_id.parent_id.name', 'ilike', 'a')]",
    # code
    "[('name', '=', __import__('os').system('id'))]",
    "[(lambda: 1, '=', 1)]",
    "[('user_id', '=', uid)]",
    "[('name', '=', open('/etc/passwd').read())]",
    # what others may not read
    "[('message_ids.mail_server_id.smtp_pass', '=like', 'T%')]",
    "[('user_id.password', '!=', False)]",
    "[('create_uid.api_key_ids', '!=', False)]",
    "[('user_id.totp_secret', '!=', False)]",
    "[('partner_id.channel_ids.message_ids.body', 'ilike', 'salary of')]",
    "[('partner_id.channel_ids.name', 'ilike', 'salaries')]",
    "[('partner_id.opportunity_ids.name', 'ilike', 'secret')]",
    "[('partner_id.opportunity_ids', 'any', [('expected_revenue', '>', 1000)])]",
    "[('partner_id.user_ids.partner_id.opportunity_ids.name', 'ilike', 'secret')]",
    "[('partner_id.sale_order_ids.amount_total', '>', 1000)]",
    "[('message_ids.body', 'ilike', 'salary')]",
    "[('partner_id.activity_ids.note', 'ilike', 'secret')]",
    "[('visitor_ids.lead_ids.name', 'ilike', 'secret')]",
    # what the score itself writes
    "[('score', '>', 0)]",
    "[('temperature', '=', 'hot')]",
    "[('score_id.fit', '>', 0)]",
)

BIG = 2**31
MODEL_VALUES = (
    {"fit_floor": 1_100_000_000},
    {"interest_floor": -(2**30) - 1},
    {"fit_floor": -BIG},
    {"fit_floor": BIG - 1},
    {"hot_score": BIG - 1, "warm_score": -BIG},
    {"hot_score": 5, "warm_score": 5},
    {"margin": BIG - 1},
    {"margin": -1},
    {"required_answers": 99},
    {"domain": "[('activity_state', '=', False)]"},
    {"domain": r"[('name', '=like', 'Le\\')]"},
    {"domain": "[('partner_id.channel_ids.name', 'ilike', 'salaries')]"},
)
RULE_VALUES = (
    {"value": 10_001},
    {"maximum": 1_000_001},
    {"maximum": -1},
    {"half_life": float("nan")},
    {"half_life": float("inf")},
    {"half_life": -1.0},
    {"half_life": 1e-300},
    {"error": "broken by hand"},
)
ADJUSTMENT_VALUES = (
    {"points": 101},
    {"points": 0},
    {"expiry_date": "9999-12-31 23:59:59"},
    {"expiry_date": "0001-01-01 00:00:00"},
)
PREDICTION_VALUES = (
    {"conditions": [1]},
    {"conditions": {"a": "b"}},
    {"conditions": [{"asked": ["HIT", "lead", "[('id', '>', 0)]"], "weight": 5}]},
    {"intercept": float("nan")},
)


def known():
    """Yield the Cases that broke something once, or are like them."""
    for domain in DOMAINS:
        yield rule(domain)
    for values in RULE_VALUES:
        stream = {"source": "page_view", "domain": "[]", "half_life": 1.0}
        named = {"name": "Hostile", "value": 1}
        yield Case("lead.scoring.rule", named | stream | values)
    for values in MODEL_VALUES:
        yield Case("lead.scoring.model", {"name": "Hostile", "domain": "[]"} | values)
    for values in ADJUSTMENT_VALUES:
        called = {"name": "Called", "points": 1, "dimension": "fit"}
        yield Case("lead.scoring.adjustment", called | values)
    for values in PREDICTION_VALUES:
        yield Case("lead.scoring.prediction", values)


def rule(domain, source="lead"):
    """Return the Case of a rule with this domain."""
    values = {"name": "Hostile", "value": 1, "source": source, "domain": domain}
    return Case("lead.scoring.rule", values)


# ----------------------------------------------------------------------
# Drawn ones
# ----------------------------------------------------------------------

OPERATORS = (
    *("=", "!=", "<", ">=", "in", "not in", "like", "not ilike", "=like", "=ilike"),
    *("child_of", "parent_of", "any", "not any"),
)
VALUES = (
    *("", "0", "a", "%", r"\\", "é", "\U0001f600", "today", "-7d", "2024-02-30"),
    *("'); DROP TABLE crm_lead; --", "a" * 5000, "NaN", "false", "[]"),
    *(0, 1, -1, 2**31, -(2**63), 10**30, 0.1, -0.0, 1e308),
    *(True, False, None),
    *([], [1], ["a"], [False], [None, 1], [[1]], (1, "a"), {}, {"a": 1}),
    [("id", "=", 1)],
)


def drawn(paths, count):
    """Return ``count`` Cases of rules, the same for the same ``paths``.

    :param paths: names of fields of a lead, and of those behind its relations, with a
        dot in between
    """
    chance = Random(SEED)
    cases = {}
    while len(cases) < count:
        condition = (
            chance.choice(paths),
            chance.choice(OPERATORS),
            chance.choice(VALUES),
        )
        domain = repr([condition])
        if chance.random() < 0.2:
            domain = repr(["!", condition])
        cases[domain] = rule(domain)
    return list(cases.values())


def corpus(paths, count):
    """Return ``count`` Cases: the known ones, and drawn ones."""
    cases = list(known())
    cases += drawn(paths, max(0, count - len(cases)))
    return Random(SEED).sample(cases, count) if count < len(cases) else cases
