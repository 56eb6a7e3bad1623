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


def main(arguments):
    """Run the tests both ways and show what our add-ons change.

    :param arguments: for pytest, such as ``-k lead``
    :return: 1 where a test fails with our add-ons only, and is not in ``KNOWN``
    """
    folder = odoo.ensure()
    databases.drop_stale_tests()
    with locked("templates"):
        templates = {
            "without": databases.base_template(folder, addons.names(), demo=False),
            "with": databases.full_template(folder, addons.names(), demo=False),
        }
        copies = {side: copy(side, template) for side, template in templates.items()}
    paths = [folder / "odoo" / "addons" / name / "tests" for name in MODULES]
    paths = [path for path in paths if path.is_dir()]
    without, ours = (
        outcomes(side, name, paths, arguments) for side, name in copies.items()
    )
    return report(without, ours)


def copy(side, template):
    """Copy a template at once: another ./dev may replace it; return the copy's name."""
    databases.prepare_assets(template)
    name = databases.real_name(f"test_{os.getpid()}-gw_{side}")
    databases.copy(template, name)
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


def report(without, ours):
    """Show what our add-ons change, and return the exit code."""
    fine = ("passed", "skipped")
    failed = [name for name, outcome in ours.items() if outcome not in fine]
    theirs = [name for name, outcome in without.items() if outcome not in fine]
    new = [name for name in failed if without.get(name) in fine]
    unknown = [name for name in new if name not in KNOWN]
    say(f"{len(without)} tests without our add-ons, {len(theirs)} fail:")
    for name in theirs:
        say(f"  {name}: {without[name]}")
    say(f"{len(ours)} tests with them, {len(new)} fail that pass without:")
    for name in new:
        say(f"  {name}: {KNOWN.get(name) or ours[name]}")
    for name in KNOWN:
        if ours.get(name) == "passed":
            say(f"  {name} is listed as known, but passes")
    if without.keys() != ours.keys():
        say(f"Found on one side only: {sorted(without.keys() ^ ours.keys())}")
    return 1 if unknown or without.keys() != ours.keys() else 0
