// Where a player's data come from: one fetch at a time, the newest wins, and never too many.

import { fetchBytes } from "./container.js";
import { decode } from "./frames.js";

const PACE = 150; // milliseconds between two fetches
const PATIENCE = 300; // milliseconds a fetch is given before a newer one cancels it
const WAITS = [2000, 4000, 8000, 16000]; // milliseconds before asking a server again that was away

/** Tells `onstart()`, then `onload(data, title)` or `onfail(sentence)`. */
export class Source {
  #turn = 0; // counts the calls of open: only the newest goes on
  #asked = -Infinity; // when the newest fetch began
  #under = null; // the fetch under way, as a promise
  #abort = null; // and what ends it

  constructor(unreachable, told) {
    Object.assign(this, { unreachable, told });
  }

  /**
   * Fetch a container; a newer call cancels an older one, but first gives it a moment: a server
   * that computes does not notice a cancelled request, and a dragged slider makes many. `title` is
   * handed on with what comes.
   */
  async open(address, title) {
    const turn = ++this.#turn;
    if (this.#under) {
      await Promise.race([this.#under, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    }
    // However quick the answers: a slider being dragged asks a few times a second.
    const early = this.#asked + PACE - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    if (turn !== this.#turn) return;
    this.#asked = performance.now();
    this.#abort?.abort();
    this.#abort = new AbortController();
    const under = (this.#under = this.#fetch(address, title, this.#abort.signal));
    await under;
    if (this.#under === under) this.#under = null;
  }

  /** Forget what is being fetched, and what was about to be. */
  cancel() {
    this.#turn += 1;
    this.#abort?.abort();
  }

  async #fetch(address, title, signal, waits = WAITS) {
    this.told.onstart();
    try {
      const data = decode(await fetchBytes(address, signal, this.unreachable));
      if (!signal.aborted) this.told.onload(data, title);
    } catch (error) {
      if (signal.aborted) return;
      this.told.onfail(error.message);
      const [wait, ...more] = waits;
      if (!error.away || !wait) return;
      setTimeout(() => signal.aborted || this.#fetch(address, title, signal, more), wait);
    }
  }
}
