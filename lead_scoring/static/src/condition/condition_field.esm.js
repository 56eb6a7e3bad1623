import {DomainField, domainField} from "@web/views/fields/domain/domain_field";
import {DomainSelector} from "@web/core/domain_selector/domain_selector";
import {condition} from "@web/core/tree_editor/condition_tree";
import {getDefaultValue} from "@web/core/tree_editor/tree_editor_value_editors";
import {registry} from "@web/core/registry";
import {sortBy} from "@web/core/utils/arrays";
import {useSubEnv} from "@odoo/owl";

/** What tells one record of a stream from another, the first that there is. */
const FIRST_FIELDS = ["url", "subject", "mass_mailing_id", "list_id", "name"];

/** What Odoo's own editor does not offer either. */
const UNFIT_TYPES = ["json", "separator"];

/**
 * Lets a new condition begin with what people ask of a page view, an event or a mail:
 * Odoo's editor would begin with «ID is equal to 1». Offers the fields that rules are
 * made of first, and technical ones not at all, except in developer mode.
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

    getPathEditorInfo(resModel, defaultCondition) {
        const info = super.getPathEditorInfo(resModel, defaultCondition);
        return {
            ...info,
            extractProps: (params) => ({
                ...info.extractProps(params),
                filter: (field, path, model) =>
                    field.searchable &&
                    !UNFIT_TYPES.includes(field.type) &&
                    this.isOffered(field, model, String(params.value)),
                sort: (fieldDefs) => this.sortFields(fieldDefs),
            }),
        };
    }

    /** A field that the condition has already stays in the list. */
    isOffered(field, model, path) {
        const {model: ours, hidden} = this.env.conditionFields();
        return (
            this.props.isDebugMode ||
            model !== ours ||
            !hidden.includes(field.name) ||
            path.split(".").includes(field.name)
        );
    }

    sortFields(fieldDefs) {
        const {first} = this.env.conditionFields();
        const names = sortBy(Object.keys(fieldDefs), (name) => fieldDefs[name].string);
        const helpful = first.filter((name) => fieldDefs[name]);
        return [...helpful, ...names.filter((name) => !helpful.includes(name))];
    }
}

export class ConditionField extends DomainField {
    static components = {...DomainField.components, DomainSelector: ConditionSelector};

    setup() {
        super.setup();
        const none = {model: "", first: [], hidden: []};
        useSubEnv({
            conditionFields: () => this.props.record.data.condition_fields || none,
        });
    }
}

registry.category("fields").add("lead_scoring_condition", {
    ...domainField,
    component: ConditionField,
    fieldDependencies: [{name: "condition_fields", type: "json"}],
});
