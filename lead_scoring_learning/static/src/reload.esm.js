import {Component, onWillUnmount, xml} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const SECONDS = 3;

/** Reads the record again every few seconds, as long as it is shown. */
export class LeadScoringReload extends Component {
    static template = xml`<i class="fa fa-spinner fa-spin" role="img" aria-hidden="true"/>`;
    static props = {...standardWidgetProps};

    setup() {
        this.interval = setInterval(() => this.reload(), SECONDS * 1000);
        onWillUnmount(() => clearInterval(this.interval));
    }

    async reload() {
        const {record} = this.props;
        const running = ["queued", "running"].includes(record.data.job_state);
        if (running && !(await record.isDirty())) {
            await record.load();
        }
    }
}

registry.category("view_widgets").add("lead_scoring_reload", {
    component: LeadScoringReload,
});
