// The card of a feature: what, where, how sure, since when, and its sources. Everything is text.

import { copyButton } from "./copy.js";
import { el, text } from "./dom.js";
import { distance, lang, nameOf, number, say, t } from "./i18n.js";
import { neighboursOf, planOf } from "./neighbours.js";
import { isVague, styleOf, swatch } from "./symbols.js";
import { chosenSystem, systemChoice } from "./systems.js";

// Shown in places of their own, or of no use to a reader.
const PLACED = new Set([
  "key", "name", "name_en", "kind", "city", "district", "precision", "radius_m", "source",
  "position_source", "as_of", "visibility", "note",
]);

/** The card of a feature as a node. `context`: the configuration, all layers, onVisit(layer, feature),
    onCount(layer, feature) or null where areas cannot be counted. */
export function card(feature, layer, context) {
  const { config } = context;
  const fields = new Map([...config.fields, ...layer.fields].map((field) => [field.name, field]));
  const { properties } = feature;
  return el(
    "article",
    { class: "card", lang: lang === "en" ? "en" : "zh-CN" },
    heading(properties, layer),
    properties.note ? text(properties.note, { class: "note" }) : null,
    el("dl", {}, ...rows(feature, layer, fields, config)),
    nearby(feature, layer, context),
    footer(feature, layer, context),
  );
}

/** The parts of the plan that a place lies in, and the places next to it. */
function nearby(feature, layer, { layers, onVisit }) {
  if (feature.geometry?.type !== "Point") return null;
  if (isVague(feature.properties)) return el("p", { class: "quiet" }, t("noNeighbours"));
  const plan = planOf(feature, layers).map((found) => el("li", {}, wayTo(found, onVisit)));
  const near = neighboursOf(feature, layers).map((found) =>
    el("li", {}, wayTo(found, onVisit), el("span", { class: "count" }, found.metres < 1 ? t("samePlace") : distance(found.metres))),
  );
  const part = (title, entries) => (entries.length ? [el("h3", {}, title), el("ul", { class: "near" }, ...entries)] : []);
  return el("div", {}, ...part(t("inPlan"), plan), ...part(t("neighbours"), near));
}

function wayTo({ layer, feature }, onVisit) {
  const open = () => onVisit(layer, feature);
  const look = swatch(styleOf(layer.symbol, feature.properties), { vague: isVague(feature.properties) });
  return el("button", { type: "button", class: "way", on: { click: open } }, look, text(nameOf(feature.properties)));
}

function heading(properties, layer) {
  const second = lang === "en" ? properties.name : properties.name_en;
  const name = nameOf(properties);
  return el(
    "header",
    {},
    el("p", { class: "sort" }, swatch(styleOf(layer.symbol, properties), { vague: isVague(properties) }), sortOf(properties, layer)),
    el("h2", {}, text(name)),
    second && second !== name ? text(second, { class: "second" }) : null,
  );
}

function sortOf(properties, layer) {
  const kind = layer.kinds[String(properties.kind)];
  return say(kind ?? layer.title);
}

function* rows({ properties, geometry }, layer, fields, config) {
  const first = layer.popup.filter((name) => !PLACED.has(name));
  const rest = [...fields.keys()].filter((name) => !PLACED.has(name) && !first.includes(name));
  const own = (name) => row(say(fields.get(name).title), value(properties[name], fields.get(name)));
  yield row(t("where"), place(properties, fields));
  for (const name of first) yield own(name);
  yield row(t("precision"), precision(properties, fields));
  yield row(t("source"), sources(properties.source, config.documents));
  yield own("as_of");
  if (geometry?.type === "Point") yield row(t("coordinates"), coordinates(geometry.coordinates));
  for (const name of [...rest, "position_source"]) yield own(name);
}

function row(title, content) {
  if (content === null || content === undefined || content === "") return null;
  return el("div", {}, el("dt", {}, title), el("dd", {}, content instanceof Node ? content : text(content)));
}

function value(content, field) {
  if (content === null || content === undefined || content === "") return null;
  if (field.values[String(content)]) return say(field.values[String(content)]);
  if (field.type === "boolean") return t(content ? "yes" : "no");
  if (field.name === "aliases") return String(content).split("|").join(lang === "en" ? ", " : "、");
  if (typeof content === "number" && field.unit) return `${number(content, 2)} ${unit(field.unit)}`;
  return String(content);
}

function unit(symbol) {
  return symbol.replace("m2", "m²");
}

function place({ city, district }, fields) {
  const names = [value(city, fields.get("city")), value(district, fields.get("district"))].filter(Boolean);
  return lang === "en" ? names.reverse().join(", ") : names.join(" ");
}

/** How well the place is known, in words. */
function precision(properties, fields) {
  if (properties.precision === "schematic") return t("schematicWords");
  const words = value(properties.precision, fields.get("precision"));
  const what = isVague(properties) ? t("representative", { precision: words }) : words;
  const radius = properties.radius_m ? t("within", { radius: distance(properties.radius_m) }) : "";
  return [what, radius].filter(Boolean).join(lang === "en" ? ", " : "，");
}

/** The documents that are cited (`id#section|…`), by title, with their sections. */
export function sources(cited, documents) {
  if (!cited) return null;
  const sections = new Map();
  for (const [id, section] of String(cited).split("|").map((one) => one.split("#"))) {
    sections.set(id, [...(sections.get(id) ?? []), sectionWords(section)].filter(Boolean));
  }
  const lines = [...sections].map(([id, found]) =>
    el("li", {}, text(documents[id] ?? id), ...[...new Set(found)].map((words) => text(words, { class: "section" }))),
  );
  return el("ul", { class: "sources" }, ...lines);
}

/** The path of a section in words; the line of the text that follows it is for those who check. */
function sectionWords(section = "") {
  return section.replace(/@\d+$/, "").split("/").filter(Boolean).join(" · ");
}

/** The place in the system that the reader has chosen, for all cards and the read-out. */
function coordinates(place) {
  const words = el("code", {}, chosenSystem().tell(place));
  const update = () => (words.textContent = chosenSystem().tell(place));
  return el("div", { class: "coordinates" }, systemChoice(update), words, copyButton(() => words.textContent));
}

function footer(feature, layer, { onCount }) {
  const count = onCount && layer.isAreas
    ? el("button", { type: "button", class: "act", on: { click: () => onCount(layer, feature) } }, t("countHere"))
    : null;
  if (!layer.items) return count && el("footer", {}, count);
  const url = new URL(layer.items, document.baseURI);
  url.pathname += `/${encodeURIComponent(feature.id)}`;
  url.search = lang === "en" ? "?f=html&lang=en" : "?f=html";
  return el("footer", {}, count, el("a", { href: url.href }, t("item")));
}
