from odoo import api, fields, models
from odoo.exceptions import UserError


class LeadScoringModel(models.Model):
    """The life of a model: a draft is published, and retires the model it replaces;
    reverting publishes that one again.
    """

    _inherit = "lead.scoring.model"

    published_at = fields.Datetime(
        string="Published On",
        readonly=True,
        copy=False,
        help="Since when the model scores leads, or when it last began to.",
    )
    retired_at = fields.Datetime(
        string="Retired On",
        readonly=True,
        copy=False,
        help="When another model took its place.",
    )
    silent = fields.Boolean(
        readonly=True,
        copy=False,
        help="Leads that get another model because this one was published or retired "
        "fire no automations. Scoring takes the mark away once all leads have theirs.",
    )
    origin_state = fields.Selection(
        string="Replaced Model's State",
        related="origin_id.state",
        help="Whether the model that this one replaces is live.",
    )

    @api.depends("name", "state")
    def _compute_display_name(self):
        """Versions of a model share its name: those that are not live say so."""
        states = dict(self._fields["state"]._description_selection(self.env))
        for model in self:
            model.display_name = model.name
            if model.state != "live":
                model.display_name = f"{model.name or ''} ({states[model.state]})"

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        models = super().create([{**self._stamps(vals), **vals} for vals in vals_list])
        models._number_versions()
        return models

    @api.model
    def _stamps(self, vals):
        """Return the dates that go with a new state in ``vals``."""
        now = self.env.cr.now()
        return {
            "live": {
                "published_at": now,
                "published_by_id": self.env.uid,
                "retired_at": False,
            },
            "retired": {"retired_at": now},
        }.get(vals.get("state"), {})

    def copy_data(self, default=None):
        """Copy paused rules, too. The copy of a live model is a draft that is to
        replace it.
        """
        vals_list = super(
            LeadScoringModel, self.with_context(active_test=False)
        ).copy_data(default)
        for model, vals in zip(self, vals_list, strict=True):
            vals.setdefault("origin_id", model._get_live_relative().id)
        return vals_list

    # ------------------------------------------------------------------
    # Publishing
    # ------------------------------------------------------------------

    def _publish(self, fire=False):
        """Make the model live, in the place of the one that it replaces, which retires.
        The next pass, asked for at once, scores all leads accordingly.

        :param fire: whether automations, tracking and notifications fire for leads
            whose temperature or segment changes because of it
        :raise UserError: it is live or broken, what it replaces is no longer live, or
            somebody else changes models at this moment
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "live":
            raise UserError(self.env._("«%s» is live already.", self.name))
        self.env["lead.scoring.simulator"]._check_sound(self)
        # sudo: models of other companies keep their place in the order
        live = self.sudo().search([("state", "=", "live")])
        everything = live | self.sudo()
        # rows of scores refer to models: a pass may go on adding some
        if everything.try_lock_for_update(allow_referencing=True) != everything:
            raise UserError(
                self.env._(
                    "Somebody else is publishing or changing a scoring model at this "
                    "moment. Try again when that is done."
                )
            )
        replaced = self._get_replaced()
        order = self._in_place(live)
        replaced.check_access("write")
        replaced._check_all_companies()
        # sudo: only publishing sets the state; the user may write both
        replaced.sudo().write({"state": "retired", "silent": not fire})
        place = {"active": True, "sequence": (replaced or self).sequence}
        self.sudo().write({**place, "silent": not fire, "state": "live"})
        self._check_all_companies()
        order._keep_order()
        self._ask_for_pass()

    def _ask_for_pass(self):
        """Have all leads scored soon; tell the user where nothing will do so."""
        # sudo: a scoring manager has no right on scheduled actions
        cron = self.env["ir.cron"].sudo()
        cron = cron.browse(self.env["lead.scoring.pass"]._cron_id()).exists()
        if cron.active:
            cron._trigger()
            return
        self.env.user._bus_send(
            "simple_notification",
            {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "The scheduled action that scores leads was deleted or is off, so "
                    "no lead gets its new score yet. Ask your administrator to switch "
                    "it on, or to upgrade Lead Scoring."
                ),
            },
        )

    def _get_replaced(self):
        """Return the live model that publishing this one retires, if any.

        :raise UserError: a draft's is no longer live
        """
        self.ensure_one()
        replaced = self._get_live_relative()
        if self.state == "draft" and self.origin_id and not replaced:
            raise UserError(
                self.env._(
                    "«%(origin)s», which «%(draft)s» was to replace, is no longer "
                    "live: somebody has published another version. Choose what this "
                    "draft replaces, and simulate it again.",
                    origin=self.origin_id.name,
                    draft=self.name,
                )
            )
        return replaced

    def _get_live_relative(self):
        """Return the live version of this model, if any: for a draft the one that it
        was made to replace.
        """
        if self.state == "live":
            return self
        if self.state == "draft":
            return self.origin_id.filtered(lambda model: model.state == "live")
        lineage = self._get_lineage()
        live = self.search([("state", "=", "live")])
        return live.filtered(lambda model: model._get_lineage() & lineage)[:1]

    def _get_lineage(self):
        """Return this model, the one that it replaced, and so on."""
        lineage = self.browse()
        model = self
        while model and model not in lineage:
            lineage += model
            model = model.origin_id
        return lineage

    def _in_place(self, live, company=None):
        """Return the live models in order as they would be with this one published.

        :param live: the models that are live, or those of them that count
        :param company: leave it out if it is not for this company's leads; a
            res.company record
        """
        # sudo: as in _publish
        replaced = self._get_replaced().sudo()
        live -= replaced
        if company is None or self.company_id in (company, company.browse()):
            live |= self.sudo()

        def place(model):
            holder = replaced if replaced and model == self else model
            return holder.sequence, holder.id

        return live.sorted(place)

    def _keep_order(self):
        """Number these models anew, unless their order is this one already: with equal
        sequences a newer model would come after others that it came before.
        """
        if self.sorted(lambda model: (model.sequence, model.id)) != self:
            for number, model in enumerate(self, start=1):
                model.sequence = number

    @api.model
    def _get_silent(self):
        """Return the models that leads get or lose without automations now."""
        # sudo: whoever saves a lead has it scored
        models = self.sudo().with_context(active_test=False)
        return models.search([("silent", "=", True)])

    @api.model
    def _end_silence(self, before):
        """Take the mark from the models that were published or retired ``before``."""
        silent = self._get_silent()
        # one that was changed later is still to be applied by a pass
        done = silent.filtered(lambda model: model.changed_at < before)
        done.silent = False

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_new_version(self):
        """Open a new draft that is to replace this model."""
        self.ensure_one()
        self.check_access("read")
        return self.copy()._get_records_action()

    def action_simulate(self):
        """Show what publishing this model would change."""
        self.ensure_one()
        self.check_access("read")
        return self.env["lead.scoring.simulation"]._open(self)

    def action_publish(self):
        """Ask how to publish this model."""
        self.ensure_one()
        self.check_access("write")
        return self._open_publishing(self, self.env._("Publish"))

    def action_revert(self):
        """Ask how to bring the model back that this one replaced."""
        self.ensure_one()
        self.check_access("write")
        action = self._open_publishing(self.origin_id, self.env._("Revert"))
        action["context"]["default_is_revert"] = True
        return action

    def _open_publishing(self, scoring_model, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "lead.scoring.publish",
            "view_mode": "form",
            "target": "new",
            "context": {"default_model_id": scoring_model.id},
        }
