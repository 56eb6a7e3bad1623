import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// Points of score that a bar stands for
const BAR_POINTS = 10;
// Lower scores than those of the last so many bars are counted in the first of them
const MAX_BARS = 20;

/**
 * Shows on a team's form how many leads had which score, how many reach its minimum
 * score, and which minimum fits what its members can take.
 */
export class MinimumProposal extends Component {
    static template = "lead_scoring.MinimumProposal";
    static props = {...standardFieldProps};

    setup() {
        this.formatInteger = formatInteger;
    }

    get proposal() {
        return this.props.record.data[this.props.name];
    }

    get minimum() {
        return this.props.record.data.minimum_score;
    }

    /** Expected leads in 30 days from a minimum on. */
    expected(minimum) {
        const {scores, periods} = this.proposal;
        const met = scores.filter(([score]) => score >= minimum);
        return Math.round(met.reduce((sum, [, count]) => sum + count, 0) / periods);
    }

    get bars() {
        const {scores} = this.proposal;
        const numbers = scores.map(([score]) => Math.floor(score / BAR_POINTS));
        const last = Math.max(...numbers);
        const first = Math.max(Math.min(...numbers), last - MAX_BARS + 1);
        const bars = [];
        for (let number = first; number <= last; number++) {
            bars.push({from: number * BAR_POINTS, count: 0});
        }
        scores.forEach(([, count], index) => {
            bars[Math.max(numbers[index] - first, 0)].count += count;
        });
        return bars;
    }

    height(count) {
        return (100 * count) / Math.max(...this.bars.map((bar) => bar.count));
    }

    label({from}) {
        const to = from + BAR_POINTS - 1;
        return from > this.proposal.scores[0][0] && from === this.bars[0].from
            ? `≤ ${to}`
            : `${from} – ${to}`;
    }

    /** Where a score is on the axis, in percent. */
    position(score) {
        const bars = this.bars;
        const share = (score - bars[0].from) / (bars.length * BAR_POINTS);
        return 100 * Math.min(Math.max(share, 0), 1);
    }

    get summary() {
        return _t("Leads from %(minimum)s on, in 30 days: about %(expected)s.", {
            minimum: this.minimum,
            expected: formatInteger(this.expected(this.minimum)),
        });
    }

    get verdict() {
        const {capacity, minimum, verdict} = this.proposal;
        const numbers = {
            capacity: formatInteger(capacity),
            minimum,
            expected: formatInteger(minimum === undefined ? 0 : this.expected(minimum)),
        };
        switch (verdict) {
            case "few":
                return _t("Too few leads in 90 days to propose a minimum score.");
            case "nobody":
                return _t(
                    "No member of the team takes leads: set what each can take to get a minimum score proposed."
                );
            case "all":
                return _t(
                    "The team has room for all of them (%(capacity)s in 30 days).",
                    numbers
                );
            case "tie":
                return _t(
                    "The members can take %(capacity)s: more leads than that share the highest score.",
                    numbers
                );
        }
        return _t(
            "The members can take %(capacity)s: a minimum of %(minimum)s fits, with about %(expected)s.",
            numbers
        );
    }

    /** What the next run can hand out, as a plan says it. */
    get room() {
        const {capacity, room} = this.proposal;
        const numbers = {
            capacity: formatInteger(capacity),
            room: formatInteger(room),
        };
        return room
            ? _t("Now the members can take %(room)s of %(capacity)s.", numbers)
            : _t(
                  "Nobody can take a lead now: the limit of %(capacity)s in 30 days is reached, or members are away.",
                  numbers
              );
    }

    /** What the bars show, in words. */
    get description() {
        return this.bars
            .map((bar) =>
                _t("Leads with score %(score)s: %(count)s", {
                    score: this.label(bar),
                    count: formatInteger(bar.count),
                })
            )
            .join(". ");
    }

    use() {
        return this.props.record.update({minimum_score: this.proposal.minimum});
    }
}

registry.category("fields").add("lead_scoring_minimum", {
    component: MinimumProposal,
    displayName: _t("Minimum Score Proposed"),
    supportedTypes: ["json"],
    fieldDependencies: [{name: "minimum_score", type: "integer"}],
});
