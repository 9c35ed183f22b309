// The interface of the map: reads its configuration from the page, lays out the sheet, loads the layers.

import { card } from "./card.js";
import { el } from "./dom.js";
import { graticule, imprint, pointerBox, scaleBar, titlePlate, viewInAddress, zoomButtons } from "./furniture.js";
import { lang, say, t } from "./i18n.js";
import { Labels } from "./labels.js";
import { Layers } from "./layers.js";
import { isVague } from "./symbols.js";
import { Tree } from "./tree.js";

const L = window.L;
const config = JSON.parse(document.getElementById("corridor-config").textContent);
const map = window[config.map];

document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
document.title = say(config.about.title);

const isNarrow = () => window.matchMedia("(max-width: 720px)").matches;
const hint = el("div", { class: "hint", "aria-hidden": "true", hidden: true });
let labels = null;
let opened = null;

const layers = new Layers(map, config, {
  onState: (layer) => tree?.update(layer),
  onChange: () => labels?.update(),
  onOpen: open,
  onHover: hover,
  placeOf,
});
const tree = new Tree(config, layers.all, {
  onShow: (layer, visible) => layers.show(layer, visible),
  onRetry: (layer) => layers.loadOne(layer),
});
layOut();
const hadView = viewInAddress(map, goHome);
labels = new Labels(map, layers);
map.on("movestart zoomstart", () => hover(null));
document.addEventListener("keydown", (event) => event.key === "Escape" && close());
layers.load().then(() => {
  if (!config.extent && !hadView) goHome();
  document.body.dataset.ready = "true";
});

function layOut() {
  const container = map.getContainer();
  const handle = el(
    "button",
    { type: "button", class: "handle", "aria-controls": "panel", "aria-expanded": "false", on: { click: togglePanel } },
    t("layersButton"),
  );
  const sheet = el("main", { class: "sheet" });
  container.replaceWith(sheet);
  container.setAttribute("aria-label", t("mapLabel"));
  container.setAttribute("role", "application");
  sheet.append(
    el("div", { class: "neatline" }, container, hint),
    graticule(map),
    titlePlate(config.about),
    zoomButtons(map, goHome),
    imprint(config.about),
    el("div", { class: "measure" }, pointerBox(map), scaleBar(map)),
    handle,
  );
  document.body.append(sheet, tree.node);
  document.body.classList.add("corridor");
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(container);
  map.invalidateSize({ pan: false });
  map.on("zoomend", tune);

  function togglePanel() {
    const shown = document.body.classList.toggle("panel-open");
    handle.setAttribute("aria-expanded", String(shown));
    handle.textContent = t(shown ? "closePanel" : "layersButton");
  }
}

/** Lines are finer while the view is small, areas that fill it paler when it is near. */
function tune() {
  const { style } = map.getContainer();
  style.setProperty("--thin", between(0.6, 1, (map.getZoom() - 8) / 2.5).toFixed(2));
  style.setProperty("--tint", between(1, 0.66, (map.getZoom() - 10) / 2.5).toFixed(2));
}

function between(from, to, share) {
  return from + (to - from) * Math.min(1, Math.max(0, share));
}

/** The district or city of a feature, whichever is as exact as its place is known. */
function placeOf(properties) {
  const name = properties.precision === "city" ? "city" : "district";
  const titles = config.fields.find((field) => field.name === name).values[String(properties[name])];
  return titles ? say(titles) : "";
}

function goHome() {
  const bounds = config.extent ? L.latLngBounds(config.extent.slice(0, 2).reverse(), config.extent.slice(2).reverse()) : drawn();
  if (bounds?.isValid()) map.fitBounds(bounds, { padding: isNarrow() ? [14, 14] : [22, 22], animate: false });
}

function drawn() {
  const paths = layers.all.map((layer) => layer.paths).filter(Boolean);
  const bounds = L.latLngBounds(layers.points.shown().map((mark) => mark.latlng));
  return paths.reduce((all, path) => all.extend(path.getBounds()), bounds);
}

/** Show the card of a feature: beside its place, or at the foot of a narrow screen. */
function open(feature, layer, latlng, mark = null) {
  close();
  const content = card(feature, layer, config);
  opened = { from: document.activeElement, mark, area: uncertainty(feature, latlng) };
  mark?.node.classList.add("selected");
  if (isNarrow()) openSheet(content);
  else openPopup(content, latlng, mark);
  if (isNarrow()) liftAboveSheet(latlng);
}

/** Bring a place into the part of a narrow screen that its card leaves free. */
function liftAboveSheet(latlng) {
  const { y } = map.latLngToContainerPoint(latlng);
  const free = map.getSize().y * 0.3;
  if (y > free) map.panBy([0, y - free], { animate: false });
}

function openPopup(content, latlng, mark) {
  const options = { maxWidth: 360, minWidth: 280, maxHeight: Math.min(440, map.getSize().y * 0.62), offset: L.point(0, -4), autoPanPaddingTopLeft: [20, 112], autoPanPaddingBottomRight: [60, 20] };
  if (mark) options.offset = mark.offset.add([0, -4]);
  const popup = L.popup({ ...options, closeButton: false }).setLatLng(latlng).setContent(withClose(content));
  opened.popup = popup;
  popup.on("remove", () => opened?.popup === popup && close());
  popup.openOn(map);
  content.parentNode.querySelector(".close").focus({ preventScroll: true });
}

function openSheet(content) {
  const sheet = el("div", { class: "card-sheet", role: "dialog", "aria-label": content.querySelector("h2").textContent }, withClose(content));
  opened.sheet = sheet;
  document.body.append(sheet);
  sheet.querySelector(".close").focus({ preventScroll: true });
}

function withClose(content) {
  const button = el("button", { type: "button", class: "close", "aria-label": t("close"), title: t("close"), on: { click: close } }, "×");
  return el("div", { class: "card-holder" }, button, content);
}

function close() {
  if (!opened) return;
  const { from, mark, popup, sheet, area } = opened;
  opened = null;
  mark?.node.classList.remove("selected");
  area?.remove();
  popup?.remove();
  sheet?.remove();
  if (from instanceof Element && from.isConnected) from.focus({ preventScroll: true });
}

/** The circle in which a point may lie. */
function uncertainty({ properties, geometry }, latlng) {
  if (geometry?.type !== "Point" || !properties.radius_m) return null;
  if (!map.getPane("uncertainty")) map.createPane("uncertainty").style.zIndex = 500;
  const looks = { pane: "uncertainty", color: "#3a3340", weight: 1.2, dashArray: "5 4", fillColor: "#3a3340", fillOpacity: isVague(properties) ? 0.04 : 0.08 };
  return L.circle(latlng, { radius: properties.radius_m, interactive: false, className: "uncertainty", ...looks }).addTo(map);
}

/** Say what is under the pointer or has the focus; nothing when there are no words. */
function hover(words, point) {
  hint.hidden = !words;
  if (!words) return;
  const { x, y } = map.layerPointToContainerPoint(point);
  hint.textContent = words;
  hint.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}
