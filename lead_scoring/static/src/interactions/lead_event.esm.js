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
        _window: {
            "t-on-blur": this.onBlur,
        },
    };

    get isVideo() {
        return this.el.tagName === "VIDEO";
    }

    /** A video of another website, whose events don't reach this page. */
    get isEmbedded() {
        return this.el.classList.contains("media_iframe_video");
    }

    onClick() {
        if (!this.isVideo && !this.isEmbedded) {
            this.send();
        }
    }

    /** A click into the player of another website moves the focus from the page to it. */
    onBlur() {
        this.waitForTimeout(() => {
            const player = this.isEmbedded && this.el.querySelector("iframe");
            if (player && player === document.activeElement && !this.isStarted) {
                this.isStarted = true;
                this.send();
            }
        }, 0);
    }

    onPlay() {
        this.send();
    }

    /** By beacon, which the browser sends even if the click opens another page. */
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
