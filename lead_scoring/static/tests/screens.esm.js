/* What a walk through all screens of lead scoring finds wrong with them: text that is
 * cut, text that is not translated, and what axe finds for those who use a keyboard or
 * a screen reader. Driven by test_screens.py. */

import {loadJS} from "@web/core/assets";
import {rpcBus} from "@web/core/network/rpc";
import {useServiceProtectMethodHandling} from "@web/core/utils/hooks";

const CALM = 250;
const PATIENCE = 15000;
/* Odoo cuts these by its own design and shows all of it on hover or elsewhere. */
const CUT_BY_DESIGN = [
    ".o_data_cell",
    ".o_breadcrumb",
    ".o_searchview",
    ".o-mail-Chatter",
    ".o_field_html",
    ".visually-hidden",
    ".o_kanban_header",
    ".o_group_name",
    ".modal-title",
    "option",
].join(",");

/* What we draw: the frame around it, its lists and its colours are Odoo's */
const OURS = [
    "[class*='o_lead_score']",
    "[class*='o_lead_scoring']:not(.o_list_view, .o_lead_scoring_list)",
    "[class*='o_widget_lead_scor']",
    "[class*='o_field_lead_scor']",
    ".o_band_matrix",
].join(",");
const THEIRS = ".o_control_panel, .o_tree_editor, .o_progress";
const THEME = ".text-muted, .badge";

/* What was asked of the server and not answered yet */
const pending = new Set();
rpcBus.addEventListener("RPC:REQUEST", ({detail}) => pending.add(detail.data.id));
rpcBus.addEventListener("RPC:RESPONSE", ({detail}) => pending.delete(detail.data.id));

/** Wait until the server has answered all, and the page has not changed for a while. */
async function settle() {
    let changed = Date.now();
    const begun = changed;
    const observer = new MutationObserver(() => {
        changed = Date.now();
    });
    observer.observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
    });
    while (
        (pending.size || Date.now() - changed < CALM) &&
        Date.now() - begun < PATIENCE
    ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    observer.disconnect();
}

/** The parts of the page that hold a screen: a dialog hides what lies under it. */
function roots() {
    const dialogs = [...document.querySelectorAll(".o_dialog .modal-content")];
    return dialogs.length
        ? dialogs.slice(-1)
        : [...document.querySelectorAll(".o_action_manager")];
}

function isVisible(element) {
    return element.checkVisibility({visibilityProperty: true, opacityProperty: true});
}

function ownText(element) {
    return [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.textContent.trim())
        .join(" ")
        .trim();
}

/** Texts of which a part cannot be seen, for the box around them is too small. */
function cut(root) {
    const found = new Set();
    for (const element of root.querySelectorAll("*")) {
        const text = ownText(element);
        if (!text || element.closest(CUT_BY_DESIGN) || !isVisible(element)) {
            continue;
        }
        for (let box = element; box && box !== root; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (!["hidden", "clip"].includes(style.overflowX)) {
                continue;
            }
            if (box.scrollWidth > box.clientWidth + 1 && box.clientWidth) {
                found.add(text);
            }
            break;
        }
    }
    return [...found];
}

/** English texts that have a translation which is not shown. */
function untranslated(root, english) {
    const found = new Set();
    const look = (text) => {
        const trimmed = (text || "").replace(/\s+/g, " ").trim();
        if (english.has(trimmed)) {
            found.add(trimmed);
        }
    };
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (walker.currentNode.parentElement.checkVisibility()) {
            look(walker.currentNode.textContent);
        }
    }
    for (const name of ["title", "placeholder", "aria-label", "data-tooltip"]) {
        for (const element of root.querySelectorAll(`[${name}]`)) {
            look(element.getAttribute(name));
        }
    }
    return [...found];
}

/** What axe says of the parts of a screen that we draw. */
async function barriers(root) {
    const {violations} = await window.axe.run(root, {
        runOnly: {type: "tag", values: ["wcag2a", "wcag2aa"]},
        resultTypes: ["violations"],
    });
    const found = [];
    for (const {id, nodes} of violations) {
        for (const {html, any, target} of nodes) {
            const element = document.querySelector(target[0]);
            const isColor = id === "color-contrast" && element?.closest(THEME);
            const isOurs = element?.closest(OURS) && !element.closest(THEIRS);
            if (isOurs && !isColor) {
                found.push(`${id}: ${html.slice(0, 160)}: ${any[0]?.message}`);
            }
        }
    }
    return found;
}

/** All actions below a menu, as `{name, action}`. */
function leaves(menu) {
    return menu.childrenTree.length
        ? menu.childrenTree.flatMap(leaves)
        : [{name: menu.name, action: menu.actionID}];
}

async function look(name, {english, axe}) {
    await settle();
    const problems = [];
    const add = (kind, texts) =>
        problems.push(...texts.map((text) => `${name}: ${kind}: ${text}`));
    for (const root of roots()) {
        add("cut", cut(root));
        add("not translated", untranslated(root, english));
        if (axe) {
            add("axe", await barriers(root));
        }
    }
    if (document.documentElement.scrollWidth > window.innerWidth + 1) {
        add("wider than the window", [`${document.documentElement.scrollWidth}`]);
    }
    return problems;
}

/** Look at each part of a form that is behind a tab. */
async function lookAtTabs(name, options) {
    const problems = [];
    const tabs = document.querySelectorAll(".o_form_view .o_notebook .nav-link");
    for (const tab of [...tabs].slice(1)) {
        tab.click();
        problems.push(...(await look(`${name}, ${tab.textContent}`, options)));
    }
    return problems;
}

/**
 * Open each screen, and the first record of each list, and tell what is wrong.
 *
 * @param {Object} options
 * @param {String} options.menu XML id of the menu whose entries are opened
 * @param {Object[]} options.screens further ones, `{name, action, click}`: the last is
 *  what is clicked first
 * @param {String[]} options.english texts that must not be seen
 * @param {String} [options.axe] address of the script of axe, where that is asked, too
 * @returns {Promise<String[]>} a line for each thing found
 */
export async function walk({menu, screens, english, axe}) {
    // Odoo's lists refresh what they have shown from a cache, even when the next screen
    // is open already: that is no error
    useServiceProtectMethodHandling.fn = useServiceProtectMethodHandling.mocked;
    if (axe) {
        await loadJS(axe);
    }
    const {env} = [...window.owl.App.apps][0];
    const options = {english: new Set(english), axe};
    const {menu: menus, action} = env.services;
    const root = menus.getAll().find(({xmlid}) => xmlid === menu);
    const problems = [];
    for (const screen of [...leaves(menus.getMenuAsTree(root.id)), ...screens]) {
        await action.doAction(screen.action, {clearBreadcrumbs: true});
        if (screen.click) {
            await settle();
            document.querySelector(screen.click).click();
        }
        problems.push(...(await look(screen.name, options)));
        problems.push(...(await lookAtTabs(screen.name, options)));
        const row = document.querySelector(
            ".o_action_manager .o_data_row .o_data_cell[name]:not(.o_handle_cell)"
        );
        if (row) {
            row.click();
            await settle();
            if (document.querySelector(".o_action_manager .o_form_view")) {
                problems.push(...(await look(`${screen.name}, a record`, options)));
                problems.push(
                    ...(await lookAtTabs(`${screen.name}, a record`, options))
                );
            }
        }
    }
    return problems;
}
