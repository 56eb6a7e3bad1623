import {registry} from "@web/core/registry";

const untick = (row) => ({
    content: `untick condition ${row}`,
    trigger: `.o_field_widget[name=candidate_ids] .o_data_row:nth-child(${row}) td[name=use] input:checked`,
    run: "click",
});
const tick = (row) => ({
    content: `tick condition ${row}`,
    trigger: `.o_field_widget[name=candidate_ids] .o_data_row:nth-child(${row}) td[name=use] input:not(:checked)`,
    run: "click",
});

registry.category("web_tour.tours").add("lead_scoring_learning", {
    url: "/odoo/scoring-learning",
    steps: () => [
        {
            content: "look for conditions",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_discover]",
            run: "click",
        },
        {
            content: "what tells most comes first",
            trigger:
                ".o_field_widget[name=candidate_ids] .o_data_row:first-child:contains('director')",
        },
        {
            content: "what is left out says why",
            trigger: ".nav-link[name=left_out]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=field_ids] .o_data_row:contains('Lost Reason')",
        },
        {
            trigger: ".nav-link[name=candidates]",
            run: "click",
        },
        {
            content: "what is suggested is ticked",
            trigger:
                ".o_field_widget[name=candidate_ids] .o_data_row:first-child td[name=use] input:checked",
        },
        untick(1),
        tick(1),
        {
            content: "learn the points of all rules",
            trigger: "button[name=action_learn]:visible",
            run: "click",
        },
        {
            content: "open the draft",
            trigger: "button[name=action_view_draft]",
            run: "click",
        },
        {
            content: "it says what it was learned from",
            trigger: "[name=learned_note]:contains('Learned on')",
        },
        {
            content: "simulate it",
            trigger: "button[name=action_simulate]",
            run: "click",
        },
        {
            trigger: ".o_lead_scoring_simulation",
        },
        {
            content: "publish it",
            trigger: "button[name=action_publish]",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_publish]",
            run: "click",
        },
        {
            content: "and bring the first version back",
            trigger: "button[name=action_revert]",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_publish]",
            run: "click",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_revert]))",
        },
    ],
});
