import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

const ICONS = {
    stop: "fa-exclamation-triangle text-warning",
    advice: "fa-lightbulb-o text-info",
    done: "fa-check-circle text-success",
};
const TITLES = {
    stop: _t("Stands in the way"),
    advice: _t("Advice"),
    done: _t("Done"),
};

/**
 * Lists what stands between a scoring model and its first hot lead, with a button for
 * what the user can mend at once.
 */
export class Obstacles extends Component {
    static template = "lead_scoring.Obstacles";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({busy: false});
    }

    get obstacles() {
        return this.props.record.data[this.props.name] || [];
    }

    get stops() {
        return this.obstacles.some(({kind}) => kind === "stop");
    }

    icon({kind}) {
        return ICONS[kind];
    }

    title({kind}) {
        return TITLES[kind];
    }

    async mend({name, record}) {
        const root = this.props.record;
        this.state.busy = true;
        try {
            if (!(await root.save())) {
                return;
            }
            const action = await this.orm.call(root.resModel, "action_mend", [
                [root.resId],
                name,
                record || null,
            ]);
            if (action) {
                await this.action.doAction(action);
            } else {
                await root.load();
            }
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("fields").add("lead_scoring_obstacles", {
    component: Obstacles,
    displayName: _t("Problems to Fix"),
    supportedTypes: ["json"],
});
