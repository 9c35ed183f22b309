// Planes: what is drawn in one is scaled as one picture while the map zooms. Each drawing and each mark
// by itself would be a picture of its own, to be painted and laid over the others at every frame.

const L = window.L;
export const BEYOND = 0.25; // of the view, on each side: what is drawn already when the map is dragged

/** A pane that holds others, laid out for one zoom of the map and scaled until the next is reached. */
export function plane(map, name, zIndex) {
  const pane = map.createPane(name);
  pane.classList.add("plane", "leaflet-zoom-animated");
  pane.style.zIndex = zIndex;
  let [origin, zoom] = [];
  const settle = () => {
    [origin, zoom] = [map.layerPointToLatLng([0, 0]), map.getZoom()];
    pane.style.transform = "";
  };
  const scale = (wanted, center) => L.DomUtil.setTransform(pane, map._latLngToNewLayerPoint(origin, wanted, center), map.getZoomScale(wanted, zoom));
  map.whenReady(settle);
  map.on("viewreset zoomend", settle);
  map.on("zoomanim", (to) => scale(to.zoom, to.center));
  map.on("zoom", () => scale(map.getZoom(), map.getCenter()));
  return pane;
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
