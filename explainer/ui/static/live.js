// The tab "Train live": a run as it goes, everything that there is to see of it, and what to do.

import { loadStyles } from "../player/styles.js";
import { differing } from "./changes.js";
import { Feed, isKnown, LIVE } from "./feed.js";
import { Keeping } from "./keeping.js";
import { Puzzle } from "./puzzle.js";
import { Rate } from "./rate.js";
import { ended } from "./series.js";
import { Shown } from "./shown.js";
import { Transport } from "./transport.js";
import { visitor } from "./visitor.js";

const MEMORY = "diffusion-explainer-run"; // a reload finds its run again
const FULL = "pace-full";

const SHELL = `<div data-transport></div><div data-puzzle></div><div data-step></div>
  <div class="dl-grid"><div data-player></div><div data-loss></div></div>
  <div data-belief></div>
  <div class="dl-grid"><div data-by-t></div><div data-distance></div></div>
  <p class="dl-take"></p><div data-runs></div><div data-checkpoints></div>`;

class LiveRun {
  #plan = null; // what is on screen
  #next = null; // what Start would train
  #refused = ""; // why it would not; the page tells of a value only where it is another one
  #told = {}; // how things stand
  #facts = null;
  #rate = new Rate();
  #asked = {}; // what the server was asked for last
  #mine = null; // the learner's last run, to come back to
  #then = null; // what to do once the first picture is there
  #pace = null; // what the run goes at; null where that is not known
  #fair = true; // whether its seconds tell how fast its settings are
  #posed = null; // the puzzle on show
  #answered = false;
  #generation = 0;

  constructor(root, words, label, trigger) {
    Object.assign(this, { root, words, trigger });
    root.innerHTML = SHELL;
    const part = (name) => root.querySelector(`[data-${name}]`);
    this.feed = new Feed(root, {
      onnews: (news) => this.#news(news),
      onlost: (sentence) => {
        this.keeping.lost();
        this.#tell({ status: "failed", note: sentence });
      },
      onsilence: () => this.#tell({ note: words.unreachable }),
    });
    const ask = (verb) => this.#ask(verb);
    this.transport = new Transport(part("transport"), words, {
      start: () => ask("start"),
      pause: () => this.#command(this.#told.status === "paused" ? "resume" : "pause"),
      step: () => (this.feed.live ? this.#command("step") : ask("step")),
      stop: () => this.#command("stop"),
      reset: () => ask("reset"),
      newSeed: () => ask("new seed"),
      pace: () => this.#keepPace(),
      mine: () => this.#mine && this.#follow({ ...this.#mine, then: null }, true),
    });
    this.puzzle = new Puzzle(part("puzzle"), words.puzzle, {
      onreveal: (answered) => {
        this.#answered = answered;
        this.#reveal();
      },
      onmend: () => ask("mend"),
    });
    this.shown = new Shown(part, words, label, { ontruth: ({ mean }) => this.keeping.learn(mean) });
    const places = { home: root.querySelector(".dl-take"), runs: part("runs"), checkpoints: part("checkpoints") };
    this.keeping = new Keeping(places, words, this.feed, {
      onrestore: (model) => this.#ask("restore", { model }),
      onfail: (sentence) => this.transport.refuse(sentence),
    });
  }

  #ask(verb, more = {}) {
    const { pace } = this.transport;
    this.#asked = { do: verb, pace, ...more };
    const recipe = this.#next?.preset; // the controls are known to show this one
    this.trigger("submit", { visitor: visitor(), recipe, ...this.#asked });
  }

  /** Take a value of the component: a refusal, a plan, or a run that has been started. */
  show(value) {
    this.#refused = value?.error ?? "";
    this.transport.refuse(this.#refused);
    if (!value || value.error) return;
    this.#next = value.next ?? value.plan;
    if (value.run) return value.run === this.feed.run || this.#started(value);
    // What was chosen led to this once; a run that is under way goes on.
    if (value.shipped && !this.feed.live && !this.shown.has(value.shipped)) this.#open(value.shipped);
    this.#tell();
  }

  #started(value) {
    const { pace, model } = this.#asked;
    this.#pace = pace;
    this.#follow({ ...value, fair: pace === FULL && value.then !== "step" && !model });
    if (model) this.keeping.restored(model);
  }

  /** After a reload: follow the run of before, if the server still has it. */
  async again() {
    let value = null;
    try {
      value = JSON.parse(sessionStorage.getItem(MEMORY));
    } catch {
      return;
    }
    if (!value?.run || !value.plan) return;
    const generation = this.#generation;
    const known = await isKnown(value.run);
    if (!known) return sessionStorage.removeItem(MEMORY);
    if (generation === this.#generation || !this.feed.run) this.#follow({ ...value, then: null }, true);
  }

  #follow(value, again = false) {
    this.#then = value.then;
    this.#fair = value.fair ?? true;
    this.shown.stepping = value.then === "step";
    this.#begin(value.plan, value.run, again);
    this.#remember(value);
    this.#tell({ status: "starting", progress: 0, position: 0 });
    this.feed.follow(value.run);
  }

  #remember(value) {
    this.#mine = value;
    try {
      sessionStorage.setItem(MEMORY, JSON.stringify(value));
    } catch {
      // Storage may be forbidden; then a reload does not find the run again.
    }
  }

  /** Show a run from long ago. */
  #open(shipped) {
    this.shown.stepping = false;
    this.#begin(shipped, "shipped");
    this.feed.follow(null);
    this.#tell({ status: "shipped", progress: 1 });
    this.shown.open(shipped, (step) => {
      this.#facts = { step, seconds: shipped.seconds };
      this.#tell();
    });
  }

  /** Another run takes the place of the one on screen. */
  #begin(plan, revision, again = false) {
    this.#generation += 1;
    this.#plan = plan;
    this.#facts = null;
    this.#rate.reset();
    this.keeping.begin(plan, again);
    this.shown.begin(plan, revision);
  }

  #news({ header, arrays }) {
    const { status, progress, seconds } = header;
    const { shown, keeping } = this;
    shown.take(header.series, Object.values(arrays));
    const { series } = shown;
    this.#facts = { step: ended(series), first: series.shown[0], seconds, seen: series.seen.at(-1) };
    if (status !== this.#told.status) this.#rate.reset();
    if (status === "running") this.#rate.add(this.#facts.step, seconds);
    this.#tell({ status, progress, position: header.queue_position, note: header.error || header.note });
    keeping.heard(header);
    if (shown.count) {
      if (this.#then) this.#command(this.#then);
      this.#then = null;
      this.#keepPace();
    }
    if (LIVE.has(status)) return;
    shown.end();
    keeping.ended(status, header, series, { floor: shown.truth?.mean ?? null, fair: this.#fair });
  }

  /** Have the run go at the pace that is chosen; before its first picture it is not to be told. */
  #keepPace() {
    const { pace } = this.transport;
    if (!this.shown.count || !["running", "paused"].includes(this.#told.status) || this.#pace === pace) return;
    this.#pace = pace;
    this.#command(pace).then((done) => done || (this.#pace = null));
  }

  #pose(puzzle) {
    if (this.#posed?.name === puzzle?.name) return;
    this.#posed = puzzle;
    this.puzzle.show(puzzle);
    this.#reveal();
  }

  #reveal() {
    // What a puzzle keeps back belongs to its answer.
    const hidden = this.#answered ? [] : (this.#posed?.hides ?? []);
    this.shown.curves.show({ hidden });
  }

  /** Say how things stand; what is not given stays as it was. */
  #tell(news = {}) {
    Object.assign(this.#told, { note: "" }, news);
    const { batch, work, config, title } = this.#plan ?? {};
    const { live } = this.feed;
    const rate = live ? this.#rate.value : null;
    this.transport.show({
      status: "none",
      ...this.#told,
      title,
      facts: this.#facts && { ...this.#facts, steps: config.steps, batch, work, rate, live },
      mine: Boolean(this.#mine && this.feed.run !== this.#mine.run),
    });
    const differs = differing(config, this.#next?.config, this.words);
    // Which settings a puzzle has is what there is to find out.
    this.transport.differ(differs && this.#next.puzzle ? this.words.posed : differs);
    this.#pose((live ? this.#plan : this.#next)?.puzzle ?? null);
  }

  /** Tell the run something; whether it has been told. */
  async #command(verb) {
    const stepping = verb === "step";
    const slow = stepping || (verb.startsWith("pace") && verb !== FULL);
    if (slow && this.#fair) {
      this.#fair = false;
      this.#remember({ ...this.#mine, fair: false });
    }
    if (!verb.startsWith("pace")) this.shown.stepping = stepping;
    this.#rate.reset();
    try {
      await this.feed.tell(verb);
      this.transport.refuse(this.#refused);
      return true;
    } catch (error) {
      this.transport.refuse(error.status ? error.message : this.words.unreachable);
      return false;
    }
  }
}

export async function mount(element, props, watch, trigger) {
  await loadStyles(new URL("live.css", import.meta.url));
  const run = new LiveRun(element.querySelector("[data-live]"), props.words, props.label, trigger);
  watch("value", () => run.show(props.value));
  run.show(props.value);
  run.again();
}
