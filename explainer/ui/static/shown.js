// What is shown of a run: its pictures, its curves, and what its network believes, beside the truth.

import { decode } from "../player/frames.js";
import { fetchBytes, unpack } from "../player/container.js";
import { Player } from "../player/player.js";
import { Belief } from "./belief.js";
import { Curves } from "./curves.js";
import { emptySeries, grow } from "./series.js";
import { MOST, readAll, Snapshots } from "./snapshots.js";
import { StepPanel } from "./step.js";
import { fill } from "./text.js";

const ROW = 5; // pictures in the row for rewinding
const WAITS = [2000, 4000, 8000, 16000]; // milliseconds before asking again for what did not come

/** What `use` makes of the bytes at an address; failing that, `refuse` has a sentence each time. */
async function fetched(address, { signal, unreachable, use, refuse }) {
  for (const wait of [...WAITS, 0]) {
    try {
      const buffer = await fetchBytes(address, signal, unreachable);
      if (!signal.aborted) use(buffer);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      refuse(error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (signal.aborted) return false;
  }
  return false;
}

export class Shown {
  series = emptySeries();
  truth = null;
  stepping = false; // a single step is under way: what was told of the last one stays until then
  #snapshots = new Snapshots();
  #src = null; // of the shipped run that is shown or on its way
  #truthAt = null; // the same of the truth
  #run = new AbortController(); // ends what is asked for the run on screen
  #exact = new AbortController(); // and for the truth

  /** `part(name)` gives the element of each part; `ontruth(truth)` is told once it is known. */
  constructor(part, words, label, { ontruth }) {
    Object.assign(this, { words, ontruth });
    this.stepPanel = new StepPanel(part("step"), words.stepPanel);
    this.player = new Player(part("player"), { label, height: 420, strip: true, words: { empty: words.waiting } });
    this.player.onframe = (index) => this.#look(index);
    this.curves = new Curves({ loss: part("loss"), byT: part("by-t"), distance: part("distance") }, words);
    this.belief = new Belief(part("belief"), words.belief);
  }

  /** How many pictures there are. */
  get count() {
    return this.#snapshots.count;
  }

  /** Whether that shipped run is shown or on its way. */
  has(shipped) {
    return this.#src === shipped.src;
  }

  /** Make room for another run; its first picture takes the place of the last one here. */
  begin(plan, revision) {
    this.#run.abort();
    this.#run = new AbortController();
    this.#src = null;
    this.series = emptySeries();
    this.#snapshots = new Snapshots();
    this.player.cancel();
    if (!this.stepping) this.stepPanel.clear();
    this.curves.show({ series: this.series, byT: null, at: null, revision });
    this.#learnTruth(plan.truth);
  }

  /** Show a run from long ago, after `begin`; `onload` is told its last step. */
  async open(shipped, onload) {
    this.#src = shipped.src;
    const { step, loss, validation_loss } = shipped.history;
    Object.assign(this.series, { step, smooth: loss, shown: step, validation: validation_loss });
    const { signal } = this.#run;
    const use = (buffer) => {
      const { swd, shown } = unpack(buffer).header;
      this.#snapshots.fill(readAll(buffer));
      Object.assign(this.series, { drawn: shown, swd });
      this.player.load(decode(buffer));
      this.draw();
      onload(shown.at(-1));
    };
    const refuse = (sentence) => this.player.refuse(sentence);
    const came = await fetched(shipped.src, { signal, unreachable: this.words.unreachable, use, refuse });
    if (!came && !signal.aborted) this.#src = null; // for the next time
  }

  /** Take in what is new of a run. */
  take(series, pictures) {
    grow(this.series, series);
    for (const bytes of pictures) this.#picture(bytes.slice().buffer);
    this.draw();
  }

  /** Draw the curves anew. */
  draw() {
    this.curves.show({ series: this.series });
  }

  /** The run is over: a few pictures to go to. */
  end() {
    const step = (index) => this.#snapshots.at(index).step.toLocaleString("en");
    const named = (index) => fill(this.words.rowStep, { step: step(index) });
    if (this.count > 1) this.player.setRow(ROW, named);
  }

  #picture(buffer) {
    const first = !this.count;
    this.#snapshots.add(buffer);
    const data = decode(buffer);
    if (first) this.player.load(data); // it brings colours, limits and the data behind
    else this.player.append({ points: data.frames[0], label: data.label(0) });
    if (this.count <= MOST) return;
    this.#snapshots.thin();
    this.player.thin();
  }

  /** What belongs to the picture on screen. */
  #look(index) {
    const seen = this.#snapshots.at(index);
    if (!seen) return; // another run is about to begin
    this.belief.show(seen.field);
    this.curves.show({ byT: seen.byT, at: index >= this.count - 1 ? null : seen.step });
    if (seen.detail) {
      this.stepping = false;
      this.stepPanel.show(seen.detail, seen.points, seen.t, seen.limits, seen.detail.T);
    } else if (!this.stepping) this.stepPanel.clear();
  }

  async #learnTruth(address) {
    if (this.#truthAt === address) return; // known, or under way
    this.#exact.abort();
    this.#exact = new AbortController();
    this.#truthAt = address;
    // Neither is held against what belongs to another run.
    this.truth = null;
    this.belief.setTruth(null);
    this.belief.show(null);
    this.curves.show({ truth: null });
    const { signal } = this.#exact;
    const use = (buffer) => {
      const { header, arrays } = unpack(buffer);
      this.truth = header;
      this.belief.setTruth({ ...header, field: arrays.field, background: arrays.background });
      this.curves.show({ truth: header });
      this.#look(this.player.index);
      this.ontruth(header);
    };
    const refuse = (sentence) => this.belief.refuse(sentence);
    const came = await fetched(address, { signal, unreachable: this.words.unreachable, use, refuse });
    if (!came && !signal.aborted) this.#truthAt = null; // another run asks again
  }
}
