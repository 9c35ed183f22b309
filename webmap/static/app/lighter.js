// Paths with very many corners, drawn with fewer while the view is small: what is less than a pixel is left out
// before it is projected, not each time after.

const L = window.L;
const NEAR_ZOOM = 11.5; // from here on every corner is drawn
const TOLERANCE = 0.0003; // degrees, less than a pixel below that

const projectAll = L.Polyline.prototype._projectLatlngs;

/** Let a Leaflet path leave out corners while the view is small. */
export function lighter(path) {
  let few = null;
  path._projectLatlngs = (latlngs, ...rest) => {
    const isAll = latlngs === path._latlngs;
    if (isAll && path._map.getZoom() < NEAR_ZOOM) few ??= thinned(latlngs);
    projectAll.call(path, isAll && path._map.getZoom() < NEAR_ZOOM ? few : latlngs, ...rest);
  };
  return path;
}

function thinned(latlngs) {
  if (!(latlngs[0] instanceof L.LatLng)) return latlngs.map(thinned);
  const corners = latlngs.map((latlng) => Object.assign(L.point(latlng.lng, latlng.lat), { latlng }));
  return L.LineUtil.simplify(corners, TOLERANCE).map(({ latlng }) => latlng);
}
