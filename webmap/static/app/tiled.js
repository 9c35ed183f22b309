// A layer too large to be drawn feature by feature: its vector tiles on canvas. Where very many stand
// together the service sends cells with their counts, drawn as circles whose area follows the count.

import { number } from "./i18n.js";
import { readTile } from "./mvt.js";
import { isVague, outlineOf, styleOf } from "./symbols.js";

const L = window.L;
const SIDE = 256;
const NEAR = 9; // pixels from a point at which it is still meant

/** A Leaflet layer of the tiles of a layer. `onOpen(id, latlng)` is called with the feature that is clicked. */
export const Tiled = L.GridLayer.extend({
  initialize(layer, { onOpen, onFail }) {
    L.GridLayer.prototype.initialize.call(this, { pane: `layer-${layer.id}`, tileSize: SIDE, updateWhenZooming: false });
    Object.assign(this, { layer, onOpen, onFail });
  },

  onAdd(map) {
    map.on("click", this._click, this);
    return L.GridLayer.prototype.onAdd.call(this, map);
  },

  onRemove(map) {
    map.off("click", this._click, this);
    return L.GridLayer.prototype.onRemove.call(this, map);
  },

  createTile({ z, x, y }, done) {
    const canvas = document.createElement("canvas");
    const sharp = window.devicePixelRatio || 1;
    canvas.width = canvas.height = SIDE * sharp;
    const url = this.layer.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    fetch(url)
      .then((response) => (response.status === 204 ? new ArrayBuffer(0) : response.ok ? response.arrayBuffer() : Promise.reject(response.status)))
      .then((buffer) => {
        canvas.tile = readTile(buffer);
        const pen = canvas.getContext("2d");
        pen.scale(sharp, sharp);
        draw(pen, canvas.tile, this.layer, z);
        done(null, canvas);
      })
      .catch((reason) => {
        this.onFail(reason);
        done(new Error(String(reason)), canvas);
      });
    return canvas;
  },

  _click({ latlng }) {
    if (!this.layer.visible) return;
    const zoom = this._tileZoom;
    const at = this._map.project(latlng, zoom);
    const key = `${Math.floor(at.x / SIDE)}:${Math.floor(at.y / SIDE)}:${zoom}`;
    const tile = this._tiles[key]?.el.tile;
    if (!tile) return;
    const scale = SIDE / tile.extent;
    const distance = ({ parts }) => Math.min(...parts.flat().map(([x, y]) => Math.hypot(x * scale - (at.x % SIDE), y * scale - (at.y % SIDE))));
    const near = tile.features
      .filter(({ type }) => type === "point")
      .map((feature) => ({ feature, away: distance(feature) }))
      .sort((a, b) => a.away - b.away)[0];
    if (!near || near.away > NEAR) return;
    if (near.feature.properties.count) this._map.setView(latlng, zoom + 2);
    else this.onOpen(near.feature.id, latlng);
  },
});

function draw(pen, { extent, features }, layer, zoom) {
  const scale = SIDE / extent;
  const size = Math.min(1, Math.max(0.5, 0.5 + ((zoom - 8) * 0.5) / 4.5));
  for (const { type, parts, properties } of features) {
    if (type === "point" && properties.count) drawCell(pen, parts[0][0].map((v) => v * scale), properties.count, styleOf(layer.symbol, {}));
    else if (type === "point") for (const [[x, y]] of parts) drawMarker(pen, x * scale, y * scale, styleOf(layer.symbol, properties), size, isVague(properties));
    else drawPath(pen, parts, scale, styleOf(layer.symbol, properties), type === "polygon");
  }
}

function drawCell(pen, [x, y], count, { color }) {
  const radius = Math.min(15, 1.5 + Math.sqrt(count) * 0.35);
  pen.beginPath();
  pen.arc(x, y, radius, 0, Math.PI * 2);
  pen.globalAlpha = 0.75;
  pen.fillStyle = color;
  pen.fill();
  pen.globalAlpha = 1;
  if (radius < 10) return;
  pen.fillStyle = "#fffdf8";
  pen.font = '600 10px "Noto Sans CJK SC", sans-serif';
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(number(count), x, y);
}

function drawMarker(pen, x, y, { color, size, shape }, scale, vague) {
  const points = outlineOf(shape, size * scale);
  pen.beginPath();
  if (points) points.forEach(([dx, dy], i) => (i ? pen.lineTo(x + dx, y + dy) : pen.moveTo(x + dx, y + dy)));
  else pen.arc(x, y, (size * scale) / 2, 0, Math.PI * 2);
  pen.closePath();
  pen.fillStyle = vague ? "#fffdf8" : color;
  pen.strokeStyle = vague ? color : "#fffdf8";
  pen.setLineDash(vague ? [2.6, 1.5] : []);
  pen.lineWidth = vague ? 1.3 : 0.9;
  pen.fill();
  pen.stroke();
}

function drawPath(pen, parts, scale, style, isArea) {
  pen.beginPath();
  for (const part of parts) part.forEach(([x, y], i) => (i ? pen.lineTo(x * scale, y * scale) : pen.moveTo(x * scale, y * scale)));
  const line = isArea ? style.outline : style;
  if (isArea) {
    pen.globalAlpha = style.opacity;
    pen.fillStyle = style.color;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
  }
  if (!line) return;
  pen.strokeStyle = line.color;
  pen.lineWidth = line.width;
  pen.setLineDash(line.dash);
  pen.stroke();
}
