import {stepUtils} from "@web_tour/tour_utils";

/** Steps that open the CRM application. */
export const openCrm = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "open CRM",
        trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
        run: "click",
    },
];

/** Steps that choose a menu of CRM, by default one of lead scoring. */
export const openMenu = (menu, section = "lead_scoring.lead_scoring_menu") => [
    {
        content: `open the menu ${section}`,
        trigger: `.o_menu_sections [data-menu-xmlid='${section}']`,
        run: "click",
    },
    {
        content: `choose ${menu}`,
        trigger: `.o-dropdown--menu [data-menu-xmlid='${menu}']`,
        run: "click",
    },
];
