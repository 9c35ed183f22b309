// Basemaps of other services, if the installation has any: tiles below everything, passed on by our own.

import { el, text } from "./dom.js";
import { say, t } from "./i18n.js";

const L = window.L;

export class Basemaps {
  #shown = new Map();

  /** `onChange()` is called when another basemap is chosen. */
  constructor(map, config, onChange) {
    Object.assign(this, { map, onChange });
    this.all = config.basemaps;
    map.createPane("basemap").style.zIndex = 150;
    this.inputs = new Map(this.all.map((basemap) => [basemap, this.#input(basemap)]));
    this.none = el("input", { type: "radio", name: "basemap", checked: true, on: { change: () => this.#choose(this.#overlays()) } });
    const row = (input, title) => el("label", {}, input, text(title, { class: "title" }));
    this.node = el(
      "fieldset",
      { class: "basemaps" },
      el("legend", {}, t("basemaps")),
      row(this.none, t("ownBase")),
      ...this.all.map((basemap) => row(this.inputs.get(basemap), say(basemap.title))),
    );
    this.credits = el("p", { class: "facts basemap-credits", hidden: true });
  }

  /** The part of the address that this is. */
  part() {
    return {
      name: "basemap",
      read: () => [...this.#shown.keys()].map(({ id }) => id).join(",") || null,
      write: (words) => {
        const ids = words?.split(",") ?? [];
        const known = this.all.filter(({ id }) => ids.includes(id));
        this.#show(known);
        return ids.filter((id) => !known.some((basemap) => basemap.id === id));
      },
    };
  }

  #input(basemap) {
    return basemap.overlay
      ? el("input", { type: "checkbox", on: { change: () => this.#choose([...this.#bases(), ...this.#overlays()]) } })
      : el("input", { type: "radio", name: "basemap", on: { change: () => this.#choose([basemap, ...this.#overlays()]) } });
  }

  #bases() {
    return [...this.#shown.keys()].filter((basemap) => !basemap.overlay);
  }

  #overlays() {
    return this.all.filter((basemap) => basemap.overlay && this.inputs.get(basemap).checked);
  }

  #choose(basemaps) {
    this.#show(basemaps);
    this.onChange();
  }

  #show(basemaps) {
    for (const [basemap, tiles] of this.#shown) {
      if (basemaps.includes(basemap)) continue;
      tiles.remove();
      this.#shown.delete(basemap);
    }
    for (const basemap of basemaps) {
      if (!this.#shown.has(basemap)) this.#shown.set(basemap, tilesOf(basemap).addTo(this.map));
    }
    this.none.checked = !this.#bases().length;
    for (const [basemap, input] of this.inputs) input.checked = this.#shown.has(basemap);
    document.body.classList.toggle("with-basemap", this.#bases().length > 0);
    this.credits.hidden = !this.#shown.size;
    this.credits.textContent = [...this.#shown.keys()].map(creditOf).join("；");
  }
}

function tilesOf({ url, minzoom, maxzoom, overlay }) {
  return L.tileLayer(url, { pane: "basemap", minNativeZoom: minzoom, maxNativeZoom: maxzoom, zIndex: overlay ? 2 : 1 });
}

function creditOf({ title, attribution, approval }) {
  return [say(title), attribution, approval && t("approval", { number: approval })].filter(Boolean).join(" ");
}
