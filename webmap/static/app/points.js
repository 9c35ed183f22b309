// All points of all layers: one small element each, placed together so that none hides another.
//
// Points that share a place are spread around it by the golden angle, in pixels, in an order that does
// not change. Those known only to a district or city stand together as a ring with their number while
// the view is small. Symbols are smaller then too, and one that would lie under a more important one
// shrinks to a dot: nothing is left out.

import { el, put } from "./dom.js";
import { nameOf, t } from "./i18n.js";
import { drawnBounds } from "./planes.js";
import { isVague, markerImage, styleOf } from "./symbols.js";

const L = window.L;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const FULL_ZOOM = 12.5;
const STACK_ZOOM = 10.5;
const CELL = 16; // pixels
const STACK_FROM = 4; // fewer stand side by side

/**
 * A Leaflet layer that holds every point, in panes of a plane. `onOpen(mark)` is called by click, Enter and the space bar,
 * `onHover(words, point)` with nothing when the pointer leaves; `placeOf(properties)` names a place.
 */
export const PointField = L.Layer.extend({
  initialize(plane, { onOpen, onHover, placeOf }) {
    this._plane = plane;
    this.marks = [];
    this._onOpen = onOpen;
    this._onHover = onHover;
    this._placeOf = placeOf;
    this.stacks = [];
  },

  onAdd(map) {
    this._stackPane = map.createPane("stacks", this._plane);
    this._stackPane.style.zIndex = 630;
    map.on("zoomend viewreset", this.layout, this);
    map.on("moveend resize", this._draw, this);
  },

  onRemove(map) {
    map.off("zoomend viewreset", this.layout, this);
    map.off("moveend resize", this._draw, this);
  },

  /** Take over the features of a layer; its marks stand in `pane` once they are laid out. */
  set(layer, features, pane) {
    this.marks.filter((mark) => mark.layer === layer).forEach((mark) => mark.node.remove());
    this.marks = this.marks.filter((mark) => mark.layer !== layer);
    const marks = features.flatMap((feature) => positions(feature).map((latlng) => this._mark(layer, feature, latlng)));
    pane.append(...marks.map((mark) => mark.node));
    this.marks.push(...marks);
    this.sort();
  },

  /** Put the marks in their order, most important first. */
  sort() {
    this.marks.sort((a, b) => b.layer.order - a.layer.order || compare(a.layer.id, b.layer.id) || a.feature.id - b.feature.id);
  },

  /** The marks that are to be seen, most important first. */
  shown() {
    return this.marks.filter((mark) => mark.layer.visible && mark.passes);
  },

  /** Those of them that stand by themselves, each with its place in the layer's pixels. */
  single() {
    return this.shown().filter((mark) => !mark.stacked);
  },

  layout() {
    if (!this._map) return;
    const zoom = this._map.getZoom();
    const scale = Math.min(1, Math.max(0.5, 0.5 + (zoom - 8) * 0.5 / (FULL_ZOOM - 8)));
    const shown = this.shown();
    const groups = together(shown);
    groups.forEach((group) => spread(group, scale, this._map));
    this._stack(groups.filter((group) => zoom < STACK_ZOOM && group.length >= STACK_FROM && group[0].vague));
    for (const mark of shown) mark.point = this._map.latLngToLayerPoint(mark.latlng).add(mark.offset);
    thin(this.single(), scale);
    for (const mark of this.marks) hide(mark, mark.stacked || !mark.passes);
    this._plane.style.setProperty("--k", scale.toFixed(3));
    this._draw();
  },

  /** Place those near the view. The others, which nobody sees, would cost as much. */
  _draw() {
    const near = drawnBounds(this._map);
    for (const mark of this.single()) {
      const away = !near.contains(mark.point);
      if (mark.away !== away) mark.node.classList.toggle("away", (mark.away = away));
      if (!away) place(mark);
    }
  },

  /** Stand groups together: one ring with a number for each. */
  _stack(groups) {
    for (const mark of this.marks) mark.stacked = false;
    for (const mark of groups.flat()) mark.stacked = true;
    this.stacks = groups.sort((a, b) => b.length - a.length).map((group) => this._ring(group));
    this.stacks.forEach((stack, i) => standClear(stack, this.stacks.slice(0, i)));
    for (const { node, point } of this.stacks) put(node, point);
    this._stackPane.replaceChildren(...this.stacks.map((stack) => stack.node));
  },

  _ring(group) {
    const { latlng, feature } = group[0];
    const [point, size] = [this._map.latLngToLayerPoint(latlng), 17 + Math.sqrt(group.length) * 1.3];
    const words = t("stack", { place: this._placeOf(feature.properties), count: group.length });
    const part = () => this._map.setView(latlng, STACK_ZOOM + 0.5);
    const node = el(
      "div",
      { class: "stack", role: "button", tabindex: 0, "aria-label": words, on: this._listeners(part, words, point) },
      String(group.length),
    );
    node.style.setProperty("--size", `${size}px`);
    return { node, latlng, point, size, offset: L.point(0, 0) };
  },

  _listeners(act, words, at) {
    const open = (event) => {
      event.preventDefault();
      event.stopPropagation();
      act();
    };
    const show = () => this._onHover(words, typeof at === "function" ? at() : at);
    const hide = () => this._onHover(null);
    const keydown = (event) => (event.key === "Enter" || event.key === " ") && open(event);
    return {
      click: open, keydown, mouseenter: show, focus: show, mouseleave: hide, blur: hide,
      mousedown: L.DomEvent.stopPropagation, dblclick: L.DomEvent.stopPropagation,
    };
  },

  _mark(layer, feature, latlng) {
    const style = styleOf(layer.symbol, feature.properties);
    const vague = isVague(feature.properties);
    const { image, size } = markerImage(style, vague);
    const mark = { layer, feature, style, latlng, size, vague, passes: true, offset: L.point(0, 0), point: L.point(0, 0) };
    const name = nameOf(feature.properties);
    mark.node = el("div", {
      class: "mark",
      role: "button",
      tabindex: 0,
      "aria-label": name,
      data: { layer: layer.id, id: feature.id },
      on: this._listeners(() => this._onOpen(mark), name, () => mark.point),
    });
    mark.node.style.backgroundImage = image;
    mark.node.style.setProperty("--size", `${size}px`);
    return mark;
  },
});

/** Write to the page only what is another than before: of thousands of marks most stay as they are. */
function hide(mark, hidden) {
  if (mark.hidden !== hidden) mark.node.hidden = mark.hidden = hidden;
}

function place(mark) {
  const { node, point, written, minor } = mark;
  if (!written?.point.equals(point)) put(node, point);
  if (written?.minor !== minor) node.classList.toggle("minor", minor);
  mark.written = { point, minor };
}

function positions({ geometry }) {
  if (!geometry) return [];
  const places = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
  return places.map(([lon, lat]) => L.latLng(lat, lon));
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The marks that share a place and how well it is known. */
function together(marks) {
  const groups = new Map();
  for (const mark of marks) {
    mark.place ??= `${mark.latlng.lat.toFixed(5)} ${mark.latlng.lng.toFixed(5)} ${mark.vague}`;
    const group = groups.get(mark.place);
    if (group) group.push(mark);
    else groups.set(mark.place, [mark]);
  }
  return [...groups.values()];
}

/** Give each mark of a group its offset from their place. */
function spread(group, scale, map) {
  const step = Math.min(11.5 * scale, roomFor(group, map));
  group.forEach((mark, i) => {
    const radius = group.length === 1 ? 0 : step * Math.sqrt(i + 0.4);
    mark.offset = L.point(radius * Math.cos(i * GOLDEN), radius * Math.sin(i * GOLDEN));
  });
}

/** The step at which a group stays well inside the area in which its things may be. */
function roomFor(group, map) {
  const { latlng, feature } = group[0];
  const metres = (40075016.7 * Math.cos((latlng.lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
  const radius = (feature.properties.radius_m ?? 0) / metres;
  return Math.max(3, (0.5 * radius) / Math.sqrt(group.length));
}

/** Move a ring off those before it. */
function standClear(stack, others) {
  for (const other of others) {
    const apart = stack.point.subtract(other.point);
    const [distance, wanted] = [Math.hypot(apart.x, apart.y) || 1, (stack.size + other.size) / 2 + 1];
    if (distance >= wanted) continue;
    stack.offset = stack.offset.add(apart.multiplyBy((wanted - distance) / distance));
    stack.point = other.point.add(apart.multiplyBy(wanted / distance));
  }
}

/** Say which marks shrink to a dot because a more important one covers them. */
function thin(marks, scale) {
  const cells = new Map();
  for (const mark of marks) {
    const [column, row] = [Math.floor(mark.point.x / CELL), Math.floor(mark.point.y / CELL)];
    mark.minor = scale < 1 && isCovered(mark, cells, column, row, scale);
    if (mark.minor) continue;
    const key = keyOf(column, row);
    const cell = cells.get(key);
    if (cell) cell.push(mark);
    else cells.set(key, [mark]);
  }
}

function isCovered(mark, cells, column, row, scale) {
  for (let x = column - 1; x <= column + 1; x++) {
    for (let y = row - 1; y <= row + 1; y++) {
      if (cells.get(keyOf(x, y))?.some((other) => covers(other, mark, scale))) return true;
    }
  }
  return false;
}

function keyOf(column, row) {
  return column * 2 ** 20 + row;
}

function covers(other, mark, scale) {
  const reach = (other.size + mark.size) * 0.3 * scale;
  const [dx, dy] = [other.point.x - mark.point.x, other.point.y - mark.point.y];
  return dx * dx + dy * dy < reach * reach;
}
