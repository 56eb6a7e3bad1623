from datetime import datetime, timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import hash_sign, verify_hash_signed

TAKE_SCOPE = "lead_scoring.take"
UNDO_MINUTES = 10
"""How long one may undo what one has taken, if nothing else happens."""
CHANGED_BY_TAKING = ("user_id", "team_id", "company_id", "stage_id")
"""What Odoo may change with the salesperson."""

RETURN_REASONS = [
    ("not_ready", "Not ready to buy yet"),
    ("too_early", "Converted too early"),
    ("no_need", "Does not need what we sell"),
    ("no_budget", "No budget"),
    ("no_authority", "No decision-maker"),
    ("unreachable", "Could not be reached"),
    ("wrong_data", "Wrong or missing contact data"),
    ("other", "Something else"),
]


class CrmLead(models.Model):
    """What scoring hands over to sales is taken, or sent back with a reason."""

    _inherit = "crm.lead"

    handover = fields.Selection(
        selection=[
            ("offered", "To be Taken"),
            ("accepted", "Taken"),
            ("returned", "Sent Back"),
        ],
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="State of the lead since scoring converted it: not taken yet, taken by "
        "a salesperson, or sent back.",
    )
    sales_qualified_date = fields.Datetime(
        string="Sales-Qualified On",
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        help="When a salesperson first took what scoring had handed over.",
    )
    returned_reason = fields.Selection(
        selection=RETURN_REASONS,
        string="Sent Back Because",
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        help="Why a salesperson last sent it back.",
    )
    returned_until = fields.Integer(
        string="Converted Again From",
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        aggregator=None,
        help="After being sent back, the lead is only converted by score again from "
        "this score: its score at that time plus more than the margin of its "
        "scoring model. Users can still convert it by hand before that.",
    )

    # ------------------------------------------------------------------
    # Taking and sending back
    # ------------------------------------------------------------------

    def action_take(self):
        """Accept what scoring handed over; whoever takes a lead of nobody gets it.

        :return: the client action that offers to undo it
        :raise AccessError: somebody was faster, and the user may not see it any more
        :raise UserError: somebody was faster, or there is nothing to take
        """
        self._check_offered()
        before = [lead._before_taking() for lead in self]
        self.filtered(lambda lead: not lead.user_id).user_id = self.env.user
        body = self.env._("Taken by sales.")
        self._message_log_batch(bodies=dict.fromkeys(self.ids, body))
        now = self.env.cr.now()
        # sudo: nobody but scoring writes these
        self.sudo().write({"handover": "accepted", "sales_qualified_date": now})
        token = hash_sign(
            # su: the secret that signs it is a system parameter
            self.env(su=True),
            TAKE_SCOPE,
            [self.env.uid, now.isoformat(), before],
            expiration=timedelta(minutes=UNDO_MINUTES),
        )
        names = ", ".join(f"«{lead.name}»" for lead in self)
        return {
            "type": "ir.actions.client",
            "tag": "lead_scoring.taken",
            "params": {
                "message": self.env._("%s: taken.", names),
                "token": token,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _before_taking(self):
        """Return what :meth:`action_undo_take` needs to put this lead back."""
        qualified = self.sales_qualified_date
        return {
            "id": self.id,
            "values": {name: self[name].id for name in CHANGED_BY_TAKING},
            "qualified": qualified and qualified.isoformat(),
            "followed": self.message_is_follower,
        }

    @api.model
    def action_undo_take(self, token):
        """Put back what the user has just taken.

        :param token: what :meth:`action_take` gave along
        :raise UserError: it is too late, or something has happened since
        """
        self.check_access("read")
        try:
            # su: the secret that signs it is a system parameter
            signed = verify_hash_signed(self.env(su=True), TAKE_SCOPE, token)
        except (AttributeError, TypeError, ValueError):
            # whoever calls it may send anything
            signed = None
        user_id, taken_at, before = signed or (None, "", [])
        if user_id != self.env.uid:
            raise UserError(
                self.env._("It is too late to undo this. Use Send Back instead.")
            )
        taken_at = datetime.fromisoformat(taken_at)
        leads = self.browse([values["id"] for values in before])
        untouched = leads.exists()._filtered_as_taken(taken_at)
        if changed := leads - untouched:
            readable = changed.exists()._filtered_access("read")
            text = self.env._("Not undone: something has happened since it was taken.")
            raise UserError("\n".join([text, *readable.mapped("display_name")]))
        for lead, values in zip(leads, before, strict=True):
            lead._put_back(values)
        body = self.env._("«Take It» was undone.")
        leads._message_log_batch(bodies=dict.fromkeys(leads.ids, body))

    def _filtered_as_taken(self, taken_at):
        """Return those of these leads to which nothing has happened since the user took
        them.
        """

        def is_as_taken(lead):
            # sudo: what the user may not read has happened all the same
            others = (*lead.sudo().message_ids, *lead.sudo().activity_ids)
            return (
                lead.handover == "accepted"
                and lead.sales_qualified_date == taken_at
                and lead.write_date <= taken_at
                and all(record.create_date <= taken_at for record in others)
            )

        return self._filtered_access("write").filtered(is_as_taken)

    def _put_back(self, before):
        """Make this lead what it was ``before`` it was taken, to be taken again."""
        # all of it: Odoo empties the company of a lead without salesperson. What nobody
        # has, all salespeople may write, so this needs no sudo
        self.write(before["values"])
        if not before["followed"]:
            self.message_unsubscribe(self.env.user.partner_id.ids)
        qualified = before["qualified"]
        # sudo: nobody but scoring writes these
        self.sudo().write(
            {
                "handover": "offered",
                "sales_qualified_date": qualified and datetime.fromisoformat(qualified),
            }
        )

    def action_send_back(self):
        """Ask why, and send back what scoring handed over."""
        self._check_may_send_back()
        return self._ask_why(self.env._("Send Back"))

    def action_back_to_lead(self):
        """Ask why, and make leads of these opportunities again.

        :raise UserError: one is closed, or not the user's to write, or a lead already;
            only sales managers may send back what was converted by hand
        """
        self._check_may_send_back()
        return self._ask_why(
            self.env._("Back to Lead"), {"default_reason": "too_early"}
        )

    def _ask_why(self, name, context=()):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "lead.scoring.send.back",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_ids": self.ids, **dict(context)},
        }

    def _send_back(self, reason, note="", keep_user=False):
        """Make leads of these opportunities again, which scoring converts once more
        when their score has risen. They keep score, history and chatter.

        :param reason: a value of ``returned_reason``
        :param note: plain text for the chatter
        :param keep_user: they stay with their salespeople; else they are nobody's
        """
        self._check_may_send_back()
        label = dict(self._fields["returned_reason"]._description_selection(self.env))
        body = Markup("<p>%s</p><p>%s</p>") % (
            self.env._("Sent back by sales: %s", label[reason]),
            note or "",
        )
        self._message_log_batch(bodies=dict.fromkeys(self.ids, body))
        values = {
            "type": "lead",
            "date_conversion": False,
            "handover": "returned",
            "returned_reason": reason,
        }
        if not keep_user:
            values["user_id"] = False
        # sudo: nobody but scoring writes these
        for kept, leads in self.sudo().grouped(self._kept_after_return).items():
            leads.write({**values, **dict(kept)})

    @classmethod
    def _kept_after_return(cls, lead):
        """Return what to write on ``lead``, as pairs: its company, too, for Odoo would
        empty that of a lead without salesperson whose team is of no company.
        """
        until = cls._score_after_return(lead)
        return ("returned_until", until), ("company_id", lead.company_id.id)

    @staticmethod
    def _score_after_return(lead):
        """Return the score from which ``lead``, sent back now, is converted again."""
        row = lead.score_id
        return row.score + row.model_id.margin + 1

    def _check_offered(self, or_taken=False):
        """Refuse what the user may not change, or what is not to be taken any more.

        :param or_taken: allow what the user has taken
        """
        # a card may still show what a colleague has taken: Odoo's own refusal speaks of
        # rights and names nothing that one could do
        if not self.has_access("write"):
            raise AccessError(
                self.env._(
                    "You can't take this or send it back: a colleague may already "
                    "have taken it. Reload the page."
                )
            )
        # a form may show what it was before somebody closed it
        if closed := self - self._open_ones():
            text = self.env._("These are won, lost or archived:")
            raise UserError("\n".join([text, *closed.mapped("display_name")]))
        for lead in self:
            taken = lead.handover == "accepted" and lead.user_id == self.env.user
            if lead.type != "opportunity" or not (
                lead.handover == "offered" or (or_taken and taken)
            ):
                raise UserError(
                    self.env._(
                        "«%(lead)s» is no longer available: its salesperson is "
                        "%(user)s.",
                        lead=lead.name,
                        user=lead.user_id.name or self.env._("nobody"),
                    )
                )

    def _check_may_send_back(self):
        """Refuse, by name, what the user may not make a lead again: sales managers may
        do so with each open opportunity, others with what scoring handed over and is
        to be taken, or is taken and theirs.
        """
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            self._check_offered(or_taken=True)
            return
        self.check_access("read")
        opportunities = self.filtered(lambda lead: lead.type == "opportunity")
        closed = self - self._open_ones()
        writable = self._filtered_access("write")
        for refused, text in (
            (self - writable, self.env._("You may not change these:")),
            (closed, self.env._("These are won, lost or archived:")),
            (self - opportunities, self.env._("These are leads already:")),
        ):
            if refused:
                raise UserError("\n".join([text, *refused.mapped("display_name")]))

    def _open_ones(self):
        """Return those of these that are neither won, lost nor archived."""
        return self.filtered_domain(self.env["lead.scoring.engine"]._open_leads())

    @api.model
    def _returned_leads(self):
        """Return the Domain of what sales sent back and what has not risen since."""

        def below(model, alias, query):
            score = model._field_to_sql(alias, "score", query)
            until = model._field_to_sql(alias, "returned_until", query)
            return SQL("COALESCE(%s < %s, FALSE)", score, until)

        return Domain("handover", "=", "returned") & Domain.custom(to_sql=below)
