// Paths with very many corners: they are projected once, and only those are drawn that can be seen.

const L = window.L;
const NEAR_ZOOM = 11.5; // from here on every corner is drawn
const TOLERANCE = 0.0002; // of the world's 256 pixels at zoom 0: less than a pixel below that
const FINE = 10; // a drawn place is exact to a tenth of a pixel

const LIGHT = {
  /** Where a path lies is told by its box; its corners are looked at when it is in view. */
  _project() {
    if (!this._bounds.isValid()) return;
    const corners = [this._bounds.getNorthWest(), this._bounds.getSouthEast()];
    this._rawPxBounds = L.bounds(corners.map((corner) => this._map.latLngToLayerPoint(corner)));
    this._updateBounds();
  },

  _clipPoints() {
    const view = this._renderer._bounds;
    if (this._pxBounds?.intersects(grown(view, this.options.weight))) this._rings = this._flat().map((ring) => seen(ring, this._map, widened(view, this._clickTolerance())));
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

function widened({ min, max }, by) {
  return { west: min.x - by, north: min.y - by, east: max.x + by, south: max.y + by };
}

/** The corners of a ring in the pixels of the map. Of those that follow each other beyond one side of the view, only
    the first and the last: the lines between them cannot be seen. */
function seen(places, map, view) {
  const [scale, origin] = [map.options.crs.scale(map.getZoom()) / map.options.crs.scale(0), map.getPixelOrigin()];
  const corners = [];
  let beyond = 0;
  let skipped = null;
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i] * scale - origin.x, places[i + 1] * scale - origin.y];
    const sides = (x < view.west) | ((x > view.east) << 1) | ((y < view.north) << 2) | ((y > view.south) << 3);
    if (beyond & sides) {
      beyond &= sides;
      skipped = [x, y];
      continue;
    }
    if (skipped) corners.push(drawnAt(...skipped));
    corners.push(drawnAt(x, y));
    [beyond, skipped] = [sides, null];
  }
  if (skipped) corners.push(drawnAt(...skipped));
  return corners;
}

function drawnAt(x, y) {
  return L.point(Math.round(x * FINE) / FINE, Math.round(y * FINE) / FINE);
}
