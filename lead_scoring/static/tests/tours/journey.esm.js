import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("lead_scoring_journey", {
    steps: () => [
        {
            content: "download the price list",
            trigger: "#journey_download",
            run: "click",
        },
        {
            content: "play the demo",
            trigger: "#journey_video",
            run() {
                this.anchor.dispatchEvent(new Event("play"));
            },
        },
        {
            content: "say who one is",
            trigger: "input[name=contact_name]",
            run: "edit Ann Journey",
        },
        {
            trigger: "input[name=email_from]",
            run: "edit ann@journey.example.org",
        },
        {
            trigger: "input[name=name]",
            run: "edit Desks for the new office",
        },
        {
            content: "send the form",
            trigger: ".s_website_form_send",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "arrive at the next page",
            trigger: "#journey_thanks",
        },
    ],
});
