import {Component} from "@odoo/owl";
import {formatInteger} from "@web/views/fields/formatters";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/** Base of the fields that show a JSON result, with links to the leads in it. */
export class ResultField extends Component {
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.formatInteger = formatInteger;
    }

    get result() {
        return this.props.record.data[this.props.name];
    }

    openLead(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.lead",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}
