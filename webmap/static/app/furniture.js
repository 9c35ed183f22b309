// What stands around the map: title, scale bar, pointer, graticule, imprint.

import { el, onceAFrame } from "./dom.js";
import { lang, number, say, t } from "./i18n.js";
import { chosenSystem, systemChoice } from "./systems.js";

/** The title plate. */
export function titlePlate(about) {
  return el("header", { class: "plate" }, el("h1", {}, say(about.title)), el("p", {}, say(about.subtitle)));
}

/** Map approval, day and version of the data, sources. */
export function imprint(about, credits = null) {
  const approval = about.approval
    ? el("p", { class: "approval" }, t("approval", { number: about.approval }))
    : el("p", { class: "approval missing" }, t("unsettled"));
  const facts = [
    about.as_of ? t("asOf", { date: about.as_of }) : null,
    about.version ? t("version", { version: about.version }) : null,
    t("boundaries"),
    "Leaflet",
  ].filter(Boolean);
  return el(
    "section",
    { class: "imprint" },
    approval,
    el("p", { class: "facts" }, facts.join(" · ")),
    credits ?? "",
    el(
      "details",
      { open: window.innerWidth > 1100 },
      el("summary", {}, t("sources")),
      el("p", {}, about.credits.map(say).join(lang === "en" ? "; " : "；")),
    ),
  );
}

/** A scale bar of two black and two white parts, true in the middle of the map. */
export function scaleBar(map) {
  const [bar, ends] = [el("div", { class: "bar" }, ...[0, 1, 2, 3].map(() => el("i"))), el("div", { class: "ends" })];
  const node = el("div", { class: "scale" }, ends, bar);
  const update = () => {
    const y = map.getSize().y / 2;
    const metres = map.distance(map.containerPointToLatLng([0, y]), map.containerPointToLatLng([100, y]));
    const length = rounded(metres * 1.6);
    bar.style.width = `${(length / metres) * 100}px`;
    ends.style.width = bar.style.width;
    const unit = length >= 1000 ? "km" : "m";
    const shown = (part) => number(length >= 1000 ? (part * length) / 1000 : part * length, 2);
    ends.replaceChildren(el("span", {}, "0"), el("span", {}, shown(0.5)), el("span", {}, `${shown(1)} ${unit}`));
  };
  map.on("move zoomend resize", onceAFrame(update));
  map.whenReady(update);
  return node;
}

function rounded(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  const step = [5, 2, 1].find((first) => first * power <= length);
  return step * power;
}

/** The place of the pointer, in the system that the reader chooses. */
export function pointerBox(map) {
  const words = el("output", { class: "pointer", "aria-hidden": "true" });
  let place = null;
  const update = () => (words.textContent = place ? chosenSystem().tell(place) : "");
  map.on("mousemove", ({ latlng }) => {
    const { lng, lat } = latlng.wrap();
    place = [lng, lat];
    update();
  });
  map.on("mouseout", () => {
    place = null;
    update();
  });
  return el("div", { class: "read-out" }, words, systemChoice(update));
}

const STEPS = [10, 5, 2, 1, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

/** Marks of longitude and latitude on the frame of the sheet. */
export function graticule(map) {
  const node = el("div", { class: "graticule", "aria-hidden": "true" });
  const update = () => {
    const size = map.getSize();
    const bounds = map.getBounds();
    const step = STEPS.findLast((degrees) => (degrees / (bounds.getEast() - bounds.getWest())) * size.x > 170) ?? 10;
    const middle = bounds.getCenter();
    node.replaceChildren(
      ...ticks(bounds.getWest(), bounds.getEast(), step).map((lon) =>
        tick("lon", map.latLngToContainerPoint([middle.lat, lon]).x, size.x, degrees(lon, step, "E", "W")),
      ),
      ...ticks(bounds.getSouth(), bounds.getNorth(), step).map((lat) =>
        tick("lat", map.latLngToContainerPoint([lat, middle.lng]).y, size.y, degrees(lat, step, "N", "S")),
      ),
    );
  };
  map.on("move zoomend resize", onceAFrame(update));
  map.whenReady(update);
  return node;
}

function ticks(from, to, step) {
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: Math.max(0, Math.min(60, last - first + 1)) }, (_, i) => (first + i) * step);
}

function tick(side, at, length, words) {
  if (at < 26 || at > length - 26) return "";
  const node = el("span", { class: side }, words);
  node.style.setProperty("--at", `${at}px`);
  return node;
}

/** Degrees and minutes, or decimals where minutes would not be whole. */
function degrees(value, step, plus, minus) {
  const size = Math.abs(value);
  const hemisphere = value < 0 ? minus : plus;
  if (step < 0.05) return `${size.toFixed(step < 0.01 ? 3 : 2)}°${hemisphere}`;
  const minutes = Math.round((size % 1) * 60) % 60;
  const whole = Math.floor(size + 1e-9 + (Math.round((size % 1) * 60) === 60 ? 1 : 0));
  return minutes ? `${whole}°${String(minutes).padStart(2, "0")}′${hemisphere}` : `${whole}°${hemisphere}`;
}
