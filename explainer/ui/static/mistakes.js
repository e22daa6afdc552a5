// The chapter on mistakes: a wrong line of code, a guess at what it does, and what it does.

import { fetchBytes, unpack } from "../player/container.js";
import { decode } from "../player/frames.js";
import { Player } from "../player/player.js";
import { loadStyles } from "../player/styles.js";
import { chapter, question } from "./chapter.js";
import { isIdle, make, setIdle } from "./dom.js";
import { fill } from "./text.js";

const HEIGHT = 400;

export async function mount(host, props, watch) {
  await loadStyles(new URL("../player/player.css", import.meta.url));
  await loadStyles(new URL("mistakes.css", import.meta.url));
  await chapter(host, props, watch, (body, words) => new Mistakes(body, words));
}

const few = (value, digits = 3) => String(Number(value.toPrecision(digits)));

/** Lines of code in a frame; the marked one is in an element of its own. */
function code(lines, marked, tag) {
  const parts = lines.map((line) => (line === marked ? make(tag, {}, `${line}\n`) : `${line}\n`));
  return make("pre", { className: "dm-code", tabIndex: 0 }, make("code", {}, ...parts));
}

class Mistakes {
  #value = null; // the settings above
  #name = ""; // of the mistake that is looked at
  #guesses = {}; // what was foreseen of each
  #found = null; // the headers of the right and of the wrong walk, once they are there
  #asked = ""; // their addresses, on screen or on their way
  #fetching = new AbortController();

  constructor(body, words) {
    this.words = words;
    this.card = make("div", { className: "dm-card" });
    this.choices = this.#group(words.choose, "dc-choices", this.#names(), (name) => this.#choose(name));
    this.answers = this.#group(words.guess, "dc-choices dm-answers", words.effects, (effect) => this.#guess(effect));
    this.error = make("p", { className: "dc-error", role: "alert" });
    this.verdict = make("p", { className: "dc-told", ariaLive: "polite" });
    this.answer = make("div", { className: "dm-answer", hidden: true });
    const guessing = make("div", { className: "dc-control" }, make("span", {}, words.guess), this.answers);
    const choosing = make("div", { className: "dc-control" }, make("span", {}, words.choose), this.choices);
    body.append(choosing, this.card, guessing, this.error, this.verdict, this.answer);
    this.#buildAnswer();
  }

  show(value) {
    this.#value = value;
    if (this.#name) this.#describe();
    else this.#choose(Object.keys(this.words.mistakes)[0]);
    this.#fetch();
  }

  #names() {
    const entries = Object.entries(this.words.mistakes);
    return Object.fromEntries(entries.map(([name, { name: called }], i) => [name, `${i + 1} · ${called}`]));
  }

  /** Buttons of which one is chosen; `choose(name)` is told. */
  #group(label, className, named, choose) {
    const buttons = Object.entries(named).map(([name, text]) => {
      const button = make("button", { type: "button", name, ariaPressed: false }, text);
      button.addEventListener("click", () => isIdle(button) || choose(name));
      return button;
    });
    return make("div", { className, role: "group", ariaLabel: label }, ...buttons);
  }

  #buildAnswer() {
    const { words } = this;
    const players = ["right", "wrong"].map((kind) => {
      const element = make("div", {});
      this[kind] = new Player(element, { label: words[`${kind}_player`], group: "mistakes", height: HEIGHT });
      return element;
    });
    this.table = make("table", { className: "dc-table" });
    this.why = make("p", { className: "dc-told" });
    this.mended = make("div", {});
    this.score = make("output", { className: "dc-note" });
    this.next = make("button", { type: "button", className: "dc-button" }, words.next);
    this.next.addEventListener("click", () => this.#toNext());
    const heading = (text) => make("h3", {}, text);
    const told = make("div", { className: "dm-card" });
    told.append(heading(words.why), this.why, heading(words.mended), this.mended);
    this.answer.append(
      make("div", { className: "dc-pair" }, ...players),
      make("div", { className: "dc-pair" }, told, make("div", { className: "dc-scroll" }, this.table)),
      make("div", { className: "dm-end" }, this.next, this.score),
    );
  }

  #choose(name) {
    if (name !== this.#name) {
      this.#name = name;
      this.#found = null;
      for (const button of this.choices.children) button.ariaPressed = button.name === name;
      this.#describe();
    }
    this.#fetch();
  }

  /** The steps of the mistake that is looked at, and how many levels apart they are. */
  #steps() {
    const steps = Math.min(this.#mistake.steps, this.#value.T);
    return { steps, stride: Math.max(1, Math.round(this.#value.T / steps)) };
  }

  get #mistake() {
    return this.words.mistakes[this.#name];
  }

  #describe() {
    const { before, wrong, after, sampler } = this.#mistake;
    const filled = (line) => fill(line, this.#steps());
    const lines = [...before, wrong, ...after].map(filled);
    const title = make("h3", {}, filled(sampler));
    const note = make("p", { className: "dc-note" }, this.words.line);
    this.card.replaceChildren(title, code(lines, filled(wrong), "mark"), note);
    this.#draw();
  }

  async #fetch() {
    const { model, schedule, seed } = this.#value;
    const settings = { model, schedule, seed, mistake: this.#name, steps: this.#steps().steps };
    const addresses = [false, true].map((wrong) => question("mistake", { ...settings, wrong }));
    if (this.#asked === addresses.join()) return;
    this.#asked = addresses.join();
    this.#fetching.abort();
    this.#fetching = new AbortController();
    const { signal } = this.#fetching;
    this.error.textContent = "";
    try {
      const come = addresses.map((address) => fetchBytes(address, signal, this.words.unreachable));
      const buffers = await Promise.all(come);
      if (signal.aborted) return;
      const first = !this.#found;
      this.#found = buffers.map((buffer) => unpack(buffer).header);
      this.right.load(decode(buffers[0]));
      this.wrong.load(decode(buffers[1]));
      this.#draw(first);
    } catch (error) {
      if (signal.aborted) return;
      this.#asked = ""; // the next click or change asks again
      this.error.textContent = error.message;
      this.#draw();
    }
  }

  #guess(effect) {
    this.#guesses[this.#name] = effect;
    this.#draw(true);
    this.#fetch();
  }

  /** Show what is known; the answer only to who has guessed. `anew`: from the beginning. */
  #draw(anew = false) {
    const { words } = this;
    const guess = this.#guesses[this.#name];
    const shown = Boolean(guess && this.#found);
    const holds = shown ? this.#found[0].effect : null;
    for (const button of this.answers.children) {
      button.ariaPressed = button.name === guess;
      setIdle(button, Boolean(guess));
      if (shown) button.dataset.holds = button.name === holds;
      else delete button.dataset.holds;
    }
    this.answer.hidden = !shown;
    if (!shown) {
      this.verdict.textContent = guess && this.#asked ? words.computing : "";
      return;
    }
    this.#tell(guess, holds);
    if (!anew) return;
    this.wrong.show(0);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.wrong.play();
  }

  #tell(guess, holds) {
    const { words } = this;
    const [right, wrong] = this.#found.map(({ measured }) => measured);
    const values = {
      ...this.#steps(),
      guess: words.effects[guess],
      answer: words.effects[holds],
      off_times: few(wrong.off / right.off, 2),
      swd_times: few(wrong.swd / right.swd, 2),
      spread_percent: few((100 * wrong.spread) / right.spread, 2),
      abar: few(right.abar),
      start_right: few(right.start),
      start_wrong: few(wrong.start),
    };
    const verdict = fill(guess === holds ? words.foreseen : words.not_foreseen, values);
    const sentences = [fill(words.because[holds], values), this.#found[0].far ? words.far : ""];
    const text = ["", ...sentences].join(" ").trimEnd();
    this.verdict.replaceChildren(make("b", { className: "dm-verdict" }, verdict), text);
    this.why.textContent = fill(this.#mistake.why, values);
    const line = fill(this.#mistake.right, values).trim();
    this.mended.replaceChildren(code([line], line, "ins"));
    this.#fillTable(right, wrong);
    this.#count();
  }

  #fillTable(right, wrong) {
    const { words } = this;
    this.table.replaceChildren(make("caption", {}, words.caption));
    const head = this.table.createTHead().insertRow();
    const column = (text) => make("th", { scope: "col" }, text);
    head.append(column(""), column(words.right_player), column(words.wrong_player));
    const body = this.table.createTBody();
    for (const name of ["swd", "off", "spread"]) {
      const row = body.insertRow();
      row.append(make("th", { scope: "row" }, fill(words[name], { real: few(right.real) })));
      for (const measured of [right, wrong]) row.insertCell().textContent = few(measured[name]);
    }
  }

  // A guess counts as it was judged when its answer was seen last.
  #judged = {};

  #count() {
    this.#judged[this.#name] = this.#guesses[this.#name] === this.#found[0].effect;
    const all = Object.values(this.#judged);
    this.score.textContent = fill(this.words.score, { right: all.filter(Boolean).length, count: all.length });
    this.next.hidden = !this.#open();
  }

  /** The next mistake without a guess, in the order of the page, if any. */
  #open() {
    const names = Object.keys(this.words.mistakes);
    const after = names.indexOf(this.#name) + 1;
    return [...names.slice(after), ...names.slice(0, after)].find((name) => !this.#guesses[name]);
  }

  #toNext() {
    const name = this.#open();
    this.#choose(name);
    this.choices.querySelector(`[name="${name}"]`).focus();
  }
}
