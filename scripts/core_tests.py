"""Odoo's own tests of the apps that ours change, without and with our add-ons.

They run on databases that hold all add-ons at once, those tests too that Odoo runs
while it installs an app: stricter than Odoo, and the same on both sides.
"""

import os
from xml.etree import ElementTree

from . import addons, databases, odoo, venv
from .console import attached, locked, say, step
from .paths import LOGS, ROOT

MODULES = ("crm", "website_crm", "sales_team", "crm_iap_enrich", "crm_sms")
MODULES += ("sale_crm", "mass_mailing", "mass_mailing_crm")
KNOWN = {
    "crm.tests.test_crm_lead_multicompany.TestCRMLeadMultiCompany."
    "test_lead_mc_company_form_w_partner_id": "Leads are switched on, and core's own "
    "form of a new lead hides the contact",
}
"""Tests that can't pass with our add-ons, and why."""
THEIRS = dict.fromkeys(
    (
        "crm.tests.test_crm_lead_merge.TestLeadMerge."
        "test_lead_merge_address_not_propagated",
        "crm.tests.test_crm_lead_merge.TestLeadMerge."
        "test_lead_merge_address_propagated",
        "crm.tests.test_crm_lead_merge.TestLeadMerge.test_lead_merge_internals",
        "crm.tests.test_crm_lead_merge.TestLeadMerge.test_merge_method",
        "crm.tests.test_crm_lead_merge.TestLeadMerge."
        "test_merge_method_propagate_lost_reason",
        "crm_iap_enrich.tests.test_crm_lead_merge.TestLeadMerge."
        "test_merge_method_iap_enrich_done",
        "sale_crm.tests.test_crm_lead_merge.TestLeadSaleMerge."
        "test_merge_method_dependencies",
        "website_crm.tests.test_crm_lead_merge.TestLeadVisitorMerge."
        "test_merge_method_dependencies",
        "mass_mailing.tests.test_mailing_controllers.TestMailingControllers."
        "test_mailing_unsubscribe_from_document_tour",
        "mass_mailing.tests.test_mailing_controllers.TestMailingControllers."
        "test_mailing_unsubscribe_from_list_tour",
        "mass_mailing.tests.test_mailing_controllers.TestMailingControllers."
        "test_mailing_unsubscribe_from_list_with_update_tour",
    ),
    "libxml2 from 2.14 puts <span> around plain text, where it put <p>",
)
"""Tests that fail without our add-ons, too, and why: ``--quick`` does not look."""
QUICK = (
    "crm/tests/test_crm_activity.py",
    "crm/tests/test_crm_lead.py",
    "crm/tests/test_crm_lead_assignment.py",
    "crm/tests/test_crm_lead_convert.py",
    "crm/tests/test_crm_lead_convert_mass.py",
    "crm/tests/test_crm_lead_duplicates.py",
    "crm/tests/test_crm_lead_merge.py",
    "crm/tests/test_crm_lead_multicompany.py",
    "crm/tests/test_crm_lead_notification.py",
    "crm/tests/test_crm_pls.py",
    "crm/tests/test_digest.py",
    "crm_iap_enrich/tests",
    "sale_crm/tests",
    "website_crm/tests/test_crm_lead_merge.py",
    "website_crm/tests/test_website_visitor.py",
)
"""Tests without a browser that take seconds, of what our add-ons change most."""
FINE = ("passed", "skipped")


def main(arguments):
    """Run the tests both ways and show what our add-ons change; with ``--quick``, some
    of them, with our add-ons only.

    :param arguments: for pytest, such as ``-k lead``
    :return: 1 where a test fails with our add-ons only, and is not in ``KNOWN``
    """
    quick = "--quick" in arguments
    arguments = [each for each in arguments if each != "--quick"]
    folder = odoo.ensure()
    databases.drop_stale_tests()
    core = folder / "odoo" / "addons"
    if quick:
        name = copy("with", folder)
        ours = outcomes("with", name, [core / path for path in QUICK], arguments)
        without = {name: THEIRS.get(name, "passed") for name in ours}
        return compare(without, ours)
    copies = {side: copy(side, folder, browser=True) for side in ("without", "with")}
    paths = [core / name / "tests" for name in MODULES]
    paths = [path for path in paths if path.is_dir()]
    without, ours = (
        outcomes(side, name, paths, arguments) for side, name in copies.items()
    )
    return report(without, ours)


def copy(side, folder, browser=False):
    """Copy a template at once: another ./dev may replace it; return the copy's name.

    :param side: ``with`` or ``without`` our add-ons
    :param browser: prepare what browser tests ask for
    """
    template = {"without": databases.base_template, "with": databases.full_template}
    with locked("templates"):
        original = template[side](folder, addons.names(), demo=False)
        if browser:
            databases.prepare_assets(original)
        name = databases.real_name(f"test_{os.getpid()}-gw_{side}")
        databases.copy(original, name)
    return name


def outcomes(side, name, paths, arguments):
    """Run tests on a database, and drop it.

    :param side: ``with`` or ``without`` our add-ons
    :return: ``{name of a test: "passed", "skipped", or the error's first line}``
    """
    found = LOGS / f"core_{side}.xml"
    found.unlink(missing_ok=True)
    line = [venv.tool("pytest"), f"--config-file={ROOT / 'pytest.ini'}", "-q"]
    line += [f"--odoo-config={odoo.CONFIG}", f"--odoo-database={name}", "--odoo-http"]
    # appended to Python's path, for Odoo has add-ons named like Python's own modules
    line += ["--import-mode=append", f"--junitxml={found}", "-n=logical"]
    line += ["--dist=loadscope", "--tb=no", "--no-summary", *arguments, *paths]
    try:
        with (LOGS / f"core_{side}.log").open("w") as log, step(f"Tests {side} ours"):
            attached(line, cwd=ROOT, stdout=log, stderr=log)
    finally:
        databases.drop_test(name)
    return read(found)


def read(path):
    """Read the outcomes of a run from pytest's XML."""
    result = {}
    for case in ElementTree.parse(path).iterfind(".//testcase[@name]"):
        failed = [node for node in case if node.tag in ("failure", "error")]
        name = case.get("classname").rpartition("addons.")[2] + "." + case.get("name")
        if failed:
            result[name] = failed[0].get("message").strip().partition("\n")[0]
        else:
            skipped = case.find("skipped") is not None
            result.setdefault(name, "skipped" if skipped else "passed")
    return result


def failures(outcomes):
    """Return the names of tests that failed."""
    return [name for name, text in outcomes.items() if text not in FINE]


def report(without, ours):
    """Show what fails on either side, and return the exit code."""
    theirs = failures(without)
    say(f"{len(without)} tests without our add-ons, {len(theirs)} fail:")
    for name in theirs:
        say(f"  {name}: {THEIRS.get(name) or without[name]}")
    return compare(without, ours)


def compare(without, ours):
    """Show what our add-ons change, and return the exit code.

    :param without: outcomes without our add-ons, or those to expect
    """
    new = [name for name in failures(ours) if without.get(name) in FINE]
    unknown = [name for name in new if name not in KNOWN]
    say(f"{len(ours)} tests with our add-ons, {len(new)} fail that pass without:")
    for name in new:
        say(f"  {name}: {KNOWN.get(name) or ours[name]}")
    for name in KNOWN:
        if ours.get(name) == "passed":
            say(f"  {name} is listed as known, but passes")
    if without.keys() != ours.keys():
        say(f"Found on one side only: {sorted(without.keys() ^ ours.keys())}")
    return 1 if unknown or not ours or without.keys() != ours.keys() else 0
