import {openCrm, openMenu} from "./menu_steps.esm";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("lead_scoring_setup", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring.lead_scoring_setup_menu"),
        {
            content: "rules give points, and nothing else is done",
            trigger: ".o_form_sheet [name=setup_done_count]:contains('1')",
        },
        {
            trigger: "div[name=rules] .fa-check-circle",
        },
        {
            content: "sales was asked",
            trigger: "div[name=sales]:has(.fa-circle-o) [name=sales_agreed] input",
            run: "click",
        },
        {
            content: "which shows at once, for a team has a minimum score",
            trigger: "div[name=sales] .fa-check-circle",
        },
        {
            content: "plan a review",
            trigger: "div[name=review] button[name=action_plan_review]",
            run: "click",
        },
        {
            trigger: "div[name=review] .fa-check-circle",
        },
        {
            trigger: ".o_form_sheet [name=setup_done_count]:contains('3')",
        },
        {
            content: "have a look at the rules",
            trigger: "div[name=rules] button:contains('Scoring Rules')",
            run: "click",
        },
        {
            content: "those of this model",
            trigger: ".o_list_view .o_data_row:contains('Business in Ghent')",
        },
        {
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Rule of another')))",
        },
        {
            content: "and back",
            trigger: ".o_back_button, .breadcrumb-item:last a",
            run: "click",
        },
        {
            content: "the review is done",
            trigger: "div[name=review] button[name=action_review_done]",
            run: "click",
        },
        {
            trigger: "div[name=review] [name=last_review]",
        },
    ],
});
