import {openCrm, openMenu} from "./menu_steps.esm";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

tours.add("lead_scoring_dry_run", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring.lead_scoring_dry_run_menu"),
        {
            content: "two leads for the team, the better one for its member",
            trigger: "section[data-team='Direct'] tr:contains('Bakery'):contains('80')",
        },
        {
            trigger:
                "section[data-team='Direct'] tr:contains('Brewer'):contains('Nobody')",
        },
        {
            content: "one stays",
            trigger:
                "table[name=waiting]:contains('Below every minimum score'):contains('1')",
        },
        {
            content: "do it",
            trigger: "button[name=apply]",
            run: "click",
        },
        {
            content: "done",
            trigger: "[name=outcome]:contains('Done: 2 of 2')",
        },
        {
            content: "look at one",
            trigger: "section[data-team='Direct'] a:contains('Bakery')",
            run: "click",
        },
        {
            trigger: ".o_form_view:contains('Take It'):contains('Bakery')",
        },
    ],
});

tours.add("lead_scoring_back_to_lead", {
    url: "/odoo/action-crm.crm_lead_opportunities?view_type=list",
    steps: () => [
        {
            content: "select the opportunity",
            trigger: ".o_data_row:contains('Bakery') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "open the actions",
            trigger: ".o_cp_action_menus .dropdown-toggle",
            run: "click",
        },
        {
            content: "make it a lead again",
            trigger: ".o-dropdown--menu .dropdown-item:contains('Back to Lead')",
            run: "click",
        },
        {
            content: "it says from which score on it is converted again",
            trigger: ".modal [name=consequence]:contains('60'):contains('66')",
        },
        {
            content: "it stays with its salesperson",
            trigger: ".modal [name=keep_user] input",
            run: "click",
        },
        {
            trigger: ".modal footer button:contains('Send Back')",
            run: "click",
        },
        {
            content: "it is no opportunity any more",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Bakery')))",
        },
    ],
});

tours.add("lead_scoring_minimum", {
    steps: () => [
        {
            content: "what to expect of the minimum there is",
            trigger:
                ".o_lead_scoring_minimum [name=summary]:contains('Leads from 50 on, in 30 days: about 10')",
        },
        {
            content: "a higher one fits",
            trigger: ".o_lead_scoring_minimum [name=verdict]:contains('61')",
        },
        {
            content: "use it",
            trigger: "button[name=use_minimum]:contains('Use 61')",
            run: "click",
        },
        {
            trigger: "[name=minimum_score] input:value('61')",
        },
        {
            trigger:
                ".o_lead_scoring_minimum [name=summary]:contains('Leads from 61 on, in 30 days: about 3')",
        },
        ...stepUtils.saveForm(),
        {
            trigger: ".o_form_view:not(:has(button[name=use_minimum]))",
        },
    ],
});
