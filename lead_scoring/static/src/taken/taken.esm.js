import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

// Milliseconds: long enough to see that it was the wrong one
const SHOWN = 10000;

/** Says that an opportunity is taken, and offers to undo it. */
registry.category("actions").add("lead_scoring.taken", (env, {params}) => {
    const {action, notification, orm} = env.services;
    const close = notification.add(params.message, {
        type: "success",
        autocloseDelay: SHOWN,
        buttons: [
            {
                name: _t("Undo"),
                icon: "fa-undo",
                onClick: async () => {
                    close();
                    await orm.call("crm.lead", "action_undo_take", [params.token]);
                    await action.doAction("soft_reload");
                },
            },
        ],
    });
    return params.next;
});
