// Two states side by side: the same map twice, each sifted by one value more.

import { el } from "./dom.js";
import { Choropleth } from "./indicators.js";
import { chosenOf, conditionOf, joined } from "./conditions.js";
import { number, t } from "./i18n.js";
import { Labels } from "./labels.js";
import { Layers, passingNumber } from "./layers.js";

const L = window.L;
const BY = ["status", "level"]; // what is compared, the first by default
const ALL = "all";

export class Compare {
  #second = null;
  #wanted = [ALL, ALL];

  /** `onChange()` is called when other states are chosen, `onHover(words, point, map)` by what is pointed at. */
  constructor(map, layers, facets, config, { indicators, onChange, onOpen, onHover, placeOf }) {
    Object.assign(this, { map, layers, facets, config, indicators, onChange, onOpen, onHover, placeOf });
    this.facetsCompared = BY.map((name) => facets.all.find((facet) => facet.name === name));
    this.choices = [0, 1].map((side) => this.#choice(side));
    this.counts = [0, 1].map(() => el("output", { class: "count" }));
    this.bars = [0, 1].map((side) => el("div", { class: `side side-${side}` }, this.choices[side], this.counts[side]));
    this.end = el("button", { type: "button", class: "act side-end", on: { click: () => this.#set(null) } }, t("endCompare"));
  }

  get isActive() {
    return this.#second !== null;
  }

  /** Begin with what is built against what is planned, or base against target of an indicator; or end. */
  toggle() {
    if (!this.isActive && this.indicators?.isShown) return this.#set(["measure:base", "measure:target"]);
    const [facet] = this.facetsCompared;
    this.#set(this.isActive ? null : [`${facet.name}:${facet.order[0]}`, `${facet.name}:${facet.order[2] ?? ALL}`]);
  }

  /** What passes on the first map, besides the filter. */
  passes(feature) {
    return !this.isActive || fits(this.#test(0), feature);
  }

  /** What passes on the first map of a layer that the service sifts, as a condition. */
  conditionOf(layer) {
    return this.#conditionOf(layer, 0);
  }

  #conditionOf(layer, side) {
    const { facet, code } = this.isActive ? this.#test(side) : {};
    return joined([conditionOf(this.facets, layer), facet ? chosenOf(facet, layer, [code]) : ""]);
  }

  /** Show on the second map what the first has loaded and the filter lets pass. */
  update() {
    if (!this.isActive) return;
    for (const choice of this.choices) for (const group of choice.querySelectorAll(".of-figures")) group.hidden = !this.indicators.isShown;
    this.indicators?.beside(this.#second.paint, this.#measures());
    const { layers } = this.#second;
    layers.raise(this.layers.raised);
    for (const [i, layer] of layers.all.entries()) {
      const own = this.layers.all[i];
      if (layer.visible !== own.visible) layers.show(layer, own.visible);
      if (layer.opacity !== own.opacity) layers.fade(layer, own.opacity);
    }
    const passes = (feature) => this.facets.passes(feature) && fits(this.#test(1), feature);
    layers.sift(passes, (layer) => this.#conditionOf(layer, 1));
    this.count();
  }

  /** Tell how many places each side shows. */
  count() {
    if (!this.isActive) return;
    const sum = ({ all }) => all.filter((layer) => (layer.isSifted || layer.isAsked) && layer.visible).reduce((total, layer) => total + (passingNumber(layer) ?? 0), 0);
    this.counts[0].textContent = t("places", { count: number(sum(this.layers)) });
    this.counts[1].textContent = t("places", { count: number(sum(this.#second.layers)) });
  }

  /** The part of the address that this is. */
  part() {
    return {
      name: "compare",
      read: () => (this.isActive ? this.#wanted.join(",") : null),
      write: (words) => {
        const wanted = words?.split(",") ?? null;
        const isKnown = wanted?.length === 2 && wanted.every((one) => this.#known(one));
        this.#take(isKnown ? wanted : null);
        return !words || isKnown;
      },
    };
  }

  #known(words) {
    return this.choices[0].querySelector(`option[value="${CSS.escape(words)}"]`) !== null;
  }

  #set(wanted) {
    this.#take(wanted);
    this.onChange();
  }

  #take(wanted) {
    if (!wanted) return this.#leave();
    this.#wanted = wanted;
    wanted.forEach((words, side) => (this.choices[side].value = words));
    if (!this.isActive) this.#open();
  }

  /** The measures that the sides show, if they show any; a side without one shows that of the other. */
  #measures() {
    const [first, second] = this.#wanted.map((words) => /^measure:(.*)$/.exec(words)?.[1]);
    return first || second ? [first ?? second, second ?? first] : null;
  }

  #test(side) {
    const [name, code] = this.#wanted[side].split(":");
    return { facet: this.facetsCompared.find((facet) => facet.name === name), code };
  }

  #choice(side) {
    const groups = this.facetsCompared.map((facet) =>
      el("optgroup", { label: facet.title() }, ...facet.order.map((code) => el("option", { value: `${facet.name}:${code}` }, facet.titleOf(code)))),
    );
    if (this.indicators) {
      const options = this.indicators.measuresTold.map(([code, title]) => el("option", { value: `measure:${code}` }, title));
      groups.push(el("optgroup", { label: t("figuresTab"), class: "of-figures" }, ...options));
    }
    const label = t(side ? "rightSide" : "leftSide");
    const choose = () => this.#set(this.choices.map((choice) => choice.value));
    return el("select", { "aria-label": label, on: { change: choose } }, el("option", { value: ALL }, t("everything")), ...groups);
  }

  #open() {
    const container = el("div", { class: "folium-map second", role: "application", "aria-label": t("secondMap") });
    const neatline = this.map.getContainer().parentNode;
    neatline.classList.add("comparing");
    neatline.append(container, ...this.bars, this.end);
    const { minZoom, maxZoom, zoomSnap } = this.map.options;
    const map = L.map(container, { minZoom, maxZoom, zoomSnap, zoomControl: false, attributionControl: false, zoomAnimation: false, fadeAnimation: false });
    map.setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
    let labels = null;
    const layers = new Layers(map, this.config, {
      onState: () => {},
      onCounted: () => this.count(),
      isBusy: () => false,
      onChange: () => labels?.update(),
      onOpen: (feature, layer) => this.onOpen(this.layers.all.find(({ id }) => id === layer.id), feature),
      onHover: (words, point) => this.onHover(words, point, map),
      placeOf: this.placeOf,
    });
    layers.share(this.layers);
    labels = new Labels(map, layers);
    labels.keepClear([...document.querySelectorAll(".sheet > .toolbar"), ...this.bars, this.end]);
    const unlink = linked(this.map, map);
    const paint = this.indicators ? new Choropleth(map, layers) : null;
    this.#second = { map, layers, container, unlink, paint };
    this.map.invalidateSize({ animate: false }); // the middle stays the middle
    map.invalidateSize({ animate: false });
    map.setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
  }

  #leave() {
    if (!this.isActive) return;
    const { map, container, unlink } = this.#second;
    this.#second = null;
    this.indicators?.beside(null, null);
    unlink();
    map.remove();
    container.parentNode.classList.remove("comparing");
    for (const node of [container, ...this.bars, this.end]) node.remove();
    this.map.invalidateSize({ animate: false });
  }
}

function fits({ facet, code }, feature) {
  return !facet || facet.codes(feature).includes(code);
}

/** Let two maps show the same place; gives the way to part them. */
function linked(first, second) {
  let moving = false;
  const follow = (leader, other) => () => {
    if (moving) return;
    moving = true;
    other.setView(leader.getCenter(), leader.getZoom(), { animate: false });
    moving = false;
  };
  const [ahead, back] = [follow(first, second), follow(second, first)];
  first.on("move zoomend", ahead);
  second.on("move zoomend", back);
  return () => first.off("move zoomend", ahead);
}
