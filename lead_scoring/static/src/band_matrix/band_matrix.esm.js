import {PivotRenderer} from "@web/views/pivot/pivot_renderer";
import {_t} from "@web/core/l10n/translation";
import {formatPercentage} from "@web/views/fields/formatters";
import {pivotView} from "@web/views/pivot/pivot_view";
import {registry} from "@web/core/registry";

const REACHED = ["reached", "high"];
const SEGMENTS = {
    sales: {label: _t("Sales"), color: "success"},
    nurture: {label: _t("Nurture"), color: "info"},
    remarket: {label: _t("Remarket"), color: "warning"},
    discard: {label: _t("Discard"), color: "secondary"},
};

/**
 * Draws a pivot table of fit by interest as a matrix of cards; grouped otherwise, it is
 * the pivot table that it is.
 */
export class BandMatrixRenderer extends PivotRenderer {
    static template = "lead_scoring.BandMatrixRenderer";

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
     * What a cell shows; without a band, the total over all.
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
            // What onOpenView asks for: no leads, nothing to open
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
