import {openCrm, openMenu} from "./menu_steps.esm";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

tours.add("lead_scoring_matrix", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring.crm_lead_matrix_menu"),
        {
            content:
                "two leads fit well and are interested, half of the closed were won",
            trigger:
                "td[data-cell='high-reached'] button:contains('Sales'):contains('3'):contains('50% won')",
        },
        {
            content: "one neither",
            trigger:
                "td[data-cell='none-none'] button:contains('Discard'):contains('1'):contains('None closed')",
        },
        {
            content: "nothing to open where there is nothing",
            trigger: "td[data-cell='some-some'] button:disabled",
        },
        {
            content: "open the leads of a cell",
            trigger: "td[data-cell='high-reached'] button",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Bakery won')",
        },
        {
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Butcher')))",
        },
        {
            content: "and back",
            trigger: ".o_back_button, .breadcrumb-item a",
            run: "click",
        },
        {
            trigger: "td[data-cell='high-reached']",
        },
    ],
});

tours.add("lead_scoring_questions", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        {
            content: "open the leads",
            trigger: ".o_menu_sections [data-menu-xmlid='crm.crm_menu_leads']",
            run: "click",
        },
        {
            content: "open the lead",
            trigger: ".o_data_row:contains('Bakery') td[name=name]",
            run: "click",
        },
        {
            content: "it says what is missing",
            trigger: "[name=routing_note]:contains('0 of the 5 questions are answered')",
        },
        {
            content: "turn to the questions",
            trigger: ".o_notebook a[name=qualification]",
            run: "click",
        },
        {
            content: "there is a need",
            trigger: "[name=qualified_need] .o_selection_badge:contains('Yes')",
            run: "click",
        },
        {
            content: "and no budget",
            trigger: "[name=qualified_budget] .o_selection_badge:contains('No')",
            run: "click",
        },
        {
            content: "one yes",
            trigger: "[name=qualification_count]:contains('1')",
        },
        ...stepUtils.saveForm(),
        {
            content: "back to the leads",
            trigger: ".o_back_button, .breadcrumb-item a",
            run: "click",
        },
        {
            content: "as cards",
            trigger: ".o_switch_view.o_kanban",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains('Bakery'):contains('1/5')",
        },
    ],
});

tours.add("lead_scoring_take", {
    url: "/odoo/crm",
    steps: () => [
        {
            content: "leads of nobody, too",
            trigger: ".o_facet_remove",
            run: "click",
        },
        {
            content: "open what scoring has handed over",
            trigger: ".o_kanban_record:contains('Bakery')",
            run: "click",
        },
        {
            content: "take it",
            trigger: ".o_form_view button[name=action_take]",
            run: "click",
        },
        {
            content: "it is mine",
            trigger:
                "[name=user_id] input:value('tour-salesman'), .o_form_view:contains('tour-salesman')",
        },
        {
            content: "there is nothing to take, but to send back",
            trigger:
                ".o_form_view:not(:has(button[name=action_take])):has(button[name=action_send_back])",
        },
        {
            content: "it was the wrong one",
            trigger: ".o_notification:contains('Bakery') button:contains('Undo')",
            run: "click",
        },
        {
            content: "it is to be taken again",
            trigger: ".o_form_view button[name=action_take]",
        },
        {
            content: "back to the pipeline",
            trigger: ".o_back_button, .breadcrumb-item a",
            run: "click",
        },
        {
            content: "take it on its card",
            trigger: ".o_kanban_record:contains('Bakery') button[name=action_take]",
            run: "click",
        },
        {
            content: "the card is read anew: the next click must not meet the old one",
            trigger:
                ".o_kanban_record:contains('Bakery'):not(:has(button[name=action_take]))",
        },
        {
            content: "undo that, too",
            trigger: ".o_notification:contains('Bakery') button:contains('Undo')",
            run: "click",
        },
        {
            content: "and take it for good",
            trigger: ".o_kanban_record:contains('Bakery') button[name=action_take]",
            run: "click",
        },
        {
            trigger:
                ".o_kanban_record:contains('Bakery'):not(:has(button[name=action_take]))",
        },
        {
            content: "open the other one",
            trigger: ".o_kanban_record:contains('Butcher')",
            run: "click",
        },
        {
            content: "send it back",
            trigger: "button[name=action_send_back]",
            run: "click",
        },
        {
            content: "they want it later",
            trigger: ".modal [name=reason] label:contains('Not ready')",
            run: "click",
        },
        {
            trigger: ".modal [name=note] textarea",
            run: "edit In autumn",
        },
        {
            trigger: ".modal footer button:contains('Send Back')",
            run: "click",
        },
        {
            content: "it is a lead again, and says until when",
            trigger: "[name=routing_note]:contains('sales sent it back')",
        },
        {
            trigger:
                ".o-mail-Message:contains('Not ready to buy yet'):contains('In autumn')",
        },
    ],
});
