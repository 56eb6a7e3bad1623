from urllib.parse import urlsplit

from odoo import api, models
from odoo.fields import Domain

from ...tools.faults import is_by_users


class LeadScoringPageCheck(models.AbstractModel):
    """Finds the rules on page views that silently never match: Odoo records views only
    of pages whose Track box is ticked.
    """

    _name = "lead.scoring.page.check"
    _description = "Lead Scoring Page Check"

    @api.model
    def _url_conditions(self, rule):
        """Return the Domain on ``url`` for each page that a rule asks for, not for what
        it rules out.
        """
        engine = self.env["lead.scoring.engine"]
        try:
            domain = engine._parse(rule.source_model, rule.domain)
        except Exception as error:
            # a field may be gone: then the rule itself is marked
            if not is_by_users(error):
                raise
            return []
        if rule.source == "page_view":
            domains = [domain]
        elif rule.source == "lead":
            domains = [
                Domain(condition.value)
                for condition in domain.iter_conditions()
                if condition.field_expr == "score_pageview_ids"
                and condition.operator == "any"
            ]
        else:
            return []
        return [
            Domain("url", condition.operator, condition.value)
            for domain in domains
            for condition in domain.iter_conditions()
            if condition.field_expr == "url"
            and condition.operator in ("ilike", "like", "=ilike", "=like", "in")
        ]

    @api.model
    def _find(self, rule):
        """Return whether a page-view rule can match, and what would help.

        :return: ``(note, pages)``: a sentence or False, and the pages of the website
            that fit but are not tracked
        """
        # sudo: authors of rules may not read pages and views
        pages = self.env["website.page"].sudo()
        conditions = self._url_conditions(rule)
        if not conditions:
            return False, pages
        fitting = pages.search(Domain.OR(map(self._on_pages, conditions)))
        if fitting.filtered("track"):
            return False, pages
        if fitting:
            urls = ", ".join(fitting.mapped("url"))
            return self.env._("Odoo does not track these pages: %s", urls), fitting
        views = self.env["website.track"].sudo()
        if views.search(Domain.OR(conditions), limit=1):
            return False, pages
        return self.env._("No page of the website and no recorded view fits."), pages

    @api.model
    def _on_pages(self, condition):
        """Return the condition on a recorded address for the website's pages, whose
        addresses have neither host nor parameters.
        """
        values = condition.value
        if isinstance(values, str):
            path = urlsplit(values.replace("%", "")).path
            operator = condition.operator
            if operator.startswith("="):
                operator = operator[1:]
            return Domain("url", operator, path or values)
        return Domain("url", "in", [urlsplit(value or "").path for value in values])
