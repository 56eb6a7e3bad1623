from pathlib import Path

from odoo.modules.module import load_script
from odoo.tests import TransactionCase, tagged

from odoo.addons import lead_scoring

SCRIPT = Path(lead_scoring.__file__).parent / "migrations/19.0.2.0.0/pre-migration.py"


@tagged("post_install", "-at_install")
class TestMigration(TransactionCase):
    """A database from before the cut: evidence was a part of the core."""

    def test_records_are_handed_over_and_the_new_add_ons_installed(self):
        script = load_script(str(SCRIPT), "lead_scoring_pre_migration")
        names = script.EVIDENCE_RECORDS
        self.env.cr.execute(
            """UPDATE ir_model_data SET module = 'lead_scoring'
                WHERE module = 'lead_scoring_evidence' AND name = ANY(%s)
            RETURNING id""",
            [names],
        )
        moved = [row for (row,) in self.env.cr.fetchall()]
        self.assertGreater(len(moved), len(names) / 2)
        self.env.cr.execute(
            "UPDATE ir_module_module SET state = 'uninstalled' WHERE name = ANY(%s)",
            [script.NEW_MODULES],
        )
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.cr.execute(
            "SELECT DISTINCT module FROM ir_model_data WHERE id = ANY(%s)", [moved]
        )
        self.assertEqual(self.env.cr.fetchall(), [("lead_scoring_evidence",)])
        self.env.cr.execute(
            "SELECT DISTINCT state FROM ir_module_module WHERE name = ANY(%s)",
            [script.NEW_MODULES],
        )
        self.assertEqual(self.env.cr.fetchall(), [("to install",)])
