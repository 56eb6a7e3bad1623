import contextlib
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.scoring import lead_scoring_pass_mixin
from .common_access import OUR_ADDONS
from .common_records import RecordsCommon


@tagged("post_install", "-at_install")
class TestRecordsGone(RecordsCommon):
    """Whatever is archived, merged or deleted: leads are scored, routed and explained,
    screens open, and nothing is left that points to what is gone.
    """

    def setUp(self):
        super().setUp()
        self.plan = self.env["crm.team"]._route()

    def _walk(self, rows, refused=()):
        """Do each of ``rows``, ``{name: callable}``, and check what follows; what one
        did is undone before the next.

        :param refused: names of those that may be refused, with a sentence
        """
        for name, act in rows.items():
            with self.subTest(name), contextlib.closing(self.env.cr.savepoint()):
                if self._is_refused(act):
                    self.assertIn(name, refused)
                    continue
                with self.assertNoLogs(level="ERROR"):
                    self._run_everything()
                    self._assert_sound()
                    self._read_everything()
            self.env.registry.clear_all_caches()

    def _is_refused(self, act):
        """Do it, and return whether Odoo refuses, with a sentence."""
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                act()
        except (UserError, IntegrityError):
            self.env.invalidate_all()
            return True
        return False

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _ours(self):
        """Return our models that hold rows, as superuser."""
        return [
            model.sudo().with_context(active_test=False)
            for model in self.env.values()
            if model._original_module.startswith(OUR_ADDONS)
            and not model._abstract
            and not model._transient
        ]

    def _run_everything(self):
        """Apply what was planned before, and run all our scheduled actions."""
        self._score()
        self.env["crm.team"]._apply_assignments(self.plan, lambda: None)
        self._let_time_pass()
        names = self.env["ir.model.data"].search(
            [("model", "=", "ir.cron"), ("module", "=like", f"{OUR_ADDONS}%")]
        )
        crons = self.env["ir.cron"].browse(names.mapped("res_id")).exists()
        with (
            patch.object(type(crons), "_commit_progress", self._flush),
            patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 4),
        ):
            for action in crons.ir_actions_server_id:
                # the one for all leads does the same, and more
                if not action.code.endswith("_cron_score_and_convert()"):
                    action.run()
        self._run_pass(full=False)
        if "lead.scoring.quality" in self.env:
            for model in self.scoped.exists().with_user(self.sales_manager):
                model.action_quality()

    def _flush(self, *args, **kwargs):
        """Do this instead of a commit."""
        self._score()

    def _assert_sound(self):
        self._assert_no_orphans()
        leads = self.env["crm.lead"].with_context(active_test=False).search([])
        rows = self.env["lead.scoring.score"].search([])
        self.assertEqual(sorted(rows.lead_id.ids), sorted(leads.ids))
        self.assertEqual(leads.score_id, rows)
        for lead in leads:
            self.assertScores({lead: lead.score})
            self.assertEqual(lead.fit_score + lead.interest_score, lead.score)
            self.assertTrue(lead.score_explanation_text)
            refused = lead.do_not_score_reason or lead.partner_id.do_not_score
            self.assertEqual(lead.do_not_score, bool(refused))

    def _assert_no_orphans(self):
        """Check each reference of our models, and those to our models and leads."""
        self.env.flush_all()
        ours = self._ours()
        for model in ours:
            for field in model._fields.values():
                if field.type == "many2one" and field.store and field.column_type:
                    self._assert_exist(model, field.name, field.comodel_name)
        for model in self.env.values():
            # Odoo itself goes on counting mails to whom is deleted
            if model._abstract or not model._auto or model._name == "mailing.trace":
                continue
            for field in model._fields.values():
                if field.type != "many2one_reference" or not field.store:
                    continue
                kind = model._fields[field.model_field]
                for target in [self.env["crm.lead"], *ours] if kind.store else ():
                    where = SQL("%s = %s", SQL.identifier(kind.name), target._name)
                    self._assert_exist(model, field.name, target._name, where)

    def _assert_exist(self, model, name, target, where=None):
        """Check that the records exist that a field refers to.

        :param target: the name of their model
        :param where: SQL condition on the rows of ``model``
        """
        if not self.env[target]._auto:
            return
        query = SQL(
            """SELECT source.id FROM %(source)s AS source
                WHERE %(where)s AND source.%(name)s <> 0 AND NOT EXISTS (
                    SELECT FROM %(target)s target WHERE target.id = source.%(name)s)""",
            source=model._table_sql,
            where=where or SQL("TRUE"),
            name=SQL.identifier(name),
            target=self.env[target]._table_sql,
        )
        self.assertEqual(self.env.execute_query(query), [], f"{model}.{name}: {target}")

    def _read_everything(self):
        """Read what our screens show, as those who may open them."""
        self.env.invalidate_all()
        extended = [self.env["crm.lead"], self.env["crm.team"]]
        for user in (self.sales_manager + self.seller).exists():
            for model in self._ours():
                mine = model.with_user(user)
                if mine.has_access("read"):
                    mine.search([], limit=3).read()
            for model in extended:
                mine = model.with_user(user)
                added = [
                    name
                    for name in mine.fields_get(attributes=())
                    if "".join(mine._fields[name]._modules[:1]).startswith(OUR_ADDONS)
                ]
                mine.search([]).read(added)

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    def _merge_contacts(self, *contacts):
        merged = self.env["res.partner"].concat(*contacts)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge(merged.ids, contacts[0])

    def test_leads(self):
        leads = self.leads.with_user(self.sales_manager)
        lead, own, other, deal, won, lost = leads
        self._walk(
            {
                "lead archived": lead.action_archive,
                "lead of a salesperson archived": own.action_archive,
                "deal archived": deal.action_archive,
                "won deal archived": won.action_archive,
                "lost deal restored": lost.action_unarchive,
                "lead deleted": lead.unlink,
                "all leads deleted": leads.unlink,
                "leads merged": (lead + other).merge_opportunity,
                "lead merged into a deal": (lead + deal).merge_opportunity,
                "open and closed leads merged": (own + won + lost).merge_opportunity,
            }
        )

    def test_contacts(self):
        self.double.do_not_score_reason = "objection"
        self._score()
        self._walk(
            {
                "contact archived": self.ann.action_archive,
                "contact erased": self.ann.unlink,
                "company of a contact archived": self.acme.action_archive,
                "company of a contact erased": self.acme.unlink,
                "contacts merged": lambda: self._merge_contacts(self.ann, self.double),
                "contacts merged the other way": lambda: self._merge_contacts(
                    self.double, self.ann
                ),
            },
        )

    def test_people(self):
        self._walk(
            {
                "salesperson archived": self.seller.action_archive,
                "salesperson deleted": self.seller.unlink,
                "team leader archived": self.leader.action_archive,
                "team leader deleted": self.leader.unlink,
                "team archived": self.gone_team.action_archive,
                "team deleted": self.gone_team.unlink,
                "member archived": self.seat.action_archive,
                "member deleted": self.seat.unlink,
                "company archived": self.company_b.action_archive,
                "company deleted": self.company_b.unlink,
                "manager archived": self.scoring_manager.action_archive,
            },
            refused=("company deleted", "company archived"),
        )

    def test_what_leads_refer_to(self):
        rows = {}
        names = ("tag", "campaign", "source", "medium", "stage", "reason", "industry")
        for name in (*names, "lang"):
            record = getattr(self, name)
            rows[f"{name} deleted"] = record.unlink
            if "active" in record._fields:
                rows[f"{name} archived"] = record.action_archive
        in_use = ("stage deleted", "reason deleted", "source deleted")
        self._walk(rows, refused=(*in_use, "medium deleted", "lang deleted"))

    def test_signals(self):
        rows = {
            "visitor deleted": self.visitor.unlink,
            "page deleted": self.page.unlink,
            "page no longer tracked": lambda: self.page.write({"track": False}),
            "page views deleted": self.visitor.website_track_ids.unlink,
        }
        if "mailing.list" in self.env:
            rows |= {
                "mailing list archived": self.mailing_list.action_archive,
                "mailing list deleted": self.mailing_list.unlink,
                "mailing archived": self.mailing.action_archive,
                "mailing deleted": self.mailing.unlink,
            }
        self._walk(rows, refused=("mailing list deleted", "mailing list archived"))

    def test_our_own_records(self):
        rows = {
            "scoring model archived": self.scoped.action_archive,
            "scoring model deleted": self.scoped.unlink,
            "draft deleted": self.model_b.unlink,
        }
        for model in self._ours():
            records = model.search([])
            if not model._auto or not records or model._name in ("lead.scoring.model",):
                continue
            rows[f"{model._description}: all deleted"] = records.unlink
            if "active" in model._fields:
                rows[f"{model._description}: all archived"] = records.action_archive
        self._walk(rows, refused=("scoring model deleted",))
