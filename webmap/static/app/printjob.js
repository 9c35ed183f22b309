// One print of the service: ordered, watched, given up; what goes wrong as something a reader can act on.

import { t } from "./i18n.js";

const PATIENCE = 700; // milliseconds between two questions

/** Why a print is not there: `words` to read, `detail` as the service put it, and the `field` that it is about. */
export class PrintError extends Error {
  constructor(words, { detail = "", field = null } = {}) {
    super(words);
    Object.assign(this, { words, detail, field });
  }
}

export class PrintJob {
  #id = null;
  #isGivenUp = false;

  /** `prints` is the address of the service of prints, `order` what it is sent. */
  constructor(prints, order) {
    Object.assign(this, { prints, order });
  }

  /** The file, once it is there: { url, bytes }; null when it was given up. `onProgress(step)` follows it. Raises
      `PrintError`. */
  async run(onProgress) {
    const answer = await ask(this.prints, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(this.order) });
    this.#id = answer.id;
    if (this.#isGivenUp) return this.#forget();
    for (;;) {
      const state = await ask(this.#url());
      if (this.#isGivenUp) return null;
      if (state.status === "successful") return { url: this.#url("/file"), bytes: state.bytes };
      if (state.status === "failed") throw refused(state.progress);
      onProgress(state.step ?? 0);
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    }
  }

  /** Give it up: the service stops it. */
  cancel() {
    this.#isGivenUp = true;
    if (this.#id) this.#forget();
  }

  #forget() {
    fetch(this.#url(), { method: "DELETE" }).catch(() => {}); // the service forgets it by itself
    return null;
  }

  #url(part = "") {
    return new URL(`${this.prints}/${this.#id}${part}`, document.baseURI).href;
  }
}

async function ask(url, options = {}) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new PrintError(t("noAnswer"));
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  if (response.status === 503) throw new PrintError(t("printBusy"), { detail: body.detail });
  throw body.detail ? refused(body.detail) : new PrintError(t("status", { status: response.status }));
}

const KNOWN = new Set(["title", "subtitle", "extent", "layers", "scale", "dpi", "panel", "paper", "state"]);

/** What the service refuses, by the name that it begins with: `scale=…: expected …`. */
function refused(detail) {
  const field = /^([a-z]+)[.=]/.exec(detail)?.[1];
  return new PrintError(t(KNOWN.has(field) ? `refused_${field}` : "refused"), { detail, field });
}
