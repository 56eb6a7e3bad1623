from pathlib import Path

from odoo.modules.module import load_script
from odoo.tests import TransactionCase, tagged

from odoo.addons import lead_scoring

SCRIPT = Path(lead_scoring.__file__).parent / "migrations/19.0.2.0.0/pre-migration.py"


@tagged("post_install", "-at_install")
class TestMigration(TransactionCase):
    """A database from before the cut: evidence was a part of the core."""

    def test_what_moved_is_handed_over_and_loaded_in_the_same_run(self):
        script = load_script(str(SCRIPT), "lead_scoring_pre_migration")
        cr = self.env.cr
        cr.execute(
            """UPDATE ir_model_data SET module = 'lead_scoring'
                WHERE module = 'lead_scoring_evidence'
                  AND name NOT IN (SELECT name FROM ir_model_data
                                    WHERE module = 'lead_scoring')
            RETURNING id"""
        )
        moved = [row for (row,) in cr.fetchall()]
        cr.execute(
            "UPDATE ir_module_module SET state = 'uninstalled' WHERE name = ANY(%s)",
            [script.NEW_MODULES],
        )
        cr.execute("ALTER TABLE lead_scoring_rule RENAME match_total TO match_count")
        script.migrate(cr, "19.0.1.0.0")
        cr.execute(
            """SELECT name FROM ir_model_data
                WHERE module = 'lead_scoring' AND id = ANY(%s)""",
            [moved],
        )
        # what came later was in no database of before
        later = {"field_lead_scoring_rule__feedback_ids", "page_style", "seller_page"}
        self.assertFalse({name for (name,) in cr.fetchall()} - later)
        cr.execute(
            "SELECT DISTINCT state FROM ir_module_module WHERE name = ANY(%s)",
            [script.NEW_MODULES],
        )
        self.assertEqual(cr.fetchall(), [("to upgrade",)])
