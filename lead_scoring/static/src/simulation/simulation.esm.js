import {ResultField} from "../result_field/result_field.esm";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";

/**
 * Shows what publishing a scoring model would change: numbers of leads now and then as
 * bars, what each team would get, and the leads that move most.
 */
export class Simulation extends ResultField {
    static template = "lead_scoring.Simulation";

    setup() {
        super.setup();
        this.verdicts = {
            fits: {label: _t("Fits"), color: "text-bg-success"},
            few: {label: _t("Too few"), color: "text-bg-warning"},
            many: {label: _t("Too many"), color: "text-bg-danger"},
            full: {label: _t("No capacity left"), color: "text-bg-danger"},
            none: {label: _t("No capacity set"), color: "text-bg-secondary"},
        };
    }

    get countText() {
        return _t(
            "Leads rescored, of %s open ones",
            formatInteger(this.result.open_count)
        );
    }

    /** Groups of bars, each with a scale of its own. */
    get charts() {
        return [
            {title: _t("Temperature"), rows: this.result.temperatures},
            {title: _t("Segment"), rows: this.result.segments},
        ];
    }

    get bands() {
        return this.result.bands.map((band) => ({
            ...band,
            label: this.bandLabel(band),
        }));
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
}

registry.category("fields").add("lead_scoring_simulation", {
    component: Simulation,
    displayName: _t("Lead Scoring Simulation"),
    supportedTypes: ["json"],
});
