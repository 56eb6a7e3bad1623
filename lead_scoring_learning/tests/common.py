from datetime import timedelta

from odoo.addons.lead_scoring.tests.common import LeadScoringCommon


class LearningCommon(LeadScoringCommon):
    """Closed leads: those of directors are won more often."""

    @classmethod
    def _closed(cls, count, won, **vals):
        """Return new closed leads of the test's model.

        :param won: whether they were won
        """
        stage = cls.env["crm.stage"].search([("is_won", "=", won)], limit=1)
        common = {
            "name": "Lead",
            "type": "opportunity",
            "user_id": False,
            "team_id": False,
            "company_id": False,
            "active": won,
            "probability": 100 if won else 0,
            "stage_id": stage.id,
        }
        leads = cls.env["crm.lead"].with_context(tracking_disable=True)
        now = cls.env.cr.now()
        closed = leads.create(
            [
                # won and lost ones in turn
                {
                    "date_closed": now - timedelta(hours=37 * number % 101),
                    **common,
                    **vals,
                }
                for number in range(count)
            ]
        )
        cls._score()
        assert set(closed.mapped("won_status")) == {"won" if won else "lost"}
        return closed.with_context(tracking_disable=False, mail_notrack=False)

    @classmethod
    def _directors_win(cls, **vals):
        """Return 200 closed leads: 60 of 80 directors were won, 30 of 120 others."""
        director = {"function": "Director", **vals}
        other = {"function": "Assistant", **vals}
        return (
            cls._closed(60, True, **director)
            | cls._closed(20, False, **director)
            | cls._closed(30, True, **other)
            | cls._closed(90, False, **other)
        )

    @classmethod
    def _born(cls, leads, days=30):
        """Let leads be created, and decided about, some days ago."""
        cls._set_columns(leads, create_date=cls.env.cr.now() - timedelta(days=days))

    def _discover(self, **vals):
        """Return a finished search for conditions."""
        vals = {"model_id": self.scoring_model.id, **vals}
        discovery = self.env["lead.scoring.discovery"].create(vals)
        discovery.action_discover()
        self._run_job(discovery)
        return discovery

    def _run_job(self, job):
        """Do the work as the scheduled action does."""
        self.env.flush_all()
        waiting = self.env["lead.scoring.job"]._next()
        self.assertEqual((waiting._name, waiting.id), (job._name, job.id))
        waiting._run(lambda: None)
        self.env.invalidate_all()

    def _found(self, discovery, **values):
        """Return the candidates that have these values."""
        return discovery.candidate_ids.filtered(
            lambda line: all(line[name] == value for name, value in values.items())
        )

    def _fields_found(self, discovery):
        """Return the names of the lead's fields that the candidates ask."""
        check = self.env["lead.scoring.rule.check"]
        return {
            condition.field_expr.partition(".")[0]
            for line in discovery.candidate_ids.filtered(lambda c: c.source == "lead")
            for condition in check._read(line.domain).iter_conditions()
        }
