import {openCrm, openMenu} from "@lead_scoring/../tests/tours/menu_steps.esm";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("lead_scoring_playbooks", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring_automation.lead_scoring_playbook_menu"),
        {
            content: "switch the first playbook on",
            trigger:
                ".o_data_row:contains('Hot: call today') .o_field_widget[name=enabled] input",
            run: "click",
        },
        {
            content: "it is on, and saved",
            trigger:
                ".o_data_row:contains('Hot: call today') .o_field_widget[name=enabled] input:checked",
        },
        {
            content: "open the leads that fit",
            trigger:
                ".o_data_row:contains('Hot: call today') button[name=action_open_leads]",
            run: "click",
        },
        {
            content: "the leads are listed",
            trigger: ".o_breadcrumb:contains('Hot: call today')",
        },
    ],
});
