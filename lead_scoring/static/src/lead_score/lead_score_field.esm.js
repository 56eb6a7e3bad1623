import {Component, useState} from "@odoo/owl";
import {KeepLast} from "@web/core/utils/concurrency";
import {LeadScoreCard} from "./lead_score_card.esm";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {useService} from "@web/core/utils/hooks";

/**
 * Shows on the lead's form why it has its score.
 *
 * It reads the explanation in a request of its own: leads are scored at the end of a
 * transaction, and what a form gets when it is saved was read before that.
 */
export class LeadScoreField extends Component {
    static template = "lead_scoring.LeadScoreField";
    static components = {LeadScoreCard};
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({explanation: null, details: null});
        let before = "";
        useRecordObserver((record) => {
            const {resId, data} = record;
            const {fit_score: fit, interest_score: interest, temperature} = data;
            const version = [
                resId,
                fit,
                interest,
                temperature,
                data.write_date?.ts,
            ].join();
            if (version !== before) {
                before = version;
                this.load(resId);
            }
        });
    }

    async load(resId) {
        if (this.resId !== resId) {
            this.resId = resId;
            this.state.explanation = null;
            this.state.details = null;
        }
        if (!resId) {
            return;
        }
        const [lead] = await this.keepLast.add(
            this.orm.silent.read("crm.lead", [resId], ["score_explanation"])
        );
        this.state.explanation = lead.score_explanation;
        if (this.state.details) {
            await this.loadDetails();
        }
    }

    /** Read what only those see who open the explanation. */
    async loadDetails() {
        const {resId} = this;
        const fields = ["score_details"];
        const [lead] = await this.orm.silent.read("crm.lead", [resId], fields);
        if (resId === this.resId) {
            this.state.details = lead.score_details;
        }
    }

    /** Open what is behind a part of the details. */
    async openPart({action}) {
        const {resId} = this.props.record;
        await this.action.doActionButton({
            type: "object",
            name: action,
            resModel: "crm.lead",
            resId,
            resIds: [resId],
        });
    }

    async scoreNow() {
        const {record} = this.props;
        await this.orm.call("crm.lead", "action_score_now", [[record.resId]]);
        await record.load();
        await this.load(record.resId);
    }
}

registry.category("fields").add("lead_score_explanation", {
    component: LeadScoreField,
    displayName: _t("Why This Score"),
    supportedTypes: ["integer"],
    fieldDependencies: [
        {name: "fit_score", type: "integer"},
        {name: "interest_score", type: "integer"},
        {name: "temperature", type: "selection"},
        {name: "write_date", type: "datetime"},
    ],
});
