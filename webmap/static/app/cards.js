// Which card is open, and where: beside its place, or at the foot of a narrow screen.

import { card } from "./card.js";
import { el } from "./dom.js";
import { featureOf } from "./features.js";
import { middleOf } from "./geo.js";
import { t } from "./i18n.js";
import { isVague } from "./symbols.js";

const L = window.L;
const NEAR = 13; // the zoom at which one looks at a point

export const isNarrow = () => window.matchMedia("(max-width: 720px)").matches;

export class Cards {
  #opened = null;

  /** `onChange()` is called when a card was opened or closed by the reader. */
  constructor(map, layers, context, onChange) {
    Object.assign(this, { map, layers, context, onChange });
    document.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && this.close());
  }

  get opened() {
    return this.#opened;
  }

  /** Show the card of a feature that was pointed at. */
  open(layer, feature, latlng, mark = null) {
    this.#show(layer, feature, latlng, mark);
    this.onChange();
  }

  /** Bring a feature into view, show its layer if need be, and open its card. */
  visit(layer, feature, { move = true } = {}) {
    if (!layer.visible) this.context.onShow(layer);
    if (!feature.geometry) return this.#show(layer, feature, null, null) ?? this.onChange();
    if (move) this.#approach(layer, feature);
    const mark = this.layers.points.marks.find((one) => one.feature === feature) ?? null;
    const [lon, lat] = middleOf(feature.geometry);
    this.#show(layer, feature, mark?.latlng ?? L.latLng(lat, lon), mark);
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

  #approach(layer, feature) {
    const { map } = this;
    if (layer.isPoints) {
      const [lon, lat] = middleOf(feature.geometry);
      const zoom = Math.max(map.getZoom(), isVague(feature.properties) ? 11 : NEAR);
      if (!map.getBounds().pad(-0.15).contains([lat, lon]) || map.getZoom() < zoom) map.setView([lat, lon], zoom, { animate: false });
    } else {
      map.fitBounds(L.geoJSON(feature.geometry).getBounds(), { padding: [40, 40], maxZoom: NEAR, animate: false });
    }
  }

  #show(layer, feature, latlng, mark) {
    this.#remove();
    const content = card(feature, layer, this.context);
    this.#opened = { layer, feature, from: document.activeElement, mark, area: latlng && this.#uncertainty(feature, latlng) };
    mark?.node.classList.add("selected");
    if (mark ? mark.node.hidden : latlng && layer.isPoints) this.#opened.ring = L.circleMarker(latlng, { radius: 13, color: "#2f2a33", weight: 2, fill: false, interactive: false }).addTo(this.map);
    if (isNarrow() || !latlng) this.#openSheet(content);
    else this.#openPopup(content, latlng, mark);
    if (isNarrow() && latlng) this.#liftAboveSheet(latlng);
  }

  /** Bring a place into the part of a narrow screen that its card leaves free. */
  #liftAboveSheet(latlng) {
    const { y } = this.map.latLngToContainerPoint(latlng);
    const free = this.map.getSize().y * 0.3;
    if (y > free) this.map.panBy([0, y - free], { animate: false });
  }

  #openPopup(content, latlng, mark) {
    const offset = (mark?.offset ?? L.point(0, 0)).add([0, -4]);
    const maxHeight = Math.min(470, this.map.getSize().y * 0.66);
    const popup = L.popup({ maxWidth: 380, minWidth: 300, maxHeight, offset, closeButton: false, autoPanPaddingTopLeft: [20, 112], autoPanPaddingBottomRight: [60, 20] });
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
    if (!this.map.getPane("uncertainty")) this.map.createPane("uncertainty").style.zIndex = 500;
    const looks = { pane: "uncertainty", color: "#3a3340", weight: 1.2, dashArray: "5 4", fillColor: "#3a3340", fillOpacity: isVague(properties) ? 0.04 : 0.08 };
    return L.circle(latlng, { radius: properties.radius_m, interactive: false, className: "uncertainty", ...looks }).addTo(this.map);
  }
}
