import {ResultField} from "../result_field/result_field.esm";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useState} from "@odoo/owl";

/**
 * Shows which leads would go to whom, and a button that hands them over. It does so in
 * several requests, none of which takes long; what one of them has done stays done.
 */
export class DryRun extends ResultField {
    static template = "lead_scoring.DryRun";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.state = useState({running: false, tried: this.result.tried});
    }

    get remaining() {
        return this.result.total - this.state.tried;
    }

    get progress() {
        return (100 * this.state.tried) / this.result.total;
    }

    get runningText() {
        return _t(
            "%(done)s of %(total)s. Keep this page open; what is done stays done.",
            {
                done: formatInteger(this.state.tried),
                total: formatInteger(this.result.total),
            }
        );
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
}

registry.category("fields").add("lead_scoring_dry_run", {
    component: DryRun,
    displayName: _t("Preview Assignment"),
    supportedTypes: ["json"],
});
