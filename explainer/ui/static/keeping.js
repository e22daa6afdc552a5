// What stays of a training run: the runs compared, the checkpoints, and what is taken home.

import { Checkpoints } from "./checkpoints.js";
import { LIVE } from "./feed.js";
import { announce } from "./offering.js";
import { Runs } from "./runs.js";
import { aligned } from "./series.js";

const here = (path) => new URL(path, document.baseURI);

export class Keeping {
  #plan = null;
  #again = false;
  #saving = []; // titles of the checkpoints that the run was asked for

  /** `places` has an element each for `home`, `runs` and `checkpoints`. */
  constructor(places, words, feed, { onrestore, onfail }) {
    Object.assign(this, { places, words, feed, onfail });
    this.runs = new Runs(places.runs, words.runs);
    this.checkpoints = new Checkpoints(places.checkpoints, words.checkpoints, {
      onsave: (title) => this.#save(title),
      onrestore: ({ name }) => onrestore(name),
      onuse: announce,
    });
  }

  /** Another run is on screen; `again`: it was there before the page was loaded again. */
  begin(plan, again = false) {
    this.#plan = plan;
    this.#again = again;
    this.#saving = [];
    this.checkpoints.saveable = false;
    this.checkpoints.suggestion = plan.title;
    const { take, script, notebook } = this.words;
    const link = (textContent, kind) =>
      Object.assign(document.createElement("a"), { textContent, href: here(`api/take-home.${kind}?${plan.takeHome}`) });
    this.places.home.replaceChildren(take, " ", link(script, "py"), " · ", link(notebook, "ipynb"));
  }

  /** There is news of the run. */
  heard({ status, series, has_result: has }) {
    this.checkpoints.saveable = has || LIVE.has(status);
    if (LIVE.has(status)) this.#again = false;
    for (const _ of series.saved ?? []) if (this.#saving.length) this.#keep(this.#saving.shift());
  }

  /** The run is over: it is compared with others, and what it has reached is kept. */
  ended(status, { seconds, error, has_result: has }, series, floor) {
    if (this.#again) return; // it had ended before: what was removed since then stays away
    const { title, config } = this.#plan;
    const { smooth, validation, swd } = series;
    const reached = { loss: smooth.at(-1), validation: validation.at(-1), swd: swd.at(-1) };
    this.runs.offer({
      id: this.feed.run,
      title,
      config,
      floor,
      diverged: status === "failed" && /diverged/.test(error),
      outcome: { ...reached, floor, seconds, status },
      series: aligned(series),
    });
    if (has && status !== "stopped") this.#keep(title);
  }

  /** Have a checkpoint of now kept under a name. */
  async #save(title) {
    if (!this.feed.live) return this.#keep(title);
    this.#saving.push(title);
    await this.feed.tell("save");
  }

  async #keep(title) {
    try {
      const response = await fetch(here(`api/runs/${this.feed.run}/keep`), { method: "POST" });
      const facts = await response.json();
      if (facts.error) throw new Error(facts.error);
      this.checkpoints.add({ ...facts, title });
    } catch (error) {
      this.onfail(error.message);
    }
  }
}
