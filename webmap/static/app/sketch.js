// Drawing on the map: a line, an area or a circle, by pointing or by keyboard.

import { circleAround, metresBetween } from "./geo.js";

const L = window.L;
const LOOKS = { color: "#8a1c12", weight: 2, fillColor: "#a93226", fillOpacity: 0.1, dashArray: "6 4", interactive: false, pane: "sketch" };
const LEAST = { line: 2, polygon: 3, circle: 2 };

export class Sketch {
  #kind = null;
  #places = [];
  #pointer = null;

  constructor(map) {
    this.map = map;
    map.createPane("sketch").style.zIndex = 650;
    this.shape = L.layerGroup().addTo(map);
    this.corners = L.layerGroup().addTo(map);
    const own = { click: this.#click, mousemove: this.#move, dblclick: this.#end };
    for (const [name, work] of Object.entries(own)) map.on(name, work, this);
    document.addEventListener("keydown", (event) => this.#press(event), true);
  }

  get isActive() {
    return this.#kind !== null;
  }

  /** Draw a `line`, `polygon` or `circle`. `onChange(places)` follows it, `onEnd(places)` takes it, or null
      when it was given up. A circle's places are its centre and a place on its rim. */
  start(kind, { onChange, onEnd }) {
    this.stop();
    Object.assign(this, { onChange, onEnd });
    this.#kind = kind;
    this.map.doubleClickZoom.disable();
    this.map.getContainer().classList.add("sketching");
    this.map.getContainer().focus({ preventScroll: true });
  }

  /** Give up what is being drawn. */
  stop() {
    if (!this.isActive) return;
    const end = this.onEnd;
    this.#leave();
    end(null);
  }

  /** Show places as what they are of, without drawing; null takes them away. */
  show(kind, places) {
    this.shape.clearLayers();
    this.corners.clearLayers();
    if (!places?.length) return;
    const latlngs = (kind === "circle" && places.length > 1 ? circleAround(places[0], metresBetween(...places)) : places).map(([lon, lat]) => [lat, lon]);
    const path = kind === "line" ? L.polyline(latlngs, { ...LOOKS, fill: false }) : L.polygon(latlngs, LOOKS);
    this.shape.addLayer(path);
    for (const [lon, lat] of places) this.corners.addLayer(L.circleMarker([lat, lon], { ...LOOKS, radius: 3.5, dashArray: null, fillColor: "#fff", fillOpacity: 1 }));
  }

  #click({ latlng }) {
    if (!this.isActive) return;
    this.#add([latlng.lng, latlng.lat]);
  }

  #add(place) {
    const last = this.#places.at(-1);
    // The second click of a double click stands on the first.
    if (last && this.#pixels(last).distanceTo(this.#pixels(place)) < 4) return;
    this.#places.push(place);
    this.#draw();
    if (this.#kind === "circle" && this.#places.length === 2) this.#end();
  }

  #move({ latlng }) {
    if (!this.isActive || !this.#places.length) return;
    this.#pointer = [latlng.lng, latlng.lat];
    this.#draw();
  }

  #press(event) {
    if (!this.isActive || event.target.closest?.("input, select, textarea, button")) return;
    const { lat, lng } = this.map.getCenter();
    const work = {
      " ": () => this.#add([lng, lat]),
      Enter: () => this.#end(),
      Backspace: () => (this.#places.pop(), this.#draw()),
      Escape: () => this.stop(),
    }[event.key];
    if (!work) return;
    event.preventDefault();
    event.stopPropagation();
    this.#pointer = null;
    work();
  }

  #draw() {
    const places = this.#pointer ? [...this.#places, this.#pointer] : this.#places;
    this.show(this.#kind, places);
    this.onChange(places);
  }

  #end() {
    if (!this.isActive || this.#places.length < LEAST[this.#kind]) return;
    const [places, end] = [this.#places, this.onEnd];
    this.#leave();
    end(places);
  }

  #leave() {
    this.#kind = null;
    this.#places = [];
    this.#pointer = null;
    this.show(null, null);
    this.map.getContainer().classList.remove("sketching");
    setTimeout(() => this.isActive || this.map.doubleClickZoom.enable(), 300); // not for the click that ended it
  }

  #pixels([lon, lat]) {
    return this.map.latLngToContainerPoint([lat, lon]);
  }
}
