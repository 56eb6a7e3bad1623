import {Component, onWillStart, onWillUpdateProps} from "@odoo/owl";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {ListRenderer} from "@web/views/list/list_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

/**
 * Says above a list, or in a graph or pivot, what its records mean and what to do, as its model's
 * «get_sentences» has it.
 */
export class Sentences extends Component {
    static template = "lead_scoring_evidence.Sentences";
    static props = {list: Object};

    setup() {
        this.orm = useService("orm");
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((nextProps) => this.load(nextProps));
    }

    async load({list}) {
        this.sentences = await this.orm.call(list.resModel, "get_sentences", [
            list.domain,
        ]);
    }
}

class SentencesListRenderer extends ListRenderer {
    static template = "lead_scoring_evidence.SentencesListRenderer";
    static components = {...ListRenderer.components, Sentences};
}

class SentencesKanbanRenderer extends KanbanRenderer {
    static template = "lead_scoring_evidence.SentencesKanbanRenderer";
    static components = {...KanbanRenderer.components, Sentences};
}

registry.category("views").add("lead_scoring_sentences_list", {
    ...listView,
    Renderer: SentencesListRenderer,
});
registry.category("views").add("lead_scoring_sentences_kanban", {
    ...kanbanView,
    Renderer: SentencesKanbanRenderer,
});
