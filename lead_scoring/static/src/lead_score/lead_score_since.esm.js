import {formatDateTime} from "@web/core/l10n/dates";
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** Says since when a lead is hot, on its card. */
export class LeadScoreSince extends Component {
    static template = "lead_scoring.LeadScoreSince";
    static props = {...standardFieldProps};

    get date() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        return _t("Hot: %s", this.date.toRelative());
    }

    get exactly() {
        return formatDateTime(this.date);
    }
}

registry.category("fields").add("lead_score_since", {
    component: LeadScoreSince,
    displayName: _t("Hot Since"),
    supportedTypes: ["datetime"],
});
