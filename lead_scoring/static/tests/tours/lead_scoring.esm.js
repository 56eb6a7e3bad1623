import {openCrm, openMenu} from "./menu_steps.esm";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("lead_scoring_manager", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),

        // A rule
        ...openMenu("lead_scoring.lead_scoring_rule_menu"),
        {
            content: "write a new rule",
            trigger: ".o_breadcrumb:contains('Scoring Rules')",
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "name it",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Business in Belgium",
        },
        {
            content: "give it points",
            trigger: ".o_field_widget[name=value] input",
            run: "edit 60",
        },
        {
            content: "add a condition, by default on the country",
            trigger: ".o_field_widget[name=domain] a:contains('New Rule')",
            run: "click",
        },
        {
            content: "look for Belgium",
            trigger:
                ".o_field_widget[name=domain] .o_tree_editor_condition input.o-autocomplete--input",
            run: "edit Belgi",
        },
        {
            content: "choose Belgium",
            trigger: ".o-autocomplete--dropdown-item:contains('Belgium') a",
            run: "click",
        },
        {
            content: "the count of leads is live",
            trigger: ".o_field_widget[name=domain]:contains('record(s)')",
        },
        ...stepUtils.saveForm(),

        // A team's minimum
        ...openMenu("crm.sales_team_menu_team_pipeline", "crm.crm_menu_sales"),
        {
            content: "set the minimum score of the team, from its card",
            trigger:
                ".o_kanban_record:contains('Tour Team') a[title='Change the minimum score']",
            run: "click",
        },
        {
            content: "convert leads by score",
            trigger: ".o_field_widget[name=convert_by_score] input",
            run: "click",
        },
        {
            content: "from 50 points on",
            trigger: ".o_field_widget[name=minimum_score] input",
            run: "edit 50",
        },
        ...stepUtils.saveForm(),

        // The scheduled action
        {
            content: "go to the scheduled actions",
            trigger:
                ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))",
            run: () => {
                window.location = "/odoo/action-base.ir_cron_act";
            },
            expectUnloadPage: true,
        },
        {
            content: "open the one of lead scoring",
            trigger: ".o_data_row td:contains('score and convert leads')",
            run: "click",
        },
        {
            content: "run it",
            trigger: "button[name=method_direct_trigger]",
            run: "click",
        },
        {
            content: "it ran",
            trigger: ".o_form_view:not(.o_disabled)",
        },

        // The opportunity
        {
            content: "back to the pipeline",
            trigger: ".o_form_view",
            run: () => {
                window.location = "/odoo/crm";
            },
            expectUnloadPage: true,
        },
        {
            content: "of all salespeople",
            trigger: ".o_facet_remove",
            run: "click",
        },
        {
            content: "there is the opportunity, with its score",
            trigger:
                ".o_kanban_record:contains('Bakery in Ghent') [name=score]:contains('60')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_salesperson", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        {
            content: "open the leads",
            trigger: ".o_menu_sections [data-menu-xmlid='crm.crm_menu_leads']",
            run: "click",
        },
        {
            content: "the best lead comes first",
            trigger:
                ".o_data_row:first:contains('Bakery'):contains('80'):contains('Hot')",
        },
        {
            content: "point at its score",
            trigger: ".o_data_row:first [name=score] .badge",
            run: "hover",
        },
        {
            content: "and see why",
            trigger:
                ".o_lead_score_popover:contains('Business in Ghent'):contains('+60')",
        },
        {
            content: "open it",
            trigger: ".o_data_row:first td[name=name]",
            run: "click",
        },
        {
            content: "in one line: the score, why, and what to do",
            trigger:
                ".o_form_view .o_lead_score_strip:contains('80'):contains('Hot'):contains('Business in Ghent +60'):contains('Call first')",
            run: "click",
        },
        {
            content: "the score, and how warm and hot compare",
            trigger:
                ".o_form_view .o_lead_score svg[aria-label='Score 80, Hot. Warm from 30, hot from 60.']",
        },
        {
            content: "what is known of the visitor, in one line",
            trigger:
                ".o_lead_score_known:contains('Last visit'):contains('Visits: 1'):has(button:contains('3'))",
        },
        {
            content: "who they are",
            trigger:
                ".o_lead_score [data-axis=fit]:contains('Minimum 20'):contains('60'):contains('Business in Ghent'):contains('+60')",
        },
        {
            content: "what they do: how often, when, and what the maximum took",
            trigger:
                ".o_lead_score [data-axis=interest]:contains('Looked at prices'):contains('+20'):contains('3 times'):contains('\u22127 over the maximum'):has(time[title])",
        },
        {
            content: "all of it is new",
            trigger: ".o_lead_score:contains('Created this week')",
        },
        {
            content: "the lead moves to another city",
            trigger: ".o_field_widget[name=city] input",
            run: "edit Antwerp",
        },
        ...stepUtils.saveForm(),
        {
            content: "the explanation follows: nobody can bring that about",
            trigger:
                ".o_lead_score:contains('No rule about who they are'):contains('40 more points'):contains('neither you nor the lead'):not(:contains('Business in Ghent'))",
        },
        {
            content: "back it goes",
            trigger: ".o_field_widget[name=city] input",
            run: "edit Ghent",
        },
        ...stepUtils.saveForm(),
        {
            content: "and is hot again",
            trigger: ".o_lead_score [data-axis=fit]:contains('+60')",
        },
        {
            content: "score again",
            trigger: ".o_lead_score button[name=action_score_now]",
            run: "click",
        },
        {
            trigger: ".o_lead_score [data-axis=fit]:contains('+60')",
        },
        {
            content: "see the pages it looked at",
            trigger: ".o_lead_score_known li:contains('Page views') button",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('/prices'), .o_group_header",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_kanban", {
    url: "/odoo/crm",
    steps: () => [
        {
            content: "each card has its score",
            trigger:
                ".o_kanban_record:contains('Bakery') [name=score] .badge:contains('60')",
            run: "hover",
        },
        {
            content: "pointing at it says why",
            trigger:
                ".o_lead_score_popover:contains('Business in Ghent'):contains('+60')",
        },
        {
            content: "hot without any interest: no second advice beside it",
            trigger: ".o_lead_score_popover:contains('Hot'):not(:contains('Remarket'))",
        },
        {
            content: "pointing elsewhere ends that",
            trigger: ".o_kanban_record:contains('Butcher')",
            run: "hover",
        },
        {
            trigger: "body:not(:has(.o_lead_score_popover))",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_to_ask", {
    steps: () => [
        {
            content: "how far it is from hot",
            trigger: ".o_lead_score_strip:contains('60 more points to be hot')",
            run: "click",
        },
        {
            content: "nobody knows the city: it says what to ask for",
            trigger:
                ".o_lead_score:contains('60 more points'):contains('This is enough'):contains('Business in Ghent (ask for: City)')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_condition", {
    url: "/odoo",
    steps: () => [
        ...openCrm(),
        ...openMenu("lead_scoring.lead_scoring_rule_menu"),
        {
            trigger: ".o_breadcrumb:contains('Scoring Rules')",
        },
        {
            content: "write a new rule",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            run: "edit Looked at prices",
        },
        {
            content: "one that counts page views",
            trigger: ".o_field_widget[name=source] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Page views')",
            run: "click",
        },
        {
            content: "the form has followed: a condition of before would be lost",
            trigger: ".o_form_view:contains('Which Page Views Count')",
        },
        {
            trigger: "div[name=domain]:contains('Match all records')",
        },
        {
            content: "a condition asks for the address",
            trigger: ".o_field_widget[name=domain] a:contains('New Rule')",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=domain] .o_model_field_selector:contains('Url')",
        },
        {
            content: "say which",
            trigger: ".o_field_widget[name=domain] .o_tree_editor_condition input.o_input",
            run: "edit /prices && press Tab",
        },
        ...stepUtils.saveForm(),
    ],
});
