import json
from ast import literal_eval

from .common_website import WebsiteCommon

HOSTILE = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

# Opens each screen, each page of its form, and the card of a score. What is found wrong
# is reported at the end, of all screens at once.
OPEN_SCREENS = """(async () => {
    const screens = %(screens)s;
    const hostile = %(hostile)s;
    const {action} = odoo.__WOWL_DEBUG__.root.env.services;
    const found = [];
    const cards = [];
    const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
    const texts = (root) => [
        root.textContent,
        ...[...root.querySelectorAll("input, textarea")].map((input) => input.value),
    ];
    const isShown = (root) => texts(root).some((text) => text.includes(hostile));
    const waitFor = async (condition) => {
        for (let tries = 0; tries < 40 && !condition(); tries++) {
            await pause();
        }
        return condition();
    };
    for (const screen of screens) {
        let root = document.body;
        let frame = null;
        if (screen.url) {
            frame = document.createElement("iframe");
            frame.src = screen.url;
            document.body.append(frame);
            await new Promise((resolve) => frame.addEventListener("load", resolve));
            root = frame.contentDocument.body;
        } else {
            try {
                await action.doAction(screen.action, {clearBreadcrumbs: true});
            } catch (error) {
                const reason = (error.cause || error).data || error;
                found.push(`${screen.name}: ${reason.message}`);
                continue;
            }
            root = document.querySelector(".o_action_manager");
        }
        if (screen.shown && !(await waitFor(() => isShown(root)))) {
            found.push(`${screen.name}: not shown as text`);
        }
        for (const tab of root.querySelectorAll(".o_notebook .nav-link")) {
            tab.click();
            await pause();
        }
        const badges = [...root.querySelectorAll("[name=score] .badge")];
        for (const element of badges.slice(0, 2)) {
            element.dispatchEvent(new MouseEvent("mouseenter"));
            element.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
            const card = () => document.querySelector(".o_lead_score_popover");
            if (await waitFor(card)) {
                cards.push(isShown(card()));
            }
            element.dispatchEvent(new MouseEvent("mouseleave"));
        }
        for (const element of root.querySelectorAll("[data-tooltip], [title]")) {
            element.dispatchEvent(new MouseEvent("mouseenter", {bubbles: true}));
        }
        await pause();
        for (const place of [window, frame && frame.contentWindow]) {
            if (place && place.hacked !== undefined) {
                found.push(`${screen.name}: executed`);
                place.hacked = undefined;
            }
        }
        frame?.remove();
        console.log(`${screen.name} opened`);
    }
    if (cards.length && !cards.includes(true)) {
        found.push("no card of a score shows it");
    }
    if (found.length) {
        throw new Error(found.join("; "));
    }
    console.log("test successful");
})()"""


class HostileCommon(WebsiteCommon):
    """A stranger writes HTML wherever the website lets them; users do, too, so that no
    text of any record is left out. And a browser that opens the screens.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls._user(
            "reader",
            "sales_team.group_sale_manager,lead_scoring.group_scoring_manager,"
            "base.group_system,website.group_website_designer",
        )
        cls.scoring_model.name = HOSTILE
        cls.team.write({"name": HOSTILE, "convert_by_score": True})
        cls._rule(20, "[('email_from', '!=', False)]", name=HOSTILE)
        cls._page_view_rule(9, "[]", name=f"Views {HOSTILE}")
        for source in ("event", "form"):
            vals = {"source": source, "dimension": "interest"}
            cls._rule(30, "[('name', '!=', False)]", name=f"{source} {HOSTILE}", **vals)
        cls.broken = cls._rule(1, name=f"Broken {HOSTILE}")

    def _visit(self):
        """Return the lead that a stranger becomes by what the website accepts."""
        self._use_browser()
        self._open(f"{self.page.url}?q={HOSTILE}")
        self._send_event(name=HOSTILE, url=f"/?{HOSTILE}")
        texts = ["contact_name", "partner_name", "function", "phone", "city"]
        values = dict.fromkeys([*texts, "description", "Own field", HOSTILE], HOSTILE)
        values["email_from"] = "ann@customer.example"
        lead = self.env["crm.lead"].browse(self._submit(**{**values, "name": HOSTILE}))
        # once more, with other texts
        values = {name: f"{value} again" for name, value in values.items()}
        self._submit(**{**values, "name": "Again", "email_from": lead.email_from})
        return lead

    def _hostile_lead(self):
        """Return a lead with such a text in all that is written about it."""
        lead = self._visit()
        tag = self.env["crm.tag"].create({"name": HOSTILE})
        lead.write(
            {
                "partner_id": self.env["res.partner"].create({"name": HOSTILE}).id,
                "contact_name": HOSTILE,
                "partner_name": HOSTILE,
                "city": HOSTILE,
                "referred": HOSTILE,
                "tag_ids": tag.ids,
                "team_id": self.team.id,
                "source_id": self.env["utm.source"].create({"name": HOSTILE}).id,
                "medium_id": self.env["utm.medium"].create({"name": HOSTILE}).id,
                "campaign_id": self.env["utm.campaign"].create({"name": HOSTILE}).id,
            }
        )
        self.env["lead.scoring.adjustment"].create(
            {"lead_id": lead.id, "name": HOSTILE, "points": 5, "dimension": "fit"}
        )
        # browsers encode what they ask for; another add-on may record what it likes
        self.env["website.track"].create(
            {"visitor_id": lead.visitor_ids[:1].id, "url": f"/?{HOSTILE}"}
        )
        lead.message_post(body=HOSTILE, subject=HOSTILE)
        self._run_pass()
        self.env["lead.scoring.history"]._record_decisions(lead.ids, "converted")
        self.env["lead.scoring.history"].search([], limit=1).merged_leads = HOSTILE
        self._set_columns(self.broken, error=HOSTILE)
        self._set_columns(lead.score_id, routing_error=HOSTILE)
        return lead

    def _screens(self, addon, hidden=(), records=None):
        """Return each view of each window action of an add-on.

        :param hidden: names of screens that show no such text
        :param records: those whose form is opened, by model; else the newest
        """
        data = self.env["ir.model.data"].search(
            [("module", "=", addon), ("model", "=", "ir.actions.act_window")]
        )
        actions = self.env["ir.actions.act_window"].browse(data.mapped("res_id"))
        return [
            self._screen(f"{name} {mode}", action, view_id, mode, hidden, records or {})
            for name, action in zip(data.mapped("name"), actions, strict=True)
            if action.res_model in self.env and action.target != "new"
            for view_id, mode in action.views
        ]

    def _screen(self, name, action, view_id, mode, hidden, records):
        record = records.get(action.res_model)
        if mode == "form" and not record:
            record = self.env[action.res_model].search([], order="id desc", limit=1)
        context = literal_eval(action.context or "{}")
        return {
            "name": name,
            "action": {
                "type": "ir.actions.act_window",
                "name": action.name,
                "res_model": action.res_model,
                "views": [[view_id, mode]],
                "res_id": record.id if mode == "form" else False,
                "context": {k: v for k, v in context.items() if "search" not in k},
            },
            "shown": mode in ("list", "kanban", "form") and name not in hidden,
        }

    def _open_screens(self, screens):
        """Open screens in a browser; no text may be read as HTML."""
        self.env.flush_all()
        code = OPEN_SCREENS % {
            "screens": json.dumps(screens),
            "hostile": json.dumps(HOSTILE),
        }
        ready = "odoo.isReady === true"
        self.browser_js("/odoo", code, ready, login="reader", timeout=240)
