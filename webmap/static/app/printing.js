// The print panel: the map as it is seen, on a sheet of paper.

import { el, text } from "./dom.js";
import { lang, number, say, t } from "./i18n.js";
import { PrintError, PrintJob } from "./printjob.js";

const PAPERS = { A4: [210, 297], A3: [297, 420], A2: [420, 594], A1: [594, 841], A0: [841, 1189] };
const SCALES = [25000, 50000, 100000, 200000, 250000, 500000, 1000000];
const FORMATS = ["pdf", "png", "svg"];
const DPIS = [150, 200, 300];
const FINE = { A4: 300, A3: 300, A2: 300, A1: 200, A0: 150 }; // dots an inch that the service still draws
const SEEN = 1000; // pixels of a preview's longer side
const MILLIMETRES = 25.4;

export class Printing {
  #job = null;
  #seen = null; // the order of the preview that is shown
  #clock = 0;

  /** `prints` is the address of the service of prints; `told()` gives what the map shows, in words: [title, words]. */
  constructor(prints, map, { config, told }) {
    Object.assign(this, { prints, map, told });
    const update = () => this.#update();
    this.title = input("title", { required: true, value: say(config.about.title) }, update);
    this.subtitle = input("subtitle", {}, update);
    this.unit = input("unit", {}, update);
    this.paper = select("paper", Object.keys(PAPERS).map((name) => [name, name]), "A3", update);
    this.turn = select("orientation", ["landscape", "portrait"].map((one) => [one, t(one)]), "landscape", update);
    this.scale = select("scale", [["", t("scaleFit")], ...SCALES.map((scale) => [scale, ratio(scale)]), ["own", t("scaleOwn")]], "", update);
    this.own = el("input", { type: "number", id: "print-own", min: 1000, max: 10000000, step: 1000, value: 80000, "aria-label": t("scaleNumber"), hidden: true, on: { input: update } });
    this.format = select("format", FORMATS.map((form) => [form, form.toUpperCase()]), "pdf", update);
    this.dpi = select("dpi", DPIS.map((dpi) => [dpi, `${dpi} dpi`]), 200, update);
    this.content = el("dl", { class: "print-content" });
    this.sheet = el("div", { class: "print-sheet" });
    this.status = el("div", { class: "print-status", role: "status" });
    this.files = el("ul", { class: "print-files", "aria-label": t("printFiles") });
    this.look = el("button", { type: "button", class: "act", on: { click: () => this.#preview() } }, t("preview"));
    this.go = el("button", { type: "submit", class: "act main" }, t("makeFile"));
    this.node = this.#dialog();
  }

  /** Show the panel for what the map shows now. */
  open() {
    this.content.replaceChildren(...this.told().map(([title, words]) => el("div", {}, el("dt", {}, title), el("dd", {}, text(words)))));
    document.body.append(this.node);
    this.node.showModal();
    this.#update();
  }

  #dialog() {
    const close = el("button", { type: "button", class: "close", "aria-label": t("close"), on: { click: () => this.node.close() } }, "×");
    const form = el(
      "form",
      { class: "print-form", on: { submit: (event) => (event.preventDefault(), this.#make()) } },
      line("title", this.title),
      line("subtitle", this.subtitle),
      line("unit", this.unit),
      el("div", { class: "print-pair" }, line("paper", this.paper), line("orientation", this.turn)),
      line("scale", this.scale, this.own),
      el("div", { class: "print-pair" }, line("format", this.format), line("dpi", this.dpi)),
      el("h3", {}, t("printContent")),
      this.content,
      el("p", { class: "quiet" }, t("printLeaves")),
      el("p", { class: "acts" }, this.look, this.go),
      this.status,
      this.files,
    );
    return el(
      "dialog",
      { class: "printing", "aria-label": t("print"), on: { close: () => this.#leave(), click: (event) => event.target === this.node && this.node.close() } },
      el("header", {}, el("h2", {}, t("print")), close),
      el("div", { class: "print-body" }, form, el("div", { class: "print-desk" }, this.sheet)),
    );
  }

  #leave() {
    this.#job?.cancel();
    this.node.remove();
  }

  /** The fields fit each other, and the preview says whether it still holds. */
  #update() {
    this.own.hidden = this.scale.value !== "own";
    this.dpi.parentNode.hidden = this.format.value !== "png";
    const most = FINE[this.paper.value];
    for (const option of this.dpi.options) option.disabled = Number(option.value) > most;
    if (Number(this.dpi.value) > most) this.dpi.value = most;
    const [wide, high] = this.#size();
    this.sheet.style.aspectRatio = `${wide} / ${high}`;
    this.sheet.style.setProperty("--slimness", wide / high);
    if (!this.#seen) return this.sheet.replaceChildren(el("p", {}, `${this.paper.value} · ${wide} × ${high} mm`));
    this.sheet.classList.toggle("old", this.#seen !== JSON.stringify(this.#asked()));
    this.sheet.dataset.old = t("previewOld");
  }

  #size() {
    const [short, long] = PAPERS[this.paper.value];
    return this.turn.value === "landscape" ? [long, short] : [short, long];
  }

  /** The sheet that is asked for: at a fixed scale what lies around the middle of the map, else all that is seen. */
  #asked() {
    const scale = this.scale.value === "own" ? this.own.valueAsNumber || 0 : Number(this.scale.value);
    const bounds = this.map.getBounds();
    const extent = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((degrees) => Number(degrees.toFixed(6)));
    return {
      title: this.title.value.trim(),
      subtitle: this.subtitle.value.trim(),
      paper: this.paper.value,
      orientation: this.turn.value,
      language: lang,
      marginalia: { unit: this.unit.value.trim() },
      state: location.href,
      ...(scale || this.scale.value ? { scale } : { extent }),
    };
  }

  async #preview() {
    if (!this.title.reportValidity()) return;
    const asked = this.#asked();
    const dpi = Math.max(50, Math.round((SEEN / Math.max(...this.#size())) * MILLIMETRES));
    const file = await this.#print({ sheet: asked, format: "png", dpi }, () => this.#preview());
    if (!file) return;
    const image = el("img", { src: file.url, alt: t("previewOf", { title: asked.title }) });
    this.#seen = JSON.stringify(asked);
    this.sheet.classList.remove("old");
    this.sheet.replaceChildren(image);
    this.#update();
  }

  async #make() {
    const [asked, format] = [this.#asked(), this.format.value];
    const file = await this.#print({ sheet: asked, format, ...(format === "png" ? { dpi: Number(this.dpi.value) } : {}) }, () => this.#make());
    if (!file) return;
    const facts = [format.toUpperCase(), asked.paper, megabytes(file.bytes)].join(" · ");
    const link = el("a", { href: file.url, download: `${asked.title}.${format}`, target: "_blank", rel: "noopener" }, text(asked.title));
    this.files.prepend(el("li", {}, link, " ", el("span", { class: "count" }, facts)));
    this.status.append(el("p", {}, t("printKept")));
    link.focus();
  }

  /** The file of an order; null when there is none, which is said. */
  async #print(order, again) {
    this.#job?.cancel();
    const job = (this.#job = new PrintJob(this.prints, order));
    this.#busy(true);
    try {
      return await job.run((step) => this.#say(step));
    } catch (error) {
      if (!(error instanceof PrintError)) throw error;
      if (this.#job === job) this.#fail(error, again);
      return null;
    } finally {
      if (this.#job === job) this.#busy(false);
    }
  }

  #busy(is) {
    clearInterval(this.#clock);
    this.look.disabled = this.go.disabled = is;
    if (!is) {
      this.#job = null;
      this.status.querySelector(".print-running")?.remove();
      return;
    }
    const began = Date.now();
    this.words = el("span", {});
    const seconds = el("span", { class: "count", "aria-hidden": "true" });
    const stop = el("button", { type: "button", class: "act", on: { click: () => this.#stop() } }, t("cancel"));
    this.status.replaceChildren(el("div", { class: "print-running" }, el("progress", { "aria-label": t("printing") }), this.words, seconds, stop));
    this.#say(0);
    this.#clock = setInterval(() => (seconds.textContent = t("seconds", { count: Math.round((Date.now() - began) / 1000) })), 500);
  }

  #stop() {
    this.#job?.cancel();
    this.#busy(false);
    this.status.replaceChildren(el("p", {}, t("printStopped")));
  }

  #say(step) {
    const words = t(["printOrdered", "printComposing", "printSetting"][Math.min(step, 2)]);
    if (this.words.textContent !== words) this.words.textContent = words;
  }

  #fail({ words, detail, field }, again) {
    const mark = { title: this.title, subtitle: this.subtitle, scale: this.own.hidden ? this.scale : this.own, paper: this.paper, dpi: this.dpi }[field];
    const retry = el("button", { type: "button", class: "act", on: { click: again } }, t("retry"));
    this.status.replaceChildren(
      el("div", { class: "print-failed" }, el("p", {}, el("strong", {}, t("printFailed")), words), detail ? el("p", { class: "quiet", lang: "en" }, text(detail)) : null, retry),
    );
    mark?.focus();
  }
}

function line(key, ...fields) {
  return el("div", { class: "print-line" }, el("label", { for: `print-${key}` }, t(`print_${key}`)), ...fields);
}

function input(key, attributes, update) {
  return el("input", { type: "text", id: `print-${key}`, maxlength: 200, autocomplete: "off", ...attributes, on: { input: update } });
}

function select(key, options, chosen, update) {
  const node = el("select", { id: `print-${key}`, on: { change: update } }, ...options.map(([value, title]) => el("option", { value }, title)));
  node.value = chosen;
  return node;
}

function ratio(scale) {
  return `1:${number(scale)}`;
}

function megabytes(bytes) {
  return bytes < 1e6 ? `${number(bytes / 1000)} kB` : `${number(bytes / 1e6, 1)} MB`;
}
