// The answer to one question as a container: the newest only, and every failure as a sentence.

import { fetchBytes, unpack } from "../player/container.js";
import { make } from "./dom.js";

const QUIET = 150; // milliseconds without another move of a slider before anything is asked for

export class Answer {
  #asked = ""; // the address whose answer is on screen or on its way
  #under = new AbortController(); // ends what is being fetched
  #timer = 0;

  /** `take({ header, arrays })` shows what came; `place` is busy until then. */
  constructor({ unreachable, place, take }) {
    Object.assign(this, { unreachable, place, take });
    this.error = make("p", { className: "dc-error", role: "alert" });
  }

  /** Ask at an address; `soon` waits for a slider to rest. */
  ask(address, { soon = false } = {}) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fetch(address), soon ? QUIET : 0);
  }

  async #fetch(address) {
    if (address === this.#asked) return;
    this.#asked = address;
    this.#under.abort();
    const { signal } = (this.#under = new AbortController());
    this.place.ariaBusy = true;
    try {
      const answer = unpack(await fetchBytes(address, signal, this.unreachable));
      if (signal.aborted) return;
      this.take(answer);
      this.error.textContent = "";
    } catch (error) {
      if (signal.aborted) return;
      this.#asked = ""; // asking again may help
      this.error.textContent = error.message;
    }
    this.place.ariaBusy = false;
  }
}
