// What the service knows of a layer: all its features, or, where they are too many to be held, those asked for.

import { t } from "./i18n.js";

const ACCEPT = { headers: { Accept: "application/geo+json, application/json" } };
const KEPT = 60; // answers

/** An answer that is none; its message tells the reader. */
export class BadAnswer extends Error {}

/** All features of a layer: from the page itself, or page after page. */
export async function featuresOf(layer, limit) {
  const inPage = document.getElementById(`corridor-data-${layer.id}`);
  if (inPage) return JSON.parse(inPage.textContent).features;
  const features = [];
  let url = itemsUrl(layer, { limit });
  while (url) {
    const answer = await get(url);
    features.push(...(answer.features ?? unreadable()));
    url = nextOf(url, answer);
  }
  return features;
}

/** { features, matched }: the first features of a layer that satisfy a condition (CQL2, or none). */
export async function someOf(layer, condition, { limit, bbox = null }) {
  const url = itemsUrl(layer, { limit, ...(condition && { filter: condition }), ...(bbox && { bbox: bbox.join(",") }) });
  const { features, numberMatched: matched } = await kept(url);
  return { features, matched };
}

/** The feature of a layer with a key, or null. */
export async function featureOf(layer, key) {
  const { features } = await kept(itemsUrl(layer, { limit: 1, key }));
  return features[0] ?? null;
}

/** The feature of a layer with an id. */
export function featureById(layer, id) {
  const url = itemsUrl(layer, {});
  url.pathname += `/${id}`;
  return kept(url);
}

/** How many features of a layer satisfy a condition: field → (code → count). */
export async function countsOf(layer, condition, service) {
  const url = new URL("summary", new URL(service, document.baseURI));
  url.search = new URLSearchParams({ layers: layer.id, limit: 1, ...(condition && { filter: condition }) });
  const { counts } = await kept(url);
  const own = (name, code) => (name === "kind" ? code.replace(`${layer.id}/`, "") : code);
  const entries = (name, found) => Object.entries(found).map(([code, count]) => [own(name, code), count]);
  return new Map(Object.entries(counts).map(([name, found]) => [name, new Map(entries(name, found).filter(([code]) => code !== ""))]));
}

/** How many features of a layer lie in an area (GeoJSON) and satisfy a condition. */
export async function countIn(area, layer, condition, service) {
  const url = new URL("summary", new URL(service, document.baseURI));
  url.search = new URLSearchParams({ layers: layer.id, limit: 1, ...(condition && { filter: condition }) });
  const { matched } = await get(url, { method: "POST", body: JSON.stringify(area) });
  return matched;
}

const answers = new Map();

/** The answer to a request, asked once; one that failed is asked again the next time. */
function kept(url) {
  const known = answers.get(url.href);
  if (known) return known;
  const asked = get(url);
  answers.set(url.href, asked);
  if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  asked.catch(() => answers.delete(url.href));
  return asked;
}

function itemsUrl(layer, parameters) {
  const url = new URL(layer.items, document.baseURI);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** What the service answers to a request. Throws `BadAnswer` for an answer that is none. */
export async function get(url, request = {}) {
  const response = await fetch(url, { ...ACCEPT, ...request }).catch(missing);
  if (!response.ok) throw new BadAnswer(t("status", { status: response.status }));
  return response.json().catch(unreadable);
}

/** Why there is no answer, in words. What is no fault of an answer is one of ours, and told as such. */
export function reasonOf(error) {
  if (!(error instanceof BadAnswer)) console.error(error);
  return error instanceof BadAnswer ? error.message : t("badAnswer");
}

function missing() {
  throw new BadAnswer(t("noAnswer"));
}

/** Throw that an answer was cut off, or is another than was asked for. */
export function unreadable() {
  throw new BadAnswer(t("badAnswer"));
}

/** The next page, on the address that answered: behind a proxy the link may name another one. */
function nextOf(url, { links = [], features }) {
  const next = links.find((link) => link.rel === "next");
  if (!next || !features.length) return null;
  const found = new URL(url);
  found.search = new URL(next.href, url).search;
  return found.href === url.href ? null : found;
}
