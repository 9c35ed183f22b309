// The filter of the map as a condition that the service understands (CQL2 text).

const L = window.L;
const FINEST = 0.0001; // degrees by which an outline may be simplified, doubled until it fits
const LONGEST = 1500; // characters of the outlines of a facet in an address

/** What a layer's features must satisfy to pass the facets, `but` one; "" when all pass. */
export function conditionOf(facets, layer, but = null) {
  const chosen = facets.all.filter((facet) => facet.chosen.size && facet !== but);
  return joined(chosen.map((facet) => chosenOf(facet, layer, [...facet.chosen])));
}

/** Conditions that hold together. */
export function joined(conditions) {
  return conditions.filter(Boolean).join(" AND ");
}

/** What has one of the codes of a facet. */
export function chosenOf(facet, layer, codes) {
  if (facet.isPlan) return within(codes.map((code) => facet.areaOf(code)).filter(Boolean));
  if (facet.name === "document") return `(${codes.map((code) => `source LIKE ${quoted(`%${pattern(code)}#%`)}`).join(" OR ")})`;
  return oneOf(facet.name, codes, facet.isNumber);
}

/** What has one of some names or says one of some words in them, of a layer too large to be searched here. */
export function named(words) {
  const wanted = quoted(`%${pattern(words)}%`);
  const has = /[a-z]/i.test(words) ? (name) => `CASEI(${name}) LIKE CASEI(${wanted})` : (name) => `${name} LIKE ${wanted}`;
  return ["name", "aliases", "name_en"].map(has).join(" OR ");
}

/** In one of some areas, if the place is known better than by its district. */
function within(areas) {
  const fits = (tolerance) => {
    const outlines = areas.map((area) => `S_INTERSECTS(geometry,${outlineOf(area, tolerance)})`).join(" OR ");
    return outlines.length <= LONGEST ? outlines : fits(tolerance * 2);
  };
  return areas.length ? `precision NOT IN ('district','city') AND (${fits(FINEST)})` : "1 = 0";
}

function outlineOf({ type, coordinates }, tolerance) {
  const polygons = type === "Polygon" ? [coordinates] : coordinates;
  const texts = polygons.map((rings) => `(${rings.map((ring) => ringOf(ring, tolerance)).filter(Boolean).join(",")})`);
  return `MULTIPOLYGON(${texts.filter((words) => words !== "()").join(",")})`;
}

/** A ring with fewer corners, "" when too few are left. */
function ringOf(ring, tolerance) {
  const corners = L.LineUtil.simplify(ring.map(([x, y]) => L.point(x, y)), tolerance);
  const places = corners.map(({ x, y }) => `${Number(x.toFixed(4))} ${Number(y.toFixed(4))}`);
  return places.length < 4 ? "" : `(${[...places.slice(0, -1), places[0]].join(",")})`;
}

/** What has one of some codes. */
export function oneOf(name, codes, isNumber = false) {
  return `${name} IN (${codes.map((code) => (isNumber ? code : quoted(code))).join(",")})`;
}

function quoted(text) {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A text that means itself in a pattern. */
function pattern(text) {
  return text.replace(/[\\%_]/g, "\\$&");
}
