// Which card is open, and where: beside its place, or at the foot of a narrow screen.

import { card } from "./card.js";
import { el, painted } from "./dom.js";
import { featureOf } from "./features.js";
import { boxOf, middleOf } from "./geo.js";
import { t } from "./i18n.js";
import { FlatSvg } from "./planes.js";
import { isVague } from "./symbols.js";

const L = window.L;
const INK = "#2f2a33";
const NEAR = 13; // the zoom at which one looks at a point
const CARD_TOP = 112; // pixels of the map above a card: the title of the map is there
const TIP = 60; // pixels between the foot of a card's text and its place

export const isNarrow = () => window.matchMedia("(max-width: 720px)").matches;

export class Cards {
  #opened = null;

  /** `onChange()` is called when a card was opened or closed by the reader. */
  constructor(map, layers, context, onChange) {
    Object.assign(this, { map, layers, context, onChange });
    map.createPane("about", layers.planes.paths).style.zIndex = 100; // above all other paths
    this.drawn = { pane: "about", renderer: new FlatSvg({ pane: "about" }), interactive: false };
    document.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && this.close());
  }

  get opened() {
    return this.#opened;
  }

  /** Show the card of a feature that was pointed at. */
  open(layer, feature, latlng, mark = null) {
    this.#show(layer, feature, { latlng, mark });
    this.onChange();
  }

  /** Open the card of a feature, show its layer if need be, and bring it into view. */
  visit(layer, feature, { move = true } = {}) {
    if (!layer.visible) this.context.onShow(layer);
    this.#show(layer, feature, feature.geometry ? this.#placed(layer, feature, move) : {});
    this.onChange();
  }

  /** The part of the address that this is. */
  part() {
    return {
      name: "open",
      read: () => (this.#opened ? `${this.#opened.layer.id}/${this.#opened.feature.properties.key}` : null),
      write: (text) => {
        const [layerId, ...key] = (text ?? "").split("/");
        const found = text ? this.layers.find(layerId, key.join("/")) : null;
        const tiled = this.layers.tiled.find(({ id }) => id === layerId);
        if (text && tiled) return this.#fetch(tiled, key.join("/"), text);
        if (!found) this.#remove();
        else if (this.#opened?.feature !== found.feature) this.visit(found.layer, found.feature, { move: false });
        return !text || found !== null;
      },
    };
  }

  /** Open a card of a layer whose features are not held here. */
  #fetch(layer, key, text) {
    if (this.#opened?.layer === layer && this.#opened.feature.properties.key === key) return;
    featureOf(layer, key)
      .catch(() => null)
      .then((feature) => (feature ? this.visit(layer, feature, { move: false }) : this.context.onLost(`open=${text}`)));
  }

  close() {
    if (!this.#opened) return;
    this.#remove();
    this.onChange();
  }

  /** Where a feature stands, and the view to which the map moves for it. */
  #placed(layer, feature, move) {
    const [lon, lat] = middleOf(feature.geometry);
    const mark = this.layers.points.marks.find((one) => one.feature === feature) ?? null;
    return { latlng: mark?.latlng ?? L.latLng(lat, lon), mark, view: move ? this.#view(layer, feature, L.latLng(lat, lon)) : null };
  }

  /** The view of a feature, null when it is well in view. */
  #view(layer, feature, latlng) {
    const { map } = this;
    const zoom = layer.isPoints ? Math.max(map.getZoom(), isVague(feature.properties) ? 11 : NEAR) : this.#wholeZoom(feature);
    if (layer.isPoints && map.getZoom() >= zoom && map.getBounds().pad(-0.15).contains(latlng)) return null;
    return { center: this.#below(latlng, zoom), zoom };
  }

  /** The zoom at which all of a line or an area is seen. */
  #wholeZoom({ geometry }) {
    const [west, south, east, north] = boxOf(geometry);
    return Math.min(NEAR, this.map.getBoundsZoom([[south, west], [north, east]], false, L.point(80, 80)));
  }

  /** The middle of a view in which there is room for a card above a place. */
  #below(latlng, zoom) {
    if (isNarrow()) return latlng;
    const down = this.#tallest() + CARD_TOP + TIP - this.map.getSize().y / 2;
    return this.map.unproject(this.map.project(latlng, zoom).subtract([0, Math.max(0, down)]), zoom);
  }

  /** The height of a card that is scrolled, pixels. */
  #tallest() {
    return Math.min(470, this.map.getSize().y * 0.66);
  }

  /** The card is shown at once, where it will stand; the map follows when it can be read. */
  #show(layer, feature, { latlng = null, mark = null, view = null }) {
    this.#remove();
    const content = card(feature, layer, this.context);
    const opened = (this.#opened = { layer, feature, from: document.activeElement, mark });
    if (isNarrow() || !latlng) this.#openSheet(content);
    else this.#openPopup(content, view ? this.#ahead(latlng, view) : latlng, mark);
    if (!latlng) return;
    if (view) painted().then(() => this.#opened === opened && this.#arrive(latlng, view));
    else this.#point(latlng);
  }

  /** What stands in this view where a place will stand in another. */
  #ahead(latlng, { center, zoom }) {
    const { map } = this;
    const offset = map.project(latlng, zoom).subtract(map.project(center, zoom));
    return map.containerPointToLatLng(map.getSize().divideBy(2).add(offset));
  }

  #arrive(latlng, { center, zoom }) {
    const { popup, mark } = this.#opened;
    this.map.setView(center, zoom, { animate: false });
    if (popup) popup.options.offset = offsetOf(mark);
    popup?.setLatLng(latlng);
    this.#point(latlng);
  }

  /** Show on the map what the card is about. */
  #point(latlng) {
    const { layer, feature, mark } = this.#opened;
    mark?.node.classList.add("selected");
    const isUnseen = mark ? mark.node.hidden : layer.isPoints;
    const ring = isUnseen && L.circleMarker(latlng, { ...this.drawn, radius: 13, color: INK, weight: 2, fill: false }).addTo(this.map);
    Object.assign(this.#opened, { ring: ring || null, area: this.#uncertainty(feature, latlng) });
    if (isNarrow()) this.#liftAboveSheet(latlng);
  }

  /** Bring a place into the part of a narrow screen that its card leaves free. */
  #liftAboveSheet(latlng) {
    const { y } = this.map.latLngToContainerPoint(latlng);
    const free = this.map.getSize().y * 0.3;
    if (y > free) this.map.panBy([0, y - free], { animate: false });
  }

  #openPopup(content, latlng, mark) {
    const popup = L.popup({ maxWidth: 380, minWidth: 300, maxHeight: this.#tallest(), offset: offsetOf(mark), closeButton: false, autoPanPaddingTopLeft: [20, CARD_TOP], autoPanPaddingBottomRight: [60, 20] });
    popup.setLatLng(latlng).setContent(this.#withClose(content));
    this.#opened.popup = popup;
    popup.on("remove", () => this.#opened?.popup === popup && this.close());
    popup.openOn(this.map);
    const scrolled = content.closest(".leaflet-popup-scrolled");
    if (scrolled) scrolled.tabIndex = 0; // what can be scrolled can be scrolled by keyboard
    content.parentNode.querySelector(".close").focus({ preventScroll: true });
  }

  #openSheet(content) {
    const label = content.querySelector("h2").textContent;
    const sheet = el("div", { class: "card-sheet", role: "dialog", "aria-label": label, tabindex: 0 }, this.#withClose(content));
    this.#opened.sheet = sheet;
    document.body.append(sheet);
    sheet.querySelector(".close").focus({ preventScroll: true });
  }

  #withClose(content) {
    const button = el("button", { type: "button", class: "close", "aria-label": t("close"), title: t("close"), on: { click: () => this.close() } }, "×");
    return el("div", { class: "card-holder" }, button, content);
  }

  #remove() {
    if (!this.#opened) return;
    const { from, mark, popup, sheet, area, ring } = this.#opened;
    const hadFocus = [popup?.getElement(), sheet].some((node) => node?.contains(document.activeElement));
    this.#opened = null;
    mark?.node.classList.remove("selected");
    const faded = popup?.getElement(); // Leaflet lets it fade: two cards would be there for a moment
    for (const part of [area, ring, popup, faded, sheet]) part?.remove();
    if (hadFocus && from instanceof Element && from.isConnected) from.focus({ preventScroll: true });
  }

  /** The circle in which a point may lie. */
  #uncertainty({ properties, geometry }, latlng) {
    if (geometry?.type !== "Point" || !properties.radius_m) return null;
    const looks = { color: "#3a3340", weight: 1.2, dashArray: "5 4", fillColor: "#3a3340", fillOpacity: isVague(properties) ? 0.04 : 0.08 };
    return L.circle(latlng, { ...this.drawn, ...looks, radius: properties.radius_m, className: "uncertainty" }).addTo(this.map);
  }
}

/** How far from its place the foot of a card stands. */
function offsetOf(mark) {
  return (mark?.offset ?? L.point(0, 0)).add([0, -4]);
}
