// The list beside the map: the same features in the order of the tree, under the same filter. It makes the
// map usable without seeing or pointing.

import { el, onceAFrame, text, texts } from "./dom.js";
import { someOf } from "./features.js";
import { boxOf } from "./geo.js";
import { nameOf, number, say, t } from "./i18n.js";
import { isVague, styleOf, swatch } from "./symbols.js";

const AT_ONCE = 150;

export class List {
  #wanted = AT_ONCE;
  #told = new Map();

  /** `onOpen(layer, feature)` is called when an entry is chosen, `placeOf(properties)` names a place. */
  constructor(map, layers, { onOpen, placeOf, isFiltered }) {
    Object.assign(this, { map, layers, onOpen, placeOf, isFiltered });
    this.summary = el("p", { class: "status", role: "status" });
    this.inView = el("input", { type: "checkbox", on: { change: () => (this.reset(), this.update()) } });
    this.entries = el("div", { class: "entries" });
    this.more = el("button", { type: "button", class: "more-entries", on: { click: () => this.#showMore() } }, t("moreEntries"));
    this.node = el("div", { class: "list" }, this.summary, el("label", { class: "in-view" }, this.inView, t("inView")), this.entries, this.more);
    map.on("moveend", onceAFrame(() => this.inView.checked && this.node.isConnected && !this.node.closest("[hidden]") && this.update()));
  }

  /** Begin at the top again. */
  reset() {
    this.#wanted = AT_ONCE;
  }

  update() {
    const groups = this.#groups();
    const all = groups.reduce((sum, { count }) => sum + count, 0);
    let room = this.#wanted;
    const sections = [];
    for (const group of groups) {
      if (room <= 0) break;
      sections.push(this.#section(group, room));
      room -= group.count;
    }
    this.entries.replaceChildren(...sections);
    this.more.hidden = all <= this.#wanted;
    this.summary.textContent = all ? t("listed", { count: number(all) }) : t("nothingListed");
  }

  #groups() {
    const bounds = this.map.getBounds();
    const isSeen = this.inView.checked ? (feature) => feature.geometry && meets(feature, bounds) : () => true;
    return this.layers.all
      .filter((layer) => layer.visible && (layer.isSifted || layer.isAsked || (!layer.isBase && !this.isFiltered())))
      .map((layer) => (layer.isTiled ? this.#asked(layer, bounds) : held(layer, layer.passing.filter(isSeen))))
      .filter(({ count }) => count);
  }

  /** What the service has told of a layer; it is asked when filter, view or room are others. */
  #asked(layer, bounds) {
    const bbox = this.inView.checked ? [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((v) => v.toFixed(4)) : null;
    const question = JSON.stringify([layer.condition, bbox, this.#wanted]);
    const told = this.#told.get(layer);
    if (told?.question === question) return told;
    const asked = { ...held(layer, told?.features ?? [], told?.count ?? 0), question };
    this.#told.set(layer, asked);
    someOf(layer, layer.condition, { limit: this.#wanted, bbox })
      .then(({ features, matched }) => Object.assign(asked, { features, count: matched }))
      .catch(() => this.#told.delete(layer))
      .then(() => this.node.closest("[hidden]") || this.#told.get(layer) !== asked || this.update());
    return asked;
  }

  #section({ layer, features, count }, room) {
    const entries = features.slice(0, room).map((feature) => this.#entry(layer, feature));
    return el(
      "section",
      {},
      el("h3", {}, text(say(layer.title)), el("span", { class: "count" }, number(count))),
      el("ol", {}, ...entries),
    );
  }

  #entry(layer, feature) {
    const { properties } = feature;
    const vague = isVague(properties);
    const kind = layer.kinds[String(properties.kind)];
    const facts = [kind ? say(kind) : null, this.placeOf(properties), feature.geometry ? null : t("noPlace")].filter(Boolean);
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "entry", data: { layer: layer.id, id: feature.id }, on: { click: () => this.onOpen(layer, feature) } },
        swatch(styleOf(layer.symbol, properties), { vague }),
        el("span", { class: "words" }, text(nameOf(properties), { class: "title" }), texts(facts, " · ", { class: "facts" })),
      ),
    );
  }

  #showMore() {
    const shown = this.entries.querySelectorAll(".entry").length;
    this.#wanted += AT_ONCE;
    this.update();
    this.entries.querySelectorAll(".entry")[shown]?.focus();
  }
}

function held(layer, features, count = features.length) {
  return { layer, features, count };
}

function meets(feature, bounds) {
  feature.box ??= boxOf(feature.geometry);
  const [west, south, east, north] = feature.box;
  return west <= bounds.getEast() && east >= bounds.getWest() && south <= bounds.getNorth() && north >= bounds.getSouth();
}
