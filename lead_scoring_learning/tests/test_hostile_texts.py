from odoo.tests import tagged

from odoo.addons.lead_scoring.tests.common_hostile import HOSTILE, HostileCommon

from .common import LearningCommon


@tagged("post_install", "-at_install")
class TestHostileTexts(HostileCommon, LearningCommon):
    """HTML that strangers write is shown as text, in a real browser."""

    def test_on_every_screen(self):
        lead = self._hostile_lead()
        self._closed(60, True, source_id=lead.source_id.id, name=HOSTILE)
        self._closed(20, False, source_id=lead.source_id.id, name=HOSTILE)
        self._closed(30, True, name=HOSTILE)
        self._closed(90, False, name=HOSTILE)
        discovery = self._discover()
        version = self.env["lead.scoring.prediction"].create(
            {"model_id": self.scoring_model.id}
        )
        version.action_train()
        self._run_job(version)
        version._predict(lambda: None, True)
        self.env.invalidate_all()
        self.assertIn(HOSTILE, "".join(discovery.candidate_ids.mapped("name")))
        records = {
            "lead.scoring.discovery": discovery,
            "lead.scoring.prediction": version,
        }
        screens = self._screens("lead_scoring_learning", (), records)
        form = lead._get_records_action(target="current")
        screens.append({"name": "form of a lead", "action": form, "shown": True})
        self._open_screens(screens)
