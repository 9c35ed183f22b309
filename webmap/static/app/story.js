// Stories: a map told in steps, each a state of the map and a text.

import { el, text } from "./dom.js";
import { lang, t } from "./i18n.js";

export class Stories {
  #told = new Map();
  #playing = null;
  #isRead = false; // whether the reader turns the pages: then the text gets the focus

  /** `address` shows the states; `list` is the address of the stories. */
  constructor(list, address, notices) {
    Object.assign(this, { list, address, notices });
    this.node = el("section", { class: "story", "aria-label": t("story"), hidden: true, on: { keydown: (event) => this.#press(event) } });
  }

  /** Let the reader choose a story; a single one is played at once. */
  async start() {
    const answer = await this.#ask(this.list, () => this.start());
    if (!answer) return null;
    const { stories } = answer;
    if (stories.length === 1) return this.#go(stories[0].id, 0, true);
    const choices = stories.map(({ id, title }) => [title, () => (this.notices.say("stories", null), this.#go(id, 0, true))]);
    return this.notices.say("stories", t(stories.length ? "chooseStory" : "noStories"), choices);
  }

  stop() {
    this.#playing = null;
    this.node.hidden = true;
  }

  /** The part of the address that this is: story/step. */
  part() {
    return {
      name: "story",
      read: () => this.#playing && `${this.#playing.id}/${this.#playing.at + 1}`,
      write: (words) => {
        const found = /^([\w-]+)\/(\d{1,3})$/.exec(words ?? "");
        if (!found) this.stop();
        else this.#tell(found[1], Number(found[2]) - 1);
        return !words || found !== null;
      },
    };
  }

  async #go(id, at, focus = false) {
    const story = await this.#story(id);
    if (!story) return;
    this.#isRead = focus;
    this.address.show(`${story.steps[at].state}&story=${id}/${at + 1}`);
  }

  async #tell(id, wanted) {
    this.#playing = { id, at: wanted };
    const story = await this.#story(id);
    if (this.#playing?.id !== id || this.#playing.at !== wanted) return; // another was asked for meanwhile
    if (!story) return this.stop();
    const at = Math.min(Math.max(0, wanted), story.steps.length - 1);
    this.#playing = { id, at };
    this.#show(story, at);
  }

  #show(story, at) {
    const step = story.steps[at];
    const turn = (title, to) => el("button", { type: "button", class: "act", disabled: to < 0 || to >= story.steps.length, on: { click: () => this.#go(story.id, to, true) } }, title);
    const close = el("button", { type: "button", class: "close", "aria-label": t("close"), on: { click: () => (this.stop(), this.address.push()) } }, "×");
    this.node.replaceChildren(
      close,
      el("p", { class: "of" }, text(story.title), ` · ${at + 1}/${story.steps.length}`),
      el("h2", { tabindex: -1 }, text(step.title)),
      ...step.text.split(/\n\s*\n/).map((paragraph) => el("p", {}, text(paragraph))),
      sources(step.sources ?? []),
      el("p", { class: "acts" }, turn(t("before"), at - 1), turn(t("next"), at + 1)),
    );
    this.node.hidden = false;
    this.node.scrollTop = 0;
    if (this.#isRead) this.node.querySelector("h2").focus({ preventScroll: true });
    this.#isRead = false;
  }

  #press(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const button = step && this.node.querySelectorAll(".acts button")[step > 0 ? 1 : 0];
    if (button && !button.disabled) button.click();
  }

  async #story(id) {
    if (!this.#told.has(id)) {
      const story = await this.#ask(`${this.list}/${id}`, () => this.#go(id, 0));
      if (story) this.#told.set(id, { id, ...story });
    }
    return this.#told.get(id);
  }

  /** What the service answers; a failure is said, with a way to try again. */
  async #ask(path, again) {
    const url = new URL(path, document.baseURI);
    url.search = `?f=json&lang=${lang}`;
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(t("status", { status: response.status }));
      this.notices.say("stories", null);
      return await response.json();
    } catch (error) {
      const reason = error instanceof TypeError ? t("noAnswer") : error.message;
      this.notices.say("stories", t("failed", { reason }), [[t("retry"), again]]);
      return null;
    }
  }
}

function sources(cited) {
  const lines = cited.map(({ title, sections }) => el("li", {}, text(title), ...sections.map((section) => text(section, { class: "section" }))));
  return lines.length ? el("ul", { class: "sources" }, ...lines) : null;
}
