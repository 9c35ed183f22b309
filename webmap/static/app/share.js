// The state as a link: to copy, to embed, and as the addresses under which a GIS finds the same features.

import { copyButton } from "./copy.js";
import { el, text } from "./dom.js";
import { lang, say, t } from "./i18n.js";

const LONGEST = 3500; // characters of an address that every server takes

/** A dialog with the links of what is seen now. */
export function shareDialog({ config, layers, facets }) {
  const node = el("dialog", { class: "links", "aria-label": t("share"), on: { close: () => node.remove(), click: (event) => event.target === node && node.close() } });
  const here = location.href;
  const { service, page } = config.addresses;
  const embedded = new URL(page || here, here);
  embedded.hash = location.hash;
  embedded.searchParams.set("embed", "1");
  if (lang === "en") embedded.searchParams.set("lang", "en");
  const frame = `<iframe src="${embedded.href.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}" title="${say(config.about.title)}" width="800" height="600" style="border:0" allowfullscreen></iframe>`;
  const services = service ? [el("h3", {}, t("forGis")), el("p", {}, t("forGisWords")), line(t("serviceRoot"), new URL(service, document.baseURI).href)] : [];
  const items = layers.all
    .filter((layer) => layer.isSifted && layer.visible && layer.items && layer.passing.length)
    .map((layer) => [layer, itemsUrl(layer, facets)]);
  node.append(
    el("header", {}, el("h2", {}, t("share")), el("button", { type: "button", class: "close", "aria-label": t("close"), on: { click: () => node.close() } }, "×")),
    line(t("thisView"), here),
    ...(page ? [line(t("embedCode"), frame)] : []),
    ...services,
    ...(items.length ? [el("details", {}, el("summary", {}, t("perLayer")), ...items.map(([layer, url]) => (url ? line(say(layer.title), url) : el("p", {}, text(say(layer.title)), t("tooLong")))))] : []),
  );
  document.body.append(node);
  node.showModal();
}

function line(title, value) {
  const field = el("input", { readonly: true, "aria-label": title, on: { focus: () => field.select() } });
  field.value = value;
  return el("div", { class: "link-line" }, el("span", {}, text(title)), field, copyButton(() => value));
}

/** The address of the features of a layer that pass the filter; null when it would be too long. */
function itemsUrl(layer, facets) {
  const url = new URL(layer.items, document.baseURI);
  const conditions = facets.all.filter((facet) => facet.chosen.size).map((facet) => condition(facet, layer));
  // What lies in a part of the plan is told by name: its outline would make no address.
  const named = conditions.includes(null);
  const filter = named ? oneOf("key", layer.passing.map(({ properties }) => properties.key)) : conditions.join(" AND ");
  if (filter) url.searchParams.set("filter", filter);
  return url.href.length > LONGEST ? null : url.href;
}

/** A facet's choice in CQL2 text; null when it has none. */
function condition(facet, layer) {
  const codes = [...facet.chosen];
  if (facet.isPlan) return null;
  if (facet.name === "document") return `(${codes.map((code) => `source LIKE ${quoted(`%${code}#%`)}`).join(" OR ")})`;
  if (facet.name !== "kind") return oneOf(facet.name, codes, facet.isNumber);
  return oneOf("kind", codes.filter((code) => Object.hasOwn(layer.kinds, code)));
}

function oneOf(name, codes, isNumber = false) {
  return `${name} IN (${codes.map((code) => (isNumber ? code : quoted(code))).join(",")})`;
}

function quoted(text) {
  return `'${text.replaceAll("'", "''")}'`;
}
