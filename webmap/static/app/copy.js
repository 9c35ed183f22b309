// Copying text, also where the clipboard is closed to pages without https.

import { el } from "./dom.js";
import { t } from "./i18n.js";

/** A button that copies what `words()` gives and says whether it could. */
export function copyButton(words, title = t("copy")) {
  const button = el("button", { type: "button", class: "copy", on: { click: copyNow } }, title);
  async function copyNow() {
    button.textContent = t((await copy(words())) ? "copied" : "copyFailed");
    setTimeout(() => (button.textContent = title), 2500);
  }
  return button;
}

/** Whether a text was copied. */
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return copyBySelection(words);
  }
}

function copyBySelection(words) {
  const field = el("textarea", { class: "unseen" });
  field.value = words;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
