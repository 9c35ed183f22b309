// The state as a link: to copy, to embed, and as the addresses under which a GIS finds the same features.

import { copyButton } from "./copy.js";
import { conditionOf, oneOf } from "./conditions.js";
import { el, text } from "./dom.js";
import { lang, say, t } from "./i18n.js";
import { passingNumber } from "./layers.js";

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
    .filter((layer) => (layer.isSifted || layer.isAsked) && layer.visible && layer.items && passingNumber(layer) !== 0)
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
  // What lies in a part of the plan is told by name where it is held: an outline makes a long address.
  const byName = layer.isSifted && facets.choices.some(([facet]) => facet.isPlan);
  const filter = byName ? oneOf("key", layer.passing.map(({ properties }) => properties.key)) : conditionOf(facets, layer);
  if (filter) url.searchParams.set("filter", filter);
  return url.href.length > LONGEST ? null : url.href;
}
