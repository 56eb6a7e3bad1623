import {PivotRenderer} from "@web/views/pivot/pivot_renderer";
import {_t} from "@web/core/l10n/translation";
import {formatPercentage} from "@web/views/fields/formatters";
import {onWillStart} from "@odoo/owl";
import {pivotView} from "@web/views/pivot/pivot_view";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";

const REACHED = ["reached", "high"];
const SEGMENTS = {
    sales: {label: _t("Sales"), color: "success"},
    nurture: {label: _t("Nurture"), color: "info"},
    remarket: {label: _t("Remarket"), color: "warning"},
    discard: {label: _t("Discard"), color: "secondary"},
};

/**
 * Shows a pivot table of leads by fit and interest as a matrix of cards. When it is
 * grouped by anything else, Odoo's pivot table is shown.
 */
export class BandMatrixRenderer extends PivotRenderer {
    static template = "lead_scoring.BandMatrixRenderer";

    setup() {
        super.setup();
        onWillStart(async () => {
            const groups = [
                "lead_scoring.group_scoring_manager",
                "sales_team.group_sale_salesman_all_leads",
            ];
            const has = await Promise.all(groups.map((group) => user.hasGroup(group)));
            this.countsAll = has.some(Boolean);
        });
    }

    get isMatrix() {
        const {fullRowGroupBys, fullColGroupBys} = this.model.metaData;
        return (
            fullRowGroupBys.join() === "fit_band" &&
            fullColGroupBys.join() === "interest_band"
        );
    }

    get interestBands() {
        return this.model.metaData.fields.interest_band.selection;
    }

    get fitBands() {
        return [...this.model.metaData.fields.fit_band.selection].reverse();
    }

    /**
     * What a cell shows. Without a band it is the total of all bands.
     *
     * @param {String} [fit]
     * @param {String} [interest]
     * @returns {Object}
     */
    getCell(fit, interest) {
        const groupId = [fit ? [fit] : [], interest ? [interest] : []];
        const key = JSON.stringify(groupId);
        const rate = this.model.data.measurements[key]?.win_rate;
        const closed = typeof rate === "number";
        return {
            groupId,
            // Read by onOpenView, which opens no list when it is undefined
            value: this.model.data.counts[key] || undefined,
            rate: closed ? Math.round(rate * 100) : 0,
            rateText: closed
                ? _t("%s won", formatPercentage(Math.round(rate * 100) / 100))
                : _t("None closed"),
            ...(fit && interest ? SEGMENTS[this.getSegment(fit, interest)] : {}),
        };
    }

    getSegment(fit, interest) {
        const fits = REACHED.includes(fit);
        const interested = REACHED.includes(interest);
        if (fits && interested) {
            return "sales";
        }
        if (fits && interest === "some") {
            return "nurture";
        }
        return fits || interested ? "remarket" : "discard";
    }
}

registry.category("views").add("lead_scoring_band_matrix", {
    ...pivotView,
    Renderer: BandMatrixRenderer,
});
