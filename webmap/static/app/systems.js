// Systems of coordinates in which a place can be told. The same formulas as the service's, for one place.

import { el } from "./dom.js";
import { say, t } from "./i18n.js";

export const SYSTEMS = [
  { id: "wgs84", title: ["WGS-84 经纬度", "WGS-84 lon, lat"], tell: (place) => degrees(place) },
  { id: "cgcs2000", title: ["CGCS2000 经纬度", "CGCS2000 lon, lat"], tell: (place) => degrees(place) },
  ...[114, 117].map((meridian) => ({
    id: `gk${meridian}`,
    title: [`CGCS2000 3°带 ${meridian}°E（北, 东）`, `CGCS2000 / 3° GK ${meridian}°E (N, E)`],
    tell: (place) => metres(gaussKrueger(place, meridian)),
  })),
  { id: "gcj02", title: ["GCJ-02（高德、腾讯）", "GCJ-02 (AMap, Tencent)"], tell: (place) => degrees(gcj02(place)) },
  { id: "bd09", title: ["BD-09（百度）", "BD-09 (Baidu)"], tell: (place) => degrees(bd09(place)) },
];

let chosen = SYSTEMS[0];
const followers = new Set();

/** The system that the reader has chosen. */
export function chosenSystem() {
  return chosen;
}

/** Choose a system by its id, for everything that tells places; false when there is none of this id. */
export function chooseSystem(id) {
  const found = SYSTEMS.find((system) => system.id === id);
  if (!found) return false;
  chosen = found;
  for (const follow of followers) follow();
  return true;
}

/** Be told whenever another system is chosen. */
export function onSystem(follow) {
  followers.add(follow);
}

/** A choice of systems. `update()` is called after a choice, here or elsewhere, as long as it is in the page. */
export function systemChoice(update) {
  const options = SYSTEMS.map(({ id, title }) => el("option", { value: id }, say(title)));
  const node = el("select", { class: "system", "aria-label": t("system"), on: { change: () => chooseSystem(node.value) } }, ...options);
  node.value = chosen.id;
  const follow = () => {
    node.value = chosen.id;
    update();
    if (!node.isConnected) followers.delete(follow);
  };
  followers.add(follow);
  return node;
}

function degrees([lon, lat]) {
  return `${lon.toFixed(6)}, ${lat.toFixed(6)}`;
}

function metres([northing, easting]) {
  return `${northing.toFixed(2)}, ${easting.toFixed(2)}`;
}

const RADIANS = Math.PI / 180;

// GRS 80, whose axes CGCS2000 has; EPSG:4547 and EPSG:4548: scale 1, false easting 500 km. The zone of 114° E
// ends at 115.5° E, within the corridor.
const A = 6378137;
const F = 1 / 298.257222101;
const EASTING = 500000;

// Krüger's series in the third flattening, to its fourth power: below a millimetre within 10° of the meridian.
const N = F / (2 - F);
const RECTIFYING = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const ALPHA = [
  N / 2 - (2 * N ** 2) / 3 + (5 * N ** 3) / 16 + (41 * N ** 4) / 180,
  (13 * N ** 2) / 48 - (3 * N ** 3) / 5 + (557 * N ** 4) / 1440,
  (61 * N ** 3) / 240 - (103 * N ** 4) / 140,
  (49561 * N ** 4) / 161280,
];

/** CGCS2000 / 3-degree Gauss-Krüger of a central meridian, in degrees: [northing, easting] in metres. */
function gaussKrueger([lon, lat], meridian) {
  const [phi, lambda] = [lat * RADIANS, (lon - meridian) * RADIANS];
  const e = Math.sqrt(F * (2 - F));
  const tau = Math.sinh(Math.atanh(Math.sin(phi)) - e * Math.atanh(e * Math.sin(phi)));
  const [xi, eta] = [Math.atan2(tau, Math.cos(lambda)), Math.asinh(Math.sin(lambda) / Math.hypot(tau, Math.cos(lambda)))];
  const series = (wave) => ALPHA.reduce((sum, alpha, i) => sum + alpha * wave(2 * (i + 1)), 0);
  const north = xi + series((k) => Math.sin(k * xi) * Math.cosh(k * eta));
  const east = eta + series((k) => Math.cos(k * xi) * Math.sinh(k * eta));
  return [RECTIFYING * north, EASTING + RECTIFYING * east];
}

// The published formula of GCJ-02 on the ellipsoid of Krassowsky.
const KRASSOWSKY = { a: 6378245, ee: 0.00669342162296594323 };

/** GCJ-02, as the maps of AMap and Tencent have it. Outside China's box nothing is shifted. */
function gcj02([lon, lat]) {
  if (lon <= 72.004 || lon >= 137.8347 || lat <= 0.8293 || lat >= 55.8271) return [lon, lat];
  const [x, y] = [lon - 105, lat - 35];
  const wave = (value, ...terms) => terms.reduce((sum, [weight, by]) => sum + weight * Math.sin((value / by) * Math.PI), 0);
  const common = wave(x, [20, 1 / 6], [20, 1 / 2]);
  const dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
    ((common + wave(y, [20, 1], [40, 3], [160, 12], [320, 30])) * 2) / 3;
  const dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
    ((common + wave(x, [20, 1], [40, 3], [150, 12], [300, 30])) * 2) / 3;
  const { a, ee } = KRASSOWSKY;
  const sine = Math.sin(lat * RADIANS);
  const magic = 1 - ee * sine * sine;
  const perLat = ((a * (1 - ee)) / magic ** 1.5) * RADIANS;
  const perLon = (a / Math.sqrt(magic)) * Math.cos(lat * RADIANS) * RADIANS;
  return [lon + dLon / perLon, lat + dLat / perLat];
}

/** BD-09, as the maps of Baidu have it. */
function bd09(place) {
  const [x, y] = gcj02(place);
  const turn = (Math.PI * 3000) / 180;
  const radius = Math.hypot(x, y) + 0.00002 * Math.sin(y * turn);
  const angle = Math.atan2(y, x) + 0.000003 * Math.cos(x * turn);
  return [radius * Math.cos(angle) + 0.0065, radius * Math.sin(angle) + 0.006];
}
