import {Component, useEffect, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {useService} from "@web/core/utils/hooks";

/** Fields of a rule whose change moves leads. */
export const MOVING_FIELDS = [
    ...["active", "dimension", "domain", "half_life", "maximum", "minimum_count"],
    ...["model_id", "source", "value"],
];
const COLORS = {cold: "info", warm: "warning", hot: "danger"};

/**
 * Says which leads a rule matches, once the form is open, and what saving a rule of a
 * live model would change for leads, when one asks.
 */
export class RuleReach extends Component {
    static template = "lead_scoring.RuleReach";
    static props = {...standardWidgetProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.formatInteger = formatInteger;
        this.state = useState({reach: null, effect: null, busy: false});
        useEffect(
            (id, dirty) => {
                if (!dirty) {
                    this.load(id);
                }
            },
            () => [this.record.resId, this.record.dirty]
        );
        useRecordObserver((record) => {
            // Read, so that a further edit takes back what was said of the last one
            MOVING_FIELDS.forEach((name) => record.data[name]);
            this.state.effect = null;
        });
    }

    get record() {
        return this.props.record;
    }

    get isLive() {
        return this.record.data.model_state === "live";
    }

    get matching() {
        return this.state.reach.temperatures.filter(({count}) => count).reverse();
    }

    get title() {
        const {count, sampled} = this.state.reach;
        if (sampled) {
            return _t("Matches among the newest %(sample)s open leads: %(count)s", {
                sample: formatInteger(sampled),
                count: formatInteger(count),
            });
        }
        return _t("Open leads that match now: %s", formatInteger(count));
    }

    color({key}) {
        return COLORS[key];
    }

    share({count}) {
        return (100 * count) / this.state.reach.count;
    }

    async load(id) {
        const reach = id
            ? await this.orm.silent.call(this.record.resModel, "get_reach", [[id]])
            : null;
        if (id === this.record.resId) {
            this.state.reach = reach;
        }
    }

    async seeEffect() {
        const {resModel, resId} = this.record;
        this.state.busy = true;
        try {
            const changes = await this.record.getChanges();
            const names = resId ? MOVING_FIELDS : [...MOVING_FIELDS, "name"];
            const vals = Object.fromEntries(
                names.filter((name) => name in changes).map((n) => [n, changes[n]])
            );
            this.state.effect = await this.orm.call(resModel, "get_effect", [
                resId ? [resId] : [],
                vals,
            ]);
        } finally {
            this.state.busy = false;
        }
    }

    openLead({id}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.lead",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("lead_scoring_rule_reach", {
    component: RuleReach,
    fieldDependencies: [
        {name: "model_state", type: "selection"},
        {name: "active", type: "boolean"},
    ],
});
