// The chapter on networks that undo noise: which ones, what they predict, and what walks make of it.

import { fetchBytes } from "../player/container.js";
import { loadStyles } from "../player/styles.js";
import { chapter, question } from "./chapter.js";
import { choices, control } from "./choices.js";
import { make } from "./dom.js";
import { fill } from "./text.js";
import { Look } from "./undolook.js";
import { Painter } from "./undopaint.js";
import { Predictions } from "./undopredict.js";
import { UndoRun } from "./undorun.js";
import { Table } from "./undotable.js";
import { RuleWalks } from "./undowalks.js";

const DIGITS = "digits";
const WAITS = [3000, 6000, 12000]; // milliseconds before asking again for what did not come

export async function mount(host, props, watch) {
  await loadStyles(new URL("undo.css", import.meta.url));
  return chapter(host, props, watch, (body, words) => new Undo(body, words));
}

class Undo {
  #value = null; // the settings above
  #chosen = { data: "points", network: "mlp" };
  #asked = ""; // what shipped networks are shown or on their way
  #under = new AbortController(); // ends what is being fetched
  #timer = 0;
  #shipped = null; // the look at them
  #mine = null; // and at those that were trained here
  #own = false; // whether those trained here are to be seen
  #seen = null; // what is on screen

  constructor(body, words) {
    this.words = words;
    this.run = new UndoRun(words, {
      settings: () => ({ dataset: this.#dataset, network: this.#chosen.network, seed: this.#value.seed }),
      onstart: (run) => this.#begin(run),
      onlook: (buffer) => this.#takeMine(buffer),
      onlost: () => this.#mine || this.#see(false),
    });
    this.data = choices(words.data, [["points", ""], [DIGITS, words.digits]], (data) => this.#choose({ data }));
    this.networks = choices(words.network, Object.entries(words.networks), (network) => this.#choose({ network }));
    this.network = control(words.network, this.networks.group);
    this.back = make("button", { type: "button", className: "dc-button", hidden: true });
    this.back.addEventListener("click", () => this.#see(!this.#own));
    this.error = make("p", { className: "dc-error", role: "alert" });
    this.told = make("p", { className: "dc-note", ariaLive: "polite" }, words.loading);
    this.about = make("p", { className: "dc-note" }, words.network_note);
    const { train, stop } = this.run;
    const buttons = make("div", { className: "dc-choices" }, train, stop, this.back);
    const part = () => make("section", { className: "du-part", hidden: true });
    const places = [part(), part(), part()];
    this.places = places;
    const root = make("div", { className: "du-body" },
      make("div", { className: "dc-row" }, control(words.data, this.data.group), this.network, buttons),
      this.error, this.run.error, this.told, this.about, this.run.root, ...places,
    );
    body.append(root);
    this.painter = new Painter(root, () => this.#draw());
    this.parts = [new Predictions(places[0], words, this.painter), new RuleWalks(places[1], words, this.painter), new Table(places[2], words)];
  }

  get #dataset() {
    return this.#chosen.data === DIGITS ? DIGITS : this.#value.dataset;
  }

  show(value) {
    const first = !this.#value;
    const other = !first && value.dataset !== this.#value.dataset;
    this.#value = value;
    this.data.buttons[0].textContent = this.words.datasets[value.dataset] ?? this.words.own;
    if (first) this.run.again();
    if (other && this.#chosen.data === "points") this.#own = false;
    this.#reflect();
    this.#load();
  }

  #choose(changes) {
    Object.assign(this.#chosen, changes);
    if (this.#chosen.data !== DIGITS) this.#chosen.network = "mlp";
    this.#own = false;
    this.#reflect();
    this.#load();
  }

  /** Show in the controls what is chosen, and what there is to go back to. */
  #reflect() {
    const { words } = this;
    const { data, network } = this.#chosen;
    const elsewhere = this.#own && data !== DIGITS && this.run.run.dataset !== this.#value?.dataset;
    this.data.press(elsewhere ? "" : data); // a run found again may be of other data than those above
    this.networks.press(network);
    this.network.hidden = this.about.hidden = data !== DIGITS;
    this.back.hidden = !this.run.run || (this.#own ? !this.#hasShipped : !this.#mine);
    this.back.textContent = this.#own ? words.to_shipped : words.to_run;
    this.run.shown = this.#own;
  }

  get #hasShipped() {
    return this.#dataset === DIGITS || this.#dataset in this.words.datasets;
  }

  /** Fetch the shipped networks of what is chosen; what is on screen stays until they are there. */
  async #load(tries = 0) {
    clearTimeout(this.#timer);
    const settings = { dataset: this.#dataset, network: this.#chosen.network };
    const address = question("undo", settings);
    if (address === this.#asked) return this.#update();
    this.#under.abort();
    const { signal } = (this.#under = new AbortController());
    if (!tries) this.error.textContent = "";
    this.#asked = address;
    this.#shipped = null;
    if (!this.#hasShipped) return this.#update();
    if (!this.#own) this.#wait(true);
    try {
      const buffer = await fetchBytes(address, signal, this.words.unreachable);
      if (signal.aborted) return;
      this.#shipped = this.#read(buffer);
      this.error.textContent = "";
      this.#update();
    } catch (error) {
      if (signal.aborted) return;
      this.#asked = ""; // asking again may help
      this.error.textContent = error.message;
      this.#wait(false);
      if (tries < WAITS.length) this.#timer = setTimeout(() => this.#load(tries + 1), WAITS[tries]);
    }
  }

  /** What is on screen is not what was chosen: that is still on its way, or is not any more. */
  #wait(whether) {
    if (whether) this.told.textContent = this.words.loading;
    else if (this.told.textContent === this.words.loading) this.told.textContent = "";
    for (const place of this.places) place.ariaBusy = whether;
  }

  #read(buffer) {
    try {
      return new Look(buffer);
    } catch {
      throw new Error(this.words.broken);
    }
  }

  /** A run has begun, here or before a reload: its pictures take the place of what is on screen. */
  #begin({ dataset, network }) {
    this.#mine = null;
    this.#own = true;
    const data = dataset === DIGITS ? DIGITS : "points";
    this.#chosen = { data, network };
    this.#reflect();
    this.#load();
  }

  #takeMine(buffer) {
    try {
      this.#mine = this.#read(buffer);
      this.run.error.textContent = "";
    } catch (error) {
      this.run.error.textContent = error.message;
      return;
    }
    this.run.mean = this.#mine.header.mean_error;
    this.#update();
  }

  /** Show what was trained here, or what came with the app. */
  #see(own) {
    this.#own = own;
    if (own) {
      const { dataset, network } = this.run.run;
      this.#chosen = { data: dataset === DIGITS ? DIGITS : "points", network };
    }
    this.#load();
  }

  /** Put on screen what belongs there, if it is there. */
  #update() {
    this.#reflect();
    const wanted = this.#own ? (this.#mine ?? this.#shipped) : this.#shipped;
    this.#wait(!this.#own && !wanted && this.#hasShipped);
    this.told.textContent = this.#story(wanted);
    if (!wanted && !this.#hasShipped) {
      for (const place of this.places) place.hidden = true;
      this.#seen = null;
    }
    if (!wanted || wanted === this.#seen) return;
    this.#seen = wanted;
    this.painter.take(wanted);
    for (const place of this.places) place.hidden = false;
    for (const part of this.parts) part.show(wanted);
  }

  /** Where the networks on screen come from. */
  #story(look) {
    const { words } = this;
    if (this.#own && (!look || look === this.#mine)) return words.run_note;
    if (!look) return this.#hasShipped ? words.loading : words.none_shipped;
    const { parameters, steps, seconds } = look.header;
    const told = [fill(words.shipped, { parameters: parameters.toLocaleString("en"), steps: steps.toLocaleString("en") })];
    const all = Object.values(seconds ?? {}).map((value) => value.toFixed(1)).sort((a, b) => a - b);
    const [low, high] = [all[0], all.at(-1)];
    if (all.length) told.push(fill(low === high ? words.seconds : words.seconds_range, { seconds: low, low, high }));
    return told.join(" ");
  }

  #draw() {
    if (!this.#seen) return;
    for (const part of this.parts) part.draw?.();
  }
}
