import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("lead_scoring_playbooks", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "open the menu Lead Scoring",
            trigger: ".o_menu_sections [data-menu-xmlid='lead_scoring.lead_scoring_menu']",
            run: "click",
        },
        {
            content: "choose Playbooks",
            trigger:
                ".o-dropdown--menu [data-menu-xmlid='lead_scoring_automation.lead_scoring_playbook_menu']",
            run: "click",
        },
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
