// A layer too large to be drawn feature by feature: its vector tiles on canvas.

import { inSlices } from "./slices.js";
import { drawTile, MARGIN, radiusOf, SIDE } from "./tilepen.js";

const L = window.L;
const NEAR = 8; // pixels from a point or line at which it is still meant

/** A Leaflet layer of the tiles of a layer. `source(coords, signal)` brings a tile, `onFail(status)` is called when
    it could not, `onDrawn()` whenever a tile has been drawn. */
export const Tiled = L.GridLayer.extend({
  initialize(layer, source, { onFail, onDrawn }) {
    const bounds = layer.box && L.latLngBounds([layer.box[1], layer.box[0]], [layer.box[3], layer.box[2]]);
    L.GridLayer.prototype.initialize.call(this, { pane: `layer-${layer.id}`, tileSize: SIDE, updateWhenZooming: false, bounds });
    Object.assign(this, { layer, source, onFail, onDrawn });
    this.on("tileunload", ({ tile }) => tile.stop());
  },

  getEvents() {
    return { ...L.GridLayer.prototype.getEvents.call(this), zoomend: this._drawAnew };
  },

  /** What is to be shown is another: bring each tile anew, in its place. */
  refresh() {
    for (const { el, coords } of Object.values(this._tiles)) this._bring(el, coords);
  },

  /** Whether cells with their counts are shown, not features. */
  showsCells() {
    return Object.values(this._tiles).some(({ el }) => el.data?.blocks?.length);
  },

  /** What stands at a place: { feature } or { count }, or null. */
  at(latlng) {
    const zoom = this._tileZoom;
    const point = this._map.project(latlng, zoom);
    const reach = NEAR / this._scale();
    const found = this._around(point, reach).flatMap(({ el, coords }) => hits(el.data, point.x - coords.x * SIDE, point.y - coords.y * SIDE, reach, this._scale()));
    return found.sort((a, b) => a.away - b.away)[0] ?? null;
  },

  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const tile = L.DomUtil.create("div", "");
    tile.append(canvas);
    const width = `${SIDE + 2 * MARGIN}px`;
    Object.assign(canvas.style, { position: "absolute", left: `${-MARGIN}px`, top: `${-MARGIN}px`, width, height: width });
    tile.ready = done;
    this._bring(tile, coords);
    return tile;
  },

  async _bring(tile, coords) {
    const request = new AbortController();
    tile.stop?.();
    tile.stop = () => request.abort();
    try {
      const data = await this.source(coords, request.signal);
      if (request.signal.aborted) return;
      tile.data = data;
      this._draw(tile, coords);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.onFail(error.status ?? null);
      this._tell(tile, error);
    }
  },

  /** Leaflet is told once of each tile that it is there. */
  _tell(tile, error) {
    tile.ready?.(error, tile);
    tile.ready = null;
  },

  _draw(tile, { z }) {
    const scale = this._scale(z);
    const look = { zoom: this._map.getZoom(), scale, sharp: window.devicePixelRatio || 1 };
    tile.stop();
    tile.scale = scale;
    tile.stop = inSlices(drawTile(tile.querySelector("canvas"), tile.data, this.layer, look), (error) => {
      this._tell(tile, error);
      this.onDrawn();
    });
  },

  /** Symbols keep their size at zooms between those of tiles. */
  _drawAnew() {
    for (const { el, coords } of Object.values(this._tiles)) {
      if (coords.z === this._tileZoom && el.data && el.scale !== this._scale()) this._draw(el, coords);
    }
  },

  _scale(zoom = this._tileZoom) {
    return this._map.getZoomScale(this._map.getZoom(), zoom);
  },

  /** The tiles of a point and of what is near it. */
  _around({ x, y }, reach) {
    const corners = [[-1, -1], [1, -1], [-1, 1], [1, 1]];
    const keys = corners.map(([dx, dy]) => `${Math.floor((x + dx * reach) / SIDE)}:${Math.floor((y + dy * reach) / SIDE)}:${this._tileZoom}`);
    return [...new Set(keys)].map((key) => this._tiles[key]).filter((tile) => tile?.el.data?.drawn);
  },
});

/** What of a tile is near a point, in its pixels. */
function hits({ drawn, blocks = [], extent }, x, y, reach, scale) {
  const unit = SIDE / extent;
  const found = [];
  for (const feature of drawn) {
    if (!feature || feature.properties.count !== undefined) continue;
    const away = distanceTo(feature, x / unit, y / unit) * unit;
    if (away <= reach) found.push({ feature, away });
  }
  for (const { count, x: left, y: top } of blocks) {
    const away = Math.hypot(left - x, top - y);
    if (away <= Math.max(radiusOf(count) / scale, reach)) found.push({ count, away });
  }
  return found;
}

/** How far a feature is from a place, in the units of its tile: 0 in an area, never near outside of one. */
function distanceTo({ type, parts }, x, y) {
  let nearest = Infinity;
  let inside = false;
  for (const part of parts) {
    if (type === "point") nearest = Math.min(nearest, Math.hypot(part[0][0] - x, part[0][1] - y));
    else for (let i = 1; i < part.length; i++) nearest = Math.min(nearest, distanceToSegment(part[i - 1], part[i], x, y));
    if (type === "polygon" && isWithin(part, x, y)) inside = !inside;
  }
  return type !== "polygon" ? nearest : inside ? 0 : Infinity;
}

function distanceToSegment([ax, ay], [bx, by], x, y) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

function isWithin(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[ax, ay], [bx, by]] = [ring[i], ring[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
