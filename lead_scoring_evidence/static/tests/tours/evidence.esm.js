import {openCrm, openMenu} from "@lead_scoring/../tests/tours/menu_steps.esm";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("lead_scoring_quality", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring_evidence.lead_scoring_report_menu"),
        {
            content: "win rates by score",
            trigger: ".o_pivot tr:contains('70 – 79'):contains('50.00%')",
        },
        ...openMenu("lead_scoring_evidence.lead_scoring_publication_report_menu"),
        {
            content: "the graph begins with what the model changed",
            trigger:
                ".o_graph_renderer .o_lead_scoring_sentences:contains('No clear change since «Test»')",
        },
        {
            content: "so does the pivot",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            trigger: ".o_pivot_view .o_lead_scoring_sentences:contains('«Test»')",
        },
        ...openMenu("lead_scoring.lead_scoring_model_menu"),
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
            content: "and a sentence says what it means",
            trigger:
                "[name='headline']:contains('does not separate won from lost ones')",
        },
        {
            content: "the figures are behind it",
            trigger:
                ".o_notebook:not(:has(svg[name='reliability'])) .nav-link[name='details']",
            run: "click",
        },
        {
            content: "the plot is there",
            trigger: "svg[name='reliability'] circle",
        },
        {
            content: "open the graph of win rates",
            trigger: "button[name='action_open_win_rates']",
            run: "click",
        },
        {
            content: "it is a graph of won leads",
            trigger: ".o_graph_view .o_graph_canvas_container canvas",
        },
        {
            content: "go back",
            trigger: ".o_back_button, .o_breadcrumb a:contains('Quality of Test')",
            run: "click",
        },
        {
            trigger: ".nav-link[name='changes']",
            run: "click",
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

registry.category("web_tour.tours").add("lead_scoring_rules_judged", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring_evidence.lead_scoring_rule_evidence_menu"),
        {
            content: "the rule that hurts comes first",
            trigger: ".o_data_row:first:contains('In Rome') .badge:contains('Hurts')",
        },
        {
            content: "what they mean together is said above them",
            trigger: ".o_lead_scoring_sentences:contains('Rules that hurt: 1 of 2')",
        },
        {
            content: "the other one helps",
            trigger: ".o_data_row:contains('In Ghent') .badge:contains('Helps')",
        },
        {
            content: "try the suggested points",
            trigger: ".o_data_row:contains('In Rome') button[name='action_take_over']",
            run: "click",
        },
        {
            content: "they are in a draft",
            trigger: ".o_form_view .o_arrow_button_current:contains('Draft')",
        },
        {
            content: "where the rule takes points",
            trigger:
                ".o_field_widget[name='rule_ids'] .o_data_row:contains('In Rome') [name='value']:contains('-')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_sellers", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring_evidence.lead_scoring_seller_menu"),
        {
            content: "who wins fewer is said above them",
            trigger:
                ".o_lead_scoring_sentences:contains('Clearly fewer wins than others get from such leads: tour-rich')",
        },
        {
            content: "few of poor leads are as many as anybody wins",
            trigger:
                ".o_data_row:contains('tour-poor'):contains('As expected'):contains('The leads were poorer')",
        },
        {
            content: "few of good ones are not",
            trigger:
                ".o_data_row:contains('tour-rich'):contains('Fewer than expected'):contains('The leads were better')",
        },
        {
            content: "look at the deals",
            trigger: ".o_data_row:contains('tour-poor') .o_data_cell[name='won']",
            run: "click",
        },
        {
            content: "they are that salesperson's",
            trigger: ".o_breadcrumb:contains('tour-poor')",
        },
        {
            content: "won and lost ones",
            trigger: ".o_list_view .o_data_row .badge:contains('Lost')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_feedback_said", {
    steps: () => [
        {
            content: "the score is too high",
            trigger: "[name='score_feedback'] button:contains('Too High')",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".modal [name='why'] textarea",
            run: "edit A student who writes a thesis",
        },
        {
            content: "send it",
            trigger: ".modal .o_form_button_save, .modal footer .btn-primary",
            run: "click",
        },
        {
            content: "what was said shows",
            trigger: "[name='score_feedback'] .text-danger:contains('Too High')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_feedback_seen", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring.lead_scoring_rule_menu"),
        {
            content: "that something was said shows beside the rule: see what it was",
            trigger:
                ".o_data_row:contains('In Ghent') button[name='action_open_feedback']",
            run: "click",
        },
        {
            content: "who said why",
            trigger:
                ".o_data_row:contains('A student who writes a thesis'):contains('tour-salesman') input[type='checkbox']",
            run: "click",
        },
        {
            content: "it is dealt with",
            trigger: "button[name='action_archive']",
            run: "click",
        },
        {
            content: "and no longer open",
            trigger: ".o_view_nocontent:contains('No feedback yet')",
        },
    ],
});
