import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

/**
 * Tells the server what the visitor does with the elements that an editor has marked:
 * `data-lead-event="Downloaded the price list"` on a link, a button or a video.
 */
export class LeadEvent extends Interaction {
    static selector = "[data-lead-event]";
    dynamicContent = {
        _root: {
            "t-on-click": this.onClick,
            "t-on-play": this.onPlay,
        },
    };

    get isVideo() {
        return this.el.tagName === "VIDEO";
    }

    onClick() {
        if (!this.isVideo) {
            this.send();
        }
    }

    onPlay() {
        this.send();
    }

    /** A beacon arrives although a link leaves the page. */
    send() {
        const params = {
            name: this.el.dataset.leadEvent,
            url: window.location.href,
        };
        const body = JSON.stringify({jsonrpc: "2.0", method: "call", params});
        navigator.sendBeacon(
            "/lead_scoring/event",
            new Blob([body], {type: "application/json"})
        );
    }
}

registry.category("public.interactions").add("lead_scoring.lead_event", LeadEvent);
