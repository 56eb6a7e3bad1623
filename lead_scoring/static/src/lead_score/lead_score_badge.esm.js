import {BadgeField, badgeField} from "@web/views/fields/badge/badge_field";
import {Component, onWillStart, onWillUnmount} from "@odoo/owl";
import {LeadScoreCard} from "./lead_score_card.esm";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {usePopover} from "@web/core/popover/popover_hook";
import {useService} from "@web/core/utils/hooks";

// Milliseconds. A pointer that only crosses a badge sends no request.
const OPEN_DELAY = 400;

/** Popover that explains the score of a lead. */
export class LeadScorePopover extends Component {
    static template = "lead_scoring.LeadScorePopover";
    static components = {LeadScoreCard};
    static props = {close: Function, resId: Number};

    setup() {
        const orm = useService("orm");
        onWillStart(async () => {
            const fields = ["score_explanation"];
            const [lead] = await orm.silent.read(
                "crm.lead",
                [this.props.resId],
                fields
            );
            this.explanation = lead.score_explanation;
        });
    }
}

/** Score as a badge that opens its explanation when one points at it. */
export class LeadScoreBadge extends BadgeField {
    static template = "lead_scoring.LeadScoreBadge";

    setup() {
        this.popover = usePopover(LeadScorePopover, {
            animation: false,
            position: "right",
            setActiveElement: false,
        });
        onWillUnmount(() => browser.clearTimeout(this.timer));
    }

    onMouseEnter(ev) {
        const {resId} = this.props.record;
        const badge = ev.currentTarget;
        if (resId) {
            this.timer = browser.setTimeout(
                () => this.popover.open(badge, {resId}),
                OPEN_DELAY
            );
        }
    }

    onMouseLeave() {
        browser.clearTimeout(this.timer);
        this.popover.close();
    }
}

registry.category("fields").add("lead_score_badge", {
    ...badgeField,
    component: LeadScoreBadge,
    displayName: _t("Score"),
    supportedTypes: ["integer"],
});
