// What stays of a training run: the runs compared, the checkpoints, and what is taken home.

import { ask } from "./ask.js";
import { Checkpoints } from "./checkpoints.js";
import { make } from "./dom.js";
import { LIVE } from "./feed.js";
import { announce } from "./offering.js";
import { Runs } from "./runs.js";
import { aligned } from "./series.js";

export class Keeping {
  #plan = null;
  #again = false;
  #saving = []; // the checkpoints that the run was asked for: `{ title, resolve }`

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
    this.#settle(true);
    this.#plan = plan;
    this.#again = again;
    this.checkpoints.saveable = false;
    this.checkpoints.suggestion = plan.title;
    const { take, script, notebook } = this.words;
    const address = (kind) => new URL(`api/take-home.${kind}?${plan.takeHome}`, document.baseURI);
    const link = (text, kind) => make("a", { href: address(kind) }, text);
    this.places.home.replaceChildren(take, " ", link(script, "py"), " · ", link(notebook, "ipynb"));
  }

  /** The run on screen goes on from a checkpoint. */
  restored(name) {
    this.checkpoints.restored(name);
  }

  /** The lowest possible loss is known. */
  learn(floor) {
    this.runs.learn(this.feed.run, floor);
  }

  /** There is news of the run. */
  heard({ status, series, has_result: has }) {
    this.checkpoints.saveable = has || status === "running" || status === "paused";
    if (LIVE.has(status)) this.#again = false;
    for (const _ of series.saved ?? []) {
      const asked = this.#saving.shift();
      asked?.resolve(this.#keep(asked.title));
    }
  }

  /** The run is over: it is compared with others, and what it has reached is kept. */
  ended(status, { seconds, has_result: has }, series, { floor, fair }) {
    this.#settle(has);
    if (this.#again) return; // it had ended before: what was removed since then stays away
    const { title, config } = this.#plan;
    const { smooth, validation, swd, diverged } = series;
    const reached = { loss: smooth.at(-1), validation: validation.at(-1), swd: swd.at(-1) };
    this.runs.offer({
      id: this.feed.run,
      title,
      config,
      diverged: diverged.length > 0,
      outcome: { ...reached, floor, seconds: fair ? seconds : null, status },
      series: aligned(series),
    });
    if (!has || status === "stopped") return;
    this.#keep(title, true).catch((error) => this.onfail(error.message));
  }

  /** The run is not to be found any more. */
  lost() {
    this.checkpoints.saveable = false;
    this.#settle(false);
  }

  /** What was to be saved is kept as the run has left it, if it has left anything. */
  #settle(has) {
    for (const { title, resolve } of this.#saving.splice(0)) resolve(has ? this.#keep(title) : undefined);
  }

  /** Have a checkpoint of now kept under a name. */
  #save(title) {
    if (!this.feed.live) return this.#keep(title);
    return new Promise((resolve, reject) => {
      const asked = { title, resolve };
      this.#saving.push(asked);
      this.feed.tell("save").catch((error) => {
        this.#saving = this.#saving.filter((other) => other !== asked);
        reject(error);
      });
    });
  }

  /** Keep the run's latest checkpoint; `auto`: nobody asked for it. */
  async #keep(title, auto = false) {
    const { unreachable } = this.words.checkpoints;
    const facts = await ask(`api/runs/${this.feed.run}/keep`, { method: "POST", unreachable });
    this.checkpoints.add({ ...facts, title, auto });
  }
}
