import {BaseOptionComponent} from "@html_builder/core/utils";
import {Plugin} from "@html_editor/plugin";
import {registry} from "@web/core/registry";

/**
 * Option of the website builder: the name of the event that is recorded when a visitor
 * uses a link or a button, or plays a video.
 */
export class LeadEventOption extends BaseOptionComponent {
    static template = "lead_scoring.LeadEventOption";
    static selector = "a[href], button.btn, video, .media_iframe_video";
    // Forms are recorded without it; menus and tabs only show a part of the page
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
