// Lines that bend softly at their vertices instead of at angles, as on paper (webmap/special/rivers.py).

const STEP = 0.0012; // degrees between the points of a curve, some 100 m
const APART = 1e-9;

/** A line geometry with a curve between each two vertices: it passes through every one of them. */
export function curved({ type, coordinates }) {
  return { type, coordinates: type === "LineString" ? curve(coordinates) : coordinates.map(curve) };
}

/** Centripetal Catmull–Rom splines, which have no loops and hardly overshoot. */
function curve(line) {
  const points = line.filter((point, i) => !i || apart(point, line[i - 1]) > APART);
  if (points.length < 3) return points;
  const ends = [beyond(points[0], points[1]), ...points, beyond(points.at(-1), points.at(-2))];
  return [...points.slice(1).flatMap((_, i) => between(...ends.slice(i, i + 4))), points.at(-1)];
}

function apart([ax, ay], [bx, by]) {
  return Math.hypot(bx - ax, by - ay);
}

function beyond([ax, ay], [bx, by]) {
  return [2 * ax - bx, 2 * ay - by];
}

/** The points of the curve from b on, without c. */
function between(a, b, c, d) {
  const [ab, bc, cd] = [apart(a, b), apart(b, c), apart(c, d)].map(Math.sqrt);
  const leave = [0, 1].map((i) => bc * ((b[i] - a[i]) / ab - (c[i] - a[i]) / (ab + bc) + (c[i] - b[i]) / bc));
  const arrive = [0, 1].map((i) => bc * ((c[i] - b[i]) / bc - (d[i] - b[i]) / (bc + cd) + (d[i] - c[i]) / cd));
  const count = Math.max(1, Math.round(bc ** 2 / STEP));
  return Array.from({ length: count }, (_, n) => [0, 1].map((i) => hermite(n / count, b[i], c[i], leave[i], arrive[i])));
}

function hermite(t, from, to, leave, arrive) {
  const [t2, t3] = [t * t, t * t * t];
  return (2 * t3 - 3 * t2 + 1) * from + (t3 - 2 * t2 + t) * leave + (3 * t2 - 2 * t3) * to + (t3 - t2) * arrive;
}
