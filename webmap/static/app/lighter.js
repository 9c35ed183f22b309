// Paths with very many corners: they are projected once, and only those are drawn that can be seen.

const L = window.L;
const NEAR_ZOOM = 11.5; // from here on every corner is drawn
const TOLERANCE = 0.0002; // of the world's 256 pixels at zoom 0: less than a pixel below that
const FINE = 0.4; // pixels: a corner that is nearer to the one before it is not drawn
const TENTHS = 10; // of a pixel: to that a drawn place is exact
const MARGIN = 64; // pixels about the view, more than a line is wide

const LIGHT = {
  /** Where a path lies is told by its box; its corners are looked at when it is in view. */
  _project() {
    if (!this._bounds.isValid()) return;
    const corners = [this._bounds.getNorthWest(), this._bounds.getSouthEast()];
    this._rawPxBounds = L.bounds(corners.map((corner) => this._map.latLngToLayerPoint(corner)));
    this._updateBounds();
  },

  _clipPoints() {
    const wide = L.point(this.options.weight, this.options.weight);
    const view = L.bounds(this._renderer._bounds.min.subtract(wide), this._renderer._bounds.max.add(wide));
    if (this._pxBounds?.intersects(view)) this._rings = this._flat().map((ring) => seen(ring, this._map, view));
    Object.getPrototypeOf(this)._clipPoints.call(this);
  },

  /** The rings of this zoom as lists of x, y at zoom 0. */
  _flat() {
    this._all ??= ringsOf(this._latlngs).map((ring) => flat(ring, this._map));
    if (this._map.getZoom() >= NEAR_ZOOM) return this._all;
    return (this._few ??= this._all.map(thinned));
  },
};

/** Let a Leaflet path do no more work than can be seen. */
export function lighter(path) {
  path.options.noClip = true; // it is done here
  return Object.assign(path, LIGHT);
}

function ringsOf(latlngs) {
  return latlngs[0] instanceof L.LatLng || !latlngs.length ? [latlngs] : latlngs.flatMap(ringsOf);
}

function flat(ring, map) {
  const places = new Float64Array(2 * ring.length);
  ring.forEach((latlng, i) => {
    const { x, y } = map.project(latlng, 0);
    places[2 * i] = x;
    places[2 * i + 1] = y;
  });
  return places;
}

function thinned(places) {
  const corners = [];
  for (let i = 0; i < places.length; i += 2) {
    const last = corners.at(-1);
    const isNear = last && Math.hypot(places[i] - last.x, places[i + 1] - last.y) < TOLERANCE;
    if (!isNear || i + 2 === places.length) corners.push(L.point(places[i], places[i + 1]));
  }
  return Float64Array.from(L.LineUtil.simplify(corners, TOLERANCE).flatMap(({ x, y }) => [x, y]));
}

/** The view as Leaflet takes it for an area: with the width of its line around it. */
function grown({ min, max }, by) {
  return L.bounds(min.subtract([by, by]), max.add([by, by]));
}

/** The sides of a box beyond which a place lies, as bits. */
function sidesOf(x, y, { min, max }) {
  return (x < min.x) | ((x > max.x) << 1) | ((y < min.y) << 2) | ((y > max.y) << 3);
}

/** The corners of a ring in the pixels of the map. Those that follow each other beyond one side of the view are left
    out but for the first and the last: the lines between them cannot be seen, and are led along the view. */
function seen(places, map, view) {
  const [scale, origin] = [map.options.crs.scale(map.getZoom()) / map.options.crs.scale(0), map.getPixelOrigin()];
  const corners = [];
  let [beyond, last, skipped] = [0, null, null];
  const pass = () => skipped && corners.push(within(view, last), within(view, skipped), skipped);
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i] * scale - origin.x, places[i + 1] * scale - origin.y];
    if (last && !skipped && Math.abs(x - last.x) + Math.abs(y - last.y) < FINE) continue;
    const sides = sidesOf(x, y, view);
    if (beyond & sides) {
      [beyond, skipped] = [beyond & sides, drawnAt(x, y)];
      continue;
    }
    pass();
    corners.push((last = drawnAt(x, y)));
    [beyond, skipped] = [sides, null];
  }
  pass();
  return corners;
}

function drawnAt(x, y) {
  return L.point(Math.round(x * TENTHS) / TENTHS, Math.round(y * TENTHS) / TENTHS);
}

/** A place beyond the view, no farther from it than its margin. */
function within({ min, max }, { x, y }) {
  return L.point(Math.min(max.x + MARGIN, Math.max(min.x - MARGIN, x)), Math.min(max.y + MARGIN, Math.max(min.y - MARGIN, y)));
}
