import logging

from psycopg2.errors import QueryCanceled

from odoo import fields, models
from odoo.tools import SQL

from ...tools.faults import is_by_users, limited

_logger = logging.getLogger(__name__)

SECONDS = 5
"""How long a statement may take that counts the leads a form shows."""


class LeadScoringRule(models.Model):
    """What the form says of the leads that a rule is about. It asks once it is open, so
    that it need not wait for the answer.
    """

    _inherit = "lead.scoring.rule"

    model_state = fields.Selection(
        string="Scoring Model's State",
        related="model_id.state",
        help="Rules of live models give points; those of others wait.",
    )

    def get_reach(self):
        """Return which leads match now: their number by temperature, one that does and
        one that does not. For those who may write rules, and may try one on any lead.

        :return: dict, see :meth:`_count_reach`; False for a rule with an error
        """
        self.ensure_one()
        self.check_access("write")
        if self.error or self.model_id.error:
            return False
        self.env.flush_all()
        try:
            with limited(self.env.cr, SECONDS):
                return self._count_reach()
        except QueryCanceled:
            return {"slow": True}
        except Exception as error:
            # a rule may raise anything; a draft may have lost what it replaces
            if not is_by_users(error):
                raise
            _logger.info("The leads of %s can't be counted", self, exc_info=True)
            return False

    def _count_reach(self):
        simulator = self.env["lead.scoring.simulator"]
        sample = simulator._sample_newest()
        # sudo: leads are compared alike, whoever asks; the user may read the sample
        rule = self.sudo()
        draft = None if rule.model_id.state == "live" else rule.model_id
        queries = simulator._match_sample(rule, draft)
        found = {}
        if queries:
            statement = SQL(
                """SELECT matches, temperature, count(*), max(id)
                     FROM (%s) AS compared GROUP BY 1, 2""",
                SQL(" UNION ALL ").join(queries),
            )
            for matches, temperature, count, newest in self.env.execute_query(
                statement
            ):
                found[matches, temperature] = count, newest
        field = self.env["crm.lead"]._fields["temperature"]
        return {
            "sampled": sample,
            "count": sum(count for (met, _t), (count, _id) in found.items() if met),
            "temperatures": [
                {"key": key, "label": label, "count": found.get((True, key), (0,))[0]}
                for key, label in field._description_selection(self.env)
            ],
            "match": self._example(found, True),
            "other": self._example(found, False),
        }

    def _example(self, found, matches):
        """Return the newest lead that matches, or does not; False if there is none."""
        newest = [last for (met, _t), (_count, last) in found.items() if met == matches]
        if not newest:
            return False
        lead = self.env["crm.lead"].browse(max(newest))
        return {"id": lead.id, "name": lead.display_name}

    # ------------------------------------------------------------------
    # Before it is saved
    # ------------------------------------------------------------------

    def get_effect(self, vals):
        """Return in words what saving ``vals`` would change for leads, without saving:
        the rule is written as the user would, leads are scored, and all is undone.

        :param vals: as for ``write``; for a rule that is not there yet, as for
            ``create``
        :raise UserError: the rule could not be saved so, or there is too much to score
        """
        return self.env["lead.scoring.simulator"]._tell_effect(
            lambda: self.write(vals) if self else self.create(vals)
        )
