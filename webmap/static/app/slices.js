// Long work in slices: between them the page answers to its reader.

const SLICE = 10; // milliseconds

const waiting = [];
let isRunning = false;

/** Go through the steps of a generator when there is time for them, then call `done`. Gives the way to stop it. */
export function inSlices(steps, done = () => {}) {
  const work = { steps, done };
  waiting.push(work);
  if (!isRunning) setTimeout(run); // what is asked for within a frame does not hold it up
  isRunning = true;
  return () => {
    const at = waiting.indexOf(work);
    if (at >= 0) waiting.splice(at, 1);
  };
}

function run() {
  const end = performance.now() + SLICE;
  while (waiting.length && performance.now() < end) step(waiting[0]);
  isRunning = waiting.length > 0;
  if (isRunning) setTimeout(run);
}

function step(work) {
  try {
    if (!work.steps.next().done) return;
    waiting.splice(waiting.indexOf(work), 1);
    work.done(null);
  } catch (error) {
    waiting.splice(waiting.indexOf(work), 1);
    work.done(error);
  }
}
