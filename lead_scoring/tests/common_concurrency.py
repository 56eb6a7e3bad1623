import math
from contextlib import contextmanager
from uuid import uuid4

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase
from odoo.tools import SQL


class ConcurrencyCommon(TransactionCase):
    """A pass and users at the same time, each in a transaction that really commits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.token = f"concurrency {uuid4().hex}"
        cls.addClassCleanup(cls._clean_up)
        with cls._committed() as env:
            cls.model_id = env["lead.scoring.model"].create(
                {
                    "name": cls.token,
                    "state": "live",
                    "sequence": -100,
                    "domain": repr([("referred", "=", cls.token)]),
                }
            )
            cls.model_id = cls.model_id.id
            env["lead.scoring.rule"].create(
                {
                    "name": cls.token,
                    "model_id": cls.model_id,
                    "value": 70,
                    "domain": "[('city', '=', 'Ghent')]",
                }
            )
            cls.team_id = env["crm.team"].create(
                {
                    "name": cls.token,
                    "company_id": False,
                    "convert_by_score": True,
                    "minimum_score": 50,
                    "assignment_domain": repr([("referred", "=", cls.token)]),
                }
            )
            cls.team_id = cls.team_id.id

    @classmethod
    @contextmanager
    def _committed(cls):
        """Yield an environment of a new transaction, committed at the end."""
        with cls.registry.cursor() as cr:
            # a test that waits for itself shall fail
            cr.execute("SET lock_timeout = '5s'")
            yield api.Environment(cr, SUPERUSER_ID, {})

    @classmethod
    def _clean_up(cls):
        with cls._committed() as env:
            leads = env["crm.lead"].with_context(active_test=False)
            leads.search([("referred", "=", cls.token)]).unlink()
            env["crm.team"].browse(cls.team_id).unlink()
            scoring_model = env["lead.scoring.model"].browse(cls.model_id)
            scoring_model.state = "retired"
            scoring_model.unlink()
            env["lead.scoring.pass"].search([]).unlink()

    def setUp(self):
        super().setUp()
        with self._committed() as env:
            vals = {
                "name": "Lead",
                "type": "lead",
                "referred": self.token,
                "user_id": False,
                "team_id": False,
            }
            lead, other = env["crm.lead"].create([vals, vals])
            self.lead_id, self.other_id = lead.id, other.id
        # everything is covered, so that what follows is incremental
        self._run_pass()
        with self._committed() as env:
            env.cr.execute(
                """UPDATE lead_scoring_model SET changed_at = now() - '2h'::interval;
                   UPDATE lead_scoring_change SET date = now() - '2h'::interval"""
            )

    def _run_pass(self, full=False):
        """Run a pass as the scheduled action does, committing as it goes."""
        with self._committed() as env:
            scoring_pass = env["lead.scoring.pass"]._start(full)
            self.assertTrue(scoring_pass._run(math.inf, env.cr.commit))

    def _state(self, lead_id=None):
        """Return what is committed of a lead."""
        with self._committed() as env:
            lead = env["crm.lead"].browse(lead_id or self.lead_id)
            return lead.name, lead.city, lead.score, lead.temperature

    def _save(self, **values):
        """Save the lead as a user does, scoring included."""
        with self._committed() as env:
            env["crm.lead"].browse(self.lead_id).write(values)

    def _change_unscored(self, **values):
        """Change the lead so that only a pass can notice it."""
        with self._committed() as env:
            for name, value in values.items():
                env.cr.execute(
                    SQL(
                        "UPDATE crm_lead SET %s = %s WHERE id = %s",
                        SQL.identifier(name),
                        value,
                        self.lead_id,
                    )
                )
            env["lead.scoring.change"]._note([self.lead_id])

    def _convert(self):
        with self._committed() as env:
            env["crm.team"]._convert_by_score(env.cr.commit)

    def _type(self, lead_id):
        with self._committed() as env:
            return env["crm.lead"].browse(lead_id).type

    def _score_both(self):
        with self._committed() as env:
            leads = env["crm.lead"].browse([self.lead_id, self.other_id])
            leads.write({"city": "Ghent"})
