// Where the tiles of a layer come from: from the service, or made here of features that are held.

import { readTile } from "./mvt.js";

const EXTENT = 4096;
const BUFFER = 64; // units beyond each side

/** The vector tiles that the service has of a layer, of what satisfies its condition (CQL2). */
export function servedTiles(layer) {
  return async ({ z, x, y }, signal) => {
    const url = layer.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    const response = await fetch(layer.condition ? `${url}&filter=${encodeURIComponent(layer.condition)}` : url, { signal });
    if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
    return readTile(await response.arrayBuffer());
  };
}

/** Tiles of the points that are held of a layer and pass. */
export function heldTiles(layer) {
  let [passing, places] = [null, null];
  return async ({ z, x, y }) => {
    if (passing !== layer.passing) [passing, places] = [layer.passing, [...placed(layer.passing)]];
    const side = 2 ** z * EXTENT;
    const inTile = (v) => v >= -BUFFER && v < EXTENT + BUFFER;
    const found = [];
    for (const place of places) {
      const at = [place.x * side - x * EXTENT, place.y * side - y * EXTENT];
      if (inTile(at[0]) && inTile(at[1])) found.push({ ...place.feature, type: "point", parts: [[at]], held: place.feature });
    }
    return { extent: EXTENT, size: found.length, feature: (i) => found[i] };
  };
}

/** Each place of each feature in the square of the web's projection, 0 to 1 from its upper left corner. */
function* placed(features) {
  for (const feature of features) {
    const { type, coordinates } = feature.geometry ?? {};
    for (const [lon, lat] of type === "Point" ? [coordinates] : (coordinates ?? [])) {
      const y = Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI;
      yield { x: lon / 360 + 0.5, y: 0.5 - y / 2, feature };
    }
  }
}
