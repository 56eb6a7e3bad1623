import {clickOnSave, registerWebsitePreviewTour} from "@website/js/tours/tour_utils";

const INPUT = ".hb-row[data-label='Lead Event'] input";

registerWebsitePreviewTour(
    "lead_scoring_event_option",
    {url: "/signals-pricing", edition: true},
    () => [
        {
            content: "choose the link",
            trigger: ":iframe #wrap a:contains('Price list')",
            run: "click",
        },
        {
            content: "call what it does otherwise",
            trigger: `${INPUT}:value(Price list)`,
            run: "edit Saw the list && press Enter",
        },
        {
            content: "wait for the page to have it",
            trigger: ":iframe #wrap a[data-lead-event='Saw the list']",
        },
        {
            content: "choose the video",
            trigger: ":iframe #wrap .media_iframe_video",
            run: "click",
        },
        {
            content: "it is no signal any more",
            trigger: `${INPUT}:value(Film)`,
            run: "clear && press Enter",
        },
        {
            content: "wait for the page to have forgotten it",
            trigger: ":iframe #wrap .media_iframe_video:not([data-lead-event])",
        },
        ...clickOnSave(),
    ]
);
