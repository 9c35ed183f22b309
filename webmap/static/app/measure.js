// Measuring: lengths and areas on the ellipsoid.

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { areaOf, lengthOf } from "./geo.js";
import { lang, number, t } from "./i18n.js";

export class Measure {
  constructor(sketch, notices) {
    Object.assign(this, { sketch, notices });
  }

  /** Measure a `line` or a `polygon`. */
  start(kind) {
    const words = el("output", { class: "result" }, t(kind === "line" ? "drawLine" : "drawPolygon"));
    this.notices.say("measuring", el("p", {}, words), [[t("stop"), () => this.stop()]], { closable: false });
    this.sketch.start(kind, {
      onChange: (places) => places.length > 1 && (words.textContent = told(kind, places)),
      onEnd: (places) => (places ? this.#keep(kind, places) : this.notices.say("measuring", null)),
    });
  }

  stop() {
    this.sketch.stop();
    this.sketch.show(null, null);
    this.notices.say("measuring", null);
  }

  #keep(kind, places) {
    this.sketch.show(kind, places);
    const words = el("output", { class: "result" }, told(kind, places));
    const node = el("p", {}, words, " ", el("small", {}, t("onEllipsoid")), " ", copyButton(() => words.textContent));
    this.notices.say("measuring", node, [[t("again"), () => this.start(kind)], [t("done"), () => this.stop()]], { closable: false });
  }
}

function told(kind, places) {
  if (kind === "line" || places.length < 3) return t("length", { length: metresOrKm(lengthOf(places)) });
  const values = { area: squareKm(areaOf(places)), rim: metresOrKm(lengthOf([...places, places[0]])) };
  return t("areaAndRim", values);
}

function metresOrKm(metres) {
  return metres < 1000 ? `${number(metres)} m` : `${number(metres / 1000, 2)} km`;
}

/** An area in square kilometres, or hectares when it is small. */
export function squareKm(area) {
  return area < 1 ? `${number(area * 100, 2)} ${lang === "en" ? "ha" : "公顷"}` : `${number(area, area < 100 ? 2 : 1)} km²`;
}
