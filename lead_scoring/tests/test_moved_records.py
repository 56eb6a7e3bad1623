from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestMovedRecords(LeadScoringCommon):
    """Nobody moves a record to where they may not write: record rules are asked before
    a write only, and what is written may decide them.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.manager = cls._user(
            "moves",
            "lead_scoring.group_scoring_manager",
            company_ids=cls.env.company.ids,
        )
        mine = {"name": "Mine", "company_id": cls.env.company.id, "state": "live"}
        theirs = {"name": "Theirs", "company_id": cls.elsewhere.id, "state": "live"}
        cls.mine, cls.theirs = cls.env["lead.scoring.model"].create([mine, theirs])
        cls.rule = cls._rule(5, "[]", model_id=cls.mine.id)

    def _moves(self):
        """Yield a record and the values that would move it."""
        rules = [Command.update(self.rule.id, {"model_id": self.theirs.id})]
        yield self.rule, {"model_id": self.theirs.id}
        yield self.mine, {"rule_ids": rules}
        yield self.mine, {"company_id": self.elsewhere.id}
        yield self.mine, {"company_id": self.elsewhere.id, "sequence": -99}
        for name in ("lead.scoring.discovery", "lead.scoring.prediction"):
            if name in self.env:
                job = self.env[name].create({"model_id": self.mine.id})
                yield job, {"model_id": self.theirs.id}

    def test_records_stay_where_their_writer_may_write(self):
        for record, vals in self._moves():
            with self.subTest(record=record, vals=vals):
                with self.assertRaises(AccessError):
                    record.with_user(self.manager).write(vals)
        self.assertEqual(self.rule.model_id, self.mine)
        self.assertFalse(self.theirs.rule_ids)

    def test_every_field_that_decides_a_record_rule_is_tried(self):
        """A new record rule, or a field that users may write now, needs a move above,
        and a check after the write.
        """
        tried = {(r._name, name) for r, vals in self._moves() for name in vals}
        found = set()
        for name in self.env.registry:
            records = self.env[name].with_user(self.manager)
            if not name.startswith("lead.scoring.") or records._abstract:
                continue
            if not records.has_access("write"):
                continue
            # what only code sets, users can't move
            set_by_code = getattr(records, "_is_code_only", lambda name: False)
            domain = self.env["ir.rule"].with_user(self.manager)
            domain = Domain(domain._compute_domain(name, "write"))
            for condition in domain.iter_conditions():
                field = records._fields[condition.field_expr.partition(".")[0]]
                if field.related:
                    field = records._fields[field.related.partition(".")[0]]
                if field.relational and not set_by_code(field.name):
                    found.add((name, field.name))
        # who made a record can't be written
        found = {(name, field) for name, field in found if field != "create_uid"}
        self.assertGreater(len(found), 1)
        self.assertLessEqual(found, tried)

    def test_records_move_to_where_their_writer_may_write(self):
        draft = self.mine.with_user(self.manager).copy()
        rule = self.rule.with_user(self.manager)
        rule.model_id = draft
        draft.company_id = False
        self.assertEqual(rule.model_id, draft)
