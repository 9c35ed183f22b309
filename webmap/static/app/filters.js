// The filter: every facet with its values and how many features each would show; what is chosen as chips.

import { el, text } from "./dom.js";
import { number, t } from "./i18n.js";
import { countNumber, passingNumber } from "./layers.js";

export class Filters {
  #groups = [];

  constructor(facets) {
    this.facets = facets;
    this.summary = el("p", { class: "status", role: "status" });
    this.node = el("div", { class: "filters" }, this.summary);
  }

  /** Build the groups: the features have come, and with them what they can be sifted by. */
  build() {
    const open = new Map(this.#groups.map(({ facet, node }) => [facet, node.open]));
    this.#groups.forEach((group) => group.node.remove());
    this.#groups = this.facets.all.map((facet) => new Group(facet, this.facets)).filter((group) => group.size > 1);
    for (const { facet, node } of this.#groups) node.open = open.get(facet) ?? node.open;
    this.node.append(...this.#groups.map((group) => group.node));
    this.update();
  }

  update() {
    for (const group of this.#groups) group.update();
    const layers = this.facets.layers.all.filter((layer) => layer.isSifted || layer.isAsked);
    const sum = (count) => layers.reduce((total, layer) => total + (count(layer) ?? 0), 0);
    this.summary.textContent = t("passing", { count: number(sum(passingNumber)), all: number(sum(countNumber)) });
    if (!this.node.closest("[hidden]")) this.facets.ask().then((isNew) => isNew && this.build());
  }
}

class Group {
  #rows = new Map();

  constructor(facet, facets) {
    this.facet = facet;
    this.facets = facets;
    const codes = ordered(facet, facets.counts(facet));
    this.size = codes.length;
    this.badge = el("span", { class: "count" });
    const list = el("div", { class: "values", role: "group", "aria-label": facet.title() });
    let heading = null;
    for (const code of codes) {
      const title = facet.groupOf?.(code);
      if (title && title !== heading?.textContent) list.append((heading = text(title, { class: "subheading" })));
      list.append(this.#row(code, title ? heading : null));
    }
    this.node = el("details", { class: "facet" }, el("summary", {}, el("span", { class: "title" }, facet.title()), this.badge), list);
    this.node.open = ["city", "level", "status"].includes(facet.name) || facet.chosen.size > 0;
  }

  update() {
    const counts = this.facets.counts(this.facet);
    const seen = new Set();
    for (const [code, { node, box, count, heading }] of this.#rows) {
      const found = counts.get(code) ?? 0;
      box.checked = this.facet.chosen.has(code);
      node.hidden = !found && !box.checked;
      count.textContent = number(found);
      if (!node.hidden) seen.add(heading);
    }
    for (const { heading } of this.#rows.values()) if (heading) heading.hidden = !seen.has(heading);
    this.badge.textContent = this.facet.chosen.size ? t("chosen", { count: this.facet.chosen.size }) : "";
  }

  #row(code, heading) {
    const box = el("input", { type: "checkbox", on: { change: () => this.facets.toggle(this.facet, code, box.checked) } });
    const count = el("span", { class: "count" });
    const node = el("label", {}, box, text(this.facet.titleOf(code) ?? code, { class: "title" }), count);
    this.#rows.set(code, { node, box, count, heading });
    return node;
  }
}

/** The codes that occur: in the order declared, by group; without one, the most frequent first. */
function ordered(facet, counts) {
  const codes = [...counts.keys()].filter((code) => facet.titleOf(code) !== null);
  if (!facet.order) return codes.sort((a, b) => counts.get(b) - counts.get(a) || (a < b ? -1 : 1));
  return codes.sort((a, b) => facet.order.indexOf(a) - facet.order.indexOf(b));
}

/** What is chosen, each with a button that takes it back, and one that takes all back. */
export class Chips {
  constructor(facets) {
    this.facets = facets;
    this.node = el("div", { class: "chips", role: "group", "aria-label": t("filterOn"), hidden: true });
  }

  update() {
    this.node.hidden = !this.facets.isActive;
    this.node.replaceChildren(
      ...this.facets.choices.map(([facet, code]) => this.#chip(facet, code)),
      el("button", { type: "button", class: "clear", on: { click: () => this.facets.clear() } }, t("clearFilter")),
    );
  }

  #chip(facet, code) {
    const words = facet.titleOf(code) ?? code;
    return el(
      "button",
      { type: "button", class: "chip", "aria-label": t("takeBack", { facet: facet.title(), value: words }), title: facet.title(), on: { click: () => this.facets.toggle(facet, code, false) } },
      text(words),
      el("span", { "aria-hidden": "true" }, "×"),
    );
  }
}
