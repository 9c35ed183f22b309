// The numbers of an area: which places lie in it, of what sort, how far from the parts of the plan.
//
// A place that is known only to its district or city is not put into a drawn area by its representative
// point: it counts only where the area is that district or city, and is else told apart.

import { areaOf, circleAround, holds, metresBetween } from "./geo.js";
import { isVague } from "./symbols.js";

const STEP = 0.02; // degrees between the places by which an edge is followed
const COUNTED = ["layer", "kind", "level", "status", "city"];

/** The outline of an area as a GeoJSON geometry. */
export function outlineOf(area) {
  if (area.kind === "within") return area.feature.geometry;
  const ring = area.kind === "circle" ? circleAround(area.centre, area.radius) : [...area.places, area.places[0]];
  return { type: "Polygon", coordinates: [ring] };
}

/** { found: [{ layer, feature }], unsure, counts: name → (code → number), km2 } of an area. */
export function sumsOf(area, layers) {
  const outline = outlineOf(area);
  const candidates = layers.all.filter((layer) => layer.isPoints && layer.isSifted && layer.visible);
  const all = candidates.flatMap((layer) => layer.passing.filter(isPlaced).map((feature) => ({ layer, feature })));
  const [found, unsure] = [[], []];
  for (const entry of all) {
    const { geometry, properties } = entry.feature;
    if (isVague(properties)) {
      if (belongs(properties, area)) found.push(entry);
      else if (holds(outline, geometry.coordinates)) unsure.push(entry);
    } else if (holds(outline, geometry.coordinates)) found.push(entry);
  }
  return { found, unsure, counts: Object.fromEntries(COUNTED.map((name) => [name, countedBy(name, found)])), km2: squareKmOf(outline) };
}

function isPlaced({ geometry }) {
  return geometry?.type === "Point";
}

/** Whether an area is the district or city to which a place is known. */
function belongs({ precision, city, district }, area) {
  if (area.kind !== "within" || !area.layer.isBase) return false;
  const own = area.feature.properties;
  return own.district ? precision === "district" && district === own.district : Boolean(own.city) && city === own.city;
}

function countedBy(name, found) {
  const counts = new Map();
  for (const { layer, feature } of found) {
    const code = name === "layer" ? layer.id : feature.properties[name];
    const key = code === null || code === undefined ? "" : String(code);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Map([...counts].sort((a, b) => b[1] - a[1]));
}

function squareKmOf({ type, coordinates }) {
  const polygons = type === "Polygon" ? [coordinates] : coordinates;
  const size = (ring) => areaOf(followed(ring));
  return polygons.reduce((sum, [outer, ...holes]) => sum + size(outer) - holes.reduce((out, hole) => out + size(hole), 0), 0);
}

/** A ring with places along its edges, which are straight in longitude and latitude, as GeoJSON has them. */
function followed(ring) {
  return ring.flatMap(([x, y], i) => {
    const [fromX, fromY] = ring[i - 1] ?? [x, y];
    const parts = Math.ceil(Math.max(Math.abs(x - fromX), Math.abs(y - fromY)) / STEP) || 1;
    return Array.from({ length: parts }, (_, k) => [fromX + ((x - fromX) * (k + 1)) / parts, fromY + ((y - fromY) * (k + 1)) / parts]);
  });
}

/** How far a place is from the nearest area of a layer, in metres; 0 inside. */
export function metresTo(layer, place) {
  const distances = layer.features.filter(({ geometry }) => geometry).map(({ geometry }) => metresToArea(geometry, place));
  return distances.length ? Math.min(...distances) : null;
}

function metresToArea(geometry, place) {
  if (holds(geometry, place)) return 0;
  const rings = (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).flat();
  const shrink = Math.cos((place[1] * Math.PI) / 180);
  let [best, nearest] = [Infinity, null];
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const point = nearestOn(ring[i - 1], ring[i], place, shrink);
      const distance = Math.hypot((point[0] - place[0]) * shrink, point[1] - place[1]);
      if (distance < best) [best, nearest] = [distance, point];
    }
  }
  return metresBetween(place, nearest);
}

function nearestOn([ax, ay], [bx, by], [x, y], shrink) {
  const [dx, dy] = [(bx - ax) * shrink, by - ay];
  const along = ((x - ax) * shrink * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(1, Math.max(0, along));
  return [ax + (bx - ax) * share, ay + (by - ay) * share];
}
