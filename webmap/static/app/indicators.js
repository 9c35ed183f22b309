// Indicators: figures of the plans on the cities, as a map of classes and as bars, each with its source.

import { classOf, classesOf, METHODS } from "./classes.js";
import { sources } from "./card.js";
import { el, text } from "./dom.js";
import { bracketed, lang, number, say, t } from "./i18n.js";
import { FlatSvg } from "./planes.js";
import { pathOptions, swatch } from "./symbols.js";

const L = window.L;
const RIM = { type: "stroke", color: "#8d8177", width: 1, dash: [] };
const NO_VALUE = { type: "fill", color: "#b3aa9c", opacity: 0.34, hatched: true, angle: 45, outline: null };
const [FULL, LAND] = [0.85, "#fbf9f3"]; // how much a colour covers of the land below
const MEASURES = ["base", "target", "gap"];

/** The value of a row by a measure; null where the document does not say it. */
const VALUES = {
  base: ({ base_value: base }) => base,
  target: ({ target_value: target }) => target,
  gap: ({ base_value: base, target_value: target, kind }) => (base === null || target === null || kind === "cumulative" ? null : target - base),
};

export class Indicators {
  #rows = new Map();
  #chosen = null;
  #measure = "target";
  #method = METHODS[0];

  /** `areas()` gives the features that stand for the cities; `onChange()` is called after a choice, `onRetry()` when
      figures that did not come are asked for again. */
  constructor(map, layers, { config, areas, onChange, onPaint, onRetry }) {
    Object.assign(this, { layer: layers.figures[0], config, areas, onChange, onPaint, onRetry });
    this.failure = el("p", { class: "failure", role: "status" });
    this.choice = el("select", { on: { change: () => this.#set(() => (this.#chosen = this.choice.value || null)) } });
    const radio = (measure) => {
      const input = el("input", { type: "radio", name: "measure", value: measure, on: { change: () => this.#set(() => (this.#measure = measure)) } });
      return el("label", {}, input, el("span", { data: { measure } }, t(measure)));
    };
    this.measures = el("fieldset", { class: "measures" }, el("legend", { class: "unseen" }, t("measure")), ...MEASURES.map(radio));
    this.method = el("select", { on: { change: () => this.#set(() => (this.#method = this.method.value)) } }, ...METHODS.map((method) => el("option", { value: method }, t(method))));
    this.methodLabel = el("label", { class: "choice" }, t("classMethod"), this.method);
    this.result = el("div", { role: "status" });
    this.node = el("div", { class: "indicators" }, this.failure, el("label", { class: "choice" }, t("indicatorChoice"), this.choice), this.measures, this.methodLabel, this.result);
    this.box = el("section", { class: "figure-legend", "aria-hidden": "true", hidden: true });
    this.paint = new Choropleth(map, layers);
  }

  /** Offer the indicators that have come, those of most cities first. */
  build() {
    const retry = el("button", { type: "button", class: "act", on: { click: this.onRetry } }, t("retry"));
    this.failure.replaceChildren(...(this.layer.state === "failed" ? [el("span", {}, t("failed", { reason: this.layer.reason })), " ", retry] : []));
    this.#rows = grouped(this.layer.features.map(({ properties }) => properties));
    const groups = [...this.#rows].sort(([, a], [, b]) => cities(b) - cities(a));
    const byCities = Map.groupBy ? Map.groupBy(groups, ([, rows]) => cities(rows)) : grouping(groups);
    this.choice.replaceChildren(
      el("option", { value: "" }, t("noIndicator")),
      ...[...byCities].map(([count, some]) =>
        el("optgroup", { label: t("inCities", { count }) }, ...some.map(([name, rows]) => el("option", { value: name }, titleOf(rows[0])))),
      ),
    );
  }

  /** The part of the address that this is: indicator/measure/method. */
  part() {
    return {
      name: "indicator",
      read: () => this.#chosen && [this.#chosen, this.#measure, this.#method].join("/"),
      write: (words) => {
        const [method, measure, ...name] = (words ?? "").split("/").reverse();
        const chosen = name.reverse().join("/");
        const isKnown = this.#rows.has(chosen) && MEASURES.includes(measure) && METHODS.includes(method);
        this.#chosen = isKnown ? chosen : null;
        if (isKnown) [this.#measure, this.#method] = [measure, method];
        this.update();
        return !words || isKnown;
      },
    };
  }

  update() {
    this.choice.value = this.#chosen ?? "";
    this.method.value = this.#method;
    const rows = this.#rows.get(this.#chosen) ?? [];
    this.measures.hidden = this.methodLabel.hidden = !rows.length;
    for (const input of this.measures.querySelectorAll("input")) {
      input.checked = input.value === this.#measure;
      input.nextSibling.textContent = measureTitle(input.value, rows);
    }
    const [values, classes] = this.#painted(this.paint, this.compared?.[0] ?? this.#measure, rows);
    this.onPaint();
    this.box.hidden = !rows.length;
    document.body.classList.toggle("figured", rows.length > 0);
    this.result.replaceChildren();
    if (!rows.length) return;
    const told = () => legend(classes, this.compared ? null : values, this.#method);
    this.box.replaceChildren(el("h2", {}, text(titleOf(rows[0])), " ", this.compared ? "" : measureTitle(this.#measure, rows)), told());
    this.result.append(told(), this.#bars(rows), ...notes(rows, (row) => this.#placeOf(row)));
  }

  /** What is shown of which indicator, in words; null for nothing. */
  get told() {
    const [row] = this.#rows.get(this.#chosen) ?? [];
    return row ? `${titleOf(row)} · ${measureTitle(this.#measure, this.#rows.get(this.#chosen))}` : null;
  }

  get isShown() {
    return this.#chosen !== null;
  }

  /** The measures there are: [code, title]. */
  get measuresTold() {
    return MEASURES.map((measure) => [measure, t(measure)]);
  }

  /** Paint another map beside: `compared` are the measures of both, or null; their classes are then the same. */
  beside(paint, compared) {
    this.compared = compared;
    const rows = this.#rows.get(this.#chosen) ?? [];
    this.update();
    if (paint) this.#painted(paint, compared?.[1] ?? this.#measure, rows);
  }

  #painted(paint, measure, rows) {
    const firsts = firstOfEach(rows);
    const told = (by) => firsts.map((row) => [row.city, VALUES[by](row)]).filter(([, value]) => value !== null);
    const values = new Map(told(measure));
    const classes = classesOf((this.compared ?? [measure]).flatMap((by) => told(by).map(([, value]) => value)), this.#method);
    paint.show(rows.length ? this.areas() : [], values, classes);
    return [values, classes];
  }

  /** Base and target of each city as bars; each figure has its source. */
  #bars(rows) {
    const most = Math.max(...rows.flatMap(({ base_value: base, target_value: target }) => [base ?? 0, target ?? 0]));
    const lines = [...rows].sort((a, b) => (a.city ?? 0) - (b.city ?? 0)).map((row) => this.#line(row, most));
    return el("section", { class: "bars" }, el("h3", {}, t("baseAndTarget", { unit: bracketed(rows[0].unit) })), el("ul", {}, ...lines));
  }

  #line(row, most) {
    const area = this.#placeOf(row);
    const bar = (sort, value, year) => {
      const length = el("i", { class: `bar ${sort}`, "aria-hidden": "true" });
      length.style.width = `${value === null || !most ? 0 : Math.max(1, (Math.abs(value) / most) * 100)}%`;
      return el("div", { class: "bar-line" }, el("span", { class: "year" }, year ?? t(sort)), el("span", { class: "track" }, length), el("span", { class: "value" }, value === null ? "—" : number(value, 2)));
    };
    return el(
      "li",
      {},
      el("strong", {}, text(area)),
      bar("base", row.base_value, row.base_year),
      bar("target", row.target_value, row.target_year),
      el("details", {}, el("summary", {}, t("figureSource")), ...this.#source(row)),
    );
  }

  #placeOf({ city }) {
    return city === null ? t("province") : say(this.config.fields.find(({ name }) => name === "city").values[String(city)]);
  }

  *#source(row) {
    const { values } = this.layer.fields.find(({ name }) => name === "nature") ?? { values: {} };
    const growth = yearlyGrowth(row);
    const facts = [
      say(this.layer.kinds[row.kind] ?? [""]),
      row.nature && say(values[row.nature] ?? [row.nature]),
      row.value_note && t("asWritten", { words: row.value_note }),
      growth === null ? null : t("needs", { growth: number(growth, 1) }),
      row.direction === "lower" && t("lowerBetter"),
      row.note,
    ];
    yield text(facts.filter(Boolean).join(lang === "en" ? "; " : "；"), { class: "facts" });
    yield sources(row.source, this.config.documents);
  }

  #set(change) {
    change();
    this.update();
    this.onChange();
  }
}

/** Areas coloured by the classes of their values, which stand with their names; without a value, hatched. */
export class Choropleth {
  constructor(map, layers) {
    this.layers = layers;
    const pane = map.createPane("figures", layers.planes.paths);
    pane.classList.add("paths");
    // Above the land, below its lines and all that stands on it.
    const land = layers.all.filter((layer) => layer.isBase && layer.isAreas).map((layer) => Number(layer.pane.style.zIndex));
    pane.style.zIndex = Math.min(...land, 400) + 1;
    this.drawn = { pane: "figures", renderer: new FlatSvg({ pane: "figures" }), interactive: false };
    this.group = L.layerGroup().addTo(map);
  }

  show(areas, values, classes) {
    this.group.clearLayers();
    this.layers.values = new Map();
    for (const feature of areas) {
      const value = values.get(feature.properties.city);
      if (value === undefined) {
        this.group.addLayer(L.geoJSON(feature, { ...this.drawn, style: pathOptions(NO_VALUE) }));
        continue;
      }
      const { colour } = classOf(classes, value);
      this.group.addLayer(L.geoJSON(feature, { ...this.drawn, style: { stroke: false, fillColor: colour, fillOpacity: FULL } }));
      this.layers.values.set(feature, number(value, 2));
    }
  }
}

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    const key = [row.indicator ?? row.name, row.unit, row.kind].filter(Boolean).join("|");
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return groups;
}

function grouping(groups) {
  const found = new Map();
  for (const group of groups) found.set(cities(group[1]), [...(found.get(cities(group[1])) ?? []), group]);
  return found;
}

function cities(rows) {
  return new Set(rows.map(({ city }) => city).filter((city) => city !== null)).size;
}

/** Where documents differ, the first figure of an area is the one on the map; the bars have them all. */
function firstOfEach(rows) {
  return rows.filter((row, i) => row.city !== null && rows.findIndex(({ city }) => city === row.city) === i);
}

function titleOf(row) {
  const english = row.name_en?.split(": ").slice(1).join(": ");
  const title = (lang === "en" && english) || row.indicator || row.name;
  return `${title}${bracketed(row.unit)}`;
}

/** A measure with its year, where all rows agree on it. */
function measureTitle(measure, rows) {
  const years = new Set(rows.map((row) => row[`${measure}_year`]).filter(Boolean));
  return years.size === 1 ? `${[...years][0]} ${t(measure)}` : t(measure);
}

/** The growth each year that leads from base to target, in per cent; null where that means nothing. */
function yearlyGrowth({ base_value: base, target_value: target, base_year: from, target_year: to, kind }) {
  if (kind !== "level" || !(base > 0) || !(target > 0) || !(to > from)) return null;
  return ((target / base) ** (1 / (to - from)) - 1) * 100;
}

/** The classes in words; with the values, how many cities each has. */
function legend(classes, values, method) {
  const held = (one) => [...values.values()].filter((value) => classOf(classes, value) === one).length;
  const lines = classes.map((one, i) => {
    const sample = el("i", { class: "class", "aria-hidden": "true" });
    sample.style.background = `color-mix(in srgb, ${one.colour} ${FULL * 100}%, ${LAND})`;
    const range = one.from === one.to ? number(one.to, 2) : `${i ? "> " : ""}${number(one.from, 2)} – ${number(one.to, 2)}`;
    return el("li", {}, sample, el("span", {}, range), values && el("span", { class: "count" }, t("nCities", { count: held(one) })));
  });
  const none = el("li", {}, swatch({ ...NO_VALUE, outline: RIM }), el("span", {}, t("noValue")));
  return el("section", { class: "classes" }, el("h3", {}, t("classesBy", { method: t(method) })), el("ul", {}, ...lines, none));
}

/** What makes the figures less alike than the colours say: several of a city, targets of other years. */
function notes(rows, nameOfCity) {
  const twice = rows.filter((row, i) => rows.findIndex(({ city }) => city === row.city) !== i).length;
  const firsts = firstOfEach(rows).filter(({ target_year: year }) => year);
  const usual = most(firsts.map(({ target_year: year }) => year));
  const others = firsts.filter(({ target_year: year }) => year !== usual).map((row) => t("targetOf", { city: nameOfCity(row), year: row.target_year }));
  const words = [twice && t("severalFigures", { count: twice }), others.length && t("otherYears", { year: usual, others: others.join(lang === "en" ? ", " : "、") })];
  return words.filter(Boolean).map((told) => el("p", { class: "quiet" }, told));
}

/** What occurs most often. */
function most(values) {
  const count = (value) => values.filter((other) => other === value).length;
  return [...values].sort((a, b) => count(b) - count(a))[0];
}
