import {openCrm, openMenu} from "./menu_steps.esm";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const fill = (name, text) => ({
    content: `fill in ${name}`,
    trigger: `#contactus_form [name=${name}]`,
    run: `edit ${text}`,
});

/** A stranger, from the prices to the contact page. */
tours.add("lead_scoring_way_visitor", {
    steps: () => [
        {
            content: "download the price list",
            trigger: "#way_download",
            run: "click",
        },
        {
            content: "watch the demo",
            trigger: "#way_video",
            run() {
                this.anchor.dispatchEvent(new Event("play"));
            },
        },
        {
            content: "go to the contact page",
            trigger: "#way_video",
            run: () => {
                window.location = "/contactus";
            },
            expectUnloadPage: true,
        },
        fill("contact_name", "Ann"),
        fill("phone", "+32 470 12 34 56"),
        fill("email_from", "ann@customer.example"),
        fill("partner_name", "Customer"),
        fill("name", "Desks"),
        fill("description", "How much are twenty desks?"),
        {
            content: "send it",
            trigger: "#contactus_form .s_website_form_send",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it was sent",
            trigger: "#wrap:contains('Your message has been sent')",
        },
    ],
});

/** The administrator, on the page where everybody begins. */
tours.add("lead_scoring_way_admin", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring.lead_scoring_setup_menu"),
        {
            content: "the form makes no lead: mend that",
            trigger: "[data-obstacle=contact_form] button",
            run: "click",
        },
        {
            content: "it can be undone",
            trigger: "[data-obstacle=contact_form_undo]:contains('makes leads')",
        },
        {
            content: "no team converts: let one do so",
            trigger: "[data-obstacle=team] button:contains('60')",
            run: "click",
        },
        {
            content: "nobody is in it: open it",
            trigger: "[data-obstacle=members] button",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=convert_by_score]",
        },
    ],
});

/** A salesperson who sees own documents only. */
tours.add("lead_scoring_way_salesperson", {
    url: "/odoo/crm",
    steps: () => [
        {
            content: "the hot lead comes first",
            trigger:
                ".o_kanban_group:first .o_kanban_record:first:contains('Desks'):contains('Hot:'):has(button[name=action_take])",
        },
        {
            content: "point at its score",
            trigger: ".o_kanban_record:contains('Desks') [name=score] .badge",
            run: "hover",
        },
        {
            content: "and see why",
            trigger: ".o_lead_score_popover:contains('Filled in a form'):contains('+20')",
        },
        {
            content: "open it",
            trigger: ".o_kanban_record:contains('Desks')",
            run: "click",
        },
        {
            content: "take it",
            trigger: ".o_form_view button[name=action_take]",
            run: "click",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_take]))",
        },
    ],
});

/** Marketing with the right Scoring Manager alone. */
tours.add("lead_scoring_way_marketing", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring.lead_scoring_rule_menu"),
        {
            content: "no rule is called wrong",
            trigger: ".o_data_row:contains('Had a meeting') td[name=name]",
            run: "click",
        },
        {
            trigger: ".o_form_view:contains('Had a meeting'):not(:contains('Invalid'))",
        },
        {
            content: "back to the rules",
            trigger: ".o_back_button, .breadcrumb-item a",
            run: "click",
        },
        {
            content: "see who has filled in a form",
            trigger: ".o_data_row:contains('Filled in a form') td[name=name]",
            run: "click",
        },
        {
            trigger: "button[name=action_view_leads]",
            run: "click",
        },
        {
            content: "also what belongs to nobody",
            trigger: ".o_data_row:contains('Desks')",
        },
        ...openMenu("lead_scoring.lead_scoring_model_menu"),
        {
            trigger: ".o_data_row:contains('Standard'):contains('Live') td[name=name]",
            run: "click",
        },
        {
            content: "make a draft",
            trigger: "button[name=action_new_version]",
            run: "click",
        },
        {
            content: "simulate it",
            trigger:
                ".o_field_widget[name=origin_id], .o_statusbar_status:contains('Draft')",
        },
        {
            trigger: "button[name=action_simulate]",
            run: "click",
        },
        {
            content: "publish it",
            trigger: ".o_lead_scoring_simulation",
        },
        {
            trigger: "button[name=action_publish]",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_publish]",
            run: "click",
        },
        {
            trigger: "button[name=action_revert]",
        },
    ],
});

/** A sales manager with the right Sales Administrator alone. */
tours.add("lead_scoring_way_sales_manager", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("crm.sales_team_menu_team_pipeline", "crm.crm_menu_sales"),
        {
            content: "change the minimum score",
            trigger: ".o_kanban_record a[title='Change the minimum score']:contains('60')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=minimum_score] input",
            run: "edit 50",
        },
        ...stepUtils.saveForm(),
        ...openMenu("lead_scoring.lead_scoring_dry_run_menu"),
        {
            content: "see who would get what",
            trigger: "section[data-team] tr:contains('Desks'):contains('way salesperson')",
        },
        ...openMenu("lead_scoring.lead_scoring_model_menu"),
        {
            trigger: ".o_data_row:contains('Standard'):contains('Live') td[name=name]",
            run: "click",
        },
        {
            content: "make a version",
            trigger: "button[name=action_new_version]",
            run: "click",
        },
        {
            trigger: "button[name=action_simulate]",
        },
    ],
});
