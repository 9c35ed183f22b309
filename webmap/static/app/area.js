// An area that is drawn or picked, and its numbers: a tab of the panel.

import { el, text } from "./dom.js";
import { saveButtons } from "./export.js";
import { countIn } from "./features.js";
import { areaOf, metresBetween } from "./geo.js";
import { distance, nameOf, number, say, t } from "./i18n.js";
import { squareKm } from "./measure.js";
import { metresTo, outlineOf, sumsOf } from "./sums.js";
import { isVague, styleOf, swatch } from "./symbols.js";

const L = window.L;
const LOOKS = { color: "#8a1c12", weight: 2, dashArray: "6 4", fillColor: "#a93226", fillOpacity: 0.08, interactive: false, pane: "sketch" };
const AT_ONCE = 40;

export class AreaTab {
  #area = null;
  #shape = null;
  #all = false;

  /** `onChange()` is called when another area is chosen, `onOpen(layer, feature)` when a place is. */
  constructor(map, layers, sketch, notices, { config, onOpen, onChange, onShow }) {
    Object.assign(this, { map, layers, sketch, notices, config, onOpen, onChange, onShow });
    this.choice = el("select", { "aria-label": t("areaChoice"), on: { change: () => this.#pick(this.choice.value) } });
    this.result = el("div", { class: "numbers", role: "status" });
    const button = (title, kind) => el("button", { type: "button", class: "act", on: { click: () => this.draw(kind) } }, title);
    this.node = el(
      "div",
      { class: "area" },
      el("p", { class: "status" }, t("areaIntro")),
      el("p", { class: "acts" }, button(t("drawPolygonAct"), "polygon"), button(t("drawCircleAct"), "circle")),
      el("label", { class: "choice" }, t("orPick"), this.choice),
      this.result,
    );
  }

  /** Offer the areas that there are: the features have come. */
  build() {
    const groups = this.layers.all
      .filter((layer) => layer.isAreas && !layer.isSifted)
      .map((layer) => [layer, layer.features.filter((feature) => feature.geometry)])
      .filter(([, features]) => features.length);
    this.choice.replaceChildren(
      el("option", { value: "" }, t("noArea")),
      ...groups.map(([layer, features]) =>
        el("optgroup", { label: say(layer.title) }, ...features.map((feature) => el("option", { value: `${layer.id}/${feature.properties.key}` }, nameOf(feature.properties)))),
      ),
    );
  }

  /** What the area is called, or null when there is none. */
  get told() {
    return this.#area && el("span", {}, this.#title()).textContent;
  }

  draw(kind) {
    this.set(null);
    this.notices.say("drawing", t(kind === "circle" ? "drawCircle" : "drawPolygon"), [[t("stop"), () => this.sketch.stop()]], { closable: false });
    this.sketch.start(kind, {
      onChange: (places) => kind === "circle" && places.length > 1 && this.notices.say("drawing", t("radius", { radius: distance(metresBetween(...places)) }), [[t("stop"), () => this.sketch.stop()]], { closable: false }),
      onEnd: (places) => {
        this.notices.say("drawing", null);
        if (places) this.set(drawn(kind, places));
      },
    });
  }

  /** Count in the area of a feature. */
  count(layer, feature) {
    this.set({ kind: "within", layer, feature });
  }

  set(area) {
    this.#take(area);
    this.onChange();
  }

  /** The part of the address that this is. */
  part() {
    return {
      name: "area",
      read: () => this.#area && written(this.#area),
      write: (words) => {
        const area = words ? this.#read(words) : null;
        this.#take(area);
        return !words || area !== null;
      },
    };
  }

  /** Count anew: the filter or the layers are others. */
  update() {
    if (!this.#area) return this.result.replaceChildren();
    const sums = sumsOf(this.#area, this.layers);
    this.result.replaceChildren(
      el("header", {}, el("h3", {}, this.#title()), el("button", { type: "button", class: "act", on: { click: () => this.set(null) } }, t("removeArea"))),
      el("p", { class: "big" }, el("strong", {}, number(sums.found.length)), ` ${t("placesIn", { area: squareKm(sums.km2) })}`),
      sums.unsure.length ? el("p", { class: "quiet" }, t("unsure", { count: sums.unsure.length })) : "",
      ...this.#afar(),
      ...(sums.found.length ? this.#told(sums) : []),
    );
  }

  /** How many there are of layers that are too large to be held here, as the service counts them. */
  *#afar() {
    const { service } = this.config.addresses;
    for (const layer of this.layers.tiled.filter(({ isAsked, isPoints, visible }) => service && isAsked && isPoints && visible)) {
      const count = el("strong", {}, "…");
      countIn(outlineOf(this.#area), layer, layer.condition, service).then((found) => (count.textContent = number(found)), () => (count.textContent = t("noAnswer")));
      yield el("p", { class: "afar", data: { layer: layer.id } }, text(say(layer.title)), " ", count);
    }
  }

  *#told(sums) {
    const distances = this.#distances(sums.found);
    for (const name of ["layer", "level", "status", "city"]) yield* this.#table(name, sums);
    yield el("details", {}, el("summary", {}, t("byKind")), ...this.#table("kind", sums));
    if (distances.length) yield distanceTable(distances);
    yield el("h4", {}, t("placesList"));
    yield this.#list(sums.found);
    yield saveButtons(() => this.#entries(sums.found), `corridor-${this.#area.kind}`);
  }

  *#table(name, sums) {
    const counts = sums.counts[name];
    if (counts.size === 1 && counts.has("")) return;
    yield table(this.#facetTitle(name), [...counts].map(([code, count]) => [this.#valueTitle(name, code, sums), count]));
  }

  #list(found) {
    const shown = this.#all ? found : found.slice(0, AT_ONCE);
    const rest = found.length - shown.length;
    const entry = ({ layer, feature }) =>
      el("li", {}, el("button", { type: "button", class: "way", on: { click: () => this.onOpen(layer, feature) } },
        swatch(styleOf(layer.symbol, feature.properties), { vague: isVague(feature.properties) }), text(nameOf(feature.properties))));
    return el("div", {}, el("ol", { class: "near" }, ...shown.map(entry)), rest ? el("button", { type: "button", class: "more-entries", on: { click: () => ((this.#all = true), this.update()) } }, t("moreCount", { count: number(rest) })) : "");
  }

  /** For each layer of the plan: how many lie inside, and how far the others are. */
  #distances(found) {
    const sure = found.filter(({ feature }) => !isVague(feature.properties));
    return this.#plan().map((layer) => {
      const metres = sure.map(({ feature }) => metresTo(layer, feature.geometry.coordinates)).sort((a, b) => a - b);
      return metres.length ? { layer, inside: metres.filter((m) => m === 0).length, median: metres[metres.length >> 1], farthest: metres.at(-1) } : null;
    }).filter(Boolean);
  }

  #entries(found) {
    return found.map(({ layer, feature }) => {
      const km = (plan) => Number((metresTo(plan, feature.geometry.coordinates) / 1000).toFixed(3));
      const more = isVague(feature.properties) ? {} : Object.fromEntries(this.#plan().map((plan) => [`km_to_${plan.id}`, km(plan)]));
      return { layer, feature, more };
    });
  }

  #plan() {
    return this.layers.all.filter((layer) => layer.theme.id === "structure" && layer.isAreas && layer.features.some(({ geometry }) => geometry));
  }

  #title() {
    const { kind, feature, radius } = this.#area;
    if (kind === "within") return text(nameOf(feature.properties));
    return kind === "circle" ? t("circleOf", { radius: distance(radius) }) : t("drawnArea");
  }

  #facetTitle(name) {
    if (name === "layer") return t("layer");
    return say(this.config.fields.find((field) => field.name === name).title);
  }

  #valueTitle(name, code, { found }) {
    if (!code) return t("notGiven");
    if (name === "layer") return say(this.layers.all.find(({ id }) => id === code).title);
    if (name !== "kind") return say(this.config.fields.find((field) => field.name === name).values[code] ?? [code]);
    return say(found.find(({ layer }) => layer.kinds[code])?.layer.kinds[code] ?? [code]);
  }

  #pick(words) {
    const area = this.#read(words);
    this.set(area);
    if (area) this.map.fitBounds(L.geoJSON(area.feature.geometry).getBounds(), { padding: [40, 40], animate: false });
  }

  #read(words) {
    const [kind, numbers] = words.split(":");
    const values = (numbers ?? "").split(",").map(Number);
    if (kind === "circle" && values.length === 3 && isCircle(values)) return { kind, centre: values.slice(0, 2), radius: values[2] };
    if (kind === "polygon" && values.length >= 6 && values.length % 2 === 0) {
      const places = Array.from({ length: values.length / 2 }, (_, i) => values.slice(2 * i, 2 * i + 2));
      return places.every(isPlace) && areaOf(places) > 0 ? { kind, places } : null;
    }
    const [layerId, ...key] = words.split("/");
    const found = this.layers.find(layerId, key.join("/"));
    return found?.layer.isAreas && found.feature.geometry ? { kind: "within", ...found } : null;
  }

  #take(area) {
    this.#area = area;
    this.#all = false;
    this.#shape?.remove();
    this.#shape = area && L.geoJSON(outlineOf(area), { style: LOOKS, interactive: false, pane: "sketch" }).addTo(this.map);
    this.choice.value = area?.kind === "within" ? written(area) : "";
    this.update();
    if (area) this.onShow();
  }
}

function drawn(kind, places) {
  if (kind === "polygon") return { kind, places };
  return { kind, centre: places[0], radius: Math.round(metresBetween(...places)) };
}

function written({ kind, places, centre, radius, layer, feature }) {
  if (kind === "within") return `${layer.id}/${feature.properties.key}`;
  const numbers = kind === "circle" ? [...centre.map(short), radius] : places.flat().map(short);
  return `${kind}:${numbers.join(",")}`;
}

function short(degrees) {
  return Number(degrees.toFixed(5));
}

function isPlace([lon, lat]) {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85;
}

function isCircle([lon, lat, radius]) {
  return isPlace([lon, lat]) && radius > 0 && radius <= 1e6;
}

function table(title, rows) {
  const most = Math.max(...rows.map(([, count]) => count));
  const line = ([words, count]) => {
    const bar = el("i", { class: "bar", "aria-hidden": "true" });
    bar.style.width = `${(count / most) * 100}%`;
    return el("tr", {}, el("th", { scope: "row" }, text(words)), el("td", {}, number(count)), el("td", { class: "share", "aria-hidden": "true" }, bar));
  };
  return el("table", { class: "counts" }, el("caption", {}, title), el("tbody", {}, ...rows.map(line)));
}

function distanceTable(rows) {
  const head = [t("planPart"), t("inside"), t("median"), t("farthest")].map((title) => el("th", { scope: "col" }, title));
  const line = ({ layer, inside, median, farthest }) =>
    el("tr", {}, el("th", { scope: "row" }, text(say(layer.title))), el("td", {}, number(inside)), el("td", {}, distance(median)), el("td", {}, distance(farthest)));
  return el("table", { class: "counts distances" }, el("caption", {}, t("distances")), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows.map(line)));
}
