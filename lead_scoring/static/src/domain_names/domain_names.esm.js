import {
    DomainSelectorAutocomplete,
    DomainSelectorSingleAutocomplete,
} from "@web/core/tree_editor/tree_editor_autocomplete";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";

/*
 * Lets the domain editor show names of records, which scoring rules that are written by
 * hand contain: ('country_id', '=', 'Belgium'). Odoo evaluates such a condition, but its
 * editor calls the name an invalid record ID, and shows nothing for a value of False.
 */

patch(DomainSelectorSingleAutocomplete.prototype, {
    getDisplayName(props = this.props, displayNames) {
        if (typeof props.resId === "string") {
            return props.resId;
        }
        return props.resId === false
            ? _t("(none)")
            : super.getDisplayName(props, displayNames);
    },
});

patch(DomainSelectorAutocomplete.prototype, {
    getTags(props, displayNames) {
        const tags = super.getTags(props, displayNames);
        props.resIds.forEach((value, index) => {
            if (typeof value === "string") {
                Object.assign(tags[index], {text: value, colorIndex: 0});
            }
        });
        return tags;
    },
});
