// The interface of the map: reads its configuration from the page, lays out the sheet, joins the parts.

import { Address, viewPart } from "./address.js";
import { AreaTab } from "./area.js";
import { Basemaps } from "./basemaps.js";
import { Cards, isNarrow } from "./cards.js";
import { Compare } from "./compare.js";
import { el } from "./dom.js";
import { Facets } from "./facets.js";
import { Chips, Filters } from "./filters.js";
import { graticule, imprint, pointerBox, scaleBar, titlePlate } from "./furniture.js";
import { lang, otherLanguage, say, t } from "./i18n.js";
import { Indicators } from "./indicators.js";
import { Labels } from "./labels.js";
import { layerParts } from "./layerparts.js";
import { Layers } from "./layers.js";
import { List } from "./list.js";
import { Measure } from "./measure.js";
import { Notices } from "./notice.js";
import { Panel } from "./panel.js";
import { Printing } from "./printing.js";
import { Search } from "./search.js";
import { shareDialog } from "./share.js";
import { inSlices } from "./slices.js";
import { Sketch } from "./sketch.js";
import { Stories } from "./story.js";
import { chooseSystem, chosenSystem, onSystem, SYSTEMS } from "./systems.js";
import { toolbar } from "./toolbar.js";
import { Tree } from "./tree.js";

const L = window.L;
const MOST_TITLES = 4; // of layers, in a message
const config = JSON.parse(document.getElementById("corridor-config").textContent);
const map = window[config.map];
const isEmbedded = new URLSearchParams(location.search).get("embed") === "1";

if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) keepStill();
document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
document.title = say(config.about.title);

const hint = el("div", { class: "hint", "aria-hidden": "true", hidden: true });
const notices = new Notices();
let labels = null;
let settled = false;

const layers = new Layers(map, config, {
  onState: (layer) => (tree?.update(layer), settled && sayFailed()),
  onCounted: (layer) => (tree.update(layer), compare.count(), panel.update()),
  onChange: () => labels?.update(),
  onOpen: (feature, layer, latlng, mark) => sketch.isActive || cards.open(layer, feature, latlng, mark),
  onHover: hover,
  placeOf,
  isBusy: () => sketch.isActive,
});
const facets = new Facets(config, layers, () => {
  sift();
  address.push();
});
const sketch = new Sketch(map);
const measure = new Measure(sketch, notices);
const cards = new Cards(map, layers, { config, layers, onShow: (layer) => show([layer], true), onVisit: visit, onCount: (layer, feature) => area.count(layer, feature), onLost: (words) => sayIgnored([words]) }, () => address.push());
const tree = new Tree(config, layers.all, {
  onShow: (some, visible) => (show(some, visible), address.push()),
  onRetry: async (layer) => (await layers.loadOne(layer), gathered()),
  onFade: (layer, opacity, done) => (layers.fade(layer, opacity), compare.update(), done && address.push()),
  onRaise: (layer) => (turnTop(layer), address.push()),
  isRaised: ({ id }) => layers.raised.includes(id),
  onVisit: (layer) => address.leap(() => (show([layer], true), layers.zoomTo(layer))),
});
const filters = new Filters(facets);
const chips = new Chips(facets);
const list = new List(map, layers, { onOpen: visit, placeOf, isFiltered: () => facets.isActive });
const search = new Search(layers, { onOpen: visit, placeOf });
const panel = new Panel({ onTurn: () => address.keep() });
const area = new AreaTab(map, layers, sketch, notices, {
  config,
  onOpen: visit,
  onChange: () => address.push(),
  onShow: () => settled && (panel.turn("area"), openPanel()),
});
const address = new Address(viewPart(map, goHome), {
  onIgnored: sayIgnored,
  onFollowed: sift,
  onChange: () => (language.href = otherLanguage()),
});
const indicators = layers.figures.length ? new Indicators(map, layers, { config, areas: cityAreas, onChange: () => (compare.update(), address.push()), onPaint: () => labels?.update(), onRetry: async () => (await layers.loadFigures(layers.figures[0]), gathered()) }) : null;
const compare = new Compare(map, layers, facets, config, {
  indicators,
  onChange: () => (sift(), address.push()),
  onOpen: (layer, feature) => cards.visit(layer, feature, { move: false }),
  onHover: hover,
  placeOf,
});
const basemaps = config.basemaps.length ? new Basemaps(map, config, () => address.push()) : null;
const stories = config.stories.length || config.addresses.stories ? new Stories(config, address, notices, () => map.invalidateSize({ animate: false })) : null;
const printing = config.addresses.prints ? new Printing(config.addresses.prints, map, { config, told: toldOfView }) : null;
const language = el("a", { class: "language", hreflang: lang === "en" ? "zh-CN" : "en", lang: lang === "en" ? "zh-CN" : "en" }, t("other"));
const handle = el("button", { type: "button", class: "handle", "aria-controls": "panel", "aria-expanded": "false", on: { click: () => openPanel(!document.body.classList.contains("panel-open")) } }, t("layersButton"));

fillPanel();
layOut();
layerParts(layers, (some, visible) => show(some, visible), (layer) => tree.update(layer)).forEach((part) => address.add(part));
address.add({ name: "coords", read: () => (chosenSystem() === SYSTEMS[0] ? null : chosenSystem().id), write: (id) => chooseSystem(id ?? SYSTEMS[0].id) });
if (basemaps) address.add(basemaps.part());
facets.parts().forEach((part) => address.add(part, { late: true }));
if (indicators) address.add(indicators.part(), { late: true });
[panel.part(), area.part(), compare.part(), cards.part()].forEach((part) => address.add(part, { late: true }));
if (stories) address.add(stories.part(), { late: true });
document.body.classList.toggle("settling", location.hash.includes("&"));
address.start();
labels = new Labels(map, layers);
labels.keepClear([...document.querySelectorAll(".sheet > .plate, .sheet > .toolbar, .sheet > .figure-legend")]);
map.on("movestart zoomstart", () => hover(null));
map.on("moveend", () => address.keep());
onSystem(() => settled && address.keep());
layers.load().then(() => {
  if (!config.extent && !location.hash) goHome();
  gathered();
  address.complete();
  settled = true;
  sayFailed();
  document.body.classList.remove("settling");
  document.body.dataset.ready = "true";
  inSlices(labels.prepare());
});

/** The features have come: offer what can be found, sifted and counted. */
function gathered() {
  facets.forget();
  search.forget();
  filters.build();
  area.build();
  indicators?.build();
  if (settled) sift();
}

/** Show what passes the filter, everywhere. */
function sift() {
  layers.sift((feature) => facets.passes(feature) && compare.passes(feature), (layer) => compare.conditionOf(layer));
  compare.update();
  layers.all.forEach((layer) => tree.update(layer));
  chips.update();
  list.reset();
  panel.update();
}

/** Put a layer on top of the others, or back to its place. */
function turnTop(layer) {
  const others = layers.raised.filter((id) => id !== layer.id);
  layers.raise(others.length < layers.raised.length ? others : [...others, layer.id]);
  tree.update(layer);
  compare.update();
}

function show(some, visible) {
  for (const layer of some) {
    layers.show(layer, visible);
    tree.update(layer);
  }
  compare.update();
  panel.update();
}

/** Go to a feature that was chosen in a list, and open its card. */
function visit(layer, feature) {
  if (isNarrow()) openPanel(false);
  address.leap(() => cards.visit(layer, feature));
}

function sayIgnored(parts) {
  notices.say("ignored", parts.length ? t("ignored", { parts: parts.join("，") }) : null);
}

/** Which layers did not come, whether the tree is seen or not. */
function sayFailed() {
  const failed = layers.all.filter(({ state }) => state === "failed");
  if (!failed.length) return notices.say("failed", null);
  const titles = failed.slice(0, MOST_TITLES).map((layer) => say(layer.title)).join(lang === "en" ? ", " : "、");
  const words = t("failedLayers", { count: failed.length, reason: failed[0].reason, titles: failed.length > MOST_TITLES ? `${titles}…` : titles });
  const again = async () => (await Promise.all(failed.map((layer) => layers.loadOne(layer))), gathered());
  return notices.say("failed", words, [[t("retry"), again]]);
}

function keepStill() {
  Object.assign(map.options, { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false });
  Object.assign(map, { _zoomAnimated: false, _fadeAnimated: false });
}

function fillPanel() {
  panel.top.append(el("div", { class: "finder" }, search.node, language), chips.node);
  if (basemaps) tree.node.append(basemaps.node);
  panel.add("legend", t("legendTab"), tree.node);
  panel.add("filter", t("filterTab"), filters.node, () => filters.update());
  panel.add("list", t("listTab"), list.node, () => list.update());
  panel.add("area", t("areaTab"), area.node, () => area.update());
  if (indicators) panel.add("figures", t("figuresTab"), indicators.node, () => indicators.update());
  language.href = otherLanguage();
}

/** The areas that stand for whole cities. */
function cityAreas() {
  const bases = layers.all.filter((layer) => layer.isBase && layer.isAreas);
  return bases.flatMap(({ features }) => features).filter(({ properties }) => properties.city && !properties.district);
}

function layOut() {
  const container = map.getContainer();
  const sheet = el("main", { class: "sheet" });
  container.replaceWith(sheet);
  container.setAttribute("aria-label", t("mapLabel"));
  container.setAttribute("role", "application");
  sheet.append(
    el("div", { class: "neatline" }, container, hint, el("i", { class: "crosshair", "aria-hidden": "true" })),
    graticule(map),
    titlePlate(config.about),
    tools(),
    notices.node,
    indicators?.box ?? "",
    imprint(config.about, basemaps?.credits),
    el("div", { class: "measure" }, pointerBox(map), scaleBar(map)),
    handle,
  );
  document.body.append(skip(), sheet, stories?.node ?? "", panel.node);
  document.body.classList.add("corridor");
  if (isEmbedded) embed(sheet);
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(container);
  map.invalidateSize({ pan: false });
}

/** The way past the hundreds of symbols on the map, for those who walk by keyboard. */
function skip() {
  const go = () => (openPanel(), panel.turn("list"), panel.focus());
  return el("button", { type: "button", class: "skip", on: { click: go } }, t("skipMap"));
}

function tools() {
  const zoom = [
    ["zoomIn", "zoomIn", () => map.zoomIn()],
    ["zoomOut", "zoomOut", () => map.zoomOut()],
    ["home", "home", () => address.leap(goHome)],
  ];
  const work = [
    ["line", "measureLine", () => measure.start("line")],
    ["polygon", "measurePolygon", () => measure.start("polygon")],
    ["area", "countArea", () => area.draw("polygon")],
    ["compare", "compare", () => compare.toggle()],
    ...(stories ? [["story", "story", () => stories.start()]] : []),
    ...(printing ? [["print", "print", () => printing.open()]] : []),
    ["share", "share", () => shareDialog({ config, layers, facets })],
  ];
  if (document.fullscreenEnabled) work.push(["full", "fullScreen", toggleFullScreen]);
  return toolbar(isEmbedded ? [zoom] : [zoom, work], () => openPanel(false));
}

/** What the map shows, as a sheet would: [title, words]. */
function toldOfView() {
  const titles = facets.all.filter((facet) => facet.chosen.size).map((facet) => `${facet.title()}：${[...facet.chosen].map((code) => facet.titleOf(code) ?? code).join("、")}`);
  const shown = layers.all.filter((layer) => layer.visible).length;
  const rows = [
    [t("printView"), t("printViewOf")],
    [t("printLayers"), t("printLayersOf", { count: shown })],
    [t("filterOn"), titles.join("；") || t("printNoFilter")],
    [t("figuresTab"), indicators?.told],
    [t("printArea"), area.told],
  ];
  return rows.filter(([, words]) => words);
}

function toggleFullScreen() {
  return document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
}

/** The map alone, as a part of another page, with the way to the whole. */
function embed(sheet) {
  document.body.classList.add("embedded");
  const whole = el("a", { class: "whole", target: "_blank", rel: "noopener" }, t("fullMap"));
  const update = () => {
    const url = new URL(location.href);
    url.searchParams.delete("embed");
    whole.href = url.href;
  };
  update();
  whole.addEventListener("pointerdown", update);
  whole.addEventListener("focus", update);
  sheet.append(whole);
}

function openPanel(shown = true) {
  document.body.classList.toggle("panel-open", shown);
  handle.setAttribute("aria-expanded", String(shown));
  handle.textContent = t(shown ? "closePanel" : "layersButton");
  map.invalidateSize({ animate: false });
}

/** The district or city of a feature, whichever is as exact as its place is known. */
function placeOf(properties) {
  const name = properties.precision === "city" || !properties.district ? "city" : "district";
  const titles = config.fields.find((field) => field.name === name).values[String(properties[name])];
  return titles ? say(titles) : "";
}

function goHome() {
  const bounds = config.extent ? L.latLngBounds(config.extent.slice(0, 2).reverse(), config.extent.slice(2).reverse()) : layers.bounds();
  if (bounds?.isValid()) map.fitBounds(bounds, { padding: isNarrow() ? [14, 14] : [22, 22], animate: false });
}

/** Say what is under the pointer or has the focus; nothing when there are no words. */
function hover(words, point, on = map) {
  hint.hidden = !words;
  if (!words) return;
  const { x, y } = on.layerPointToContainerPoint(point).add([on.getContainer().offsetLeft, on.getContainer().offsetTop]);
  hint.textContent = words;
  hint.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}
