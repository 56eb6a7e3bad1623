import {Component, useState} from "@odoo/owl";
import {deserializeDateTime, formatDate, formatDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {localization} from "@web/core/l10n/localization";

// Rules of an axis that are shown at first. One more than this is shown too, because the
// line that says how many are hidden takes as much space.
const SHOWN_RULES = 3;
// The gauge ends this much above the hot score, so that hot leads differ as well.
const HEADROOM = 4 / 3;
const CENTER = {x: 70, y: 68};
const RADIUS = 52;
const DAY_MS = 24 * 60 * 60 * 1000;
const SPARK = {width: 140, height: 34, pad: 4};

/**
 * Explains a score: gauge, points by rule, recent changes, and what is missing to be hot.
 * The lead's form shows it, and the popover of the score in lists and on cards.
 */
export class LeadScoreCard extends Component {
    static template = "lead_scoring.LeadScoreCard";
    static props = {
        explanation: Object,
        // What is known of the visitor, and how the numbers relate
        details: {type: Object, optional: true},
        // Without buttons
        compact: {type: Boolean, optional: true},
        // At first one line, which opens the rest
        collapsible: {type: Boolean, optional: true},
        // Called before it opens, so that nothing moves afterwards
        onOpen: {type: Function, optional: true},
        onOpenPart: {type: Function, optional: true},
        onScoreNow: {type: Function, optional: true},
    };

    setup() {
        this.state = useState({expanded: false, open: !this.props.collapsible});
    }

    get data() {
        return this.props.explanation;
    }

    get temperature() {
        return {
            cold: {label: _t("Cold"), color: "info"},
            warm: {label: _t("Warm"), color: "warning"},
            hot: {label: _t("Hot"), color: "danger"},
        }[this.data.temperature];
    }

    /**
     * What to do with the lead. A hot one is to be called first, be there little interest
     * or none: another advice beside it would contradict.
     */
    get segment() {
        const {segment, temperature} = this.data;
        if (temperature === "hot" && segment !== "sales") {
            return undefined;
        }
        return {
            sales: _t("Sales"),
            nurture: _t("Nurture"),
            remarket: _t("Remarket"),
            discard: _t("Discard"),
        }[segment];
    }

    /** With the typographic minus sign, which is as wide as a plus. */
    plain(points) {
        return points < 0 ? `\u2212${-points}` : `${points}`;
    }

    signed(points) {
        return points < 0 ? this.plain(points) : `+${points}`;
    }

    // ---------------------------------------------------------------------------
    // In one line
    // ---------------------------------------------------------------------------

    /** The strongest reasons, and what to do next. */
    get strip() {
        const {not_scored: notScored, rules, missing, temperature} = this.data;
        const reasons = rules.slice(0, SHOWN_RULES);
        return {
            reasons: reasons.map((rule) => `${rule.name} ${this.signed(rule.points)}`),
            none: notScored || _t("Nothing gives points yet."),
            next:
                temperature === "hot"
                    ? _t("Call first")
                    : missing && _t("%s more points to be hot", missing.points),
        };
    }

    async toggleOpen() {
        if (!this.state.open) {
            await this.props.onOpen?.();
        }
        this.state.open = !this.state.open;
    }

    // ---------------------------------------------------------------------------
    // Details
    // ---------------------------------------------------------------------------

    get known() {
        return (this.props.details?.known || []).map((part) => {
            const date = part.date && deserializeDateTime(part.date);
            return {
                ...part,
                value: date ? date.toRelative() : part.value,
                exactly: date && formatDateTime(date),
            };
        });
    }

    get numbers() {
        return this.props.details?.numbers || [];
    }

    // ---------------------------------------------------------------------------
    // Gauge
    // ---------------------------------------------------------------------------

    get gauge() {
        const {score, thresholds} = this.data;
        if (!thresholds) {
            return {zones: [], ticks: [], value: false, label: `${score}`};
        }
        const {warm_score: warm, hot_score: hot} = thresholds;
        const low = Math.min(0, warm);
        const high = Math.max(score, low + (hot - low) * HEADROOM);
        const at = (points) =>
            Math.min(1, Math.max(0, (points - low) / (high - low || 1)));
        return {
            zones: [
                {color: "info", path: this.arc(0, at(warm))},
                {color: "warning", path: this.arc(at(warm), at(hot))},
                {color: "danger", path: this.arc(at(hot), 1)},
            ],
            value: score > low && this.arc(0, at(score)),
            ticks: [warm, hot].map((points) => ({
                points,
                inner: this.point(at(points), RADIUS - 6),
                outer: this.point(at(points), RADIUS + 6),
                label: this.point(at(points), RADIUS + 12),
                anchor: this.anchor(at(points)),
            })),
            label: _t(
                "Score %(score)s, %(temperature)s. Warm from %(warm)s, hot from %(hot)s.",
                {score, temperature: this.temperature?.label, warm, hot}
            ),
        };
    }

    get isRtl() {
        return localization.direction === "rtl";
    }

    /**
     * The point of the half circle at a fraction of it. It starts on the left, or on the
     * right in languages that are written from right to left.
     */
    point(fraction, radius = RADIUS) {
        const side = this.isRtl ? -1 : 1;
        return {
            x: CENTER.x - side * radius * Math.cos(Math.PI * fraction),
            y: CENTER.y - radius * Math.sin(Math.PI * fraction),
        };
    }

    anchor(fraction) {
        if (Math.abs(fraction - 0.5) < 0.1) {
            return "middle";
        }
        return fraction < 0.5 === this.isRtl ? "start" : "end";
    }

    arc(from, to) {
        const [start, end] = [this.point(from), this.point(to)];
        const sweep = this.isRtl ? 0 : 1;
        return `M${start.x} ${start.y}A${RADIUS} ${RADIUS} 0 0 ${sweep} ${end.x} ${end.y}`;
    }

    // ---------------------------------------------------------------------------
    // Changes
    // ---------------------------------------------------------------------------

    get week() {
        const {week} = this.data;
        if (!week) {
            return false;
        }
        const rules = week.is_new ? [] : week.rules.slice(0, SHOWN_RULES);
        const shown = rules.reduce((sum, rule) => sum + rule.points, 0);
        const others = week.is_new ? 0 : week.rules.length - rules.length;
        return {
            ...week,
            rules,
            headline: _t("%s within a week", this.signed(week.points)),
            others: others && _t("%s more", others),
            rest: week.points - shown,
        };
    }

    get sparkline() {
        const {history, score} = this.data;
        if (!history.length) {
            return false;
        }
        const now = luxon.DateTime.now();
        const points = history.map((row) => ({
            date: deserializeDateTime(row.date),
            score: row.score,
        }));
        points.push({date: now, score});
        const first = points[0];
        if (now - first.date < DAY_MS) {
            return false;
        }
        const scores = points.map((point) => point.score);
        const low = Math.min(...scores);
        const span = Math.max(...scores) - low || 1;
        const time = now - first.date;
        const {width, height, pad} = SPARK;
        const places = points.map((point) => {
            const x = pad + ((point.date - first.date) / time) * (width - 2 * pad);
            return {
                x: this.isRtl ? width - x : x,
                y: height - pad - ((point.score - low) / span) * (height - 2 * pad),
            };
        });
        return {
            points: places.map(({x, y}) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "),
            last: places.at(-1),
            label: _t("The score was %(before)s %(when)s, it is %(score)s now.", {
                before: first.score,
                when: first.date.toRelative(),
                score,
            }),
            since: first.date.toRelative(),
        };
    }

    // ---------------------------------------------------------------------------
    // Rules
    // ---------------------------------------------------------------------------

    get axes() {
        const {thresholds, fit, interest} = this.data;
        return [
            {
                name: "fit",
                label: _t("Fit"),
                help: _t("Who they are"),
                points: fit,
                floor: thresholds && thresholds.fit_floor,
                empty: _t("No rule about who they are matches yet."),
            },
            {
                name: "interest",
                label: _t("Interest"),
                help: _t("What they do"),
                points: interest,
                floor: thresholds && thresholds.interest_floor,
                empty: _t("Nothing they did gives points yet."),
            },
        ].map((axis) => this.axis(axis));
    }

    axis(axis) {
        const rules = this.data.rules.filter((rule) => rule.dimension === axis.name);
        const few = rules.length > SHOWN_RULES + 1 && !this.state.expanded;
        const shown = few ? rules.slice(0, SHOWN_RULES) : rules;
        const hidden = few ? rules.slice(SHOWN_RULES) : [];
        const end = Math.max(axis.points, axis.floor * 1.5, 1);
        return {
            ...axis,
            rules: shown.map((rule) => this.rule(rule)),
            others: hidden.length && _t("%s more rules", hidden.length),
            rest: hidden.reduce((sum, rule) => sum + rule.points, 0),
            floorLabel: _t("Minimum %s", axis.floor),
            reached: axis.floor !== false && axis.points >= axis.floor,
            fill: `inline-size: ${(100 * Math.max(0, axis.points)) / end}%`,
            tick: `inset-inline-start: ${(100 * Math.max(0, axis.floor)) / end}%`,
        };
    }

    /**
     * Points of a bar of full length: the largest number, points lost included, but at
     * most twice the largest points that count, so that short bars can still be seen.
     */
    get scale() {
        const {rules} = this.data;
        const largest = Math.max(1, ...rules.map((rule) => Math.abs(rule.points)));
        const all = rules.map((rule) => this.unreduced(rule));
        return Math.min(2 * largest, Math.max(largest, ...all));
    }

    /** What the rule would give without decay and maximum. */
    unreduced(rule) {
        return Math.abs(rule.points + rule.lost_to_decay + rule.lost_to_maximum);
    }

    rule(rule) {
        const percent = (points) => `inline-size: ${(100 * points) / this.scale}%`;
        const date = rule.last_date && deserializeDateTime(rule.last_date);
        const until = rule.expiry_date && deserializeDateTime(rule.expiry_date);
        return {
            ...rule,
            color: rule.points < 0 ? "danger" : rule.dimension,
            bar: percent(Math.abs(rule.points)),
            decay: rule.lost_to_decay && percent(Math.abs(rule.lost_to_decay)),
            maximum: rule.lost_to_maximum && percent(Math.abs(rule.lost_to_maximum)),
            // Only adjustments have a user
            by: rule.user && _t("by %s", rule.user),
            until: until && _t("until %s", formatDate(until)),
            times: rule.count > 1 && _t("%s times", rule.count),
            from:
                rule.counts_from > 1 && _t("counts from no. %s on", rule.counts_from),
            faded: _t("%s faded", this.signed(-rule.lost_to_decay)),
            unfaded: _t(
                "%s without fading",
                this.signed(rule.points + rule.lost_to_decay)
            ),
            over: _t("%s over the maximum", this.signed(-rule.lost_to_maximum)),
            when: date && date.toRelative(),
            exactly: date && formatDateTime(date),
            iso: date && date.toISO(),
        };
    }

    get hasMore() {
        return ["fit", "interest"].some(
            (axis) =>
                this.data.rules.filter((rule) => rule.dimension === axis).length >
                SHOWN_RULES + 1
        );
    }

    get missing() {
        const {missing} = this.data;
        if (!missing) {
            return false;
        }
        const others = Math.max(0, missing.rules.length - SHOWN_RULES);
        const rules = missing.rules.slice(0, SHOWN_RULES).map((rule) => ({
            ...rule,
            name: this.wayName(rule),
        }));
        return {
            ...missing,
            rules,
            headline: this.headline(missing),
            others: others && _t("and %s more", others),
        };
    }

    wayName({name, again, ask}) {
        if (ask) {
            return _t("%(rule)s (ask for: %(fields)s)", {rule: name, fields: ask});
        }
        return again ? _t("%s, once more", name) : name;
    }

    headline({points, rules, alone, enough}) {
        if (!rules.length) {
            return _t(
                "%s more points, but neither you nor the lead can do anything to get them.",
                points
            );
        }
        if (alone) {
            return rules.length === 1
                ? _t("%s more points. This is enough:", points)
                : _t("%s more points. Any of these is enough:", points);
        }
        return enough
            ? _t("%s more points. Together these are enough:", points)
            : _t("%s more points. Even all of these are not enough:", points);
    }

    get allRules() {
        return _t("Show all %s rules", this.data.rules.length);
    }

    /** The card computes the score now; lists show the one that was last stored. */
    get stale() {
        const {score, last_score: last} = this.data;
        return last !== score && _t("Lists show %s until the next run.", last);
    }

    toggle() {
        this.state.expanded = !this.state.expanded;
    }
}
