// Draws the features of a vector tile on canvas, with the symbols of the declarations. Where the service sends
// cells with their counts, those are drawn as discs with the number: they are no places and do not look like any.

import { compact } from "./i18n.js";
import { isVague, outlineOf, styleOf } from "./symbols.js";

export const SIDE = 256; // pixels of a tile
export const MARGIN = 24; // pixels about it, so that a symbol at its edge is whole
const BLOCKS = [6, 8]; // a side of a tile, when it stands smaller than it is and else: their cells are counted together
const FULL_ZOOM = 12.5;
const NUMBERED = 7; // pixels: the radius from which a block has room for its number
const PAPER = "#fffdf8";
const INK = "#2f2a33";

/** Draw a tile, some of its features at each step. `zoom` is the map's, `scale` how large the tile stands there,
    `sharp` the pixels of the screen in one of the page. Leaves what was drawn in `tile.drawn` and `tile.blocks`. */
export function* drawTile(canvas, tile, layer, { zoom, scale, sharp }) {
  const pen = canvas.getContext("2d");
  canvas.width = canvas.height = Math.ceil((SIDE + 2 * MARGIN) * scale * sharp);
  pen.scale(scale * sharp, scale * sharp);
  pen.translate(MARGIN, MARGIN);
  const size = Math.min(1, Math.max(0.5, 0.5 + ((zoom - 8) * 0.5) / (FULL_ZOOM - 8))) / scale;
  const look = { scale: SIDE / tile.extent, size, ratio: scale * sharp };
  tile.drawn ??= Array.from({ length: tile.size });
  const blocks = new Map();
  for (let i = 0; i < tile.size; i++) {
    if (i % 250 === 249) yield;
    const feature = (tile.drawn[i] ??= tile.feature(i));
    if (feature.properties.count !== undefined) gather(blocks, feature, look.scale, SIDE / BLOCKS[Number(scale > 0.87)]);
    else if (feature.type === "point") drawPoints(pen, feature, layer, look, tile.extent);
    else drawShape(pen, feature, layer, look);
  }
  tile.blocks = [...blocks.values()].map(({ x, y, count }) => ({ x: x / count, y: y / count, count }));
  for (const block of tile.blocks) drawBlock(pen, block, styleOf(layer.symbol, {}), scale);
}

/** Add a cell to its block. One that lies beyond the edge belongs to the neighbour. */
function gather(blocks, { parts, properties: { count } }, scale, side) {
  const [x, y] = parts[0][0].map((v) => v * scale);
  if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) return;
  const key = Math.floor(x / side) * SIDE + Math.floor(y / side);
  const block = blocks.get(key) ?? { x: 0, y: 0, count: 0 };
  blocks.set(key, { x: block.x + x * count, y: block.y + y * count, count: block.count + count });
}

/** The radius of a block: so many pixels more for ten times as many. */
export function radiusOf(count) {
  return 3.2 + 2.7 * Math.log10(count);
}

function drawBlock(pen, { x, y, count }, { color }, scale) {
  const radius = radiusOf(count) / scale;
  disc(pen, x, y, radius);
  pen.globalAlpha = 0.78;
  pen.fillStyle = PAPER;
  pen.fill();
  pen.globalAlpha = 0.16;
  pen.fillStyle = color;
  pen.fill();
  pen.globalAlpha = 0.75;
  pen.strokeStyle = color;
  pen.lineWidth = 0.9 / scale;
  pen.stroke();
  pen.globalAlpha = 1;
  if (radius * scale < NUMBERED) return;
  pen.fillStyle = INK;
  pen.font = `500 ${9 / scale}px "Noto Sans CJK SC", sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(compact(count), x, y, 1.9 * radius);
}

function disc(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, Math.PI * 2);
}

function drawPoints(pen, { parts, properties }, layer, { scale, size, ratio }, extent) {
  const stamp = stampOf(styleOf(layer.symbol, properties), isVague(properties), size, ratio);
  for (const [[x, y]] of parts) {
    if (x < 0 || y < 0 || x >= extent || y >= extent) continue; // the neighbour draws it, margin and all
    pen.drawImage(stamp.canvas, x * scale - stamp.reach, y * scale - stamp.reach, 2 * stamp.reach, 2 * stamp.reach);
  }
}

const stamps = new Map();

/** A marker drawn once, to be put wherever it stands. */
function stampOf({ color, size, shape }, vague, factor, ratio) {
  const key = `${color} ${size} ${shape} ${vague} ${factor.toFixed(3)} ${ratio.toFixed(3)}`;
  if (!stamps.has(key)) {
    if (stamps.size > 500) stamps.clear();
    const canvas = document.createElement("canvas");
    const reach = size * factor * 0.7 + 1.5;
    canvas.width = canvas.height = Math.ceil(2 * reach * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    drawMarker(pen, reach, reach, { color, size, shape }, factor, vague);
    stamps.set(key, { canvas, reach: canvas.width / ratio / 2 });
  }
  return stamps.get(key);
}

function drawMarker(pen, x, y, { color, size, shape }, factor, vague) {
  const points = outlineOf(shape, size * factor);
  pen.beginPath();
  if (points) points.forEach(([dx, dy], i) => (i ? pen.lineTo(x + dx, y + dy) : pen.moveTo(x + dx, y + dy)));
  else pen.arc(x, y, (size * factor) / 2, 0, Math.PI * 2);
  pen.closePath();
  pen.fillStyle = vague ? PAPER : color;
  pen.strokeStyle = vague ? color : PAPER;
  pen.setLineDash(vague ? [2.6 * factor, 1.5 * factor] : []);
  pen.lineWidth = (vague ? 1.3 : 0.9) * factor;
  pen.fill();
  pen.stroke();
}

/** A line or an area, within the tile: its neighbours draw the rest. */
function drawShape(pen, { type, parts, properties }, layer, { scale }) {
  const style = styleOf(layer.symbol, properties);
  const isArea = type === "polygon";
  const line = isArea ? style.outline : style;
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, SIDE, SIDE);
  pen.clip();
  pen.beginPath();
  for (const part of parts) part.forEach(([x, y], i) => (i ? pen.lineTo(x * scale, y * scale) : pen.moveTo(x * scale, y * scale)));
  if (isArea) {
    pen.globalAlpha = style.opacity;
    pen.fillStyle = style.color;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
  }
  if (line) {
    pen.strokeStyle = line.color;
    pen.lineWidth = line.width;
    pen.setLineDash(line.dash);
    pen.stroke();
  }
  pen.restore();
}
