// Elements built node by node. Text becomes text nodes: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `on` holds listeners, `data` the data attributes; null and false leave an attribute out. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, { on = {}, data = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  Object.assign(node.dataset, data);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/** Text of unknown direction and length, kept from disturbing what stands beside it. */
export function text(value, attributes = {}) {
  return el("bdi", attributes, String(value));
}

/** Texts beside each other: none of them turns the direction of the next. */
export function texts(values, between, attributes = {}) {
  return el("span", attributes, ...values.flatMap((value, i) => [i ? between : "", text(value)]));
}

/** Put an element at a point of its pane. Not by a transform: each of thousands would be painted by itself. */
export function put(node, { x, y }) {
  node.style.left = `${x.toFixed(1)}px`;
  node.style.top = `${y.toFixed(1)}px`;
}

/** Call a function once after the last of many requests within a frame. */
export function onceAFrame(work) {
  let asked = 0;
  return () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(work);
  };
}

/** When the next frame is due; soon, in a page that is not seen. */
export function nextFrame() {
  return new Promise((due) => {
    requestAnimationFrame(due);
    setTimeout(due, 100);
  });
}

/** When a frame with what has been done up to now is painted. */
export async function painted() {
  await nextFrame();
  await new Promise((due) => setTimeout(due));
}
