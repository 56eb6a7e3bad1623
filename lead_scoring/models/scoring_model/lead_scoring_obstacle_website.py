from odoo import api, models
from odoo.fields import Domain

from ...tools.contact_form import has_mail_form, make_lead_form


class LeadScoringObstacle(models.AbstractModel):
    """What keeps the website from telling what visitors do."""

    _inherit = "lead.scoring.obstacle"

    @api.model
    def _may_edit(self):
        """Whether the user may edit pages of the website."""
        return self.env.user.has_group("website.group_website_designer")

    # ------------------------------------------------------------------
    # Forms that send an e-mail
    # ------------------------------------------------------------------

    @api.model
    def _form_pages(self, scoring_model, wanted):
        """Yield ``(website, page)`` of the published pages, as visitors of the website
        see them, whose view is ``wanted``.
        """
        companies = scoring_model.company_id or self.env.companies
        # sudo: a scoring manager need not be an editor of the website
        websites = self.env["website"].sudo()
        for site in websites.search([("company_id", "in", companies.ids)]):
            pages = self.env["website.page"].sudo().with_context(website_id=site.id)
            forms = Domain("view_id.arch_db", "like", "s_website_form")
            addresses = pages.search(site.website_domain() & forms).mapped("url")
            pages = pages.search(site.website_domain() & Domain("url", "in", addresses))
            for page in pages._get_most_specific_pages():
                view = page.view_id.with_context(lang=None)
                if page.is_published and wanted(view):
                    yield site, page

    @api.model
    def _find_contact_form(self, scoring_model):
        found = []
        for site, page in self._form_pages(scoring_model, self._sends_mail):
            obstacle = {
                "record": f"{site.id}-{page.id}",
                "text": self.env._(
                    "The form on %(page)s only sends an e-mail. It creates no leads "
                    "from what visitors of %(site)s write there.",
                    page=page.url,
                    site=site.name,
                ),
                "advice": self.env._("Ask somebody who may edit the website."),
            }
            if self._may_edit():
                obstacle["advice"] = self.env._(
                    "This changes the page as the website editor does. You can "
                    "change it back there."
                )
                obstacle["button"] = self.env._("Create Leads from This Form")
            found.append(obstacle)
        return found

    @api.model
    def _mend_contact_form(self, scoring_model, record=None):
        """Have forms make leads: that of one page of a website, by default all."""
        for site, page in self._form_pages(scoring_model, self._sends_mail):
            # websites share a page until one of them changes it
            if record in (None, f"{site.id}-{page.id}"):
                view = page.view_id.with_env(self.env)
                # of this website only, and in the language that others are made from
                view = view.with_context(website_id=site.id, lang=None)
                view.write({"arch": make_lead_form(view.arch_db)})

    @api.model
    def _find_contact_form_undo(self, scoring_model):
        if not self._may_edit():
            return []
        return [
            {
                "kind": "done",
                "record": f"{site.id}-{page.id}",
                "text": self.env._(
                    "The form on %(page)s of %(site)s makes leads.",
                    page=page.url,
                    site=site.name,
                ),
                "advice": "",
                "button": self.env._("Undo"),
            }
            for site, page in self._form_pages(scoring_model, self._was_changed)
        ]

    @api.model
    def _mend_contact_form_undo(self, scoring_model, record):
        for site, page in self._form_pages(scoring_model, self._was_changed):
            if record == f"{site.id}-{page.id}":
                page.view_id.with_env(self.env).reset_arch("soft")

    @api.model
    def _sends_mail(self, view):
        return has_mail_form(view.arch_db)

    @api.model
    def _was_changed(self, view):
        """Whether a form of the page sent an e-mail before the last change of it, and
        nothing else was changed since.
        """
        before = view.arch_prev
        return (
            bool(before)
            and has_mail_form(before)
            and make_lead_form(before) == make_lead_form(view.arch_db)
            and not has_mail_form(view.arch_db)
        )

    # ------------------------------------------------------------------
    # Pages whose views are not recorded
    # ------------------------------------------------------------------

    @api.model
    def _page_rules(self, scoring_model):
        """Yield the rules on page views that can't match, with the sentence that says
        why, and the pages that would help.
        """
        check = self.env["lead.scoring.page.check"]
        rules = scoring_model.rule_ids
        for rule in rules.filtered(lambda r: r.value > 0 and r.source == "page_view"):
            note, pages = check._find(rule)
            if note:
                yield rule, note, pages

    @api.model
    def _find_pages(self, scoring_model):
        found = []
        for rule, note, pages in self._page_rules(scoring_model):
            if pages:
                obstacle = {
                    "record": rule.id,
                    "text": self.env._(
                        "«%(rule)s»: %(note)s", rule=rule.name, note=note
                    ),
                    "advice": self.env._("Ask somebody who may edit the website."),
                }
                if self._may_edit():
                    obstacle["advice"] = ""
                    obstacle["button"] = self.env._("Track Them")
                found.append(obstacle)
        return found

    @api.model
    def _mend_pages(self, scoring_model, record):
        self.env["lead.scoring.rule"].browse(record).action_track_pages()

    @api.model
    def _find_no_page(self, scoring_model):
        return [
            {
                "kind": "advice",
                "record": rule.id,
                "text": self.env._("«%(rule)s»: %(note)s", rule=rule.name, note=note),
                "advice": self.env._(
                    "Enter a part of the address of your own page in the rule, or give "
                    "a page one of the addresses that stand there. Then switch Track "
                    "on for that page, in Website ‣ Site ‣ Pages."
                ),
                "button": self.env._("Open the Rule"),
            }
            for rule, note, pages in self._page_rules(scoring_model)
            if not pages
        ]

    @api.model
    def _mend_no_page(self, scoring_model, record):
        return self.env["lead.scoring.rule"].browse(record).get_formview_action()
