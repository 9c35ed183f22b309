// Classes of values for a map: their breaks by a named method, and colours that survive grey printing.

// From pale green to blue, after ColorBrewer's YlGnBu: told apart by the colour-blind, and by lightness alone in
// print (L* 90, 77, 62, 41). The palest differs from the paper, the darkest still carries symbols.
const RAMP = ["#d3edbd", "#7fcdbb", "#3fa3bf", "#24649f"];
const COLOURS = { 1: [RAMP[2]], 2: [RAMP[1], RAMP[3]], 3: [RAMP[0], RAMP[2], RAMP[3]], 4: RAMP };
const MOST = 4;

export const METHODS = ["jenks", "quantile", "equal"];

/** Classes of values by a method: { from, to, colour } from low to high; each holds its upper end. */
export function classesOf(values, method) {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  if (!sorted.length) return [];
  const count = Math.min(MOST, sorted.length);
  const uppers = [...new Set(WAYS[method]([...values].sort((a, b) => a - b), sorted, count))];
  return uppers
    .map((to, i) => ({ to, from: i ? uppers[i - 1] : sorted[0] }))
    .filter(({ from, to }, i) => values.some((value) => (i ? value > from : value >= from) && value <= to))
    .map((one, i, all) => ({ ...one, colour: COLOURS[all.length][i] }));
}

/** The class that holds a value. */
export function classOf(classes, value) {
  return classes.find(({ to }) => value <= to) ?? classes.at(-1);
}

const WAYS = {
  equal: (_all, sorted, count) => Array.from({ length: count }, (_, i) => (i === count - 1 ? sorted.at(-1) : sorted[0] + ((sorted.at(-1) - sorted[0]) * (i + 1)) / count)),
  quantile: (all, _sorted, count) => Array.from({ length: count }, (_, i) => all[Math.ceil((all.length * (i + 1)) / count) - 1]),
  jenks: (all, sorted, count) => naturalBreaks(all, sorted, count),
};

/** The upper ends of the classes whose values differ least within (Jenks): all ways are tried, values are few. */
function naturalBreaks(all, sorted, count) {
  let [best, least] = [[sorted.at(-1)], Infinity];
  const search = (uppers, from) => {
    if (uppers.length === count - 1) {
      const ends = [...uppers, sorted.at(-1)];
      const spread = ends.reduce((sum, to, i) => sum + deviation(all.filter((v) => v <= to && (!i || v > ends[i - 1]))), 0);
      if (spread < least) [best, least] = [ends, spread];
      return;
    }
    for (let i = from; i < sorted.length - 1; i++) search([...uppers, sorted[i]], i + 1);
  };
  search([], 0);
  return best;
}

function deviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
