import math
import time

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL, ormcache

from ...tools.job_title import STAR_FROM, JobTitles, Word, normalize
from ...tools.retry import retry, rounds

RANKS = [
    ("owner", "Owner"),
    ("c_level", "C-Level"),
    ("director", "Director or Head"),
    ("manager", "Manager"),
    ("staff", "Staff"),
    ("student", "Student or Trainee"),
    ("other", "None of These"),
]
"""The highest first. The last one is what is known to be no position: «retired»."""
DEPARTMENTS = [
    ("sales", "Sales"),
    ("marketing", "Marketing"),
    ("purchasing", "Purchasing"),
    ("finance", "Finance"),
    ("hr", "Human Resources"),
    ("it", "IT"),
    ("product", "Engineering and Product"),
    ("operations", "Production and Logistics"),
    ("service", "Customer Service"),
    ("legal", "Legal"),
    ("office", "Administration"),
]
READ_FIELDS = frozenset(["active", "department", "name", "prevails", "rank"])
"""Fields that say how titles are read."""
LEADS_AT_ONCE = 5_000
"""Up to so many leads with a job title are brought up to date in the request that
changes words."""
LEADS_AT_A_TIME = 50_000
"""Leads whose titles a pass reads at a time."""


class LeadScoringTitleWord(models.Model):
    """A word or phrase of job titles, and what it says of rank and department.

    A full pass brings all leads up to date before it scores; a change of words makes
    the next pass a full one.
    """

    _name = "lead.scoring.title.word"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Word of Job Titles"
    _order = "key, id"

    name = fields.Char(
        string="Word or Phrase",
        required=True,
        help="As it is in job titles. Capitals don't matter; a word without accents "
        "also finds the same with accents. A star ends a word of which only the "
        "beginning counts: «market*» finds marketing and marketer.",
    )
    key = fields.Char(
        compute="_compute_key",
        store=True,
        help="Technical: how the word is compared with others.",
    )
    rank = fields.Selection(
        selection=RANKS,
        help="The rank of who has the word in the job title. Of several ranks in a "
        "title the highest counts; within a longer phrase of the list a word does not "
        "count.",
    )
    department = fields.Selection(
        selection=DEPARTMENTS,
        help="The department that the word tells. Of several in a title the first "
        "counts.",
    )
    prevails = fields.Boolean(
        string="Overrides Other Words",
        help="The rank of this word always counts, whatever the other words of the "
        "job title: an assistant to the director is not a director.",
    )
    lang_id = fields.Many2one(
        comodel_name="res.lang",
        string="Language",
        context={"active_test": False},
        help="To find and group words. They count in job titles of every language.",
    )
    active = fields.Boolean(default=True, help="An archived word does not count.")

    _key_unique = models.UniqueIndex(
        "(key)",
        "This word or phrase is in the list, perhaps archived. Change that one.",
    )
    _says_something = models.Constraint(
        "CHECK(rank IS NOT NULL OR department IS NOT NULL)",
        "Say which rank or which department the word tells.",
    )

    @api.depends("name")
    def _compute_key(self):
        for word in self:
            word.key = normalize(word.name or "")

    @api.constrains("name")
    def _check_name(self):
        for word in self:
            tokens = word.key.replace("/", " ").split()
            if not any(any(map(str.isalnum, token)) for token in tokens):
                raise ValidationError(
                    self.env._(
                        "«%s» has no letter: write a word of job titles.", word.name
                    )
                )
            for token in tokens:
                if "*" in token and ("*" in token[:-1] or len(token) <= STAR_FROM):
                    raise ValidationError(
                        self.env._(
                            "«%s»: write the star at the end of a word, after three "
                            "letters at least.",
                            word.name,
                        )
                    )

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._check_all_companies()
        words = super().create(vals_list)
        self._follow_change()
        return words

    def write(self, vals):
        self._check_all_companies()
        result = super().write(vals)
        if not READ_FIELDS.isdisjoint(vals):
            self._follow_change()
        return result

    def unlink(self):
        self._check_all_companies()
        result = super().unlink()
        self._follow_change()
        return result

    @api.model
    def _check_all_companies(self):
        """Refuse changes of what ranks the leads of all companies to those who may not
        act in each of them.

        :raise AccessError: to all others but administrators
        """
        if not self.env["lead.scoring.access.check"]._acts_in_all_companies():
            raise AccessError(
                self.env._(
                    "Words of job titles count for the leads of all companies. Only "
                    "administrators, and users who may act in all companies, can "
                    "change them."
                )
            )

    @api.model
    def _follow_change(self):
        """Bring leads up to date after words have changed: few at once, many by the
        next pass. It is asked for, and scores all leads again.
        """
        self.env.registry.clear_cache()
        if not self.env.registry.ready:
            # words of the add-on itself: its installation, or migration, reads titles
            return
        # sudo: whoever may change words changes what rules find, on all models
        scoring_models = self.env["lead.scoring.model"].sudo()
        scoring_models.search([("state", "=", "live")])._mark_changed()
        self.env["lead.scoring.pass"]._request_run()
        self.env["crm.lead"].flush_model(["function"])
        titled = SQL(
            "SELECT FROM crm_lead WHERE function IS NOT NULL LIMIT %s",
            LEADS_AT_ONCE + 1,
        )
        [[count]] = self.env.execute_query(SQL("SELECT count(*) FROM (%s) t", titled))
        if count <= LEADS_AT_ONCE:
            self._refresh_now()

    # ------------------------------------------------------------------
    # Reading titles
    # ------------------------------------------------------------------

    @api.model
    def _understand(self, title):
        """Return rank and department that a job title tells, None for what it does not
        tell or nobody has taught.
        """
        return self._cached_titles().understand(title)

    @api.model
    @ormcache()
    def _cached_titles(self):
        return self._titles()

    @api.model
    def _titles(self):
        """Return the :class:`JobTitles` of the words as they are now."""
        self.flush_model()
        query = "SELECT name, rank, department, prevails FROM lead_scoring_title_word"
        rows = self.env.execute_query(SQL(query + " WHERE active ORDER BY id"))
        words = [Word(name, *said, bool(prevails)) for name, *said, prevails in rows]
        return JobTitles(words, [rank for rank, _label in RANKS])

    # ------------------------------------------------------------------
    # Leads
    # ------------------------------------------------------------------

    @api.model
    def _refresh_now(self):
        """Bring rank and department of all leads up to date within this transaction."""
        if told := self._told():
            self.env.cr.execute(self._update(told))
        self._invalidate_leads()

    @api.model
    def _refresh_leads(self, checkpoint, deadline=math.inf):
        """Bring rank and department of all leads up to date, a commit for many of them
        each. One that is stopped in between is begun anew by the next full pass.

        :param checkpoint: called without arguments wherever the work may be committed;
            nothing else may be pending
        :param deadline: ``time.monotonic()`` after which no further update is begun
        :return: whether all is done; what is not, is left to the next run
        """
        told, last_id = self._told(), 0
        while told and (rows := self._next_leads(last_id)):
            for some in rounds([row for row in rows if row[1] in told]):
                if time.monotonic() > deadline:
                    return False
                lead_ids, titles = zip(*some, strict=True)
                where = SQL("crm_lead.id = ANY(%s)", list(lead_ids))
                update = self._update({t: told[t] for t in titles}, where)
                if not retry(self.env.cr, update, checkpoint):
                    return False
            last_id = rows[-1][0]
        self._invalidate_leads()
        return True

    @api.model
    def _told(self):
        """Return ``{title: (rank, department)}`` of the titles of leads that are not up
        to date. One scan finds the distinct titles, each of which is read once.
        """
        self.env["crm.lead"].flush_model(["function", "title_department", "title_rank"])
        # not the cached words: another worker may just have changed them
        titles = self._titles()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT function, title_rank, title_department
                     FROM crm_lead WHERE function IS NOT NULL"""
            )
        )
        told = {}
        for title, *before in rows:
            rank, department = titles.understand(title)
            if [rank, department] != before:
                told[title] = rank, department
        return told

    @api.model
    def _next_leads(self, last_id):
        """Return ``(id, title)`` of the leads with a title that come after one."""
        return self.env.execute_query(
            SQL(
                """SELECT id, function FROM crm_lead
                    WHERE id > %s AND function IS NOT NULL ORDER BY id LIMIT %s""",
                last_id,
                LEADS_AT_A_TIME,
            )
        )

    @api.model
    def _update(self, told, where=None):
        """Return the statement that sets what titles tell.

        :param told: see :meth:`_told`
        :param where: SQL condition on crm_lead; default: all
        """
        return SQL(
            """UPDATE crm_lead
                  SET title_rank = new.rank, title_department = new.department
                 FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[])
                      AS new (title, rank, department)
                WHERE crm_lead.function = new.title
                  AND (crm_lead.title_rank, crm_lead.title_department)
                      IS DISTINCT FROM (new.rank, new.department)
                  AND %s""",
            *map(list, zip(*((t, *words) for t, words in told.items()), strict=True)),
            where or SQL("TRUE"),
        )

    @api.model
    def _invalidate_leads(self):
        names = ["title_department", "title_rank"]
        self.env["crm.lead"].invalidate_model(names, flush=False)
        self.env["lead.scoring.title.unknown"].invalidate_model(flush=False)
