"""Add the columns of rank and department before the ORM does, which would compute them
lead by lead: the words, by which titles are read, are not there yet.
"""


def migrate(cr, version):
    cr.execute(
        """ALTER TABLE crm_lead
             ADD COLUMN IF NOT EXISTS title_rank varchar,
             ADD COLUMN IF NOT EXISTS title_department varchar"""
    )
