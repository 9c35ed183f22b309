// The panel: themes and layers with their symbols, counts and switches. It is the legend too.

import { el, text } from "./dom.js";
import { number, say, t } from "./i18n.js";
import { countNumber, passingNumber } from "./layers.js";
import { swatch } from "./symbols.js";

export class Tree {
  #rows = new Map();
  #themes = [];

  /** `events`: onShow(layers, visible), onRetry(layer), onFade(layer, opacity), onRaise(layer), isRaised(layer), onVisit(layer). */
  constructor(config, layers, events) {
    this.layers = layers;
    this.events = events;
    this.status = el("p", { class: "status", role: "status", "aria-live": "polite" });
    this.node = el(
      "div",
      { class: "tree" },
      this.status,
      el("div", { class: "themes" }, ...planFirst(config.themes).filter((theme) => layers.some((layer) => layer.theme === theme)).map((theme) => this.#theme(theme))),
      notes(),
    );
    layers.forEach((layer) => this.update(layer));
  }

  /** Show what has become of a layer. */
  update(layer) {
    const { node, box, count, line, slider, top } = this.#rows.get(layer.id);
    node.dataset.state = layer.state;
    box.checked = layer.visible;
    slider.value = Math.round(layer.opacity * 100);
    top.setAttribute("aria-pressed", String(this.events.isRaised(layer)));
    count.textContent = countOf(layer);
    line.replaceChildren(...this.#line(layer));
    this.#themes.forEach((theme) => theme.update());
    this.#updateStatus();
  }

  #updateStatus() {
    const ended = this.layers.filter((layer) => layer.state === "ready" || layer.state === "failed");
    const failed = ended.filter((layer) => layer.state === "failed").length;
    const all = this.layers.length;
    const count = this.layers.reduce((sum, layer) => sum + (countNumber(layer) ?? 0), 0);
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
      this.events.onShow(own, visible);
    });
    this.#themes.push({
      update() {
        const shown = own.filter((layer) => layer.visible).length;
        box.checked = shown > 0;
        box.indeterminate = shown > 0 && shown < own.length;
        const [passing, all] = [passingNumber, countNumber].map((of) => own.reduce((sum, layer) => sum + (of(layer) ?? 0), 0));
        count.textContent = passing === all ? number(all) : t("of", { count: number(passing), all: number(all) });
      },
    });
    const layers = el("ul", { id: `theme-${theme.id}` }, ...own.map((layer) => this.#row(layer)));
    const fold = el("button", { type: "button", class: "fold", "aria-expanded": "true", "aria-controls": layers.id, on: { click: turn } }, el("span", { class: "title" }, say(theme.title)));
    function turn() {
      layers.hidden = !layers.hidden;
      fold.setAttribute("aria-expanded", String(!layers.hidden));
    }
    return el("div", { class: "theme", data: { theme: theme.id } }, el("div", { class: "theme-head" }, el("h3", {}, fold), count, box), layers);
  }

  #row(layer) {
    const box = el("input", { type: "checkbox", on: { change: () => this.events.onShow([layer], box.checked) } });
    const count = el("span", { class: "count" });
    const line = el("div", { class: "line" });
    const [single] = layer.legend;
    const plain = layer.legend.length === 1;
    const title = text(say(layer.title), { class: "title", title: layer.description || null });
    const sample = plain ? el("span", { class: "sample" }, swatch(single.style)) : null;
    const label = el("label", { class: plain ? null : "wide" }, sample, title, count, box);
    const entries = plain ? [] : layer.legend.map((entry) => legendLine(entry));
    const { more, options, slider, top } = this.#options(layer);
    const head = el("div", { class: "row" }, label, more);
    const node = el("li", { data: { layer: layer.id } }, head, options, plain ? null : el("ul", { class: "legend" }, ...entries), line);
    this.#rows.set(layer.id, { node, box, count, line, slider, top });
    return node;
  }

  /** What else can be done with a layer, folded away. */
  #options(layer) {
    const title = say(layer.title);
    const slider = el("input", { type: "range", min: 10, max: 100, step: 5, "aria-label": t("opacityOf", { title }), on: { input: () => this.events.onFade(layer, slider.value / 100, false), change: () => this.events.onFade(layer, slider.value / 100, true) } });
    const visit = el("button", { type: "button", class: "act", on: { click: () => this.events.onVisit(layer) } }, t("zoomTo"));
    const top = el("button", { type: "button", class: "act", on: { click: () => this.events.onRaise(layer) } }, t("onTop"));
    const options = el("div", { class: "options", id: `options-${layer.id}`, hidden: true }, el("label", {}, t("opacity"), slider), visit, top);
    const more = el("button", { type: "button", class: "more", "aria-label": t("optionsOf", { title }), "aria-expanded": "false", "aria-controls": options.id, on: { click: turn } }, "⋯");
    function turn() {
      options.hidden = !options.hidden;
      more.setAttribute("aria-expanded", String(!options.hidden));
    }
    return { more, options, slider, top };
  }

  #line(layer) {
    if (layer.state === "loading" && layer.wasFailed) return [t("loadingLayer")];
    if (layer.state === "failed") {
      layer.wasFailed = true;
      const button = el("button", { type: "button", on: { click: () => this.events.onRetry(layer) } }, t("retry"));
      return [el("span", {}, t("failed", { reason: layer.reason })), button];
    }
    if (layer.isTiled) return [el("span", { class: "quiet" }, t(layer.showsCells ? "cellsNote" : "tiledNote"))];
    const undrawn = layer.features.filter((feature) => !feature.geometry).length;
    return undrawn ? [el("span", { class: "quiet" }, t("notDrawn", { count: undrawn }))] : [];
  }
}

/** The plan and the ground on which it stands, then the themes. */
function planFirst(themes) {
  const isFirst = ({ id }) => id === "structure" || id === "base";
  return [...themes.filter(isFirst), ...themes.filter((theme) => !isFirst(theme))];
}

function legendLine(entry) {
  return el("li", {}, el("span", { class: "sample" }, swatch(entry.style)), text(say(entry.title)));
}

function countOf(layer) {
  const count = countNumber(layer);
  if (count === null || count === undefined) return "";
  const passing = passingNumber(layer);
  if (passing === null) return t("of", { count: "…", all: number(count) });
  return passing === count ? number(count) : t("of", { count: number(passing), all: number(count) });
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
