// Stories: a map told in steps, each a state of the map and a text.

import { el, text } from "./dom.js";
import { get, reasonOf, unreadable } from "./features.js";
import { lang, say, t } from "./i18n.js";

export class Stories {
  #told = new Map();
  #playing = null;
  #isRead = false; // whether the reader turns the pages: then the text gets the focus

  /** `address` shows the states; the stories stand in the configuration, or it has their address; `onRoom()` is
      called when the map has more or less room beside the text. */
  constructor({ stories, addresses }, address, notices, onRoom) {
    Object.assign(this, { list: addresses.stories, address, notices, onRoom });
    for (const story of stories) this.#told.set(story.id, spoken(story));
    this.node = el("section", { class: "story", "aria-label": t("story"), hidden: true, on: { keydown: (event) => this.#press(event) } });
    new ResizeObserver(() => this.#takeRoom()).observe(this.node);
  }

  /** Let the reader choose a story; a single one is played at once. */
  async start() {
    const stories = this.list ? (await this.#ask(this.list, "stories", () => this.start()))?.stories : [...this.#told.values()];
    if (!stories) return null;
    if (stories.length === 1) return this.#go(stories[0].id, 0, true);
    const choices = stories.map(({ id, title }) => [title, () => (this.notices.say("stories", null), this.#go(id, 0, true))]);
    return this.notices.say("stories", t(stories.length ? "chooseStory" : "noStories"), choices);
  }

  stop() {
    this.#playing = null;
    this.node.hidden = true;
    this.#takeRoom();
  }

  /** The text stands beside the map or below it, never on it. */
  #takeRoom() {
    document.body.style.setProperty("--told", `${this.node.offsetHeight}px`);
    this.onRoom();
  }

  /** The part of the address that this is: story/step. */
  part() {
    return {
      name: "story",
      read: () => this.#playing && `${this.#playing.id}/${this.#playing.at + 1}`,
      write: (words) => {
        const [, id, step] = /^([\w-]+)\/(\d{1,3})$/.exec(words ?? "") ?? [];
        const isKnown = Boolean(id && (this.list || this.#told.has(id)));
        // A link that names a step and nothing else shows what the step shows.
        if (isKnown && location.hash === `#story=${words}`) this.#go(id, Number(step) - 1);
        else if (isKnown) this.#tell(id, Number(step) - 1);
        else this.stop();
        return !words || isKnown;
      },
    };
  }

  async #go(id, wanted, focus = false) {
    const story = await this.#story(id, wanted);
    if (!story) return;
    const at = within(wanted, story);
    this.#isRead = focus;
    this.#show(story, at); // before its view is looked for: the map has the room that the text leaves
    this.address.show(`${story.steps[at].state}&story=${id}/${at + 1}`);
  }

  async #tell(id, wanted) {
    this.#playing = { id, at: wanted };
    const story = await this.#story(id, wanted);
    if (this.#playing?.id !== id || this.#playing.at !== wanted) return; // another was asked for meanwhile
    if (!story) return this.stop();
    const at = within(wanted, story);
    this.#playing = { id, at };
    this.#show(story, at);
    this.#isRead = false;
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
    this.#takeRoom();
    if (this.#isRead) this.node.querySelector("h2").focus({ preventScroll: true });
  }

  #press(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const button = step && this.node.querySelectorAll(".acts button")[step > 0 ? 1 : 0];
    if (button && !button.disabled) button.click();
  }

  async #story(id, wanted) {
    if (!this.#told.has(id)) {
      const story = await this.#ask(`${this.list}/${id}`, "steps", () => this.#go(id, wanted));
      if (story) this.#told.set(id, { id, ...story });
    }
    return this.#told.get(id);
  }

  /** What the service answers, in which a `part` must be; a failure is said, with a way to try again. */
  async #ask(path, part, again) {
    const url = new URL(path, document.baseURI);
    url.search = `?f=json&lang=${lang}`;
    try {
      const answer = await get(url);
      if (!Array.isArray(answer[part])) unreadable();
      this.notices.say("stories", null);
      return answer;
    } catch (error) {
      this.notices.say("stories", t("failed", { reason: reasonOf(error) }), [[t("retry"), again]]);
      return null;
    }
  }
}

/** The step that is meant: the first or the last one for what is beyond. */
function within(wanted, { steps }) {
  return Math.min(Math.max(0, wanted), steps.length - 1);
}

/** A story in the language of the page. */
function spoken({ id, title, steps }) {
  return { id, title: say(title), steps: steps.map((step) => ({ ...step, title: say(step.title), text: say(step.text) })) };
}

function sources(cited) {
  const lines = cited.map(({ title, sections }) => el("li", {}, text(title), ...sections.map((section) => text(section, { class: "section" }))));
  return lines.length ? el("ul", { class: "sources" }, ...lines) : null;
}
