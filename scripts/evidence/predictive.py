"""Odoo's own predictive lead scoring, computed by Odoo itself."""

import numpy as np

from odoo.tools import SQL, split_every

FIELDS = "crm.pls_fields"
START = "crm.pls_start_date"
# What winning and losing writes.
STATE = ("active", "probability", "automated_probability", "stage_id", "won_status")
BATCH = 5000


class Predictor:
    """Closes leads, and opens any of them again, so that Odoo learns from the others
    and predicts these.
    """

    def __init__(self, env, leads, won):
        self.env = env
        self.leads = leads
        env["ir.config_parameter"].set_param(START, "2000-01-01")
        self.ids = np.array(leads.ids)
        self.won = won
        self.is_open = np.zeros(len(won), dtype=bool)
        self.remember("quality_open")
        self.close(np.flatnonzero(won), "action_set_won")
        self.close(np.flatnonzero(~won), "action_set_lost")
        self.remember("quality_closed")

    def close(self, positions, action):
        """Have Odoo close one lead, and leave the others as it leaves this one: to
        close each by itself takes minutes and comes to the same.
        """
        first = self.leads.browse(self.ids[positions[0]].item())
        getattr(first, action)()
        self.env.flush_all()
        self.give("crm_lead", first.id, positions)

    def give(self, table, source_id, chosen):
        """Give leads the state that a row of a table has.

        :param source_id: the row's id, or SQL
        :param chosen: array of positions, or of booleans
        """
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET (%s) = (%s) FROM %s AS source"
                " WHERE source.id = %s AND crm_lead.id IN %s",
                SQL(", ").join(map(SQL.identifier, STATE)),
                SQL(", ").join(SQL.identifier("source", name) for name in STATE),
                SQL.identifier(table),
                source_id,
                tuple(self.ids[chosen].tolist()),
            )
        )
        self.env.invalidate_all(flush=False)

    def remember(self, name):
        """Keep the state of all leads in a table of this session."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE %s AS"
                " SELECT id, %s FROM crm_lead WHERE id IN %s",
                SQL.identifier(name),
                SQL(", ").join(map(SQL.identifier, STATE)),
                self.leads._ids,
            )
        )

    def leave_open(self, positions):
        """Open these leads and close all others."""
        asked = np.zeros(len(self.ids), dtype=bool)
        asked[positions] = True
        opened, closed = asked & ~self.is_open, self.is_open & ~asked
        for table, chosen in (("quality_open", opened), ("quality_closed", closed)):
            if chosen.any():
                self.give(table, SQL("crm_lead.id"), chosen)
        self.is_open = asked

    def probability(self, fields, training, test):
        """What Odoo predicts for the leads of ``test``, having learned from those of
        ``training`` alone; the share of won ones where it does not predict.
        """
        self.env["ir.config_parameter"].set_param(FIELDS, ",".join(fields))
        everyone = np.arange(len(self.ids))
        leads = self.leads.with_context(active_test=True)
        self.env.flush_all()
        self.leave_open(np.setdiff1d(everyone, training))
        leads._rebuild_pls_frequency_table()
        found = {}
        for ids in split_every(BATCH, self.ids[test].tolist(), list):
            chances, _tooltip = leads.browse(ids)._pls_get_naive_bayes_probabilities(
                batch_mode=True
            )
            found.update(chances)
        default = 100 * self.won[training].mean()
        return np.array([found.get(i, default) for i in self.ids[test].tolist()]) / 100
