import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * Which leads go to whom, and a button that does it, part by part: however many they are,
 * no request takes long, and what is done is done.
 */
export class DryRun extends Component {
    static template = "lead_scoring.DryRun";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.formatInteger = formatInteger;
        this.state = useState({running: false, tried: this.result.tried});
    }

    get result() {
        return this.props.record.data[this.props.name];
    }

    get remaining() {
        return this.result.total - this.state.tried;
    }

    get progress() {
        return (100 * this.state.tried) / this.result.total;
    }

    get runningText() {
        return _t("%(done)s of %(total)s. Keep this page open; what is done stays done.", {
            done: formatInteger(this.state.tried),
            total: formatInteger(this.result.total),
        });
    }

    get doneText() {
        return _t("Done: %(done)s of %(total)s.", {
            done: formatInteger(this.result.done),
            total: formatInteger(this.result.total),
        });
    }

    teamText(team) {
        return _t("Leads: %(count)s. Minimum score: %(minimum)s.", {
            count: formatInteger(team.count),
            minimum: team.minimum,
        });
    }

    moreText(team) {
        return _t("And %s more", formatInteger(team.count - team.rows.length));
    }

    personName(name) {
        return name || _t("Nobody");
    }

    async apply() {
        const {record} = this.props;
        this.state.running = true;
        try {
            while (this.remaining > 0) {
                this.state.tried = await this.orm.call(record.resModel, "apply_next", [
                    [record.resId],
                ]);
            }
        } finally {
            this.state.running = false;
            await record.load();
        }
    }

    planAgain() {
        return this.action.doAction("lead_scoring.lead_scoring_dry_run_action_plan", {
            stackPosition: "replaceCurrentAction",
        });
    }

    openWaiting() {
        return this.action.doAction("lead_scoring.crm_lead_action_waiting");
    }

    openLead(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.lead",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("lead_scoring_dry_run", {
    component: DryRun,
    displayName: _t("Who Would Get What"),
    supportedTypes: ["json"],
});
