import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("lead_scoring_rule_form", {
    steps: () => [
        {
            content: "two leads match, one of them is hot",
            trigger: ".o_lead_scoring_reach [name=count]:contains('now: 2')",
        },
        {
            trigger: ".o_lead_scoring_reach [data-temperature=hot]:contains('1')",
        },
        {
            content: "one that matches and one that does not are named",
            trigger:
                ".o_lead_scoring_reach:has([name=match]:contains('Bakery')) [name=other]:contains('Butcher')",
        },
        {
            content: "another rule asks for the same",
            trigger: "div[name=duplicate] a:contains('Town')",
        },
        {
            content: "nothing to see the effect of",
            trigger: ".o_lead_scoring_reach:not(:has(button[name=see_effect]))",
        },
        {
            content: "give more points",
            trigger: ".o_field_widget[name=value] input",
            run: "edit 58 && press Tab",
        },
        {
            content: "see what that changes, before it is saved",
            trigger: ".o_lead_scoring_reach button[name=see_effect]",
            run: "click",
        },
        {
            trigger: ".o_lead_scoring_reach [name=effect]:contains('Become hot: 1.')",
        },
        {
            content: "a further edit takes it back",
            trigger: ".o_field_widget[name=value] input",
            run: "edit 41 && press Tab",
        },
        {
            trigger: ".o_lead_scoring_reach:not(:has([name=effect]))",
        },
        {
            content: "save nothing",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            trigger: ".o_lead_scoring_reach:not(:has(button[name=see_effect]))",
        },
        {
            content: "which fields are there for a condition",
            trigger: ".o_field_widget[name=domain] .o_model_field_selector",
            run: "click",
        },
        {
            content: "the helpful ones come first, technical ones are left out",
            trigger:
                ".o_model_field_selector_popover_item:first:contains('Job Position')",
        },
        {
            trigger:
                ".o_model_field_selector_popover:not(:has([data-name=score_id])):not(:has([data-name=email_domain_criterion]))",
        },
        {
            trigger: ".o_model_field_selector_popover_close",
            run: "click",
        },
        {
            content: "pause it: one is told what that changes",
            trigger: "button[name=pause]:contains('Pause')",
            run: "click",
        },
        {
            trigger: ".modal:contains('No longer hot: 1.') .btn-primary:contains('Pause')",
            run: "click",
        },
        {
            trigger: "button[name=pause]:contains('Resume')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_rule_list", {
    steps: () => [
        {
            content: "pause it from the list: one is told what that changes",
            trigger: ".o_data_row:contains('Ghent') button[name=pause]:has(.fa-pause)",
            run: "click",
        },
        {
            trigger: ".modal:contains('another score: 1.') .btn-primary:contains('Pause')",
            run: "click",
        },
        {
            content: "it is muted, and can be resumed",
            trigger: ".o_data_row.text-muted:contains('Ghent') button[name=pause] .fa-play",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_hidden_field", {
    steps: () => [
        {
            content: "a condition on a field that is not offered shows well",
            trigger:
                ".o_field_widget[name=domain] .o_model_field_selector:contains('Email Domain Criterion')",
            run: "click",
        },
        {
            content: "and its field is in the list",
            trigger:
                ".o_model_field_selector_popover_item.active[data-name=email_domain_criterion]",
        },
        {
            trigger: ".o_model_field_selector_popover_close",
            run: "click",
        },
        {
            trigger: ".o_form_view",
        },
    ],
});

registry.category("web_tour.tours").add("lead_scoring_versions", {
    steps: () => [
        {
            content: "see the versions",
            trigger: ".o_notebook a[name=versions]",
            run: "click",
        },
        {
            content: "the second says what it changed, and who published it",
            trigger:
                ".o_field_widget[name=version_ids] .o_data_row:contains('Points 40 → 55'):contains('tour-scoring')",
        },
        {
            content: "open the first",
            trigger:
                ".o_field_widget[name=version_ids] .o_data_row:contains('Retired') button[name=get_formview_action]",
            run: "click",
        },
        {
            trigger: ".o_form_statusbar button[name=action_publish]",
        },
    ],
});
