// What is near a place: the parts of the plan that it lies in, and the places next to it.

import { holders } from "./facets.js";
import { metresBetween } from "./geo.js";
import { isVague } from "./symbols.js";

const SHOWN = 5;
const DEGREE_M = 111_320;

/** The areas of the plan that hold a place: { layer, feature }. */
export function planOf({ geometry }, layers) {
  const plan = layers.all.filter((layer) => layer.theme.id === "structure" && layer.isAreas);
  return plan.flatMap((layer) => holders(layer, geometry.coordinates).map((feature) => ({ layer, feature })));
}

/** The nearest places whose own place is known, nearest first: { layer, feature, metres }. */
export function neighboursOf(feature, layers) {
  const [lon, lat] = feature.geometry.coordinates;
  const shrink = Math.cos((lat * Math.PI) / 180);
  const roughly = ([x, y]) => Math.hypot((x - lon) * shrink, y - lat) * DEGREE_M;
  return layers.all
    .filter((layer) => layer.isPoints && layer.isSifted)
    .flatMap((layer) => layer.features.map((other) => ({ layer, feature: other })))
    .filter(({ feature: other }) => other !== feature && other.geometry?.type === "Point" && !isVague(other.properties))
    .map((found) => ({ ...found, metres: roughly(found.feature.geometry.coordinates) }))
    .sort((a, b) => a.metres - b.metres)
    .slice(0, SHOWN * 2)
    .map((found) => ({ ...found, metres: metresBetween([lon, lat], found.feature.geometry.coordinates) }))
    .sort((a, b) => a.metres - b.metres)
    .slice(0, SHOWN);
}
