import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * What publishing a scoring model would change: bars of now and then.
 */
export class Simulation extends Component {
    static template = "lead_scoring.Simulation";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.formatInteger = formatInteger;
        this.verdicts = {
            fits: {label: _t("Fits"), color: "text-bg-success"},
            few: {label: _t("Too few"), color: "text-bg-warning"},
            many: {label: _t("Too many"), color: "text-bg-danger"},
            none: {label: _t("No capacity set"), color: "text-bg-secondary"},
        };
    }

    get result() {
        return this.props.record.data[this.props.name];
    }

    /** Groups of bars with the same scale within each. */
    get countText() {
        return _t(
            "Open leads that get another model, of %s",
            formatInteger(this.result.open_count)
        );
    }

    get charts() {
        return [
            {title: _t("Temperature"), rows: this.result.temperatures},
            {title: _t("Segment"), rows: this.result.segments},
        ];
    }

    get bands() {
        return this.result.bands.map((band) => ({...band, label: this.bandLabel(band)}));
    }

    bandLabel({from, to}) {
        if (from === null && to === null) {
            return _t("all");
        }
        if (from === null) {
            return `≤ ${to}`;
        }
        return to === null ? `≥ ${from}` : `${from} – ${to}`;
    }

    /** Share of the longest bar of these rows, in percent. */
    share(count, rows) {
        const longest = Math.max(1, ...rows.flatMap((row) => [row.now, row.then]));
        return (100 * count) / longest;
    }

    signed(number) {
        const text = formatInteger(Math.abs(number));
        if (!number) {
            return "±0";
        }
        return number > 0 ? `+${text}` : `−${text}`;
    }

    color(temperature) {
        return {cold: "text-info", warm: "text-warning", hot: "text-danger"}[
            temperature
        ];
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

registry.category("fields").add("lead_scoring_simulation", {
    component: Simulation,
    displayName: _t("Lead Scoring Simulation"),
    supportedTypes: ["json"],
});
