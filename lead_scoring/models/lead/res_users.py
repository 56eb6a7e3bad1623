from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    notify_hot_leads = fields.Boolean(
        string="Notify Me about Hot Leads",
        default=True,
        help="Get a notification when one of your leads, or an unassigned lead of "
        "your team, becomes hot.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["notify_hot_leads"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["notify_hot_leads"]

    def _filter_present(self):
        """Return those who are neither out of office nor on leave right now: by the
        dates of the vacation responder, and by the time off of their working hours.
        """
        now = self.env.cr.now()
        # sudo: most users may not read when others are on leave
        leaves = self.env["resource.calendar.leaves"].sudo()
        on_leave = leaves.search(
            [
                ("resource_id.user_id", "in", self.ids),
                ("time_type", "=", "leave"),
                ("date_from", "<=", now),
                ("date_to", ">=", now),
            ]
        ).resource_id.user_id
        return self.filtered(lambda user: not user.is_out_of_office) - on_leave

    def _in_own_zone(self, records):
        """Return ``records`` in the time zone of this user, where that is known: what
        they plan for today is due today where the user lives.
        """
        return records.with_context(tz=self.tz) if self.tz else records
