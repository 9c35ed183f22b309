// Short messages on the sheet: what a link said in vain, what a tool waits for.

import { el } from "./dom.js";
import { t } from "./i18n.js";

/** Messages by their sort; a new one takes the place of the old of the same sort. */
export class Notices {
  #nodes = new Map();

  constructor() {
    this.node = el("div", { class: "notices", role: "status", "aria-live": "polite" });
  }

  /** Show a message, with actions [title, work] if it has any; nothing takes it away. */
  say(sort, words, actions = [], { closable = true } = {}) {
    this.#nodes.get(sort)?.remove();
    this.#nodes.delete(sort);
    if (!words) return;
    const close = closable ? el("button", { type: "button", class: "close", "aria-label": t("close"), on: { click: () => this.say(sort, null) } }, "×") : null;
    const buttons = actions.map(([title, work]) => el("button", { type: "button", class: "act", on: { click: work } }, title));
    const node = el("div", { class: `notice ${sort}` }, words instanceof Node ? words : el("p", {}, el("bdi", {}, words)), ...buttons, close);
    this.#nodes.set(sort, node);
    this.node.append(node);
  }
}
