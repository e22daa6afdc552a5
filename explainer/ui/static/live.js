// The tab "Train live": a run as it goes, everything that there is to see of it, and what to do.

import { decode } from "../player/frames.js";
import { fetchBytes, unpack } from "../player/container.js";
import { Player } from "../player/player.js";
import { loadStyles } from "../player/styles.js";
import { Belief } from "./belief.js";
import { differing } from "./changes.js";
import { Curves } from "./curves.js";
import { Feed, isKnown, LIVE } from "./feed.js";
import { Keeping } from "./keeping.js";
import { Puzzle } from "./puzzle.js";
import { emptySeries, ended, grow } from "./series.js";
import { MOST, readAll, Snapshots } from "./snapshots.js";
import { StepPanel } from "./step.js";
import { Transport } from "./transport.js";
import { visitor } from "./visitor.js";

const MEMORY = "diffusion-explainer-run"; // a reload finds its run again
const ROW = 5; // pictures in the row for rewinding

const SHELL = `<div data-transport></div><div data-puzzle></div><div data-step></div>
  <div class="dl-grid"><div data-player></div><div data-loss></div></div>
  <div data-belief></div>
  <div class="dl-grid"><div data-by-t></div><div data-distance></div></div>
  <p class="dl-take"></p><div data-runs></div><div data-checkpoints></div>`;

class LiveRun {
  #plan = null; // what is on screen
  #next = null; // what Start would train
  #refused = ""; // why it would not; the page tells of a value only where it is another one
  #truth = null;
  #series = emptySeries();
  #snapshots = new Snapshots();
  #status = "none";
  #facts = null;
  #mine = null; // the learner's last run, to come back to
  #then = null; // what to do once the first picture is there
  #posed = null; // the puzzle on show
  #answered = false;
  #generation = 0;

  constructor(root, words, label, trigger) {
    Object.assign(this, { root, words });
    root.innerHTML = SHELL;
    const part = (name) => root.querySelector(`[data-${name}]`);
    const ask = (verb, more = {}) => {
      const recipe = this.#next?.preset; // the controls are known to show this one
      trigger("submit", { do: verb, visitor: visitor(), pace: this.transport.pace, recipe, ...more });
    };
    this.feed = new Feed(root, {
      onnews: (news) => this.#news(news),
      onlost: (sentence) => this.#tell({ status: "failed", note: sentence }),
      onsilence: () => this.#tell({ note: words.unreachable }),
    });
    this.transport = new Transport(part("transport"), words, {
      start: () => ask("start"),
      pause: () => this.#command(this.#status === "paused" ? "resume" : "pause"),
      step: () => (this.feed.live ? this.#command("step") : ask("step")),
      stop: () => this.#command("stop"),
      reset: () => ask("reset"),
      newSeed: () => ask("new seed"),
      pace: (pace) => this.feed.live && this.#command(pace),
      mine: () => this.#mine && this.#follow(this.#mine),
    });
    this.puzzle = new Puzzle(part("puzzle"), words.puzzle, {
      onreveal: (answered) => {
        this.#answered = answered;
        this.#reveal();
      },
      onmend: () => ask("mend"),
    });
    this.stepPanel = new StepPanel(part("step"), words.stepPanel);
    this.player = new Player(part("player"), { label, height: 420, strip: true, words: { empty: words.waiting } });
    this.player.onframe = (index) => this.#look(index);
    this.curves = new Curves({ loss: part("loss"), byT: part("by-t"), distance: part("distance") }, words);
    this.belief = new Belief(part("belief"), words.belief);
    const places = { home: root.querySelector(".dl-take"), runs: part("runs"), checkpoints: part("checkpoints") };
    this.keeping = new Keeping(places, words, this.feed, {
      onrestore: (model) => ask("restore", { model }),
      onfail: (sentence) => this.transport.refuse(sentence),
    });
  }

  /** Take a value of the component: a refusal, a plan, or a run that has been started. */
  show(value) {
    this.#refused = value?.error ?? "";
    this.transport.refuse(this.#refused);
    if (!value || value.error) return;
    this.#next = value.plan;
    if (value.run) return value.run === this.feed.run || this.#follow(value);
    // What was chosen led to this once; a run that is under way goes on.
    if (value.shipped && !this.feed.live) this.#open(value.shipped);
    this.#tell();
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
    this.#mine = value;
    this.#then = value.then;
    this.#begin(value.plan, value.run, again);
    try {
      sessionStorage.setItem(MEMORY, JSON.stringify(value));
    } catch {
      // Storage may be forbidden; then a reload does not find the run again.
    }
    this.#tell({ status: "starting" });
    this.feed.follow(value.run);
  }

  /** Show a run from long ago. */
  async #open(shipped) {
    if (this.#plan?.src === shipped.src) return;
    this.#begin(shipped, "shipped");
    this.feed.follow(null);
    const { step, loss, validation_loss } = shipped.history;
    Object.assign(this.#series, { step, smooth: loss, shown: step, validation: validation_loss });
    this.#tell({ status: "shipped", progress: 1 });
    const generation = this.#generation;
    try {
      const buffer = await fetchBytes(shipped.src, new AbortController().signal, this.words.unreachable);
      if (generation !== this.#generation) return;
      const { swd, shown } = unpack(buffer).header;
      this.#snapshots.fill(readAll(buffer));
      this.#series.drawn = shown;
      this.#series.swd = swd;
      this.player.load(decode(buffer));
      this.#tell({ facts: { step: shown.at(-1), seconds: shipped.seconds } });
    } catch (error) {
      this.player.refuse(error.message);
    }
    this.#draw();
  }

  /** Make room for another run; its first picture takes the place of the last one here. */
  #begin(plan, revision, again = false) {
    this.#generation += 1;
    this.#plan = plan;
    this.#series = emptySeries();
    this.#snapshots = new Snapshots();
    this.#facts = null;
    this.keeping.begin(plan, again);
    this.player.cancel();
    this.stepPanel.clear();
    this.curves.show({ series: this.#series, byT: null, at: null, revision });
    this.#learnTruth(plan.truth);
  }

  async #learnTruth(address) {
    if (this.#truth?.address === address) return this.curves.show({ truth: this.#truth });
    this.#truth = null;
    this.belief.setTruth(null);
    this.curves.show({ truth: null });
    const generation = this.#generation;
    try {
      const { header, arrays } = unpack(await fetchBytes(address, new AbortController().signal, this.words.unreachable));
      if (generation !== this.#generation) return;
      this.#truth = { address, ...header };
      this.belief.setTruth({ ...header, field: arrays.field, background: arrays.background });
      this.curves.show({ truth: this.#truth });
      this.#look(this.player.index);
    } catch (error) {
      console.warn("The exact answers could not be had:", error.message);
    }
  }

  #news({ header, arrays }) {
    const { status, series } = header;
    grow(this.#series, series);
    for (const bytes of Object.values(arrays)) this.#picture(bytes.slice().buffer);
    this.#facts = { step: ended(this.#series), first: this.#series.shown[0], seconds: header.seconds };
    const position = header.queue_position;
    this.#tell({ status, progress: header.progress, position, note: header.error || header.note });
    this.keeping.heard(header);
    if (this.#then && this.#snapshots.count) this.#command(this.#then);
    if (this.#snapshots.count) this.#then = null;
    if (!LIVE.has(status)) this.#end(status, header);
    this.#draw();
  }

  #picture(buffer) {
    const first = !this.#snapshots.count;
    this.#snapshots.add(buffer);
    const data = decode(buffer);
    if (first) this.player.load(data); // it brings colours, limits and the data behind
    else this.player.append({ points: data.frames[0], label: data.label(0) });
    if (this.#snapshots.count <= MOST) return;
    this.#snapshots.thin();
    this.player.thin();
  }

  #end(status, header) {
    const named = (index) => this.words.rowStep.replace("{step}", this.#snapshots.at(index).step.toLocaleString("en"));
    if (this.#snapshots.count > 1) this.player.setRow(ROW, named);
    this.keeping.ended(status, header, this.#series, this.#truth?.mean ?? null);
  }

  /** What belongs to the picture on screen. */
  #look(index) {
    const seen = this.#snapshots.at(index);
    this.belief.show(seen?.field ?? null);
    const latest = index >= this.#snapshots.count - 1;
    this.curves.show({ byT: seen?.byT ?? null, at: latest || !seen ? null : seen.step });
    if (seen?.detail) this.stepPanel.show(seen.detail, seen.points, seen.t, seen.limits, seen.detail.T);
    else this.stepPanel.clear();
  }

  #draw() {
    this.curves.show({ series: this.#series });
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
    this.curves.show({ hidden });
  }

  /** Say how things stand; what is not given stays as it was. */
  #tell(news = {}) {
    Object.assign((this.told ??= {}), { note: "" }, news);
    this.#status = this.told.status ?? "none";
    const { batch, work, config } = this.#plan ?? {};
    const facts = news.facts ?? this.#facts;
    this.transport.show({
      ...this.told,
      title: this.#plan?.title,
      facts: facts && { ...facts, steps: config.steps, batch, work, live: this.feed.live },
      mine: Boolean(this.#mine && this.feed.run !== this.#mine.run),
    });
    this.transport.differ(differing(this.#plan?.config, this.#next?.config, this.words));
    this.#pose((this.feed.live ? this.#plan : this.#next)?.puzzle ?? null);
  }

  async #command(verb) {
    try {
      await this.feed.tell(verb);
      this.transport.refuse(this.#refused);
    } catch (error) {
      this.transport.refuse(error.status ? error.message : this.words.unreachable);
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
