from datetime import timedelta

from odoo.addons.lead_scoring.tests.common import LeadScoringCommon


class DecisionCommon(LeadScoringCommon):
    """Leads that were decided on some days ago, and how they ended."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.now = cls.env.cr.now()
        cls.won_stage = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)

    @classmethod
    def _decided(cls, scores, outcome="pending", days=10, **vals):
        """Return opportunities that were converted with these scores, 2 days after
        their creation, and closed a day after that.

        :param scores: the score of each; all of it fit
        :param outcome: ``won``, ``lost`` or ``pending``
        :param days: how many days ago they were converted
        """
        leads = cls.env["crm.lead"].create(
            [{**cls._ended(outcome), **vals} for _score in scores]
        )
        date = cls.now - timedelta(days=days)
        cls._set_columns(leads, create_date=date - timedelta(days=2))
        if outcome != "pending":
            cls._set_columns(leads, date_closed=date + timedelta(days=1))
        for lead, score in zip(leads, scores, strict=True):
            cls._decide(lead, score, days)
        return leads

    @classmethod
    def _deals(cls, rows, **vals):
        """Return opportunities that were won or lost, oldest decision first.

        :param rows: list of ``(score, won)``, or ``(score, won, rules)`` with the rules
            that gave points
        """
        rows = [(*row, ()) if len(row) == 2 else row for row in rows]
        leads = cls.env["crm.lead"].create(
            [{**cls._ended("won" if won else "lost"), **vals} for _s, won, _r in rows]
        )
        cls.env.flush_all()
        hours = [len(rows) - number for number in range(len(rows))]
        cls.env.cr.execute(
            """UPDATE crm_lead lead
                  SET create_date = %(now)s - (hours + 96) * interval '1 hour',
                      date_closed = %(now)s - hours * interval '1 hour'
                 FROM unnest(%(ids)s::integer[], %(hours)s::integer[])
                      AS deal(id, hours)
                WHERE lead.id = deal.id""",
            {"now": cls.now, "ids": leads.ids, "hours": hours},
        )
        cls.env.invalidate_all(flush=False)
        cls.env["lead.scoring.history"].create(
            [
                {
                    "lead_id": lead.id,
                    "reason": "converted",
                    "date": cls.now - timedelta(hours=ago + 48),
                    "model_id": cls.scoring_model.id,
                    "fit": score,
                    "score": score,
                    "rules": {str(rule.id): rule.value for rule in rules},
                }
                for lead, ago, (score, _won, rules) in zip(
                    leads, hours, rows, strict=True
                )
            ]
        )
        return leads

    @classmethod
    def _ended(cls, outcome):
        vals = {"name": "Lead", "type": "opportunity"}
        vals |= {"user_id": False, "team_id": False, "company_id": False}
        if outcome == "won":
            vals |= {"stage_id": cls.won_stage.id, "probability": 100}
        if outcome == "lost":
            vals |= {"active": False, "probability": 0}
        return vals

    @classmethod
    def _decide(cls, lead, score, days, reason="converted", **vals):
        """Add what was known of a lead some days ago."""
        model = vals.pop("model_id", cls.scoring_model.id)
        temperature = "hot" if score >= 60 else "warm" if score >= 30 else "cold"
        return cls.env["lead.scoring.history"].create(
            {
                "lead_id": lead.id,
                "reason": reason,
                "date": cls.now - timedelta(days=days),
                "model_id": model,
                "temperature": temperature,
                "fit": score,
                "score": score,
                **vals,
            }
        )
