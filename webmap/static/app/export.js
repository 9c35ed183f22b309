// Exactly what is selected, as files: GeoJSON and CSV, made of the features that the page holds.

import { el } from "./dom.js";
import { t } from "./i18n.js";

/** Buttons that save entries { layer, feature, more } as GeoJSON and CSV; `more` holds columns of its own. */
export function saveButtons(entries, name) {
  const button = (title, kind, make) =>
    el("button", { type: "button", class: "act", on: { click: () => save(`${name}.${kind}`, make(entries())) } }, title);
  return el("p", { class: "acts" }, button(t("saveGeojson"), "geojson", geojsonOf), button(t("saveCsv"), "csv", csvOf));
}

function save(name, [type, text]) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A FeatureCollection; ids are unique within a layer only, so each is led by its layer's. */
function geojsonOf(entries) {
  const features = entries.map(({ layer, feature, more = {} }) => ({
    type: "Feature",
    id: `${layer.id}/${feature.id}`,
    geometry: feature.geometry,
    properties: { layer: layer.id, ...feature.properties, ...more },
  }));
  return ["application/geo+json", JSON.stringify({ type: "FeatureCollection", features })];
}

/** UTF-8 with the mark by which spreadsheets know it; a text that they would compute is led by an apostrophe. */
export function csvOf(entries) {
  const rows = entries.map(({ layer, feature, more = {} }) => {
    const [lon, lat] = feature.geometry?.type === "Point" ? feature.geometry.coordinates : ["", ""];
    return { layer: layer.id, id: feature.id, ...feature.properties, lon, lat, ...more };
  });
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return ["text/csv;charset=utf-8", `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`];
}

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
