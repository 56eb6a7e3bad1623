"""A website form that sends an e-mail, made one that creates a lead: plain XML, without
Odoo.
"""

from lxml import etree

NAMES = {
    "name": "contact_name",
    "phone": "phone",
    "email_from": "email_from",
    "company": "partner_name",
    "subject": "name",
    "description": "description",
}
"""The field of a lead for each field of the contact form that Odoo ships."""
FIELD = "s_website_form_field"
CUSTOM = "s_website_form_custom"
MODEL_REQUIRED = "s_website_form_model_required"


def has_mail_form(arch):
    """Whether a page has a form that sends an e-mail and can make a lead instead."""
    return any(True for _form in _mail_forms(arch, etree.fromstring(arch)))


def make_lead_form(arch):
    """Return the XML of a page whose forms make leads, as the website editor does when
    «Create an Opportunity» is chosen as action. What a lead has no field for stays in
    the form, and is noted on the lead.
    """
    page = etree.fromstring(arch)
    for form in _mail_forms(arch, page):
        form.set("data-model_name", "crm.lead")
        for field in form.xpath(f".//*[contains(@class, '{FIELD}')]"):
            _change_field(field)
    return etree.tostring(page, encoding="unicode")


def _mail_forms(arch, page):
    """Yield the forms that send an e-mail and ask for a subject, a lead's name."""
    if "mail.mail" in arch:
        for form in page.iter("form"):
            if form.get("data-model_name") == "mail.mail":
                if form.xpath(".//input[@name='subject']"):
                    yield form


def _change_field(field):
    for node in field.xpath(".//*[@name]"):
        if node.get("name") == "email_to":
            # the lead's team is told instead
            field.getparent().remove(field)
            return
        if node.get("name") not in NAMES:
            continue
        name = NAMES[node.get("name")]
        node.set("name", name)
        classes = [c for c in field.get("class").split() if c != CUSTOM]
        if name == "email_from" and MODEL_REQUIRED in classes:
            classes.remove(MODEL_REQUIRED)
        field.set("class", " ".join(classes))
