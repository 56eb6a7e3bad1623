"""Who the leads of the demo are and what they do; no database here."""

FIRST_NAMES = (
    "Anna Ben Clara David Elena Felix Grace Hugo Ines Jonas Karen Leo Mila Noah Olga "
    "Paul Quinn Rosa Simon Tessa Umar Vera Wim Xenia Yusuf Zoe Arjun Bao Chloe"
).split()
LAST_NAMES = (
    "Adams Bauer Costa Dubois Evans Fischer Garcia Hansen Ivanov Jansen Keller Lambert "
    "Moreau Nowak Olsen Peeters Quist Rossi Silva Thomas Ueda Vermeer Wagner Xu Young "
    "Zeman Abbott Brandt Claes Doyle Ekman"
).split()
COMPANIES = (
    "Alder Beacon Cedar Delta Elm Falcon Granite Harbor Indigo Juniper Keystone Linden "
    "Maple Northwind Oak Pioneer Quarry Ridge Summit Tidal Union Valley Willow Yarrow "
    "Zenith Amber Birch Coral Dune"
).split()
KINDS = ("", " Group", " & Sons")
TRADES = {
    "Logistics": "base.res_partner_industry_H",
    "Foods": "base.res_partner_industry_C",
    "Clinics": "base.res_partner_industry_Q",
    "Hotels": "base.res_partner_industry_I",
    "Software": "base.res_partner_industry_J",
    "Books": "base.res_partner_industry_G",
    "Schools": "base.res_partner_industry_P",
    "Builders": "base.res_partner_industry_F",
}
PLACES = (
    ("base.us", "San Francisco"),
    ("base.us", "New York"),
    ("base.us", "Seattle"),
    ("base.be", "Ghent"),
    ("base.de", "Cologne"),
    ("base.nl", "Utrecht"),
    ("base.fr", "Lyon"),
    ("base.uk", "Leeds"),
)
DECIDERS = ("Director", "Owner", "Head of Facilities", "Founder", "CEO")
OTHERS = ("Office Manager", "Buyer", "Assistant", "Student", "Bursar", False)
NEEDS = ("Desks", "Shelves", "Lamps", "Chairs", "Cabinets", "Screens", "Benches")
PLACES_TO_FURNISH = ("an office", "a school", "a clinic", "a hotel", "a library")
SOURCES = (
    "utm.utm_source_search_engine",
    "utm.utm_source_newsletter",
    "utm.utm_source_linkedin",
)
RECOMMENDED = "utm.utm_source_referral"
CAMPAIGN = "utm.utm_campaign_email_campaign_services"

SIGNALS = (
    # kind, what, share of those without interest and of the most interested who do so,
    # hours before the decision; a lead is created two days before it
    ("page", "/", 0.6, 0.9, 61),
    ("page", "/our-services", 0.1, 0.8, 60),
    ("page", "/pricing", 0.05, 0.8, 55),
    ("page", "/contactus", 0.05, 0.7, 49),
    ("page", "/pricing", 0, 0.5, 20),
    ("page", "/jobs", 0.15, 0, 50),
    ("event", "Downloaded the price list", 0, 0.5, 54),
    ("form", "Contact us", 0.05, 0.6, 48),
    ("event", "Asked for a demo", 0, 0.4, 40),
    ("event", "Watched the webinar", 0, 0.3, 30),
    ("reply", "Re: Your enquiry", 0, 0.4, 10),
    ("meeting", "Visit to the showroom", 0, 0.35, 6),
)
SILENT = 0.1
"""Share of the leads that somebody typed in, of whom nothing was seen."""


def profile(dice, number, fit):
    """Return the values of a lead; external IDs stand for records.

    :param dice: a ``random.Random``
    :param fit: from 0 to 1: the better a lead fits, the more is known of it
    """

    def told(least, most):
        return dice.random() < least + (most - least) * fit

    trade = list(TRADES)[number % len(TRADES)]
    company = COMPANIES[number % len(COMPANIES)] + f" {trade}{KINDS[number % 3]}"
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number % len(LAST_NAMES)]
    has_company = told(0.25, 1)
    own = has_company and told(0.2, 1)
    host = company.lower().replace(" & ", "-").replace(" ", "-") + ".example.com"
    country, city = dice.choice(PLACES)
    source = RECOMMENDED if dice.random() < 0.25 else dice.choice(SOURCES)
    return {
        "name": f"{dice.choice(NEEDS)} for {dice.choice(PLACES_TO_FURNISH)}",
        "contact_name": f"{first} {last}",
        "partner_name": has_company and company,
        "email_from": f"{first}.{last}@{host if own else 'gmail.com'}".lower(),
        "phone": told(0.3, 0.9) and f"+1 555 555 {number:04}",
        "function": dice.choice(DECIDERS if told(0, 0.7) else OTHERS),
        "country_id": told(0.4, 1) and country,
        "city": told(0.2, 0.8) and city,
        "lang_id": dice.random() < 0.4 and "base.lang_en",
        "industry_id": told(0, 0.7) and TRADES[trade],
        "employee_count": has_company and dice.choice([5, 12, 30, 60, 120, 240]),
        "company_revenue": told(0, 0.4) and dice.randrange(1, 40) * 1_000_000,
        "budget": told(0, 0.4) and dice.randrange(2, 40) * 1000,
        "expected_revenue": dice.randrange(10, 60) * 100 + round(fit * 6000, -2),
        "source_id": dice.random() < 0.6 and source,
        "campaign_id": dice.random() < 0.1 and CAMPAIGN,
    }


def signals(dice, interest):
    """Return what a lead does: kind, what, and how many hours before the decision.

    :param interest: from 0 to 1: the more interested a lead is, the more it does
    """
    if dice.random() < SILENT:
        return []
    return [
        (kind, what, hours)
        for kind, what, least, most, hours in SIGNALS
        if dice.random() < least + (most - least) * interest
    ]
