// What features can be sifted by: their coded fields, the parts of the plan they lie in, the documents that
// name them. Read off the configuration and the features; nothing here knows a layer.

import { conditionOf } from "./conditions.js";
import { countsOf } from "./features.js";
import { boxOf, holds } from "./geo.js";
import { nameOf, say, t } from "./i18n.js";
import { isVague } from "./symbols.js";

const CODED = ["kind", "city", "district", "level", "status", "precision"];

/** The facets of a map and what is chosen of them. `onChange()` is called after every choice. */
export class Facets {
  #afar = new Map();
  #asked = "";

  constructor(config, layers, onChange) {
    this.layers = layers;
    this.onChange = onChange;
    this.service = config.addresses.service;
    const sifted = layers.all.filter((layer) => layer.isSifted || layer.isAsked);
    const plan = layers.all.filter((layer) => layer.theme.id === "structure" && layer.isAreas);
    this.all = [
      ...CODED.map((name) => coded(name, config, sifted)),
      ...plan.map(within),
      cited(config, sifted),
    ];
    for (const facet of this.all) facet.chosen = new Set();
  }

  get isActive() {
    return this.all.some((facet) => facet.chosen.size);
  }

  /** What is chosen: [facet, code] pairs. */
  get choices() {
    return this.all.flatMap((facet) => [...facet.chosen].map((code) => [facet, code]));
  }

  /** Whether a feature has one of the chosen codes of every facet, `but` one facet counting as open. */
  passes(feature, but = null) {
    return this.all.every(
      (facet) => facet === but || !facet.chosen.size || codesOf(facet, feature).some((code) => facet.chosen.has(code)),
    );
  }

  /** Ask the service how many features each code would show of the layers that it sifts. Tells whether that
      has become known now; what can be counted there are the coded fields. */
  async ask() {
    const layers = this.layers.all.filter((layer) => layer.isAsked);
    const asked = JSON.stringify(this.choices.map(([facet, code]) => [facet.name, code]));
    if (!layers.length || !this.service || asked === this.#asked) return false;
    this.#asked = asked;
    const counts = (facet) => layers.map((layer) => countsOf(layer, conditionOf(this, layer, facet.chosen.size ? facet : null), this.service));
    const found = await Promise.all(this.all.map(async (facet) => [facet, await Promise.all(counts(facet))])).catch(() => null);
    if (this.#asked !== asked) return false;
    this.#afar = new Map(found ?? []);
    if (!found) this.#asked = "";
    return true;
  }

  /** How many features each code of a facet would show, the other facets as they are. */
  counts(facet) {
    const found = new Map();
    for (const counted of this.#afar.get(facet) ?? []) {
      for (const [code, count] of counted.get(facet.name) ?? []) found.set(code, (found.get(code) ?? 0) + count);
    }
    for (const layer of this.layers.all) {
      if (!layer.isSifted) continue;
      for (const feature of layer.features) {
        if (!this.passes(feature, facet)) continue;
        for (const code of codesOf(facet, feature)) found.set(code, (found.get(code) ?? 0) + 1);
      }
    }
    return found;
  }

  /** Forget what was derived from features: others have come. */
  forget() {
    for (const layer of this.layers.all) for (const feature of layer.features) delete feature.codes;
  }

  toggle(facet, code, wanted = !facet.chosen.has(code)) {
    if (wanted) facet.chosen.add(code);
    else facet.chosen.delete(code);
    this.onChange();
  }

  clear() {
    for (const facet of this.all) facet.chosen.clear();
    this.onChange();
  }

  /** The parts of the address that these are. */
  parts() {
    return this.all.map((facet) => ({
      name: facet.name,
      read: () => [...facet.chosen].join(",") || null,
      write: (text) => this.#take(facet, text),
    }));
  }

  #take(facet, text) {
    const codes = text ? text.split(",") : [];
    const known = codes.filter((code) => facet.titleOf(code) !== null);
    facet.chosen = new Set(known);
    return codes.filter((code) => !known.includes(code));
  }
}

function codesOf(facet, feature) {
  feature.codes ??= {};
  return (feature.codes[facet.name] ??= facet.codes(feature));
}

function coded(name, config, layers) {
  const field = config.fields.find((one) => one.name === name);
  const kinds = Object.assign({}, ...layers.map((layer) => layer.kinds));
  const values = name === "kind" ? kinds : field.values;
  return {
    name,
    title: () => say(field.title),
    titleOf: (code) => (Object.hasOwn(values, code) ? say(values[code]) : null),
    codes: ({ properties }) => (properties[name] === null || properties[name] === undefined ? [] : [String(properties[name])]),
    order: Object.keys(values),
    isNumber: name !== "kind" && field.type === "integer",
    // Kinds stand under their layer, districts under their city.
    groupOf: name === "kind" ? groupedByLayer(layers) : name === "district" ? groupedByCity(config) : null,
  };
}

function groupedByLayer(layers) {
  return (code) => say(layers.find((layer) => Object.hasOwn(layer.kinds, code)).title);
}

function groupedByCity(config) {
  const { values } = config.fields.find((one) => one.name === "city");
  return (code) => (values[`${code.slice(0, 4)}00`] ? say(values[`${code.slice(0, 4)}00`]) : "");
}

/** The areas of a layer of the plan that a point lies in. What is known only to its district lies in none. */
function within(layer) {
  const find = (code) => layer.features.find(({ properties }) => properties.key === code);
  return {
    name: layer.id,
    title: () => say(layer.title),
    titleOf: (code) => (find(code) ? nameOf(find(code).properties) : null),
    areaOf: (code) => find(code)?.geometry ?? null,
    codes: ({ geometry, properties }) =>
      geometry?.type === "Point" && !isVague(properties) ? holders(layer, geometry.coordinates).map((area) => area.properties.key) : [],
    order: null,
    groupOf: null,
    isPlan: true,
  };
}

/** The areas of a layer that hold a place. */
export function holders(layer, place) {
  return layer.features.filter((feature) => {
    if (!feature.geometry) return false;
    feature.box ??= boxOf(feature.geometry);
    const [west, south, east, north] = feature.box;
    const [x, y] = place;
    return x >= west && x <= east && y >= south && y <= north && holds(feature.geometry, place);
  });
}

function cited(config, layers) {
  const isCited = (code) => layers.some(({ features }) => features.some((feature) => documentsOf(feature).includes(code)));
  return {
    name: "document",
    title: () => t("document"),
    titleOf: (code) => config.documents[code] ?? (isCited(code) ? code : null),
    codes: documentsOf,
    order: null,
    groupOf: null,
  };
}

function documentsOf({ properties }) {
  const cited = String(properties.source ?? "").split("|").map((one) => one.split("#")[0]);
  return [...new Set(cited)].filter(Boolean);
}
