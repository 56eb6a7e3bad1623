import {GraphRenderer} from "@web/views/graph/graph_renderer";
import {PivotRenderer} from "@web/views/pivot/pivot_renderer";
import {Sentences} from "../sentences/sentences.esm";
import {graphView} from "@web/views/graph/graph_view";
import {pivotView} from "@web/views/pivot/pivot_view";
import {registry} from "@web/core/registry";

// Odoo loads graphs and pivots only once one is opened: so are these
class SentencesGraphRenderer extends GraphRenderer {
    static template = "lead_scoring_evidence.SentencesGraphRenderer";
    static components = {...GraphRenderer.components, Sentences};
}

class SentencesPivotRenderer extends PivotRenderer {
    static template = "lead_scoring_evidence.SentencesPivotRenderer";
    static components = {...PivotRenderer.components, Sentences};
}

registry.category("views").add("lead_scoring_sentences_graph", {
    ...graphView,
    Renderer: SentencesGraphRenderer,
});
registry.category("views").add("lead_scoring_sentences_pivot", {
    ...pivotView,
    Renderer: SentencesPivotRenderer,
});
