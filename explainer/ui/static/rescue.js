// The latest checkpoint of the run on screen, kept by the browser: it outlives the server.

import { ask } from "./ask.js";
import { bytesAt, drop, keep, kept, RUN } from "./vault.js";
import { visitor } from "./visitor.js";

// A class of thirty shares the server: a run's first seconds are left alone, and then a page
// fetches some 50 KB a second at most.
const FIRST = 3000; // milliseconds of a run
const EVERY = 10000;
const BYTES_A_MILLISECOND = 50;

/** The step of a checkpoint, as the header of its bytes says: see `explainer/checkpoints.py`. */
export function stepOf(bytes) {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const { __metadata__: metadata } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  return JSON.parse(metadata.info).step;
}

export class Rescue {
  kept = null; // what is offered: `{ bytes, step }`
  #run = null;
  #seq = 0; // the report that the kept one came with
  #next = 0; // when the next may be fetched
  #busy = null;

  get #key() {
    return RUN + visitor(); // one for each tab of the browser
  }

  /** Another run is on screen. */
  begin(run) {
    this.#run = run;
    this.kept = null;
    this.#seq = 0;
    this.#next = performance.now() + FIRST;
  }

  /** There is news of it; what nobody looks at has news rarely, and so it is fetched rarely. */
  heard({ has_result: has, seq }) {
    if (!has || this.#busy || seq === this.#seq || performance.now() < this.#next) return;
    this.#fetch(seq);
  }

  /** It is over; whether it may go on. What is done is in the list of checkpoints. */
  async ended({ status, has_result: has, seq, error, note }, diverged) {
    const run = this.#run;
    await this.#busy;
    if (run !== this.#run) return false;
    if (status === "done") await drop(this.#key);
    else if (has && seq !== this.#seq) await this.#fetch(seq);
    // Not where the learner pressed Stop: nothing is said of that.
    return status !== "done" && Boolean(error || note) && !diverged && this.offer();
  }

  /** Offer what is kept of the run on screen; whether there is something. */
  async offer() {
    const run = this.#run;
    const entry = await kept(this.#key);
    if (run !== this.#run || entry?.run !== run) return false;
    this.kept = entry;
    return true;
  }

  /** Give the server what is offered; the name that it has there. */
  async giveBack(unreachable) {
    const { name } = await ask("api/models", { method: "POST", body: this.kept.bytes, unreachable });
    return name;
  }

  #fetch(seq) {
    const run = this.#run;
    this.#next = performance.now() + EVERY; // also where it does not come
    this.#busy = bytesAt(`api/runs/${run}/checkpoint`)
      .then(async (bytes) => {
        if (!bytes || run !== this.#run) return;
        const step = stepOf(bytes);
        if (!step) return void (this.#next = performance.now() + FIRST); // nothing is learnt yet
        this.#next = performance.now() + Math.max(EVERY, bytes.byteLength / BYTES_A_MILLISECOND);
        await keep(this.#key, { run, bytes, step });
        if (run === this.#run) this.#seq = seq;
      })
      .catch(() => {}) // not a checkpoint that can be read: the last one stays
      .finally(() => (this.#busy = null));
    return this.#busy;
  }
}
