// Search: every feature by name, alias, pinyin or its initials, English name, host or place.

import { el, text, texts } from "./dom.js";
import { named } from "./conditions.js";
import { someOf } from "./features.js";
import { nameOf, say, t } from "./i18n.js";
import { placeIn, sound, typed } from "./pinyin.js";
import { isVague, styleOf, swatch } from "./symbols.js";

const MOST = 12;
const APART = 100; // ranks: words that are found apart come after all that is found as one
const PAUSE = 250; // milliseconds after a letter, before the service is asked

export class Search {
  #index = null;
  #found = [];
  #at = -1;
  #asking = 0;

  /** `onOpen(layer, feature)` is called with what was chosen, `placeOf(properties)` names a place. */
  constructor(layers, { onOpen, placeOf }) {
    Object.assign(this, { layers, onOpen, placeOf });
    this.input = el("input", {
      type: "search", role: "combobox", id: "search", autocomplete: "off", spellcheck: "false", placeholder: t("searchFor"),
      "aria-label": t("search"), "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list",
      on: { input: () => this.#look(), keydown: (event) => this.#press(event), click: () => this.#look(), blur: () => this.#close() },
    });
    this.results = el("ul", { class: "found", id: "found", role: "listbox", "aria-label": t("searchResults"), hidden: true, on: { mousedown: (event) => event.preventDefault() } });
    this.said = el("p", { class: "unseen", role: "status" });
    this.node = el("div", { class: "search", role: "search" }, this.input, this.results, this.said);
  }

  /** Forget what was indexed: other features have come. */
  forget() {
    this.#index = null;
  }

  #look() {
    const wanted = typed(this.input.value);
    if (!wanted) return this.#close();
    this.#index ??= [...indexed(this.layers, this.placeOf)];
    this.#found = ranked(this.#index, wanted, this.input.value.split(/\s+/).map(typed).filter(Boolean)).slice(0, MOST);
    this.#at = this.#found.length ? 0 : -1;
    this.#show();
    if (this.layers.tiled.length) this.#askSoon(this.input.value.trim());
  }

  #askSoon(words) {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => this.#ask(words), PAUSE);
  }

  /** Add what the service finds in layers that are too large to be held here. */
  async #ask(words) {
    const found = await Promise.all(
      this.layers.tiled.map(async (layer) => {
        const { features } = await someOf(layer, named(words), { limit: MOST }).catch(() => ({ features: [] }));
        return features.map((feature) => ({ entry: { layer, feature }, why: null }));
      }),
    );
    if (this.input.value.trim() !== words || this.results.hidden) return;
    this.#found = [...this.#found, ...found.flat()].slice(0, Math.max(MOST, this.#found.length));
    this.#at = this.#found.length ? Math.max(0, this.#at) : -1;
    this.#show();
  }

  #show() {
    const options = this.#found.map(({ entry, why }, i) => this.#option(entry, why, i));
    const none = el("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, t("nothingFound"));
    this.results.replaceChildren(...(options.length ? options : [none]));
    this.results.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.said.textContent = options.length ? t("foundSome", { count: options.length }) : t("nothingFound");
    this.#mark();
  }

  #option({ layer, feature }, why, i) {
    const { properties } = feature;
    const kind = layer.kinds[String(properties.kind)];
    const facts = [why, say(kind ?? layer.title), this.placeOf(properties)].filter(Boolean);
    return el(
      "li",
      { role: "option", id: `found-${i}`, on: { click: () => this.#choose(i) } },
      swatch(styleOf(layer.symbol, properties), { vague: isVague(properties) }),
      el("span", { class: "words" }, text(nameOf(properties), { class: "title" }), texts(facts, " · ", { class: "facts" })),
    );
  }

  #mark() {
    [...this.results.children].forEach((node, i) => this.#found.length && node.setAttribute("aria-selected", String(i === this.#at)));
    const current = this.results.children[this.#at];
    current?.scrollIntoView({ block: "nearest" });
    if (current) this.input.setAttribute("aria-activedescendant", current.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.results.hidden) this.#look();
    else if (step && this.#found.length) {
      event.preventDefault();
      this.#at = (this.#at + step + this.#found.length) % this.#found.length;
      this.#mark();
    } else if (event.key === "Enter" && this.#at >= 0) {
      event.preventDefault();
      this.#choose(this.#at);
    } else if (event.key === "Escape" && this.input.value) {
      event.stopPropagation();
      this.input.value = "";
      this.#close();
    }
  }

  #choose(i) {
    const { layer, feature } = this.#found[i].entry;
    this.#close();
    this.onOpen(layer, feature);
  }

  #close() {
    this.#found = [];
    this.#at = -1;
    this.results.hidden = true;
    this.results.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

function* indexed(layers, placeOf) {
  for (const layer of layers.all) {
    for (const feature of layer.features) {
      const { name, name_en: english, aliases, host, position_source: where } = feature.properties;
      const names = [name, ...String(aliases ?? "").split("|")].filter(Boolean);
      yield {
        layer,
        feature,
        names: names.map((one) => ({ text: one, plain: typed(one), sounds: sound(one) })),
        english: typed(english ?? ""),
        others: [host, placeOf(feature.properties), where, placeOf({ ...feature.properties, precision: "city" })].map((words) => [words, typed(words ?? "")]),
      };
    }
  }
}

/** The entries that fit, the best first; `why` is what was found where it is not the name itself. */
function ranked(index, wanted, words) {
  const hits = index.map((entry) => ({ entry, ...hitByAll(entry, wanted, words) })).filter(({ rank }) => rank < Infinity);
  return hits.sort((a, b) => a.rank - b.rank || b.entry.layer.order - a.entry.layer.order || a.entry.names[0].text.length - b.entry.names[0].text.length);
}

/** The hit of all that was typed as one; else of its words, each wherever it is found. */
function hitByAll(entry, wanted, words) {
  const whole = hit(entry, wanted);
  if (whole.rank < Infinity || words.length < 2) return whole;
  const parts = words.map((word) => hit(entry, word));
  return { rank: APART + Math.max(...parts.map(({ rank }) => rank)), why: parts.find(({ why }) => why)?.why ?? null };
}

function hit({ names, english, others }, wanted) {
  let best = { rank: Infinity, why: null };
  const take = (rank, why) => rank < best.rank && (best = { rank, why });
  for (const [i, name] of names.entries()) {
    const why = i ? name.text : null;
    const at = name.plain.indexOf(wanted);
    if (name.plain === wanted) take(i ? 1 : 0, why);
    else if (at >= 0) take((at ? 4 : 2) + (i ? 1 : 0), why);
    else if (/^[a-z]/.test(wanted)) {
      const heard = placeIn(name.sounds, wanted);
      if (heard >= 0) take((heard ? 8 : 6) + (i ? 1 : 0), why);
    }
  }
  if (english.includes(wanted)) take(english.startsWith(wanted) ? 7 : 10, null);
  others.forEach(([words, plain], i) => plain.includes(wanted) && take(12 + i, i === 2 ? null : words));
  return best;
}
