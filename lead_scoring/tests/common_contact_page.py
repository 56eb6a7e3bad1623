import re

from lxml import html


class ContactPageMixin:
    """Visits the contact page that Odoo ships, as a browser does."""

    CONTACT_VALUES = {
        "contact_name": "Ann",
        "name": "Ann",
        "phone": "+32 470 12 34 56",
        "email_from": "ann@customer.example",
        "company": "Customer",
        "partner_name": "Customer",
        "subject": "Desks",
        "description": "How much are twenty desks?",
    }

    @classmethod
    def _mend_contact_form(cls, scoring_model):
        """Do what the button of Getting Started does."""
        scoring_model.action_mend("contact_form")

    def _submit_contact_page(self, **values):
        """Open /contactus and post what its form asks; return the answer as data."""
        text = self.url_open("/contactus").text
        page = html.fromstring(text)
        (form,) = page.xpath("//form[@id='contactus_form']")
        model = form.get("data-model_name")
        answers = {**self.CONTACT_VALUES, **values}
        if model == "crm.lead":
            answers["name"] = answers["subject"]
        data = {
            node.get("name"): answers.get(node.get("name"), node.get("value") or "")
            for node in form.xpath(".//*[@name]")
        }
        if token := re.search(r'csrf_token: "(\w+)"', text):
            data["csrf_token"] = token[1]
        response = self.url_open(
            form.get("action") + model,
            data=data,
            headers={"Referer": self.base_url() + "/contactus"},
        )
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        return response.json()
