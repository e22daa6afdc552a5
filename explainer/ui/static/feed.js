// The news of a training run: asked for again and again, as long as it lives.

import { unpack } from "../player/container.js";
import { ask } from "./ask.js";

const FIRST = 40; // milliseconds between two questions until there is something to see
const EVERY = 180; // from then on, while somebody looks
const HIDDEN = 20000; // and while nobody does: often enough to keep the run's lease
const RETRY = 2000; // after silence
const PATIENCE = 15000; // a connection that says nothing for so long is dead
export const LIVE = new Set(["queued", "running", "paused"]);

const api = (path) => new URL(`api/${path}`, document.baseURI).href;

/** The news of a run since a number, as a response; every failure is an Error. */
async function news(run, since) {
  const response = await fetch(api(`runs/${run}?since=${since}`), { signal: AbortSignal.timeout(PATIENCE) });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw Object.assign(new Error(error ?? "The server did not answer."), { status: response.status });
}

/** The status of a run; null if the server does not know it, and "" if that cannot be asked. */
export async function statusOf(run) {
  try {
    const response = await news(run, Number.MAX_SAFE_INTEGER);
    return unpack(await response.arrayBuffer()).header.status;
  } catch (error) {
    return error.status === 404 ? null : "";
  }
}

/** Whether the server still knows a run; what cannot be asked counts as known. */
export const isKnown = async (run) => (await statusOf(run)) !== null;

const followed = new Set(); // every run that this page has followed

/** Whether the page has taken up a run: from then on it is asked for where it is shown. */
export const isFollowed = (run) => followed.has(run);

/** Follows one run at a time. `onnews({ header, arrays })`, `onlost()`, `onsilence()`. */
export class Feed {
  run = null;
  #since = 0;
  #status = "";
  #begun = false;
  #timer = 0;
  #generation = 0; // an answer that belongs to an earlier run is dropped
  #asking = 0; // the generation that a question is under way for

  constructor(root, { onnews, onlost, onsilence }) {
    Object.assign(this, { root, onnews, onlost, onsilence });
    document.addEventListener("visibilitychange", () => this.#soon(0));
    new IntersectionObserver(() => this.#soon(0)).observe(root);
  }

  /** Follow a run from its beginning, or with null none. */
  follow(run) {
    clearTimeout(this.#timer);
    Object.assign(this, { run });
    if (run) followed.add(run);
    this.#generation += 1;
    this.#since = 0;
    this.#status = "";
    this.#begun = false;
    this.#soon(0);
  }

  /** Whether the run may still have something to say. */
  get live() {
    return Boolean(this.run) && (!this.#status || LIVE.has(this.#status));
  }

  /** Whether somebody looks. */
  get looked() {
    return !document.hidden && this.root.clientWidth > 0;
  }

  /** Tell the run something: pause, resume, step, stop, save or a pace. Throws a sentence. */
  async tell(verb) {
    const { run } = this;
    await ask(`api/runs/${run}/${verb}`, { method: "POST", signal: AbortSignal.timeout(PATIENCE) });
    if (run === this.run) this.#soon(0);
  }

  #soon(wait) {
    if (!this.live) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), wait);
  }

  async #poll() {
    const generation = this.#generation;
    if (this.#asking === generation) return; // the answer under way will ask for the next
    this.#asking = generation;
    let found;
    try {
      const response = await news(this.run, this.#since);
      found = unpack(await response.arrayBuffer());
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#asking = 0;
      if (error.status === 404) {
        this.#status = "failed";
        return this.onlost();
      }
      this.onsilence();
      return this.#soon(RETRY);
    }
    if (generation !== this.#generation) return;
    this.#asking = 0;
    this.#since = found.header.seq;
    this.#status = found.header.status;
    this.#begun ||= Object.keys(found.arrays).length > 0;
    this.onnews(found);
    const wait = this.looked ? (this.#begun ? EVERY : FIRST) : HIDDEN;
    this.#soon(Math.max(wait, 1000 * (found.header.again ?? 0))); // where many train, news are rarer
  }
}
