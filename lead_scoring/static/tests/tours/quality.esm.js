import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const openMenu = (menu) => [
    {
        content: "open the menu of lead scoring",
        trigger: ".o_menu_sections [data-menu-xmlid='lead_scoring.lead_scoring_menu']",
        run: "click",
    },
    {
        content: `choose ${menu}`,
        trigger: `.o-dropdown--menu [data-menu-xmlid='lead_scoring.${menu}']`,
        run: "click",
    },
];

registry.category("web_tour.tours").add("lead_scoring_quality", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        ...openMenu("lead_scoring_report_menu"),
        {
            content: "win rates by score",
            trigger: ".o_pivot tr:contains('70 – 79'):contains('50.00%')",
        },
        ...openMenu("lead_scoring_model_menu"),
        {
            content: "open the model",
            trigger: ".o_data_row .o_data_cell:contains('Test')",
            run: "click",
        },
        {
            content: "ask for its quality",
            trigger: "button[name='action_quality']",
            run: "click",
        },
        {
            content: "the verdict is in words",
            trigger: "[name='verdict']:contains('Not ready')",
        },
        {
            content: "pictures are there",
            trigger: "svg[name='reliability'] circle",
        },
        {
            content: "open the leads behind the symptom",
            trigger:
                ".o_data_row:contains('High scores that are lost') button[name='action_open_leads']",
            run: "click",
        },
        {
            content: "they are lost ones",
            trigger: ".o_list_view .o_data_row .badge:contains('Lost')",
        },
    ],
});
