// The buttons at the edge of the map.

import { el, svg } from "./dom.js";
import { t } from "./i18n.js";

const L = window.L;

// Outlines in a box of 20, drawn with a line of 1.6.
const ICONS = {
  zoomIn: "M10 4v12M4 10h12",
  zoomOut: "M4 10h12",
  home: "M3.5 10 10 4l6.5 6M5.5 9v7h9V9",
  more: "M4 6h12M4 10h12M4 14h12",
  line: "M3 14.5 14.5 3l2.5 2.5L5.5 17zM6 11.5l1.5 1.5M9 8.5l2 2M12 5.5l1.5 1.5",
  polygon: "M4 15 6 5l8-1 3 8-6 5z",
  area: "M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M10 8v4M8 10h4",
  compare: "M3.5 4.5h13v11h-13zM10 4.5v11M12.5 8h2M12.5 11h2",
  story: "M10 5.5C8 4 5.5 4 3.5 4.5v11c2-.5 4.5-.5 6.5 1 2-1.5 4.5-1.5 6.5-1v-11C14.5 4 12 4 10 5.5v11",
  full: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  print: "M6 7V3.5h8V7M6 14H3.5V7h13v7H14M6 11.5h8v5H6z",
  share: "M8.5 11.5a3 3 0 0 0 4.2 0l3-3a3 3 0 0 0-4.2-4.2l-1 1M11.5 8.5a3 3 0 0 0-4.2 0l-3 3a3 3 0 0 0 4.2 4.2l1-1",
};

/** Groups of buttons: each a list of [icon, title, work]. On a narrow screen those after the first are folded away;
    `onUnfold()` is called when they are to be seen. */
export function toolbar([first, ...rest], onUnfold) {
  const fold = (isOpen) => (node.classList.toggle("open", isOpen), more.setAttribute("aria-expanded", String(isOpen)));
  const turn = () => (fold(!node.classList.contains("open")), node.classList.contains("open") && onUnfold());
  const more = tool(["more", "tools", turn]);
  const folding = rest.map((buttons) => buttons.map(([icon, key, work]) => [icon, key, () => (fold(false), work())]));
  const node = el("div", { class: "toolbar" }, group([...first.map(tool), rest.length ? more : null]), ...folding.map((buttons) => group(buttons.map(tool))));
  fold(false);
  L.DomEvent.disableClickPropagation(node);
  return node;
}

function group(buttons) {
  return el("div", { class: "tools", role: "group" }, ...buttons);
}

function tool([icon, key, work]) {
  const title = t(key);
  const drawing = svg("svg", { viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true" }, svg("path", { d: ICONS[icon] }));
  return el("button", { type: "button", class: `tool-${icon}`, title, "aria-label": title, on: { click: work } }, drawing);
}
