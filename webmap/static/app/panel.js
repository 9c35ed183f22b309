// The column beside the map: what is always there, and tabs of which one is seen.

import { el } from "./dom.js";
import { t } from "./i18n.js";

export class Panel {
  #tabs = new Map();
  #current = null;

  /** `onTurn()` is called when another tab is seen. */
  constructor({ onTurn }) {
    this.onTurn = onTurn;
    this.list = el("div", { class: "tabs", role: "tablist", "aria-label": t("panel"), on: { keydown: (event) => this.#walk(event) } });
    this.top = el("div", { class: "top" });
    this.pages = el("div", { class: "pages" });
    this.node = el("aside", { class: "panel", id: "panel", "aria-label": t("panel") }, this.top, this.list, this.pages);
  }

  /** Add a tab. `update()` is called when it comes into sight. */
  add(id, title, node, update = () => {}) {
    const button = el(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `page-${id}`, on: { click: () => this.turn(id) } },
      title,
    );
    const page = el("section", { role: "tabpanel", class: "page", id: `page-${id}`, "aria-labelledby": `tab-${id}`, tabindex: -1 }, el("h2", { class: "unseen" }, title), node);
    this.#tabs.set(id, { button, page, update });
    this.list.append(button);
    this.pages.append(page);
    if (this.#tabs.size === 1) this.#show(id);
    else page.hidden = true;
    this.#mark();
  }

  get current() {
    return this.#current;
  }

  /** Show a tab and say so. */
  turn(id) {
    if (id === this.#current) return;
    this.#show(id);
    this.onTurn();
  }

  /** Give the focus to the tab that is seen. */
  focus() {
    this.#tabs.get(this.#current).button.focus();
  }

  /** The seen tab shows what has changed. */
  update() {
    this.#tabs.get(this.#current)?.update();
  }

  /** The part of the address that this is. */
  part() {
    const [first] = this.#tabs.keys();
    return {
      name: "tab",
      read: () => (this.#current === first ? null : this.#current),
      write: (text) => {
        this.#show(this.#tabs.has(text) ? text : first);
        return text === null || this.#tabs.has(text);
      },
    };
  }

  #show(id) {
    this.#current = id;
    for (const [own, { page }] of this.#tabs) page.hidden = own !== id;
    this.#mark();
    this.update();
  }

  #mark() {
    for (const [own, { button }] of this.#tabs) {
      button.setAttribute("aria-selected", String(own === this.#current));
      button.tabIndex = own === this.#current ? 0 : -1;
    }
  }

  #walk(event) {
    const ids = [...this.#tabs.keys()];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = { Home: 0, End: ids.length - 1 }[event.key] ?? (step && (ids.indexOf(this.#current) + step + ids.length) % ids.length);
    if (at === undefined) return;
    event.preventDefault();
    this.turn(ids[at]);
    this.#tabs.get(ids[at]).button.focus();
  }
}
