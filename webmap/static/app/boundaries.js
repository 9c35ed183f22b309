// Boundary lines, each drawn once. Neighbouring areas both bring their common boundary, a few metres
// apart; two dashed lines on each other would look solid. Areas are taken in the order given (the
// highest rank first), and a segment that runs along one already drawn is left out.

const TOLERANCE = 0.00025; // degrees: what counts as the same line, about 25 m
const CELL = 0.004;
const COLUMN = 1e6; // cells, more than there are from south to north

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
    const least = this.#key(x - TOLERANCE, y - TOLERANCE);
    const most = this.#key(x + TOLERANCE, y + TOLERANCE);
    for (let column = least; column <= most; column += COLUMN) {
      const rows = (most - least) % COLUMN;
      for (let key = column; key <= column + rows; key++) if (this.#holds(key, x, y)) return true;
    }
    return false;
  }

  #holds(key, x, y) {
    const cell = this.#cells.get(key);
    if (!cell) return false;
    for (let i = 0; i < cell.length; i++) if (squaredTo(x, y, cell[i][0], cell[i][1]) < TOLERANCE ** 2) return true;
    return false;
  }

  #key(x, y) {
    return Math.floor(x / CELL) * COLUMN + Math.floor(y / CELL);
  }
}

function squaredTo(x, y, a, b) {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const along = Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy || 1)));
  return (x - a[0] - along * dx) ** 2 + (y - a[1] - along * dy) ** 2;
}
