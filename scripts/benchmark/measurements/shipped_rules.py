"""Save leads one by one, scored by the rules that come with our add-ons."""

from ..figures import Figure
from ..inside import backdate_rules
from .one_lead import compared, some


def measure(env, earlier):
    live = [("model_id.state", "=", "live")]
    rules = env["lead.scoring.rule"].with_context(active_test=False).search(live)
    active = rules.filtered("active")
    xml_ids = rules.get_external_id()
    shipped = rules.filtered(lambda rule: xml_ids[rule.id])
    ids = some(env)
    switch(env, ids, active, shipped)
    with_scoring, without = compared(env, ids)
    switch(env, ids, shipped, active)
    yield Figure("Saving one lead, rules of our add-ons", with_scoring, "ms")
    yield Figure("  rules", len(shipped))
    yield Figure("  scoring's share of it", with_scoring - without, "ms", most=8)


def switch(env, ids, off, on):
    """Archive rules, and let others score instead. The leads get their scores at once:
    that all rules are others is no part of the saves.
    """
    # what was saved last is undone
    env.cr.rollback()
    off.active = False
    on.active = True
    env.flush_all()
    env["crm.lead"].browse(ids)._score_now()
    backdate_rules(env)
