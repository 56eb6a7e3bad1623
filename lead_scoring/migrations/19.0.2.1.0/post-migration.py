"""Number the versions of models in the order in which they were published.

Add the words by which job titles are read, and say rank and department of the leads
there are. The words are created at an installation only: an update leaves it to the
managers which of them they keep.

Note which leads were written of late: passes no longer look for their date.
"""

from odoo import SUPERUSER_ID, api
from odoo.tools.convert import convert_file

LANGUAGES = ("en", "uk", "vi")


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for lang in LANGUAGES:
        path = f"data/lead_scoring_title_word_{lang}_data.xml"
        convert_file(env, "lead_scoring", path, {}, mode="init", noupdate=True)
    env["lead.scoring.title.word"]._refresh_now()
    published = env["lead.scoring.model"].with_context(active_test=False)
    published = published.search([("published_at", "!=", False)])
    published.sorted(lambda m: (m.published_at, m.id))._number_versions()
    cr.execute(
        """INSERT INTO lead_scoring_change (res_id, date)
           SELECT id, write_date FROM crm_lead WHERE write_date >= %s""",
        [env["lead.scoring.change"]._earliest()],
    )
