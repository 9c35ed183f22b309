// Planes: what is drawn in one is scaled as one picture while the map zooms. Each drawing and each mark
// by itself would be a picture of its own, to be painted and laid over the others at every frame.

const L = window.L;
const GLIDE = 250; // milliseconds, as Leaflet's own
export const BEYOND = 0.25; // of the view, on each side: what is drawn already when the map is dragged

/** A pane that holds others, laid out for one zoom of the map and scaled until the next is reached. */
export function plane(map, name, zIndex) {
  const pane = map.createPane(name);
  pane.classList.add("plane");
  pane.style.zIndex = zIndex;
  let [origin, zoom, frame] = [];
  const settle = () => {
    cancelAnimationFrame(frame);
    [origin, zoom] = [map.layerPointToLatLng([0, 0]), map.getZoom()];
    pane.style.transform = "";
  };
  const scale = (wanted, center, share = 1) => {
    const [offset, factor] = [map._latLngToNewLayerPoint(origin, wanted, center), map.getZoomScale(wanted, zoom)];
    L.DomUtil.setTransform(pane, offset.multiplyBy(share), 1 + (factor - 1) * share);
  };
  // A transition of the style sheet would first paint the whole plane anew, as large as it will be at its end.
  const glide = (to, start = performance.now()) => {
    const share = Math.min(1, (performance.now() - start) / GLIDE);
    scale(to.zoom, to.center, eased(share));
    if (share < 1) frame = requestAnimationFrame(() => glide(to, start));
  };
  map.whenReady(settle);
  map.on("viewreset zoomend", settle);
  map.on("zoomanim", (to) => (cancelAnimationFrame(frame), glide(to)));
  map.on("zoom", () => (cancelAnimationFrame(frame), scale(map.getZoom(), map.getCenter())));
  return pane;
}

/** The course of Leaflet's transition, cubic-bezier(0, 0, 0.25, 1). */
function eased(share) {
  let u = Math.sqrt(share);
  for (let i = 0; i < 4 && u; i++) u -= (0.25 * u ** 3 + 0.75 * u ** 2 - share) / (0.75 * u ** 2 + 1.5 * u);
  return 3 * u ** 2 - 2 * u ** 3;
}

/** What of the map's pixels is drawn: the view and what is beyond it. */
export function drawnBounds(map) {
  const size = map.getSize();
  const corner = map.containerPointToLayerPoint(size.multiplyBy(-BEYOND));
  return L.bounds(corner, corner.add(size.multiplyBy(1 + 2 * BEYOND)));
}

/** Leaflet's renderer of paths for a pane of a plane: it is not moved or scaled by itself. */
export const FlatSvg = L.SVG.extend({
  options: { padding: BEYOND },

  onAdd() {
    L.SVG.prototype.onAdd.call(this);
    this._container.classList.remove("leaflet-zoom-animated");
  },

  _update() {
    L.SVG.prototype._update.call(this);
    const { x, y } = this._bounds.min;
    Object.assign(this._container.style, { transform: "none", left: `${x}px`, top: `${y}px` });
  },

  _updateTransform() {},
});
