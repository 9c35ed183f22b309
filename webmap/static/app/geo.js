// Places and distances: on the ellipsoid (Karney's algorithms), points in areas, centres.

const { WGS84 } = window.geodesic.Geodesic;
const KM2 = 1e6;

/** The distance of two places [lon, lat] in metres. */
export function metresBetween([lonA, latA], [lonB, latB]) {
  return WGS84.Inverse(latA, lonA, latB, lonB).s12;
}

/** The length of a line of places in metres. */
export function lengthOf(places) {
  return places.slice(1).reduce((sum, place, i) => sum + metresBetween(places[i], place), 0);
}

/** The area of a ring of places in square kilometres. */
export function areaOf(places) {
  const polygon = WGS84.Polygon(false);
  for (const [lon, lat] of places) polygon.AddPoint(lat, lon);
  return Math.abs(polygon.Compute(false, true).area) / KM2;
}

/** A circle as a ring of places. */
export function circleAround([lon, lat], radius, corners = 512) {
  return Array.from({ length: corners + 1 }, (_, i) => {
    const { lon2, lat2 } = WGS84.Direct(lat, lon, (i / corners) * 360, radius);
    return [lon2, lat2];
  });
}

/** The box [west, south, east, north] of a GeoJSON geometry. */
export function boxOf(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of placesOf(geometry)) {
    if (lon < box[0]) box[0] = lon;
    if (lat < box[1]) box[1] = lat;
    if (lon > box[2]) box[2] = lon;
    if (lat > box[3]) box[3] = lat;
  }
  return box;
}

/** The middle of a GeoJSON geometry's box; of a point, the point. */
export function middleOf(geometry) {
  const [west, south, east, north] = boxOf(geometry);
  return [(west + east) / 2, (south + north) / 2];
}

function placesOf({ type, coordinates }) {
  if (type === "Point") return [coordinates];
  return coordinates.flat({ MultiPoint: 0, LineString: 0, MultiLineString: 1, Polygon: 1, MultiPolygon: 2 }[type]);
}

/** Whether a GeoJSON area holds a place. */
export function holds(geometry, place) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.some(([outer, ...holes]) => isInRing(outer, place) && !holes.some((hole) => isInRing(hole, place)));
}

function isInRing(ring, [x, y]) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[ax, ay], [bx, by]] = [ring[i], ring[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
