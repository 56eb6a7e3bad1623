import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("lead_scoring_model_life", {
    url: "/odoo/scoring-models",
    steps: () => [
        {
            content: "open the live model",
            trigger: ".o_data_row:contains('Test'):contains('Live') td[name=name]",
            run: "click",
        },
        {
            content: "make a new version of it",
            trigger: "button[name=action_new_version]",
            run: "click",
        },
        {
            content: "it replaces the live one",
            trigger: ".o_field_widget[name=origin_id] input:value('Test')",
        },
        {
            content: "ask less of hot leads",
            trigger: ".o_field_widget[name=hot_score] input",
            run: "edit 35",
        },
        {
            content: "simulate it",
            trigger: "button[name=action_simulate]",
            run: "click",
        },
        {
            content: "one lead becomes warmer",
            trigger: ".o_lead_scoring_simulation [name=hot]:contains('0 → 1')",
        },
        {
            content: "publish it",
            trigger: "button[name=action_publish]",
            run: "click",
        },
        {
            content: "silently, as proposed",
            trigger: ".modal .o_field_widget[name=fire] input:not(:checked)",
        },
        {
            trigger: ".modal button[name=action_publish]",
            run: "click",
        },
        {
            content: "it is live, and can be reverted",
            trigger: "button[name=action_revert]",
            run: "click",
        },
        {
            content: "bring the first version back",
            trigger: ".modal:contains('Brings Back') .modal-title:contains('Revert')",
        },
        {
            trigger: ".modal button[name=action_publish]:contains('Revert')",
            run: "click",
        },
        {
            content: "the first version is live again",
            trigger:
                ".o_field_widget[name=hot_score]:contains('60'), .o_field_widget[name=hot_score] input:value('60')",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_revert]))",
        },
    ],
});
