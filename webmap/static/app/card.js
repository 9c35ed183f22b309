// The card of a feature: what, where, how sure, since when, and its sources. Everything is text.

import { el, text } from "./dom.js";
import { distance, lang, nameOf, number, say, t } from "./i18n.js";
import { isVague, styleOf, swatch } from "./symbols.js";

// Shown in places of their own, or of no use to a reader.
const PLACED = new Set([
  "key", "name", "name_en", "kind", "city", "district", "precision", "radius_m", "source",
  "position_source", "as_of", "visibility", "note",
]);

/** The card of a feature as a node. */
export function card(feature, layer, config) {
  const fields = new Map([...config.fields, ...layer.fields].map((field) => [field.name, field]));
  const { properties } = feature;
  return el(
    "article",
    { class: "card", lang: lang === "en" ? "en" : "zh-CN" },
    heading(properties, layer),
    properties.note ? text(properties.note, { class: "note" }) : null,
    el("dl", {}, ...rows(feature, layer, fields, config)),
    footer(feature, layer),
  );
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

function sources(cited, documents) {
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

function coordinates([lon, lat]) {
  const words = `${lon.toFixed(5)}, ${lat.toFixed(5)}`;
  const button = el("button", { type: "button", class: "copy", on: { click: () => copy(words, button) } }, t("copy"));
  return el("span", { class: "coordinates" }, el("code", {}, words), el("small", {}, t("crs")), button);
}

async function copy(words, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    done = copyBySelection(words); // the clipboard is closed to pages without https
  }
  button.textContent = t(done ? "copied" : "copyFailed");
}

function copyBySelection(words) {
  const field = el("textarea", { class: "unseen" });
  field.value = words;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

function footer(feature, layer) {
  if (!layer.items) return null;
  const url = new URL(layer.items, document.baseURI);
  url.pathname += `/${encodeURIComponent(feature.id)}`;
  url.search = "?f=html";
  return el("footer", {}, el("a", { href: url.href }, t("item")));
}
