// The state of the map is its address: `#zoom/lat/lon&layers=…&city=…`. Each part of the interface owns
// one name in it; what cannot be understood is left out and reported.

// What the address may ask before its `#`.
const QUERY = { lang: ["zh", "en"], embed: ["1"], f: ["html"] };

/** A part: { name, read() → text or null for the ordinary, write(text or null) → false when it means nothing, or the
    pieces of the text that mean nothing }. */
export class Address {
  #parts = [];
  #late = [];
  #live = false;
  #silent = false;

  /** `onIgnored(texts)` is told what a link said in vain, `onFollowed()` that the map does what the address
      says, `onChange()` that the address is another. */
  constructor(view, { onIgnored, onFollowed, onChange }) {
    Object.assign(this, { view, onIgnored, onFollowed, onChange });
    window.addEventListener("popstate", () => this.follow());
    window.addEventListener("hashchange", () => location.hash !== this.text() && this.follow());
  }

  /** Add a part. One that needs the features is `late`: it is read once they are there. */
  add(part, { late = false } = {}) {
    (late ? this.#late : this.#parts).push(part);
  }

  /** Take over what the address says, but for the late parts. */
  start() {
    this.#silent = true;
    this.ignored = this.#take(this.#parts, true);
    this.#silent = false;
  }

  /** Take over the late parts; from now on the address follows the map. */
  complete() {
    this.#silent = true;
    this.#report([...this.ignored, ...this.#take(this.#late), ...this.#unknown()]);
    this.onFollowed();
    this.#silent = false;
    this.#live = true;
    this.keep();
  }

  /** Do what the address says: after going back, or when a link to this page is followed. */
  follow() {
    if (!this.#live) return;
    this.#silent = true;
    this.#report([...this.#take(this.#parts, true), ...this.#take(this.#late), ...this.#unknown()]);
    this.onFollowed();
    this.#silent = false;
    this.onChange();
  }

  /** Show a state: the text of an address, as a story tells it. */
  show(text) {
    this.#put(`#${text.replace(/^#/, "")}`, true);
    this.follow();
    this.keep(); // a box is a view by now
  }

  /** The map was moved: the address says so, and going back does not. */
  keep() {
    this.#put(this.text(), false);
  }

  /** Something was chosen: going back undoes it. */
  push() {
    this.#put(this.text(), true);
  }

  /** Do work that moves the map to something chosen: going back leads to where it was before. */
  leap(work) {
    const wasSilent = this.#silent;
    this.#silent = true;
    work();
    this.#silent = wasSilent;
    this.push();
  }

  /** The address of what is seen now. */
  text() {
    const parts = [...this.#parts, ...this.#late].map((part) => [part.name, part.read()]).filter(([, text]) => text);
    return `#${this.view.read()}${parts.map(([name, text]) => `&${name}=${escaped(text)}`).join("")}`;
  }

  #unknown() {
    const { parameters } = parsed(location.hash);
    const names = new Set([...this.#parts, ...this.#late].map((part) => part.name));
    const asked = [...new URLSearchParams(location.search)].filter(([name, text]) => !QUERY[name]?.includes(text));
    return [...asked, ...[...parameters].filter(([name]) => !names.has(name))].map(([name, text]) => `${name}=${text}`);
  }

  #take(parts, withView = false) {
    const { view, parameters } = parsed(location.hash);
    const ignored = [];
    if (withView && !this.view.write(view)) ignored.push(view);
    for (const part of parts) {
      const text = parameters.get(part.name) ?? null;
      const vain = part.write(text);
      const pieces = Array.isArray(vain) ? vain.join(",") : vain === false ? text : "";
      if (pieces) ignored.push(`${part.name}=${pieces}`);
    }
    return ignored;
  }

  #report(ignored) {
    this.onIgnored(ignored);
  }

  #put(text, asNew) {
    if (!this.#live || this.#silent || text === location.hash) return;
    try {
      history[asNew ? "pushState" : "replaceState"](history.state, "", text);
    } catch {
      // A page without an address of its own (a notebook's frame) keeps no state.
    }
    this.onChange();
  }
}

function parsed(hash) {
  const [first, ...others] = hash.replace(/^#/, "").split("&");
  const [view, rest] = first.includes("=") ? ["", [first, ...others]] : [first, others];
  const pairs = rest.filter(Boolean).map((pair) => {
    const [name, ...value] = pair.split("=");
    return [plain(name), plain(value.join("="))];
  });
  return { view: plain(view), parameters: new Map(pairs) };
}

function plain(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text; // a stray per cent sign
  }
}

/** Encoded only where the text would be misread: commas, colons and slashes stay legible. */
function escaped(text) {
  return encodeURIComponent(text).replace(/%(2C|3A|2F)/g, decodeURIComponent);
}

/** The view as the first part of an address: `zoom/lat/lon`, or `west,south,east,north` for all of a box on any
    screen. `goHome` shows the whole. */
export function viewPart(map, goHome) {
  let given = null; // as it was written: the map rounds to pixels
  return {
    read() {
      if (given && map.getZoom() === given.zoom && map.project(map.getCenter()).distanceTo(map.project(given.center)) < 1.5) return given.text;
      const { lat, lng } = map.getCenter();
      const digits = map.getZoom() > 13 ? 5 : 4;
      return `${Number(map.getZoom().toFixed(2))}/${lat.toFixed(digits)}/${lng.toFixed(digits)}`;
    },
    write(text) {
      const box = boxOf(text);
      if (box) map.fitBounds(box, { padding: [12, 12], animate: false });
      const view = viewOf(text, map);
      if (!view && !box) goHome();
      else if (view && this.read() !== text) {
        map.setView(view.center, view.zoom, { animate: false });
        given = { text, zoom: map.getZoom(), center: map.getCenter() };
      }
      return Boolean(view ?? box) || !text;
    },
  };
}

function boxOf(text) {
  const [west, south, east, north] = text.split(",").map(Number);
  return text.split(",").length === 4 && isOnMap(south, west) && isOnMap(north, east) && west < east && south < north ? [[south, west], [north, east]] : null;
}

function isOnMap(lat, lon) {
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
}

function viewOf(text, map) {
  const found = /^(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(text);
  if (!found) return null;
  const [zoom, lat, lon] = found.slice(1).map(Number);
  const isReached = zoom >= map.getMinZoom() && zoom <= map.getMaxZoom();
  return isOnMap(lat, lon) && isReached ? { zoom, center: [lat, lon] } : null;
}
