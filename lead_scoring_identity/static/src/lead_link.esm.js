import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

const PARAMETER = "lead_token";

/**
 * A link in a mail has brought somebody who has not been asked about cookies yet. Keeps
 * the token out of the address bar, and opens the link once more when they are allowed:
 * then the server sees who it is.
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
        this.link = url.searchParams.has(PARAMETER) && url.href;
        if (this.link) {
            url.searchParams.delete(PARAMETER);
            window.history.replaceState(window.history.state, "", url);
        }
    }

    onCookiesAccepted() {
        if (!this.link) {
            return;
        }
        // The cookie itself is set after the event
        this.waitForTimeout(() => fetch(this.link), 500);
        this.link = false;
    }
}

registry.category("public.interactions").add("lead_scoring_identity.lead_link", LeadLink);
