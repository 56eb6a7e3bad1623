import {BaseOptionComponent} from "@html_builder/core/utils";
import {Plugin} from "@html_editor/plugin";
import {registry} from "@web/core/registry";

/** Names what visitors do when they use a link or a button, or play a video. */
export class LeadEventOption extends BaseOptionComponent {
    static template = "lead_scoring.LeadEventOption";
    static selector = "a[href], button.btn, video, .media_iframe_video";
    // A form counts by itself; menus and tabs only show something
    static exclude = ".s_website_form_send, [data-bs-toggle], header *, footer nav *";
}

class LeadEventOptionPlugin extends Plugin {
    static id = "leadEventOption";
    resources = {
        builder_options: [LeadEventOption],
    };
}

registry
    .category("website-plugins")
    .add(LeadEventOptionPlugin.id, LeadEventOptionPlugin);
