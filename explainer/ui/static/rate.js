// How fast a run goes: by what it has done lately, for what it did at another pace says nothing.

const SPAN = 3; // seconds of running that are looked back on
const SHORTEST = 0.15; // and what is too short to tell anything

export class Rate {
  #marks = []; // [step, seconds], the oldest first

  /** Forget what was: from here on it goes at another pace. */
  reset() {
    this.#marks = [];
  }

  /** A run that has been running for so many seconds is at a step. */
  add(step, seconds) {
    this.#marks.push([step, seconds]);
    while (this.#marks.length > 2 && this.#marks[1][1] <= seconds - SPAN) this.#marks.shift();
  }

  /** Steps a second; null where that is not known. */
  get value() {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (!first || last[1] - first[1] < SHORTEST) return null;
    return (last[0] - first[0]) / (last[1] - first[1]);
  }
}
