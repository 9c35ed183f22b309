// Names on the map, placed so that none covers another: the most important first, each at the first
// of its places that is free. HTML text with a halo, in the fonts of the system.

import { el, onceAFrame, put } from "./dom.js";
import { lang, nameOf, t } from "./i18n.js";
import { styleOf } from "./symbols.js";

const L = window.L;
const POINT_ZOOM = 12; // points whose layer says nothing are named from here
const BASE_SPAN = 5.5; // zooms over which the name of a large area is of use
const EARLY = 0.4; // zooms are not whole: 7.6 shows what is declared for 8
const GAP = 2;
const VALUE_HEIGHT = 23; // of the figure below a name
const RIM_FROM = 150; // pixels: a ring about another is named when it is higher

// Sort of label → font for measuring, height of a line, space between letters; the looks are in app.css.
const FACES = {
  major: { font: "600 17px", height: 22, spacing: lang === "en" ? 0.16 : 0.42 },
  minor: { font: "400 12.5px", height: 16, spacing: 0.12 },
  structure: { font: "700 13px", height: 17, spacing: 0.03 },
  point: { font: "400 12px", height: 15, spacing: 0 },
  water: { font: "500 14px", height: 17, spacing: 0 },
};
const FAMILY = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';

export class Labels {
  #nodes = new Map();
  #pen = document.createElement("canvas").getContext("2d");
  #widths = new Map();
  #controls = []; // boxes in pixels of the map's container

  constructor(map, layers) {
    this.map = map;
    this.layers = layers;
    this.pane = map.createPane("names");
    this.pane.style.zIndex = 640;
    this.pane.classList.add("leaflet-zoom-hide");
    this.update = onceAFrame(() => this.place());
    map.on("zoomend moveend resize", this.update);
  }

  /** Leave what stands on the map free: no name goes below these elements. */
  keepClear(elements) {
    const measure = new ResizeObserver(() => {
      const { left, top } = this.map.getContainer().getBoundingClientRect();
      const boxes = elements.map((element) => element.getBoundingClientRect()).filter(({ width }) => width);
      this.#controls = boxes.map((box) => L.bounds([box.left - left, box.top - top], [box.right - left, box.bottom - top]));
      this.update();
    });
    for (const element of [this.map.getContainer(), ...elements]) measure.observe(element);
    this.map.on("unload", () => measure.disconnect());
  }

  place() {
    if (!this.map.getPane("mapPane")) return; // the map has gone since the frame was asked for
    const size = this.map.getSize();
    const corner = this.map.containerPointToLayerPoint([0, 0]);
    const view = L.bounds(corner, corner.add(size));
    const { points } = this.layers;
    const marks = points.single().filter((mark) => !mark.minor && view.contains(mark.point));
    const taken = new Boxes();
    for (const { min, max } of this.#controls) taken.add(L.bounds(min.add(corner), max.add(corner)));
    for (const mark of marks) taken.add(around(mark.point, mark.size * 0.4), mark);
    for (const stack of points.stacks) taken.add(around(stack.point, stack.size / 2), stack);
    const areas = [...this.#areas(view)];
    const base = areas.filter((label) => label.isBase);
    const others = apart(areas.filter((label) => !label.isBase));
    const wanted = [...base, ...others, ...this.#marks(marks)].sort((a, b) => b.priority - a.priority);
    const placed = [...this.#alongLines(view, taken), ...wanted.map((label) => this.#fit(label, taken, view))];
    this.#show(placed.filter(Boolean));
  }

  *#areas(view) {
    const zoom = this.map.getZoom();
    for (const layer of this.layers.all) {
      if (!layer.isAreas || !isNamed(layer, zoom)) continue;
      for (const feature of this.layers.drawn(layer)) {
        measure(feature);
        const point = this.map.latLngToLayerPoint(feature.inside);
        if (view.contains(point)) yield areaLabel(layer, feature, point, this.map, this.layers.values?.get(feature));
      }
    }
  }

  /** Find the middles of all areas and the widths of all names of points, one at a step, before they are asked for. */
  *prepare() {
    for (const layer of this.layers.all) {
      if (!layer.isAreas || layer.label_zoom === null) continue;
      for (const feature of layer.features.filter(({ geometry }) => geometry)) yield measure(feature);
    }
    for (const { feature } of this.layers.points.marks) yield this.#width({ text: nameOf(feature.properties), face: "point" });
  }

  *#marks(marks) {
    const zoom = this.map.getZoom();
    for (const mark of marks) {
      if (zoom < (mark.layer.label_zoom ?? POINT_ZOOM)) continue;
      const r = mark.size / 2;
      yield {
        key: `${mark.layer.id} ${mark.feature.id}`,
        text: nameOf(mark.feature.properties),
        face: "point",
        color: mark.style.color,
        priority: mark.layer.order / 10 + mark.size / 100,
        own: mark,
        places: (w, h) => sides(mark.point, r, w, h),
      };
    }
  }

  #fit(label, taken, view) {
    const height = FACES[label.face].height + (label.value ? VALUE_HEIGHT : 0);
    const width = this.#width(label);
    const places = label.places(width, height).map((corner) => [corner, L.bounds(corner, corner.add([width, height]))]);
    const seen = places.filter(([, box]) => view.contains(box));
    // The name of an area may stand on symbols when there is no other place for it.
    // A large area is named in its middle, symbols there or not.
    const free = ([, box]) => taken.isFree(box, label.own);
    const freeOfNames = ([, box]) => taken.isFree(box, null, true);
    const found = label.isBase ? (seen.find(freeOfNames) ?? (label.value && seen[0])) : (seen.find(free) ?? (label.own ? null : clearest(seen.filter(freeOfNames), taken)));
    if (!found) return null;
    taken.add(found[1], label);
    return { ...label, corner: found[0] };
  }

  /** The name of a line, letter by letter along it, over and over. */
  *#alongLines(view, taken) {
    const zoom = this.map.getZoom();
    for (const layer of this.layers.all) {
      if (layer.isPoints || layer.isAreas || !isNamed(layer, zoom)) continue;
      for (const feature of this.layers.drawn(layer)) {
        for (const [i, line] of linesOf(feature.geometry).entries()) {
          yield* this.#letters(layer, feature, `${feature.id} ${i}`, line, view, taken);
        }
      }
    }
  }

  *#letters(layer, feature, key, line, view, taken) {
    const letters = lettersOf(nameOf(feature.properties));
    const points = line.map(([lon, lat]) => this.map.latLngToLayerPoint([lat, lon]));
    const step = lang === "en" ? 62 : 30;
    const [every, walk] = [440, new Walk(points)];
    const color = styleOf(layer.symbol, feature.properties).color;
    for (let start = every * 0.35, n = 0; start + step * letters.length < walk.length; start += every, n++) {
      const places = letters.map((_, i) => walk.at(start + i * step));
      if (isBackward(places[0], places.at(-1))) places.reverse();
      const boxes = places.map((place) => around(place, 9));
      if (!boxes.every((box) => view.contains(box) && taken.isFree(box)) || areCrowded(places)) continue;
      boxes.forEach((box) => taken.add(box));
      for (const [i, place] of places.entries()) {
        const corner = place.subtract([this.#width({ text: letters[i], face: "water" }) / 2, 8.5]);
        yield { key: `${layer.id} ${key} ${n} ${i}`, text: letters[i], face: "water", color, corner };
      }
    }
  }

  #width({ text, face, suffix }) {
    const key = `${face} ${text} ${suffix ?? ""}`;
    if (!this.#widths.has(key)) {
      const { font, spacing } = FACES[face];
      this.#pen.font = `${font} ${FAMILY}`;
      const size = parseFloat(font.split(" ")[1]);
      const ends = suffix ? this.#pen.measureText(suffix).width * 0.8 : 0;
      this.#widths.set(key, this.#pen.measureText(text).width + [...text].length * spacing * size + ends + GAP);
    }
    return this.#widths.get(key);
  }

  #show(labels) {
    const unused = new Map(this.#nodes);
    for (const label of labels) {
      unused.delete(label.key);
      const node = this.#nodes.get(label.key) ?? this.#make(label);
      put(node, label.corner.round());
    }
    for (const [key, node] of unused) {
      node.remove();
      this.#nodes.delete(key);
    }
  }

  #make({ key, text, suffix, value, face, color }) {
    const figure = value ? el("b", {}, value) : null;
    const node = el("div", { class: `name ${face}`, dir: "auto" }, text, suffix ? el("small", {}, suffix) : null, figure);
    node.style.setProperty("--colour", color);
    this.#nodes.set(key, node);
    this.pane.append(node);
    return node;
  }
}

/** Find the middle of an area, where its name stands, once. */
function measure(feature) {
  feature.ring ??= thinned(largestRing(feature.geometry));
  feature.inside ??= mostInside(feature.ring);
}

function isNamed(layer, zoom) {
  if (!layer.visible || layer.label_zoom === null || zoom + EARLY < layer.label_zoom) return false;
  return !(layer.isBase && layer.isAreas && zoom > layer.label_zoom + BASE_SPAN);
}

/** `value` is a figure that stands with the name. */
function areaLabel(layer, feature, point, map, value) {
  const style = styleOf(layer.symbol, feature.properties);
  const schematic = feature.properties.precision === "schematic";
  const [face, rank] = !layer.isBase ? ["structure", 80] : layer.label_zoom < 8 ? ["major", 100] : ["minor", 60];
  const bounds = boundsOf(feature, map);
  return {
    key: `${layer.id} ${feature.id} ${value ?? ""}`,
    value,
    isBase: layer.isBase,
    text: nameOf(feature.properties),
    suffix: schematic ? `（${t("schematic")}）` : null,
    face,
    color: style.outline?.color ?? style.color,
    priority: rank + layer.order / 100,
    point,
    bounds,
    places: (w, h) => {
      const corner = point.subtract([w / 2, h / 2]);
      const shifted = SHIFTS.map(([x, y]) => corner.add([x * w, y * h]));
      if (!layer.isBase) return [...shifted, ...atEnds(endsOf(feature, map), w, h)];
      return shifted.filter((place) => isInside(feature, map.layerPointToLatLng(place.add([w / 2, h / 2]))));
    },
  };
}

/** Where a name may stand outside its area: above, below, to the right, to the left of where that ends. */
function atEnds([north, south, east, west], w, h) {
  return [
    [north.x - w / 2, north.y - h],
    [south.x - w / 2, south.y],
    [east.x + GAP, east.y - h / 2],
    [west.x - GAP - w, west.y - h / 2],
  ].map((place) => L.point(place));
}

/** The points of an area that are farthest to the north, south, east and west. */
function endsOf(feature, map) {
  const farthest = (measureOf) => feature.ring.reduce((a, b) => (measureOf(b) > measureOf(a) ? b : a));
  feature.ends ??= [([, y]) => y, ([, y]) => -y, ([x]) => x, ([x]) => -x].map(farthest);
  return feature.ends.map(([lon, lat]) => map.latLngToLayerPoint([lat, lon]));
}

// Where the name of an area may stand about its middle, in widths and heights of the name.
const SHIFTS = [
  [0, 0], [0, -0.9], [0, 0.9], [0.3, 0], [-0.3, 0], [0, -1.8], [0, 1.8],
  [0, -2.7], [0, 2.7],  [0.5, -1], [-0.5, -1], [0.5, 1], [-0.5, 1],
];

function isInside(feature, { lng, lat }) {
  return depthIn(feature.ring, lng, lat) > 0;
}

/** Areas about one middle: the smallest is named there, the others at their rim, if they are large enough. */
function apart(labels) {
  const height = ({ bounds }) => bounds.max.y - bounds.min.y;
  const isOuter = (label) =>
    labels.some((other) => other.point.distanceTo(label.point) < 6 && height(other) < height(label));
  return labels.filter((label) => !isOuter(label) || height(label) > RIM_FROM).map((label) => (isOuter(label) ? atRim(label) : label));
}

function atRim(label) {
  const { point, bounds } = label;
  const places = (w, h) => [bounds.min.y, bounds.max.y].map((y) => L.point(point.x - w / 2, y - h / 2));
  return { ...label, places };
}

function boundsOf(feature, map) {
  feature.bounds ??= L.geoJSON(feature).getBounds();
  const { _northEast: ne, _southWest: sw } = feature.bounds;
  return L.bounds(map.latLngToLayerPoint(ne), map.latLngToLayerPoint(sw));
}

function sides({ x, y }, r, w, h) {
  const gap = r + 2;
  return [
    [x + gap, y - h / 2],
    [x - gap - w, y - h / 2],
    [x - w / 2, y - gap - h],
    [x - w / 2, y + gap],
    [x + r * 0.7, y - r * 0.7 - h],
    [x + r * 0.7, y + r * 0.7],
    [x - r * 0.7 - w, y - r * 0.7 - h],
    [x - r * 0.7 - w, y + r * 0.7],
  ].map((place) => L.point(place));
}

function around(point, reach) {
  return L.bounds(point.subtract([reach, reach]), point.add([reach, reach]));
}

function lettersOf(name) {
  return lang === "en" && !/[\u3400-\u9fff]/.test(name) ? name.split(" ") : [...name];
}

/** Whether a name would be read from its end: from right to left, or upwards where the line is steep. */
function isBackward(first, last) {
  const [dx, dy] = [last.x - first.x, last.y - first.y];
  return Math.abs(dy) > Math.abs(dx) ? dy < 0 : dx < 0;
}

/** Whether letters along a winding line come too close to each other. */
function areCrowded(places) {
  return places.some((place, i) => i > 0 && place.distanceTo(places[i - 1]) < 18);
}

function linesOf(geometry) {
  if (!geometry) return [];
  return geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates;
}

/** Boxes that are taken, in cells of a grid so that asking is cheap. */
class Boxes {
  #cells = new Map();

  add(box, owner = null) {
    for (const key of cellsOf(box)) {
      if (!this.#cells.has(key)) this.#cells.set(key, []);
      this.#cells.get(key).push([box, owner]);
    }
  }

  /** `overMarks`: symbols do not count. */
  isFree(box, owner = null, overMarks = false) {
    const passes = (its) => its && (its === owner || (overMarks && its.feature));
    return cellsOf(box).every((key) =>
      (this.#cells.get(key) ?? []).every(([other, its]) => passes(its) || !other.overlaps(box)),
    );
  }

  /** How many symbols a box would cover. */
  marksIn(box) {
    const found = cellsOf(box).flatMap((key) => this.#cells.get(key) ?? []);
    return new Set(found.filter(([other, its]) => its?.feature && other.overlaps(box)).map(([, its]) => its)).size;
  }
}

/** Of places the one where the fewest symbols are covered, the first of equals; null when there is none. */
function clearest(places, taken) {
  const covered = places.map(([, box]) => taken.marksIn(box));
  return places[covered.indexOf(Math.min(...covered))] ?? null;
}

function cellsOf({ min, max }) {
  const keys = [];
  for (let x = Math.floor(min.x / 64); x <= max.x / 64; x++) {
    for (let y = Math.floor(min.y / 64); y <= max.y / 64; y++) keys.push(`${x} ${y}`);
  }
  return keys;
}

/** A line that can be walked: the point at a length from its start. */
class Walk {
  constructor(points) {
    this.points = points;
    this.lengths = [0];
    for (let i = 1; i < points.length; i++) {
      this.lengths.push(this.lengths[i - 1] + points[i].distanceTo(points[i - 1]));
    }
    this.length = this.lengths.at(-1);
  }

  at(length) {
    let [low, high] = [0, this.lengths.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.lengths[middle] <= length) low = middle;
      else high = middle;
    }
    const [a, b] = [this.points[low], this.points[high]];
    const share = (length - this.lengths[low]) / (this.lengths[high] - this.lengths[low] || 1);
    return L.point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share);
  }
}

/** The point of an area that is farthest from its rim, for a name that is wider than high. */
function mostInside(ring) {
  let [best, at] = [-Infinity, ring[0]];
  let [west, south, east, north] = boxOf(ring);
  for (let pass = 0; pass < 3; pass++) {
    const [dx, dy] = [(east - west) / STEPS, (north - south) / STEPS];
    for (let i = 0; i <= STEPS; i++) {
      for (let j = 0; j <= STEPS; j++) {
        const [x, y] = [west + i * dx, south + j * dy];
        const depth = depthIn(ring, x, y);
        if (depth > best) [best, at] = [depth, [x, y]];
      }
    }
    [west, south, east, north] = [at[0] - dx, at[1] - dy, at[0] + dx, at[1] + dy];
  }
  return L.latLng(at[1], at[0]);
}

function largestRing({ type, coordinates }) {
  const parts = type === "Polygon" ? [coordinates] : coordinates;
  return parts.map(([outer]) => outer).reduce((a, b) => (spanOf(a) >= spanOf(b) ? a : b));
}

function thinned(ring) {
  const stride = Math.max(1, Math.floor(ring.length / 120));
  return ring.filter((_, i) => i % stride === 0);
}

function boxOf(ring) {
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function spanOf(ring) {
  const [west, south, east, north] = boxOf(ring);
  return (east - west) * (north - south);
}

const STEPS = 8; // of a side, in each pass of the search for the point farthest inside
const UPRIGHT = 1.5; // a degree of latitude counts for more: names are wide

/** How deep a point lies in a ring, negative outside. Called for thousands of points: it makes no objects. */
function depthIn(ring, x, y) {
  let inside = false;
  let nearest = Infinity;
  let b = ring.at(-1);
  for (const a of ring) {
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
    const dx = b[0] - a[0];
    const dy = (b[1] - a[1]) * UPRIGHT;
    const px = x - a[0];
    const py = (y - a[1]) * UPRIGHT;
    const along = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy || 1)));
    nearest = Math.min(nearest, (px - along * dx) ** 2 + (py - along * dy) ** 2);
    b = a;
  }
  return inside ? Math.sqrt(nearest) : -Math.sqrt(nearest);
}
