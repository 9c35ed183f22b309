// Symbols on the screen: markers, strokes, fills, hatches, and the swatches of the legend.
// Colours and lengths come from the declarations (pixels); nothing here knows a layer.

import { svg } from "./dom.js";

const STEP = Math.PI * 2;
const PAPER = "#fffdf8";
const DOTS = 4 * Math.max(1, window.devicePixelRatio || 1); // of a marker's picture in a pixel of the page

// Outlines about 0, 0 that look equally large in a circle of diameter 1.
const OUTLINES = {
  circle: null,
  square: regular(4, 0.6, STEP / 8),
  diamond: regular(4, 0.62, 0),
  triangle: regular(3, 0.62, 0, 0.07),
  pentagon: regular(5, 0.55, 0),
  hexagon: regular(6, 0.55, STEP / 12),
  star: star(5, 0.66, 0.29),
  cross: cross(0.52, 0.19),
};

function regular(corners, radius, turn, down = 0) {
  return around(corners, (i) => [radius, (i / corners) * STEP + turn], down);
}

function star(points, outer, inner) {
  return around(points * 2, (i) => [i % 2 ? inner : outer, (i / points / 2) * STEP], 0.03);
}

function around(n, polar, down) {
  return Array.from({ length: n }, (_, i) => {
    const [radius, angle] = polar(i);
    return [radius * Math.sin(angle), -radius * Math.cos(angle) + down];
  });
}

function cross(r, w) {
  return [[-w, -r], [w, -r], [w, -w], [r, -w], [r, w], [w, w], [w, r], [-w, r], [-w, w], [-r, w], [-r, -w], [-w, -w]];
}

/** The plain style of a feature. */
export function styleOf(symbol, properties) {
  if (!symbol.field) return symbol.other;
  return symbol.cases[String(properties[symbol.field])] ?? symbol.other;
}

/** Whether a feature's place is known only to its district or city. */
export function isVague(properties) {
  return properties.precision === "district" || properties.precision === "city";
}

/** A marker as an SVG node: filled with a white rim, or hollow with a dashed rim when vague. */
export function marker(style, { vague = false, attributes = {} } = {}) {
  const { fill, stroke, width, dash, size, edge } = look(style, vague);
  const paint = { fill, stroke, "stroke-width": width, "stroke-dasharray": dash?.join(" "), "stroke-linejoin": "round" };
  const outline = drawnOutline(style.shape, size, paint);
  const box = `${-edge / 2} ${-edge / 2} ${edge} ${edge}`;
  return svg("svg", { viewBox: box, width: edge, height: edge, ...attributes }, outline);
}

function look({ color, size }, vague) {
  const edge = size * 1.36 + 2.4; // pixels of its box
  if (vague) return { fill: PAPER, stroke: color, width: 1.5, dash: [2.6, 1.5], size: size - 1.2, edge };
  return { fill: color, stroke: PAPER, width: 1.1, dash: null, size, edge };
}

/** The corners of a shape of a size about 0, 0; null for a circle. */
export function outlineOf(shape, size) {
  return OUTLINES[shape]?.map(([x, y]) => [x * size, y * size]) ?? null;
}

function drawnOutline(shape, size, paint) {
  const outline = outlineOf(shape, size);
  if (!outline) return svg("circle", { r: size / 2, ...paint });
  const points = outline.map((xy) => xy.map((v) => v.toFixed(2)).join(",")).join(" ");
  return svg("polygon", { points, ...paint });
}

const images = new Map();

/** A marker as a picture that many elements share: { image, size }. Of dots, which are painted sooner than drawings. */
export function markerImage(style, vague) {
  const key = `${style.shape} ${style.color} ${style.size} ${vague}`;
  if (!images.has(key)) images.set(key, { image: `url("${dotted(style, vague).toDataURL()}")`, size: look(style, vague).edge });
  return images.get(key);
}

function dotted(style, vague) {
  const { fill, stroke, width, dash, size, edge } = look(style, vague);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(edge * DOTS);
  const pen = canvas.getContext("2d");
  pen.scale(canvas.width / edge, canvas.width / edge);
  pen.translate(edge / 2, edge / 2);
  const corners = outlineOf(style.shape, size);
  if (corners) corners.forEach((corner) => pen.lineTo(...corner));
  else pen.arc(0, 0, size / 2, 0, STEP);
  pen.closePath();
  Object.assign(pen, { fillStyle: fill, strokeStyle: stroke, lineWidth: width, lineJoin: "round" });
  pen.setLineDash(dash ?? []);
  pen.fill();
  pen.stroke();
  return canvas;
}

/** The Leaflet path options of a line or an area. */
export function pathOptions(style) {
  if (style.type === "stroke") return stroke(style);
  const outline = style.outline ? stroke(style.outline) : { stroke: false };
  if (style.opacity === 0) return { ...outline, fill: false };
  if (style.hatched) return { ...outline, fill: true, fillColor: `url(#${hatch(style)})`, fillOpacity: 1 };
  return { ...outline, fill: true, fillColor: style.color, fillOpacity: style.opacity };
}

function stroke(style) {
  return {
    stroke: true,
    color: style.color,
    weight: style.width,
    dashArray: style.dash.length ? style.dash.join(" ") : null,
    lineCap: style.dash.length ? "butt" : "round",
    lineJoin: "round",
  };
}

const ANGLES = [45, -45, 15, 75, -15];
const hatches = new Map();
let definitions = null;

/** The id of the hatch of a fill: a tint with lines in its colour. */
function hatch(style) {
  const key = `${style.color} ${style.opacity} ${style.angle}`;
  if (!hatches.has(key)) {
    const id = `hatch-${hatches.size}`;
    pool().append(hatchPattern(id, style, style.angle ?? ANGLES[hatches.size % ANGLES.length]));
    hatches.set(key, id);
  }
  return hatches.get(key);
}

function hatchPattern(id, { color, opacity }, angle) {
  const [width, height] = [7, 7];
  return svg(
    "pattern",
    { id, width, height, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})` },
    svg("rect", { width, height, fill: color, "fill-opacity": opacity * 0.5 }),
    svg("line", { x1: 0.6, x2: 0.6, y2: height, stroke: color, "stroke-width": 0.9, "stroke-opacity": Math.min(1, opacity * 1.6) }),
  );
}

function pool() {
  if (!definitions) {
    definitions = svg("defs");
    document.body.append(svg("svg", { class: "definitions", width: 0, height: 0, "aria-hidden": "true" }, definitions));
  }
  return definitions;
}

/** The sample of a style in the legend, as it looks on the map. */
export function swatch(style, { vague = false } = {}) {
  if (style.type === "marker") return marker(style, { vague, attributes: { class: "swatch", "aria-hidden": "true" } });
  const [width, height] = [28, 18];
  const shape = style.type === "stroke" ? riverLike(style, width, height) : patch(style, width, height);
  return svg("svg", { class: "swatch", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, shape);
}

function riverLike(style, width, height) {
  return svg("path", { d: `M1 ${height - 6}C8 2 16 ${height} ${width - 1} 5`, ...painted(pathOptions(style)), fill: "none" });
}

function patch(style, width, height) {
  return svg("rect", { x: 2, y: 2, width: width - 4, height: height - 4, rx: 1.5, ...painted(pathOptions(style)) });
}

function painted(options) {
  return {
    fill: options.fill ? options.fillColor : "none",
    "fill-opacity": options.fillOpacity,
    stroke: options.stroke ? options.color : "none",
    "stroke-width": options.weight,
    "stroke-dasharray": options.dashArray,
    "stroke-linejoin": "round",
  };
}
