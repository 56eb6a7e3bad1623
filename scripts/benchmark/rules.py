"""The fifty rules of the measurement, of the kinds that users write.

The classic way matched page views once, without decay or maximum: for it the same
domains are read through Odoo's own path from a lead to its page views.
"""

LEAD_RULES = {
    "Belgium": (8, "[('country_id', '=', 'Belgium')]"),
    "United States": (6, "[('country_id', '=', 'United States')]"),
    "Vietnam": (7, "[('country_id.code', '=', 'VN')]"),
    "Neighbours": (5, "[('country_id.code', 'in', ['DE', 'FR', 'NL', 'GB'])]"),
    "Country unknown": (-3, "[('country_id', '=', False)]"),
    "California": (4, "[('state_id.name', 'ilike', 'california')]"),
    "San Francisco": (9, "[('city', 'ilike', 'san francisco')]"),
    "New York": (6, "[('city', '=', 'New York')]"),
    "Large cities": (4, "[('city', 'in', ['London', 'Paris', 'Berlin', 'Mumbai'])]"),
    "Work address": (
        10,
        "['&', ('email_from', '!=', False), '!', '|', ('email_from', 'ilike', "
        "'@gmail.'), '|', ('email_from', 'ilike', '@yahoo.'), "
        "('email_from', 'ilike', '@hotmail.')]",
    ),
    "Free mail": (
        -8,
        "[('email_domain_criterion', 'in', ['@gmail.com', '@yahoo.com'])]",
    ),
    "Student": (-12, "[('email_from', '=ilike', '%.edu')]"),
    "Acme": (15, "[('email_from', 'ilike', '@acme.com')]"),
    "Wrong address": (-20, "[('email_state', '=', 'incorrect')]"),
    "Phone": (5, "[('phone', '!=', False)]"),
    "Wrong phone": (-4, "[('phone_state', '=', 'incorrect')]"),
    "Website": (3, "[('website', '!=', False)]"),
    "Company given": (4, "[('partner_name', '!=', False)]"),
    "Director": (12, "[('function', 'ilike', 'director')]"),
    "Manager": (9, "[('function', 'ilike', 'manager')]"),
    "Decides": (
        14,
        "[('function', 'in', ['CEO', 'CTO', 'Founder', 'President'])]",
    ),
    "Intern": (
        -6,
        "['|', ('function', '=', 'Intern'), ('function', '=', 'Assistant')]",
    ),
    "Has a contact": (5, "[('partner_id', '!=', False)]"),
    "Contact in Belgium": (3, "[('partner_id.country_id.code', '=', 'BE')]"),
    "Search engine": (4, "[('source_id', '=', 'Search engine')]"),
    "Newsletter": (6, "[('source_id.name', 'ilike', 'newsletter')]"),
    "Any source": (1, "[('source_id', '!=', False)]"),
    "Phone call": (5, "[('medium_id', '=', 'Phone')]"),
    "Banner": (-2, "[('medium_id.name', 'in', ['Banner', 'Television'])]"),
    "Spring campaign": (7, "[('campaign_id', '=', 'Bench Campaign 1')]"),
    "Campaigns": (2, "[('campaign_id.name', 'ilike', 'bench')]"),
    "Wants a quotation": (10, "[('name', 'ilike', 'quotation')]"),
    "Applies for a job": (-25, "[('name', 'ilike', 'job application')]"),
    "Large": (11, "[('expected_revenue', '>=', 50000)]"),
    "Middling": (
        6,
        "[('expected_revenue', '>=', 10000), ('expected_revenue', '<', 50000)]",
    ),
    "Important": (8, "[('priority', 'in', ['2', '3'])]"),
    "Fresh": (5, "[('create_date', '>=', '-30d')]"),
    "Stale": (-5, "[('create_date', '<', '-365d')]"),
    "Deadline soon": (6, "[('date_deadline', '<=', 'today +30d')]"),
    "Project": (7, "[('description', 'ilike', 'project')]"),
    "Tag": (9, "[('tag_ids', 'in', 'Bench Tag 1')]"),
    "Tags": (4, "[('tag_ids.name', 'ilike', 'tag 2')]"),
    "Qualified": (10, "[('stage_id', '=', 'Qualified')]"),
}

VIEW_SETTINGS = ("source", "value", "maximum", "half_life", "domain")
VIEW_RULES = {
    "Pricing": ("lead", 15, 0, 0, "[('score_pageview_ids.url', 'ilike', '/pricing')]"),
    "Contact": (
        "lead",
        10,
        0,
        0,
        "[('score_pageview_ids.url', 'like', '%/contactus%')]",
    ),
    "Jobs": ("lead", -10, 0, 0, "[('score_pageview_ids.url', 'ilike', '/jobs')]"),
    "Trial or demo": (
        "lead",
        12,
        0,
        0,
        "['|', ('score_pageview_ids.url', 'ilike', '/trial'), "
        "('score_pageview_ids.url', 'ilike', '/demo')]",
    ),
    "Shop": ("page_view", 2, 20, 30, "[('url', 'ilike', '/shop')]"),
    "Blog": ("page_view", 1, 10, 14, "[('url', 'ilike', '/blog')]"),
    "From a campaign": ("page_view", 3, 15, 0, "[('url', 'ilike', 'utm_campaign=')]"),
}


def values():
    """The values of the fifty rules."""
    for name, (value, domain) in LEAD_RULES.items():
        yield {"name": name, "value": value, "domain": domain}
    for name, settings in VIEW_RULES.items():
        values = dict(zip(VIEW_SETTINGS, settings, strict=True))
        yield {"name": name, "dimension": "interest", **values}


def classic_domain(rule):
    """The text of a domain on leads that matches once what the rule reads."""
    path = "visitor_ids.website_track_ids.url"
    old = "score_pageview_ids.url" if rule.source == "lead" else "url"
    return rule.domain.replace(f"('{old}'", f"('{path}'")
