// The layers of the map: their features are fetched, and drawn by what their declaration says.

import { boundaryLines, ringsOf } from "./boundaries.js";
import { curved } from "./curves.js";
import { nextFrame, onceAFrame } from "./dom.js";
import { featureById, featuresOf, reasonOf, someOf } from "./features.js";
import { middleOf } from "./geo.js";
import { compact, nameOf, t } from "./i18n.js";
import { lighter } from "./lighter.js";
import { FlatSvg, plane } from "./planes.js";
import { PointField } from "./points.js";
import { pathOptions, styleOf } from "./symbols.js";
import { Tiled } from "./tiled.js";
import { heldTiles, servedTiles } from "./tilesource.js";

const L = window.L;
const POINTS = new Set(["Point", "MultiPoint"]);
const BESIDE = 401; // above the plane of paths, below that of marks
const MASS = 1000; // points of a layer from which they are drawn on canvas, not each as an element of its own

/** How many features a layer has, as far as that is known. */
export function countNumber(layer) {
  return layer.state === "ready" && !layer.isTiled ? layer.features.length : layer.count;
}

/** How many of them pass the filter. */
export function passingNumber(layer) {
  if (layer.isAsked) return layer.matched;
  return layer.state === "ready" && !layer.isTiled ? layer.passing.length : layer.count;
}

/** All layers of a map. `events`: onState(layer), onChange(), onOpen(feature, layer, latlng, mark), onHover(words, point),
    placeOf(properties), onCounted(layer) when the service has told how many pass, isBusy() while a click means something else. */
export class Layers {
  #waiting = [];
  #drawing = null;
  #hovered = false;

  constructor(map, config, events) {
    this.map = map;
    this.limit = config.limit;
    this.events = events;
    this.passes = () => true;
    this.conditionOf = () => "";
    this.raised = [];
    const declared = config.themes.flatMap((theme) => theme.layers.map((layer) => asLayer(layer, theme, config.most)));
    this.all = declared.filter((layer) => !layer.figures);
    this.figures = declared.filter((layer) => layer.figures);
    this.planes = { paths: plane(map, "paths", 400), marks: plane(map, "marks", 520) };
    this.points = new PointField(this.planes.marks, {
      onOpen: (mark) => this.#openMark(mark),
      onHover: events.onHover,
      placeOf: events.placeOf,
    }).addTo(map);
    this.drawBoundaries = onceAFrame(() => this.map.getPane("mapPane") && this.#drawBoundaries());
    this.#makePanes();
    map.whenReady(() => this.#tune());
    map.on("zoomend", () => this.#tune());
    this.tiled = this.all.filter((layer) => layer.isTiled);
    map.on("click", ({ latlng }) => this.#click(latlng));
    let last = null;
    const point = onceAFrame(() => this.#point(last));
    map.on("mousemove", ({ latlng }) => ((last = latlng), point()));
  }

  #makePanes() {
    for (const layer of this.all) {
      layer.pane = this.map.createPane(`layer-${layer.id}`, layer.isPoints ? this.planes.marks : this.planes.paths);
      layer.pane.classList.add(layer.isPoints ? "points" : "paths", layer.isBase ? "base" : "theme-pane");
      layer.pane.hidden = !layer.visible;
    }
    this.#stack();
  }

  /** Panes in drawing order: areas and lines below, points above, each by the order of its layer. */
  #stack() {
    const ordered = [...this.all].sort((a, b) => a.isPoints - b.isPoints || a.order - b.order);
    ordered.forEach((layer, i) => (layer.pane.style.zIndex = 2 * i + (this.#isBeside(layer) ? BESIDE : 0)));
  }

  /** Draw layers, by their ids, above the others of their plane, the last one uppermost. */
  raise(ids) {
    if (ids.join() === this.raised.join()) return;
    this.raised = ids;
    for (const layer of this.all) {
      const plane = this.all.filter(({ isPoints }) => isPoints === layer.isPoints);
      const above = ids.indexOf(layer.id) + 1;
      layer.order = above ? Math.max(...plane.map(({ declaredOrder }) => declaredOrder)) + above : layer.declaredOrder;
    }
    this.#stack();
    this.points.sort();
    this.points.layout();
    this.drawBoundaries();
    this.events.onChange();
  }

  /** Lines are finer while the view is small, areas that fill it paler when it is near. */
  #tune() {
    const { style } = this.planes.paths;
    style.setProperty("--thin", between(0.6, 1, (this.map.getZoom() - 8) / 2.5).toFixed(2));
    style.setProperty("--tint", between(1, 0.66, (this.map.getZoom() - 10) / 2.5).toFixed(2));
  }

  /** Load every layer; one that fails does not keep the others. */
  async load() {
    await Promise.all([...this.all.map((layer) => this.loadOne(layer)), ...this.figures.map((layer) => this.loadFigures(layer))]);
  }

  async loadFigures(layer) {
    try {
      layer.features = await featuresOf(layer, this.limit);
      layer.state = "ready";
    } catch (error) {
      layer.state = "failed";
      layer.reason = reasonOf(error);
    }
  }

  async loadOne(layer) {
    layer.state = "loading";
    this.events.onState(layer);
    try {
      if (!layer.isTiled) layer.features = asDrawn(layer, await featuresOf(layer, this.limit));
      await this.#drawSoon(layer);
      layer.state = "ready";
    } catch (error) {
      layer.state = "failed";
      layer.reason = reasonOf(error);
    }
    this.#sift(layer);
    this.events.onState(layer);
    this.events.onChange();
  }

  /** What comes within a frame is drawn together: the points of all layers are laid out once. */
  #drawSoon(layer) {
    this.#waiting.push(layer);
    this.#drawing ??= nextFrame().then(() => {
      const layers = this.#waiting.splice(0);
      this.#drawing = null;
      layers.forEach((one) => this.#draw(one));
      if (layers.some(({ isPoints, isTiled }) => isPoints && !isTiled)) this.points.layout();
    });
    return this.#drawing;
  }

  /** Draw the features that another map has loaded already. */
  share(others) {
    for (const [i, layer] of this.all.entries()) {
      layer.features = others.all[i].features;
      layer.state = others.all[i].state;
      if (layer.state === "ready") this.#draw(layer);
      this.#sift(layer);
    }
    this.points.layout();
  }

  /** Show of the layers that can be sifted only the features that pass. Of one too large to be held here the
      service is asked for those that satisfy the same as a condition, `conditionOf(layer)`. */
  sift(passes, conditionOf) {
    this.passes = passes;
    this.conditionOf = conditionOf;
    for (const layer of this.all) this.#sift(layer);
    this.points.layout();
    this.events.onChange();
  }

  #sift(layer) {
    if (layer.isAsked) this.#ask(layer);
    layer.passing = layer.isSifted ? layer.features.filter(this.passes) : layer.features;
    const passing = new Set(layer.passing);
    if (layer.tileLayer && !layer.isTiled) layer.tileLayer.refresh();
    for (const mark of this.points.marks) if (mark.layer === layer) mark.passes = passing.has(mark.feature);
    layer.paths?.eachLayer((path) => {
      const node = path.getElement();
      if (node) node.style.display = passing.has(path.feature) ? "" : "none";
    });
  }

  async #ask(layer) {
    const condition = this.conditionOf(layer);
    if (condition === layer.condition) return;
    Object.assign(layer, { condition, matched: condition ? null : layer.count });
    layer.tileLayer?.refresh();
    if (!condition) return;
    const { matched } = await someOf(layer, condition, { limit: 1 }).catch(() => ({ matched: null }));
    if (condition !== layer.condition) return;
    layer.matched = matched;
    this.events.onCounted(layer);
  }

  /** Draw a layer paler or fuller: 1 is as declared. */
  fade(layer, opacity) {
    layer.opacity = opacity;
    layer.pane.style.opacity = opacity === 1 ? "" : opacity;
  }

  /** The features of a layer that stand on the map: placed, passing, shown. */
  drawn(layer) {
    return layer.visible ? layer.passing.filter((feature) => feature.geometry) : [];
  }

  /** Bring all of a layer into view. */
  zoomTo(layer) {
    if (layer.isTiled && layer.box) {
      const [west, south, east, north] = layer.box;
      return this.map.fitBounds([[south, west], [north, east]], { padding: [40, 40], maxZoom: 14 });
    }
    const placed = layer.passing.filter((feature) => feature.geometry);
    if (placed.length) this.map.fitBounds(L.geoJSON(placed).getBounds(), { padding: [40, 40], maxZoom: 14 });
  }

  /** The box of everything that is drawn. */
  bounds() {
    const paths = this.all.map((layer) => layer.paths).filter(Boolean);
    const bounds = L.latLngBounds(this.points.shown().map((mark) => mark.latlng));
    for (const layer of this.all) if (layer.tileLayer) for (const feature of this.drawn(layer)) bounds.extend(placeOf(feature));
    return paths.reduce((all, path) => all.extend(path.getBounds()), bounds);
  }

  /** The layer and the feature that a layer's id and a key or id name, or null. */
  find(layerId, key) {
    const layer = this.all.find(({ id }) => id === layerId);
    const feature = layer?.features.find(({ id, properties }) => properties.key === key || String(id) === key);
    return feature ? { layer, feature } : null;
  }

  show(layer, visible) {
    layer.visible = visible;
    layer.pane.hidden = !visible;
    if (layer.isPoints) this.points.layout();
    if (layer.isBase) this.drawBoundaries();
    this.events.onChange();
  }

  /** Tiles are scaled by themselves while the map zooms: their pane stands between the planes. */
  #setBeside(layer) {
    if (this.#isBeside(layer)) return;
    this.map.getPane("mapPane").append(layer.pane);
    this.#stack();
  }

  #isBeside({ pane }) {
    return pane.parentNode === this.map.getPane("mapPane");
  }

  #drawTiles(layer, source) {
    layer.tileLayer?.remove();
    this.#setBeside(layer);
    layer.tileLayer = new Tiled(layer, source, {
      onFail: (status) => {
        layer.state = "failed";
        layer.reason = status ? t("status", { status }) : t("noAnswer");
        this.events.onState(layer);
      },
      onDrawn: () => {
        const showsCells = layer.tileLayer?.showsCells() ?? false;
        if (showsCells === layer.showsCells) return;
        layer.showsCells = showsCells;
        this.events.onState(layer);
      },
    }).addTo(this.map);
  }

  /** What the tiles show at a place, of the uppermost layer that has something there: { layer, feature } or
      { layer, count }, or null. */
  #tiledAt(latlng) {
    const tiled = this.all.filter((layer) => layer.visible && layer.tileLayer).sort((a, b) => b.order - a.order);
    for (const layer of tiled) {
      const found = layer.tileLayer.at(latlng);
      if (found) return { layer, ...found };
    }
    return null;
  }

  async #click(latlng) {
    const found = this.events.isBusy() ? null : this.#tiledAt(latlng);
    if (!found) return;
    if (found.count) return this.map.setView(latlng, Math.min(this.map.getMaxZoom(), this.map.getZoom() + 2));
    const feature = found.feature.held ?? (await featureById(found.layer, found.feature.id).catch(() => null));
    if (!feature) return;
    const [lon, lat] = found.layer.isPoints ? middleOf(feature.geometry) : [latlng.lng, latlng.lat];
    this.events.onOpen(feature, found.layer, L.latLng(lat, lon));
  }

  #point(latlng) {
    const found = this.#tiledAt(latlng);
    this.map.getContainer().classList.toggle("pointing", Boolean(found));
    if (!found && !this.#hovered) return;
    this.#hovered = Boolean(found);
    const words = found && (found.count ? t("cellCount", { count: compact(found.count) }) : nameOf(found.feature.properties));
    this.events.onHover(words, this.map.latLngToLayerPoint(latlng));
  }

  #draw(layer) {
    if (layer.isTiled) return this.#drawTiles(layer, servedTiles(layer));
    if (layer.isPoints && layer.features.length > MASS) {
      layer.passing = layer.features;
      return this.#drawTiles(layer, heldTiles(layer));
    }
    if (layer.isPoints) return this.points.set(layer, layer.features, layer.pane);
    layer.paths?.remove();
    layer.renderer ??= new FlatSvg({ pane: `layer-${layer.id}` });
    const drawable = layer.features.filter((feature) => feature.geometry);
    layer.paths = L.geoJSON(drawable, {
      pane: `layer-${layer.id}`,
      renderer: layer.renderer,
      style: (feature) => this.#pathStyle(layer, feature),
      onEachFeature: (feature, path) => this.#listen(layer, feature, path),
      smoothFactor: 0.4,
    }).addTo(this.map);
    if (layer.isBase) this.drawBoundaries();
  }

  #pathStyle(layer, { properties }) {
    const options = pathOptions(styleOf(layer.symbol, properties));
    // The outline of a base area is drawn once for both its sides, see #drawBoundaries.
    return layer.isAreas && layer.isBase ? { ...options, stroke: false } : options;
  }

  #listen(layer, feature, path) {
    lighter(path);
    path.on("click", ({ latlng }) => this.#tiledAt(latlng) || this.events.onOpen(feature, layer, latlng));
    path.on("add", () => fine(path));
    if (layer.isBase) return;
    path.on("add", () => {
      const node = path.getElement();
      node.classList.add("feature");
      node.setAttribute("tabindex", 0);
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", nameOf(feature.properties));
      node.addEventListener("keydown", (event) => {
        if (event.key === "Enter") this.events.onOpen(feature, layer, path.getBounds().getCenter());
      });
    });
  }

  #drawBoundaries() {
    const shown = this.all
      .filter((layer) => layer.isBase && layer.isAreas && layer.visible && layer.state === "ready")
      .sort((a, b) => b.order - a.order);
    const groups = shown.flatMap(byStyle);
    const lines = boundaryLines(groups.map((group) => group.rings));
    shown.forEach((layer) => layer.boundaries?.remove());
    groups.forEach((group, i) => (group.lines = lines[i]));
    for (const layer of shown) {
      const own = groups.filter((group) => group.layer === layer);
      layer.boundaries = L.layerGroup(own.flatMap(boundaryPaths)).addTo(this.map);
    }
  }

  #openMark(mark) {
    this.events.onOpen(mark.feature, mark.layer, mark.latlng, mark);
  }
}

function asLayer(layer, theme, most) {
  const isTiled = Boolean(layer.tiles) && layer.count > most;
  // The plan and the base stay as the ground on which the rest is read.
  const canBeSifted = theme.id !== "base" && theme.id !== "structure";
  return {
    ...layer,
    theme,
    isPoints: POINTS.has(layer.geometry),
    isAreas: layer.geometry === "MultiPolygon",
    isBase: theme.id === "base",
    isSifted: canBeSifted && !isTiled,
    isAsked: canBeSifted && isTiled,
    isTiled,
    condition: "",
    matched: layer.count,
    showsCells: false,
    visible: layer.shown,
    opacity: 1,
    declaredOrder: layer.order,
    state: "waiting",
    features: [],
    passing: [],
  };
}

function between(from, to, share) {
  return from + (to - from) * Math.min(1, Math.max(0, share));
}

function placeOf({ geometry }) {
  const [lon, lat] = middleOf(geometry);
  return [lat, lon];
}

/** The features as they are drawn: the lines of some layers bend softly. */
function asDrawn({ curved: isCurved }, features) {
  if (!isCurved) return features;
  return features.map((feature) => ({ ...feature, geometry: feature.geometry && curved(feature.geometry) }));
}

function byStyle(layer) {
  const groups = new Map();
  for (const { geometry, properties } of layer.features) {
    const { outline } = styleOf(layer.symbol, properties);
    if (!outline) continue;
    const key = JSON.stringify(outline);
    if (!groups.has(key)) groups.set(key, { layer, outline, rings: [] });
    groups.get(key).rings.push(...ringsOf(geometry));
  }
  return [...groups.values()];
}

function boundaryPaths({ layer, outline, lines }) {
  const latlngs = lines.map((line) => line.map(([lon, lat]) => [lat, lon]));
  const shared = { pane: `layer-${layer.id}`, renderer: layer.renderer, interactive: false };
  const paths = [L.polyline(latlngs, { ...pathOptions(outline), ...shared })];
  // A dash-dot line is the boundary of a higher rank: it runs on a band, as in an atlas.
  if (outline.dash.length > 2) {
    const band = { color: outline.color, weight: outline.width * 3.6, opacity: 0.16, lineCap: "butt" };
    paths.unshift(L.polyline(latlngs, { ...band, ...shared }));
  }
  return paths.map((path) => lighter(path).on("add", () => fine(path)));
}

/** Let the style sheet make a line finer while the view is small. */
function fine(path) {
  path.getElement().style.setProperty("--w", `${path.options.weight}px`);
}
