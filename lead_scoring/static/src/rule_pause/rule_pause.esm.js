import {Component, onWillStart, useState} from "@odoo/owl";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

/** Pauses or resumes a rule; of a live model after telling what that changes. */
export class RulePause extends Component {
    static template = "lead_scoring.RulePause";
    static props = {...standardWidgetProps};

    setup() {
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.state = useState({busy: false});
        // A list can't hide it by groups
        onWillStart(async () => {
            const {resModel} = this.props.record;
            this.mayWrite = await user.checkAccessRight(resModel, "write");
        });
    }

    get isRunning() {
        return this.props.record.data.active;
    }

    /** A list has an icon, whose title says what it does. */
    get isInList() {
        return this.env.config.viewType === "list";
    }

    get label() {
        return this.isRunning ? _t("Pause") : _t("Resume");
    }

    get hint() {
        const hint = this.isRunning ? _t("Its points are given back") : "";
        return this.isInList ? [this.label, hint].filter(Boolean).join(": ") : hint;
    }

    async toggle() {
        const {record} = this.props;
        const active = !this.isRunning;
        this.state.busy = true;
        try {
            if (!(await record.save())) {
                return;
            }
            if (record.data.model_state !== "live") {
                await this.write(active);
                return;
            }
            const effect = await this.orm.call(record.resModel, "get_effect", [
                [record.resId],
                {active},
            ]);
            this.dialog.add(ConfirmationDialog, {
                title: active ? _t("Resume this rule?") : _t("Pause this rule?"),
                body: effect,
                confirmLabel: this.label,
                confirm: () => this.write(active),
                cancel: () => undefined,
            });
        } finally {
            this.state.busy = false;
        }
    }

    async write(active) {
        const {record} = this.props;
        await this.orm.write(record.resModel, [record.resId], {active});
        await record.load();
    }
}

registry.category("view_widgets").add("lead_scoring_rule_pause", {
    component: RulePause,
    fieldDependencies: [
        {name: "model_state", type: "selection"},
        {name: "active", type: "boolean"},
    ],
});
