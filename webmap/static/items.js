// The map of a page of items: fetches the features of that same page, draws them above a quiet base,
// and keeps the map and the table beside it together. Everything is text; nothing comes from elsewhere.

import { markerImage, isVague, pathOptions, styleOf } from "./app/symbols.js";

const L = window.L;
const config = JSON.parse(document.getElementById("map-config").textContent);
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const AROUND = 24_000; // metres that are shown of the surroundings of a single point
const MANY = 1500; // points from which they are drawn on a canvas, without links to the table
const english = config.lang === "en";
const WORDS = {
  failed: english ? "The features could not be loaded" : "要素未能载入",
  retry: english ? "Retry" : "重试",
  unsettled: english ? "Internal · not reviewed for publication" : "内部资料 未经审图",
  approval: english ? "Map approval no. " : "审图号：",
};
const marks = new Map();
const labels = [];

const map = L.map("map", { attributionControl: false, scrollWheelZoom: false, minZoom: 4, maxZoom: 17, zoomSnap: 0.25 });
imprint().addTo(map);
L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
map.createPane("base").style.zIndex = 350;
if (config.extent) fit(L.latLngBounds([config.extent[1], config.extent[0]], [config.extent[3], config.extent[2]]));
else map.setView([30.4, 114.8], 8);
map.on("zoomend", name);
map.once("focus", () => map.scrollWheelZoom.enable());
map.on("click", () => map.scrollWheelZoom.enable());
document.querySelector("table.items tbody")?.addEventListener("pointerover", ({ target }) => point(target.closest("tr")));
document.querySelector("table.items")?.addEventListener("pointerleave", () => point(null));
await Promise.all([base(), load()]);
document.body.dataset.ready = "true";

/** The approval of the map, in the corner that the rules name; as text. */
function imprint() {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    const node = L.DomUtil.create("p", "imprint");
    node.textContent = config.approval ? WORDS.approval + config.approval : WORDS.unsettled;
    return node;
  };
  return control;
}

async function base() {
  await Promise.all(config.base.map((layer) => drawBase(layer).catch(() => null)));
}

/** Lines and areas of the base as outlines; its points are left out. */
async function drawBase({ items, symbol, label_zoom }) {
  const fields = ["name", "name_en", symbol.field].filter(Boolean);
  const { features } = await get(`${items}?f=json&limit=10000&properties=${fields}`);
  const shapes = features.filter(({ geometry }) => geometry && !geometry.type.endsWith("Point"));
  const paths = L.geoJSON(shapes, { pane: "base", interactive: false, style: ({ properties }) => outline(styleOf(symbol, properties)) }).addTo(map);
  const areas = paths.getLayers().filter(({ feature }) => feature.geometry.type.endsWith("Polygon"));
  if (label_zoom === null || !areas.length) return;
  labels.push({ zoom: label_zoom, group: L.layerGroup(areas.map(label)) });
  labels.sort((a, b) => b.zoom - a.zoom);
  name();
}

function label({ feature: { geometry, properties } }) {
  const options = { permanent: true, interactive: false, direction: "center", className: "place", opacity: 1 };
  return L.tooltip(options).setLatLng(middle(geometry)).setContent(words(properties));
}

/** The middle of the largest part of an area. */
function middle({ type, coordinates }) {
  const parts = (type === "Polygon" ? [coordinates] : coordinates).map(([ring]) => L.polygon(ring.map(([lon, lat]) => [lat, lon])).getBounds());
  const size = (box) => (box.getEast() - box.getWest()) * (box.getNorth() - box.getSouth());
  return parts.reduce((a, b) => (size(b) > size(a) ? b : a)).getCenter();
}

/** Show the names of the finest areas that this zoom has room for. */
function name() {
  const chosen = labels.find(({ zoom }) => map.getZoom() >= zoom);
  for (const one of labels) one.group[one === chosen ? "addTo" : "removeFrom"](map);
  if (chosen) thin(chosen.group.getLayers().map((tooltip) => tooltip.getElement()));
}

/** Hide the names that would lie on one another. */
function thin(nodes) {
  const taken = [];
  for (const node of nodes) {
    node.hidden = false;
    const box = node.getBoundingClientRect();
    node.hidden = taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top);
    if (!node.hidden) taken.push(box);
  }
}

/** A name as a node: text, whatever stands in it. */
function words(properties, fallback = "") {
  const node = document.createElement("bdi");
  node.textContent = (english && properties.name_en) || properties.name || fallback;
  return node;
}

function outline(style) {
  const { color, weight, dashArray, fillColor } = pathOptions(style);
  if (style.type === "stroke") return { color, weight, opacity: 0.55 };
  return { color: color ?? fillColor, weight: Math.min(weight ?? 1, 1.2), dashArray, opacity: 0.55, fill: false };
}

async function load() {
  try {
    const answer = await get(config.items);
    draw(answer.features ?? [answer]);
  } catch (error) {
    complain(error);
  }
}

async function get(url) {
  const response = await fetch(url, { headers: { Accept: "application/geo+json, application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

function complain(error) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = WORDS.retry;
  const notice = document.createElement("p");
  notice.className = "failed";
  notice.setAttribute("role", "alert");
  notice.append(`${WORDS.failed} (${error.message}) `, button);
  button.addEventListener("click", () => {
    notice.remove();
    load();
  });
  document.querySelector(".frame").append(notice);
}

function draw(features) {
  const drawable = features.filter(({ geometry }) => geometry);
  const points = drawable.filter(({ geometry }) => geometry.type.endsWith("Point"));
  const shapes = L.geoJSON(drawable.filter((feature) => !points.includes(feature)), {
    style: ({ properties }) => pathOptions(styleOf(config.layer, properties)),
    onEachFeature: (feature, path) => join(feature, path),
  }).addTo(map);
  const places = points.length > MANY ? onCanvas(points) : asMarkers(points);
  const bounds = L.latLngBounds(places).extend(shapes.getBounds());
  if (drawable.length === 1) uncertainty(drawable[0], bounds);
  if (bounds.isValid()) fit(bounds);
}

function fit(bounds) {
  map.fitBounds(bounds, { padding: [26, 26], maxZoom: 13, animate: false });
}

function placesOf({ geometry }) {
  const places = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
  return places.map(([lon, lat]) => L.latLng(lat, lon));
}

/** One marker a place; those of one place stand around it. */
function asMarkers(features) {
  const taken = new Map();
  return features.flatMap((feature) =>
    placesOf(feature).map((place) => {
      const key = place.toString();
      const before = taken.get(key) ?? 0;
      taken.set(key, before + 1);
      join(feature, L.marker(place, { icon: icon(feature, before), keyboard: false, riseOnHover: true }).addTo(map));
      return place;
    }),
  );
}

function icon({ properties }, before) {
  const { image, size } = markerImage(styleOf(config.layer, properties), isVague(properties));
  const away = before && 11 * Math.sqrt(before + 0.4);
  const anchor = [size / 2 - away * Math.cos(before * GOLDEN), size / 2 - away * Math.sin(before * GOLDEN)];
  return L.icon({ iconUrl: image.slice(5, -2), iconSize: [size, size], iconAnchor: anchor, className: "mark" });
}

function onCanvas(features) {
  const renderer = L.canvas({ padding: 0.3 });
  return features.flatMap((feature) =>
    placesOf(feature).map((place) => {
      const { color } = styleOf(config.layer, feature.properties);
      L.circleMarker(place, { renderer, radius: 3, stroke: false, fillColor: color, fillOpacity: 0.8, interactive: false }).addTo(map);
      return place;
    }),
  );
}

/** The circle in which a single point may lie, in a view that tells where it is. */
function uncertainty({ properties, geometry }, bounds) {
  if (geometry.type !== "Point") return;
  const [place] = placesOf({ geometry });
  bounds.extend(place.toBounds(Math.max(AROUND, 2.4 * (properties.radius_m ?? 0))));
  if (!properties.radius_m) return;
  L.circle(place, { radius: properties.radius_m, interactive: false, color: "#3a3340", weight: 1.2, dashArray: "5 4", fillOpacity: 0.06 }).addTo(map);
}

/** Let a shape show its name, and lead to its row. */
function join({ id, properties }, shape) {
  shape.bindTooltip(words(properties, String(id)), { sticky: true, className: "name" });
  const row = document.querySelector(`table.items tr[data-id="${Number(id)}"]`);
  if (!row) return;
  marks.set(String(id), shape);
  shape.on("mouseover", () => mark(row));
  shape.on("mouseout", () => mark(null));
  shape.on("click", () => {
    row.scrollIntoView({ block: "center" });
    row.querySelector("a").focus({ preventScroll: true });
  });
}

function mark(row) {
  for (const one of document.querySelectorAll("tr.hot")) one.classList.remove("hot");
  row?.classList.add("hot");
}

/** Show on the map which feature a row tells of. */
function point(row) {
  for (const shape of marks.values()) shape.getElement?.()?.classList.remove("hot");
  const shape = row && marks.get(row.dataset.id);
  shape?.getElement?.()?.classList.add("hot");
  shape?.setZIndexOffset?.(1000);
}
