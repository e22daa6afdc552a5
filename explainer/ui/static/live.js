// The tab "Train live": a run as it goes, everything that there is to see of it, and what to do.

import { loadStyles } from "../player/styles.js";
import { differing } from "./changes.js";
import { Chosen } from "./chosen.js";
import { Feed, isKnown, LIVE } from "./feed.js";
import { Keeping } from "./keeping.js";
import { Puzzle } from "./puzzle.js";
import { Rate } from "./rate.js";
import { Rescue } from "./rescue.js";
import { ended } from "./series.js";
import { LIVE_RUN, recall, remember } from "./session.js";
import { Shown } from "./shown.js";
import { Transport } from "./transport.js";
import { visitor } from "./visitor.js";

const FULL = "pace-full";
const LEASE = 150000; // milliseconds that a run goes on unasked: lease_seconds in explainer/jobs/store.py
const NOTED = 10000; // milliseconds between two notes of when there was news

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
    this.chosen = new Chosen();
    this.feed = new Feed(root, {
      onnews: (news) => this.#news(news),
      onlost: () => {
        this.keeping.lost();
        this.#lose();
      },
      onsilence: () => this.#tell({ note: words.unreachable }),
    });
    this.transport = new Transport(part("transport"), words, {
      start: () => this.#ask("start"),
      pause: () => this.#command(this.#told.status === "paused" ? "resume" : "pause"),
      step: () => (this.feed.live ? this.#command("step") : this.#ask("step")),
      stop: () => this.#command("stop"),
      reset: () => this.#ask("reset"),
      newSeed: () => this.#ask("new seed"),
      rescue: () => this.#goOn(),
      pace: () => this.#keepPace(),
      mine: () => this.#mine && this.#follow({ ...this.#mine, then: null }),
    });
    this.puzzle = new Puzzle(part("puzzle"), words.puzzle, {
      onreveal: (answered) => {
        this.#answered = answered;
        this.#reveal();
      },
      onmend: () => this.#ask("mend"),
    });
    this.shown = new Shown(part, words, label, { ontruth: ({ mean }) => this.keeping.learn(mean) });
    this.rescue = new Rescue();
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
    const before = this.#next;
    this.#next = value.next ?? value.plan;
    if (before) this.chosen.keep(this.#next); // a reload begins with what everybody sees first
    if (value.run) return value.run === this.feed.run || this.#started(value);
    // What was chosen led to this once; a run that is under way goes on.
    // The controls as they were before a reload are no choice: the run of before stays on screen.
    const kept = value.again && this.#told.status !== "shipped";
    const chosen = before?.takeHome !== this.#next.takeHome && !kept;
    if (value.shipped && chosen && !this.feed.live && !this.shown.has(value.shipped)) this.#open(value.shipped);
    this.#tell();
  }

  #started(value) {
    const { pace, model, go } = this.#asked;
    this.#pace = pace;
    const then = go ? "resume" : value.then;
    this.#follow({ ...value, then, fair: pace === FULL && then !== "step" && !model });
    if (model) this.keeping.restored(model);
  }

  /** After a reload: the run of before, if the server still has it, and the controls as they were. */
  async again() {
    const value = recall(LIVE_RUN);
    const [generation, first] = [this.#generation, this.#next];
    if (value?.run && value.plan) {
      const known = await isKnown(value.run);
      if (generation === this.#generation || !this.feed.run) this.#reopen(value, known);
    }
    const asked = this.#next === first && this.chosen.again(first);
    if (asked) this.trigger("submit", asked);
  }

  #reopen(value, known) {
    if (known) return this.#follow({ ...value, then: null });
    this.#begin(value.plan, value.run, true);
    this.feed.follow(null);
    this.#lose(value);
  }

  #follow(value) {
    this.#then = value.then;
    this.#fair = value.fair ?? true;
    this.shown.stepping = value.then === "step";
    // A run that ended while the page was loaded again is news; one whose end was seen is not.
    this.#begin(value.plan, value.run, Boolean(value.over));
    this.#remember(value);
    this.#tell({ status: "starting", progress: 0, position: 0 });
    this.feed.follow(value.run);
  }

  #remember(value) {
    this.#mine = value;
    remember(LIVE_RUN, value);
  }

  /** Note when there was news of the run, for after a reload or a long sleep. */
  #heard() {
    const heard = Date.now();
    if (heard - (this.#mine.heard ?? 0) > NOTED) this.#remember({ ...this.#mine, heard });
  }

  /** The server does not have the run any more; what the browser has of it is offered. */
  async #lose({ over, heard } = this.#mine) {
    // A server that has not started anew forgets as well what was over, or was not asked for.
    const status = over || Date.now() - heard > LEASE ? "forgotten" : "lost";
    this.#tell({ status });
    if (await this.rescue.offer()) this.#tell();
  }

  async #goOn() {
    try {
      const model = await this.rescue.giveBack(this.words.unreachable);
      this.#ask("restore", { model, go: true });
    } catch (error) {
      this.transport.refuse(error.message);
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
    this.rescue.begin(revision);
    this.#rate.reset();
    this.keeping.begin(plan, again);
    this.shown.begin(plan, revision);
  }

  #news({ header, arrays }) {
    const { status, progress, seconds } = header;
    const { shown, keeping } = this;
    this.#heard();
    shown.take(header.series, Object.values(arrays));
    const { series } = shown;
    this.#facts = { step: ended(series), first: series.shown[0], seconds, seen: series.seen.at(-1) };
    if (status !== this.#told.status) this.#rate.reset();
    if (status === "running") this.#rate.add(this.#facts.step, seconds);
    this.#tell({ status, progress, position: header.queue_position, note: header.error || header.note });
    keeping.heard(header);
    this.rescue.heard(header);
    if (shown.count) {
      if (this.#then) this.#command(this.#then);
      this.#then = null;
      this.#keepPace();
    }
    if (LIVE.has(status)) return;
    if (!this.#mine.over) this.#remember({ ...this.#mine, over: true });
    this.rescue.ended(header, shown.series.diverged.length > 0).then((may) => may && this.#tell({ ...this.#told }));
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
      kept: this.rescue.kept,
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
