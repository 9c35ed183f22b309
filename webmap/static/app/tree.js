// The panel: themes and layers with their symbols, counts and switches. It is the legend too.

import { el, text } from "./dom.js";
import { lang, number, otherLanguage, say, t } from "./i18n.js";
import { swatch } from "./symbols.js";

export class Tree {
  #rows = new Map();
  #themes = [];

  /** `events`: onShow(layer, visible), onRetry(layer). */
  constructor(config, layers, events) {
    this.layers = layers;
    this.events = events;
    this.status = el("p", { class: "status", role: "status", "aria-live": "polite" });
    this.node = el(
      "aside",
      { class: "panel", id: "panel", "aria-label": t("layers") },
      el("header", {}, el("h2", {}, t("layers")), el("a", { class: "language", href: otherLanguage(), hreflang: lang === "en" ? "zh-CN" : "en" }, t("other"))),
      this.status,
      el("div", { class: "themes" }, ...config.themes.map((theme) => this.#theme(theme))),
      notes(),
    );
    layers.forEach((layer) => this.update(layer));
  }

  /** Show what has become of a layer. */
  update(layer) {
    const { node, box, count, line } = this.#rows.get(layer.id);
    node.dataset.state = layer.state;
    box.checked = layer.visible;
    count.textContent = countOf(layer);
    line.replaceChildren(...this.#line(layer));
    this.#themes.forEach((theme) => theme.update());
    this.#updateStatus();
  }

  #updateStatus() {
    const ended = this.layers.filter((layer) => layer.state === "ready" || layer.state === "failed");
    const failed = ended.filter((layer) => layer.state === "failed").length;
    const all = this.layers.length;
    const count = this.layers.reduce((sum, layer) => sum + layer.features.length, 0);
    this.status.textContent =
      ended.length < all
        ? t("loading", { done: ended.length, all })
        : failed
          ? t("failedSome", { count: failed })
          : t("ready", { count: number(count) });
    this.status.dataset.state = ended.length < all ? "loading" : failed ? "failed" : "ready";
  }

  #theme(theme) {
    const own = this.layers.filter((layer) => layer.theme === theme);
    const box = el("input", { type: "checkbox", "aria-label": t("theme", { title: say(theme.title) }) });
    const count = el("span", { class: "count" });
    box.addEventListener("change", () => {
      const visible = box.checked; // showing a layer sets the box anew
      own.forEach((layer) => this.#show(layer, visible));
    });
    this.#themes.push({
      update() {
        const shown = own.filter((layer) => layer.visible).length;
        box.checked = shown > 0;
        box.indeterminate = shown > 0 && shown < own.length;
        count.textContent = number(own.reduce((sum, layer) => sum + (countNumber(layer) ?? 0), 0));
      },
    });
    return el(
      "details",
      { class: "theme", open: true, data: { theme: theme.id } },
      el("summary", {}, el("span", { class: "title" }, say(theme.title)), count, box),
      el("ul", {}, ...own.map((layer) => this.#row(layer))),
    );
  }

  #row(layer) {
    const box = el("input", { type: "checkbox", on: { change: () => this.#show(layer, box.checked) } });
    const count = el("span", { class: "count" });
    const line = el("div", { class: "line" });
    const [single] = layer.legend;
    const plain = layer.legend.length === 1;
    const title = text(say(layer.title), { class: "title", title: layer.description || null });
    const sample = plain ? el("span", { class: "sample" }, swatch(single.style)) : null;
    const label = el("label", { class: plain ? null : "wide" }, sample, title, count, box);
    const entries = plain ? [] : layer.legend.map((entry) => legendLine(entry));
    const node = el("li", { data: { layer: layer.id } }, label, plain ? null : el("ul", { class: "legend" }, ...entries), line);
    this.#rows.set(layer.id, { node, box, count, line });
    return node;
  }

  #line(layer) {
    if (layer.state === "loading" && layer.wasFailed) return [t("loadingLayer")];
    if (layer.state === "failed") {
      layer.wasFailed = true;
      const button = el("button", { type: "button", on: { click: () => this.events.onRetry(layer) } }, t("retry"));
      return [el("span", {}, t("failed", { reason: layer.reason })), button];
    }
    const undrawn = layer.features.filter((feature) => !feature.geometry).length;
    return undrawn ? [el("span", { class: "quiet" }, t("notDrawn", { count: undrawn }))] : [];
  }

  #show(layer, visible) {
    this.events.onShow(layer, visible);
    this.update(layer);
  }
}

function legendLine(entry) {
  return el("li", {}, el("span", { class: "sample" }, swatch(entry.style)), text(say(entry.title)));
}

function countNumber(layer) {
  return layer.state === "ready" ? layer.features.length : layer.count;
}

function countOf(layer) {
  const count = countNumber(layer);
  return count === null || count === undefined ? "" : number(count);
}

function notes() {
  const hatched = { type: "fill", color: "#7d6b83", opacity: 0.3, hatched: true, outline: { type: "stroke", color: "#7d6b83", width: 1.2, dash: [] } };
  const hollow = { type: "marker", color: "#7d6b83", size: 12, shape: "circle" };
  return el(
    "ul",
    { class: "notes" },
    el("li", {}, el("span", { class: "sample" }, swatch(hatched)), t("schematicNote")),
    el("li", {}, el("span", { class: "sample" }, swatch(hollow, { vague: true })), t("hollowNote")),
  );
}
