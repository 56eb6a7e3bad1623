import {Interaction} from "@web/public/interaction";
import {cookie} from "@web/core/browser/cookie";
import {registry} from "@web/core/registry";

const PARAMETER = "lead_token";

/**
 * A link in a mail has brought somebody here. Tells the server so once the page is seen,
 * which previews and scanners don't, and again once somebody scrolls, taps or types, as
 * long as the server takes the reader for a machine. Keeps the token out of the address
 * bar, where it is until optional cookies are allowed.
 */
export class LeadLink extends Interaction {
    static selector = "#wrapwrap";
    dynamicContent = {
        _document: {
            "t-on-optionalCookiesAccepted": this.onCookiesAccepted,
        },
    };

    setup() {
        const url = new URL(window.location);
        this.token = url.searchParams.get(PARAMETER) || cookie.get(PARAMETER);
        this.isSeen = false;
        if (url.searchParams.has(PARAMETER)) {
            url.searchParams.delete(PARAMETER);
            window.history.replaceState(window.history.state, "", url);
        }
    }

    start() {
        if (!this.token) {
            return;
        }
        this.addListener(document, "visibilitychange", this.onSeen);
        for (const gesture of ["keydown", "pointerdown", "scroll"]) {
            this.addListener(document, gesture, this.onTouched);
        }
        this.onSeen();
    }

    onSeen() {
        if (this.token && !this.isSeen && document.visibilityState === "visible") {
            this.isSeen = true;
            this.send(false);
        }
    }

    onTouched() {
        if (this.token && this.isSeen && !this.isTouched) {
            this.isTouched = true;
            this.send(true);
        }
    }

    onCookiesAccepted() {
        // The cookie itself is set after the event
        this.waitForTimeout(() => this.token && this.send(true), 500);
    }

    async send(touched) {
        // A browser that a program drives says so itself
        if (navigator.webdriver) {
            return;
        }
        const params = {token: this.token, touched};
        const response = await fetch("/lead_scoring/seen", {
            method: "POST",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({jsonrpc: "2.0", method: "call", params}),
            keepalive: true,
        });
        const {result} = response.ok ? await response.json() : {};
        if (result) {
            this.token = false;
            cookie.delete(PARAMETER);
        }
    }
}

registry.category("public.interactions").add("lead_scoring.lead_link", LeadLink);
