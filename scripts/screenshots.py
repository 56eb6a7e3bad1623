"""Pictures of the demonstration, for README and app store: so they never grow old."""

import base64
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from . import databases, odoo, ports, venv
from .console import DevError, say
from .paths import DEV, ROOT

FOLDER = ROOT / "lead_scoring/static/description"
WIDTH, HEIGHT = 1366, 800
# Runs in Odoo's shell; its last printed line is JSON: what the pictures are of.
FIND = """
import json
hot = [("type", "=", "opportunity"), ("temperature", "=", "hot"), ("active", "=", True)]
hot += [("won_status", "=", "pending"), ("handover", "=", "offered")]
lead = env["crm.lead"].search(hot, order="score desc, id", limit=1)
rule = env.ref("lead_scoring.rule_pricing_page")
model = env["lead.scoring.model"].search([("state", "=", "draft")], limit=1)
team = env.ref("lead_scoring.team_direct_sales")
# only who asks for a simulation sees it
admin = env.ref("base.user_admin")
simulation = model.with_user(admin).action_simulate()["res_id"]
env.cr.commit()
found = {"lead": lead.id, "rule": rule.id, "team": team.id, "simulation": simulation}
for name, xml_id in (("leads", "crm.crm_lead_all_leads"),
                     ("matrix", "lead_scoring.crm_lead_action_matrix")):
    found[name] = env.ref(xml_id).id
print(json.dumps(found))
"""
# Name of the picture: address, what is there once it is complete, what is clicked first
PICTURES = {
    "lead_form": ("/odoo/crm/{lead}", ".o_lead_score_strip", None),
    "explanation": (
        "/odoo/crm/{lead}",
        ".o_lead_score_gauge",
        ".o_lead_score_strip",
    ),
    "lead_list": ("/odoo/action-{leads}", ".o_data_row", None),
    "pipeline": ("/odoo/crm", ".o_kanban_record", None),
    "matrix": ("/odoo/action-{matrix}", ".o_pivot, .o_band_matrix", None),
    "simulation": (
        "/odoo/lead.scoring.simulation/{simulation}",
        ".o_lead_scoring_simulation",
        None,
    ),
    "rule_form": ("/odoo/lead.scoring.rule/{rule}", ".o_domain_selector *", None),
    "team_form": (
        "/odoo/crm.team/{team}",
        ".o_lead_scoring_minimum",
        None,
    ),
    "waiting": ("/odoo/waiting-leads", ".o_data_row", ".o_group_header"),
    "quality": ("/odoo/scoring-quality", ".o_form_sheet", ".o_data_row .o_data_cell"),
    "salespeople": ("/odoo/scoring-salespeople", ".o_data_row", None),
    "learning": ("/odoo/scoring-learning", ".o_form_sheet", ".o_data_row .o_data_cell"),
}


def main():
    """Take all pictures of the demo database, which ``./dev demo --no-serve`` makes."""
    if not shutil.which("chromium"):
        raise DevError("No chromium: ./dev test installs it.")
    name = databases.existing("demo")
    found = json.loads(odoo.script(name, FIND).strip().splitlines()[-1])
    with serving(name) as address:
        # the browser is told what to do by a package of the environment
        line = [venv.PYTHON, "-m", "scripts.screenshots", address, json.dumps(found)]
        if subprocess.run(line, cwd=ROOT).returncode:
            raise DevError("Not all pictures could be taken.")
    return 0


@contextlib.contextmanager
def serving(name):
    """Serve a database, without scheduled actions, and yield its address."""
    port = ports.free()
    options = [f"--http-port={port}", "--log-level=warn", "--max-cron-threads=0"]
    line = odoo.command(name, *options, f"--db-filter=^{name}$")
    server = subprocess.Popen(line, cwd=DEV)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/web/health", timeout=5)
                break
            time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait()


class Browser:
    """A Chromium without window, told what to do by its debugging protocol."""

    def __init__(self, port):
        # only the environment of the tests has it
        import websocket

        self.profile = tempfile.mkdtemp()
        options = ["--headless=new", "--no-sandbox", "--hide-scrollbars"]
        options += [f"--remote-debugging-port={port}", "--remote-allow-origins=*"]
        options += [f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(
            ["chromium", *options], stderr=subprocess.DEVNULL
        )
        self.number = 0
        self.socket = websocket.create_connection(self.page(port), timeout=120)
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )

    @staticmethod
    def page(port):
        """Return the address of the page's socket, once there is one."""
        for _ in range(120):
            with contextlib.suppress(OSError):
                answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/json")
                pages = [p for p in json.load(answer) if p["type"] == "page"]
                return pages[0]["webSocketDebuggerUrl"]
            time.sleep(0.5)
        raise DevError("Chromium does not answer.")

    def tell(self, method, **parameters):
        """Return the result of a command."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        self.socket.send(json.dumps(command))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.number:
                return answer["result"]

    def evaluate(self, script):
        """Return the value of JavaScript, None while the page changes."""
        options = {"expression": script, "returnByValue": True, "awaitPromise": True}
        result = self.tell("Runtime.evaluate", **options)["result"]
        return result.get("value")

    def open(self, address, selector):
        """Open an address, and wait until something is there."""
        self.tell("Page.navigate", url=address)
        self.wait(selector)

    def wait(self, selector):
        """Wait until something is there, and a moment more for what moves."""
        for _ in range(120):
            time.sleep(0.5)
            if self.evaluate(f"!!document.querySelector({json.dumps(selector)})"):
                time.sleep(1.5)
                return
        raise DevError(f"There is no {selector}")

    def click(self, selector):
        """Click the first that fits."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def save(self, path):
        """Save what is seen as a picture."""
        shot = self.tell("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        """End it, and forget what it kept."""
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def take(address, found):
    """Log in, and save each picture."""
    browser = Browser(ports.free())
    try:
        browser.open(f"{address}/web/login", "#login")
        browser.evaluate(
            "login.value = password.value = 'admin';"
            "document.querySelector('.oe_login_form').submit()"
        )
        browser.wait(".o_web_client")
        for name, (path, complete, clicked) in PICTURES.items():
            browser.open(address + path.format(**found), clicked or complete)
            if clicked:
                browser.click(clicked)
                browser.wait(complete)
            browser.save(FOLDER / f"{name}.png")
            say(f"{name}.png")
    finally:
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1], json.loads(sys.argv[2]))
