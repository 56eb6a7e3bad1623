"""./dev stress: a small campaign, and that what it checks can fail."""

import math

import pytest

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name

from scripts.stress import attacks, command, corpus, invariants, walks, world
from scripts.stress.outcome import Outcome, text

COPIED = "lead_id, date, temperature, reason, by_score, fit, interest, score"
ACTIVITY = "res_model, res_model_id, res_id, activity_type_id, user_id, summary, active"

# What must hold, and statements that break it, each alone.
FAULTS = [
    (
        "a lead has one score row",
        "UPDATE crm_lead SET score_id = NULL WHERE active",
    ),
    (
        "the score is fit and interest",
        "UPDATE lead_scoring_score SET score = score + 1",
    ),
    (
        "points are those that the rules give",
        "UPDATE lead_scoring_score SET fit = fit + 1, score = score + 1",
    ),
    (
        "points are those that the rules give",
        """UPDATE crm_lead SET city = 'Ghent'
            WHERE city = 'Bruges' AND active AND won_status = 'pending'""",
    ),
    (
        "matches of rules are those of a recount",
        """UPDATE lead_scoring_rule SET match_total = match_total + 1
            WHERE name ->> 'en_US' = 'Page views'""",
    ),
    (
        "bands follow from the points",
        "UPDATE lead_scoring_score SET fit_band = 'high' WHERE fit <= 0",
    ),
    (
        "bands follow from the points",
        "UPDATE lead_scoring_score SET interest_band = 'none' WHERE interest > 0",
    ),
    (
        "the temperature follows from the score",
        "UPDATE crm_lead SET temperature = 'hot' WHERE temperature = 'cold'",
    ),
    (
        "the segment follows from the bands",
        "UPDATE crm_lead SET segment = 'sales' WHERE segment = 'discard'",
    ),
    (
        "a crossing is kept once, and none is lost",
        f"""INSERT INTO lead_scoring_history ({COPIED})
            SELECT {COPIED} FROM lead_scoring_history WHERE reason = 'crossing'""",
    ),
    (
        "a crossing is kept once, and none is lost",
        "DELETE FROM lead_scoring_history WHERE reason = 'crossing'",
    ),
    (
        "who is responsible is told once of a hot lead",
        """INSERT INTO mail_message (message_type, subject, model, res_id, body)
           SELECT message_type, subject, model, res_id, body FROM mail_message
            WHERE subject LIKE '%became hot'""",
    ),
    (
        "who is responsible is told once of a hot lead",
        "DELETE FROM mail_message WHERE subject LIKE '%became hot'",
    ),
    (
        "a conversion is kept once",
        f"""INSERT INTO lead_scoring_history ({COPIED})
            SELECT {COPIED} FROM lead_scoring_history WHERE reason = 'converted'""",
    ),
    (
        "a conversion is kept once",
        "DELETE FROM lead_scoring_history WHERE reason = 'converted'",
    ),
    (
        "a lead qualifies once, and is created once",
        f"""INSERT INTO lead_scoring_history ({COPIED})
            SELECT {COPIED} FROM lead_scoring_history WHERE reason = 'created'""",
    ),
    (
        "a lead qualifies once, and is created once",
        "UPDATE lead_scoring_score SET qualified_at = date '2020-01-01'",
    ),
    (
        "a handover is of an opportunity with a team",
        "UPDATE crm_lead SET handover = 'offered' WHERE type = 'lead'",
    ),
    (
        "nobody is given more than the capacity",
        "UPDATE crm_team_member SET assignment_max = 0",
    ),
    (
        "a qualifying call is planned once",
        f"""INSERT INTO mail_activity ({ACTIVITY}, date_deadline)
            SELECT {ACTIVITY}, date_deadline FROM mail_activity
             WHERE res_model = 'crm.lead'""",
    ),
    (
        "why a lead waits is right",
        "UPDATE lead_scoring_score SET waiting_reason = NULL, waiting_since = NULL",
    ),
    (
        "why a lead waits is right",
        "UPDATE lead_scoring_score SET waiting_reason = 'below_minimum'",
    ),
    (
        "nothing is left of a lead that is gone",
        "UPDATE mail_activity SET res_id = 2147483647 WHERE res_model = 'crm.lead'",
    ),
    (
        "no pass or learning is left unfinished",
        "UPDATE lead_scoring_pass SET date_end = NULL",
    ),
    (
        "no scheduled action fails",
        "UPDATE ir_cron SET failure_count = 1",
    ),
    (
        "no rule or model is marked as broken",
        "UPDATE lead_scoring_rule SET error = 'broken'",
    ),
]


@pytest.fixture(scope="module")
def env():
    """A small world, scored and routed in a transaction that is rolled back."""
    with Registry(get_db_name()).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        world.build(env, 100, closed=0)
        cr.flush()
        assert env["lead.scoring.pass"]._start(True)._run(math.inf, lambda: None)
        env["crm.team"]._convert_by_score(lambda: None)
        cr.flush()
        yield env
        cr.rollback()


def test_a_world_that_nobody_attacked_breaks_nothing(env):
    assert invariants.violations(env.cr) == {}
    assert invariants.unexplained(env) == []


@pytest.mark.parametrize("name, statement", FAULTS)
def test_a_planted_fault_is_found(env, name, statement):
    with env.cr.savepoint(flush=False) as savepoint:
        env.cr.execute(statement)
        assert env.cr.rowcount, "Nothing was planted."
        assert name in invariants.violations(env.cr)
        savepoint.rollback()


def test_every_check_has_a_planted_fault():
    assert {name for name, _statement in FAULTS} == set(invariants.CHECKS)


def test_a_score_that_its_explanation_does_not_sum_to_is_found(env):
    with env.cr.savepoint(flush=False) as savepoint:
        env.cr.execute("UPDATE lead_scoring_score SET score = score + 1, fit = fit + 1")
        env.invalidate_all(flush=False)
        assert invariants.unexplained(env)
        savepoint.rollback()
    env.invalidate_all(flush=False)


# ----------------------------------------------------------------------
# The corpus, and what is printed
# ----------------------------------------------------------------------


def test_cases_are_the_same_each_time_and_none_twice():
    paths = ["name", "partner_id", "partner_id.name", "tag_ids"]
    cases = corpus.corpus(paths, 400)
    assert list(map(str, cases)) == list(map(str, corpus.corpus(paths, 400)))
    assert len(set(map(str, cases))) == len(cases) == 400
    assert set(map(str, corpus.known())) < set(map(str, cases))
    assert len(corpus.corpus(paths, 10)) == 10


def test_table_counts_what_held_and_says_what_did_not():
    fine, broken = Outcome("Saves", worst_wait=1.26), Outcome("Rules")
    fine.count("held")
    broken.count("held")
    broken.count("leaked", "a password")
    lines = text("Heading.", [fine, broken]).splitlines()
    assert lines[4].split() == ["Saves", "1", "1", "0", "0", "0", "1.3", "s"]
    assert lines[5].split() == ["Rules", "2", "1", "0", "1", "0"]
    assert lines[-1] == "  leaked: a password"
    assert broken.failed and not fine.failed


def test_command_fails_when_anything_did_not_hold(monkeypatch, capsys):
    outcome = Outcome("Rules")
    monkeypatch.setattr(command, "inside", lambda names, options: [outcome])
    only = ["--only", "hostile"]
    assert command.main(only) == 0
    for verdict in ("lost", "leaked", "stopped"):
        outcome = Outcome("Rules")
        outcome.count(verdict)
        assert command.main(only) == 1
    assert "Rules" in capsys.readouterr().out


def test_walks_are_skipped_where_there_are_none(monkeypatch):
    monkeypatch.setattr(walks, "paths", list)
    outcome = walks.attack()
    assert not outcome.failed
    assert "skipped" in outcome.notes[0]


def test_each_attack_has_a_file():
    folder = command.ROOT / "scripts" / "stress"
    assert all((folder / f"{name}.py").exists() for name in attacks.ATTACKS)
    assert set(attacks.SHARES) == set(attacks.ATTACKS) - {"walks"}


# ----------------------------------------------------------------------
# A small campaign
# ----------------------------------------------------------------------


def test_a_small_campaign_holds(capsys):
    size = ["--seconds", "8", "--leads", "100", "--kills", "1", "--cases", "5"]
    result = command.main([*size, "--only", "kills", "servers", "crowd", "hostile"])
    printed = capsys.readouterr().out
    assert result == 0, printed
    titles = ["kill -9: full pass", "kill -9: of two servers", "saves of users"]
    for title in (*titles, "hostile domains"):
        assert title in printed
