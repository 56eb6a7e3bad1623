from odoo.tests import tagged

from .common_hostile import HOSTILE, HostileCommon

NOTHING_TO_SHOW = {
    "lead_scoring_ir_cron_action list",
    "lead_scoring_ir_cron_action form",
    "lead_scoring_pass_action list",
    "lead_scoring_pass_action form",
}


@tagged("post_install", "-at_install")
class TestHostileTexts(HostileCommon):
    """HTML that strangers write is shown as text, in a real browser."""

    def test_on_every_screen(self):
        lead = self._hostile_lead()
        waiting = self._lead(name=HOSTILE, do_not_score_reason="competitor")
        words = self.env["lead.scoring.title.word"]
        words.search([]).active = False
        word = words.create({"name": f"Word {HOSTILE}", "rank": "director"})
        draft = self.scoring_model.copy()
        # what is marked as broken is not simulated
        draft.rule_ids.error = False
        draft.name = HOSTILE
        rule = draft.rule_ids[:1]
        rule.value += 5
        simulations = self.env["lead.scoring.simulation"].with_user(self.reader)
        records = {
            "crm.lead": lead,
            "lead.scoring.rule": self.broken,
            "lead.scoring.title.word": word,
            "lead.scoring.model": self.scoring_model,
        }
        screens = self._screens("lead_scoring", NOTHING_TO_SHOW, records)
        for record in (
            lead,
            waiting,
            lead.partner_id,
            self.team,
            lead.visitor_ids[:1],
            simulations.browse(simulations._open(draft)["res_id"]),
        ):
            action = record._get_records_action(target="current")
            name = f"form of {record._name}"
            screens.append({"name": name, "action": action, "shown": True})
        plan = "lead_scoring.lead_scoring_dry_run_action_plan"
        screens.append({"name": "dry run", "action": plan, "shown": True})
        self._open_screens(screens)
