// Boundary lines, each drawn once. Neighbouring areas both bring their common boundary, a few metres
// apart; two dashed lines on each other would look solid. Areas are taken in the order given (the
// highest rank first), and a segment that runs along one already drawn is left out.

const TOLERANCE = 0.00025; // degrees: what counts as the same line, about 25 m
const CELL = 0.004;

/** For each list of rings, its lines [[lon, lat], …] without those of the rings before them. */
export function boundaryLines(ringLists) {
  const drawn = new Index();
  return ringLists.map((rings) => rings.flatMap((ring) => linesOf(ring, drawn)));
}

/** The rings of a GeoJSON area. */
export function ringsOf(geometry) {
  if (!geometry) return [];
  return geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
}

function linesOf(ring, drawn) {
  const lines = [];
  const fresh = [];
  let line = null;
  for (let i = 1; i < ring.length; i++) {
    const [a, b] = [ring[i - 1], ring[i]];
    if (drawn.runsAlong(a, b)) {
      line = null;
      continue;
    }
    if (!line) lines.push((line = [a]));
    line.push(b);
    fresh.push([a, b]);
  }
  // Only now: a ring must not meet itself.
  for (const [a, b] of fresh) drawn.add(a, b);
  return joined(lines);
}

/** A ring starts anywhere: when its first and last line touch they are one. */
function joined(lines) {
  if (lines.length < 2) return lines;
  const [first, last] = [lines[0], lines.at(-1)];
  const end = last.at(-1);
  if (end[0] !== first[0][0] || end[1] !== first[0][1]) return lines;
  return [[...last, ...first.slice(1)], ...lines.slice(1, -1)];
}

/** Segments by the cells of a grid that they touch. */
class Index {
  #cells = new Map();

  add(a, b) {
    const steps = Math.ceil(Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])) / CELL) + 1;
    for (let i = 0; i <= steps; i++) {
      const key = this.#key(a[0] + ((b[0] - a[0]) * i) / steps, a[1] + ((b[1] - a[1]) * i) / steps);
      const cell = this.#cells.get(key);
      if (!cell) this.#cells.set(key, [[a, b]]);
      else if (cell.at(-1)[0] !== a || cell.at(-1)[1] !== b) cell.push([a, b]);
    }
  }

  runsAlong(a, b) {
    return this.#near((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) && (this.#near(...a) || this.#near(...b));
  }

  #near(x, y) {
    for (const dx of [-TOLERANCE, TOLERANCE]) {
      for (const dy of [-TOLERANCE, TOLERANCE]) {
        const cell = this.#cells.get(this.#key(x + dx, y + dy));
        if (cell?.some(([a, b]) => distanceTo(x, y, a, b) < TOLERANCE)) return true;
      }
    }
    return false;
  }

  #key(x, y) {
    return Math.floor(x / CELL) * 1e6 + Math.floor(y / CELL);
  }
}

function distanceTo(x, y, [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
