import {DomainField, domainField} from "@web/views/fields/domain/domain_field";
import {DomainSelector} from "@web/core/domain_selector/domain_selector";
import {condition} from "@web/core/tree_editor/condition_tree";
import {getDefaultValue} from "@web/core/tree_editor/tree_editor_value_editors";
import {registry} from "@web/core/registry";

/** What tells one record of a stream from another, the first that there is. */
const FIRST_FIELDS = ["url", "subject", "mass_mailing_id", "list_id", "name"];

/**
 * Lets a new condition begin with what people ask of a page view, an event or a mail:
 * Odoo's editor would begin with «ID is equal to 1».
 */
export class ConditionSelector extends DomainSelector {
    getDefaultCondition(fieldDefs) {
        const first = super.getDefaultCondition(fieldDefs);
        const name = FIRST_FIELDS.find((field) => fieldDefs[field]);
        if (first.path !== "id" || !name) {
            return first;
        }
        const isText = ["char", "text"].includes(fieldDefs[name].type);
        const operator = isText ? "ilike" : "in";
        return condition(name, operator, getDefaultValue(fieldDefs[name], operator));
    }
}

export class ConditionField extends DomainField {
    static components = {...DomainField.components, DomainSelector: ConditionSelector};
}

registry.category("fields").add("lead_scoring_condition", {
    ...domainField,
    component: ConditionField,
});
