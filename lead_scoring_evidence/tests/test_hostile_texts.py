from odoo.tests import tagged

from odoo.addons.lead_scoring.tests.common_hostile import HOSTILE, HostileCommon

from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestHostileTexts(HostileCommon, DecisionCommon):
    """HTML that strangers write is shown as text, in a real browser."""

    def test_on_every_screen(self):
        lead = self._hostile_lead()
        self.env.company.name = HOSTILE
        self.reader.name = HOSTILE
        rule = self.scoring_model.rule_ids[:1]
        vals = {"name": HOSTILE, "partner_name": HOSTILE, "contact_name": HOSTILE}
        vals |= {"team_id": self.team.id, "user_id": self.reader.id}
        rows = [(30 + number % 40, number % 3 == 1, [rule]) for number in range(240)]
        self._deals(rows, **vals)
        feedback = self.env["lead.scoring.feedback"].with_user(self.reader)
        feedback.create({"lead_id": lead.id, "verdict": "too_high", "why": HOSTILE})
        company = self.env.company
        quality = self.env["lead.scoring.quality"]._judge(self.scoring_model, company)
        self.env["lead.scoring.rule.evidence"]._judge(self.scoring_model, company)
        page = f"/report/html/lead_scoring_evidence.quality_page/{quality.id}"
        records = {"lead.scoring.quality": quality, "crm.lead": lead}
        self._open_screens(
            [
                *self._screens("lead_scoring_evidence", (), records),
                {"name": "print of quality", "url": page, "shown": True},
            ]
        )
