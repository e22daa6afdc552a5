// The chapter on a second-order solver: it and DDIM from the same noise in the same few steps.

import { chapter, question } from "./chapter.js";
import { make } from "./dom.js";
import { fill } from "./text.js";
import { Walks, walkStyles } from "./walks.js";

const [LEAST, START, MOST] = [5, 10, 20]; // steps, where the model has that many
const POINTS = 2000;
const ALIKE = 1.1; // distances whose ratio is below this are told as the same

export async function mount(host, props, watch) {
  await walkStyles();
  await chapter(host, props, watch, (body, words) => new Solver(body, words));
}

/** A distance as it stands under the players, or one that is very small or large. */
const far = (value) => (value >= 1e-3 && value < 100 ? value.toFixed(4) : String(Number(value.toPrecision(3))));

/** Which of two ways back came nearer to the data, from what they cost. */
export function compared(ddim, dpm, words) {
  const [nearest, farthest] = [ddim.swd, dpm.swd].sort((a, b) => a - b);
  const factor = farthest / nearest;
  const verdict = factor < ALIKE ? "alike" : dpm.swd < ddim.swd ? "nearer" : "farther";
  const sentences = nearest < ALIKE * dpm.real ? [words[verdict], words.reached] : [words[verdict]];
  const values = { steps: dpm.evaluations, ddim: far(ddim.swd), dpm: far(dpm.swd), real: far(dpm.real) };
  return fill(sentences.join(" "), { ...values, factor: factor.toFixed(factor < 10 ? 1 : 0) });
}

class Solver {
  #value = null; // the settings above
  #wanted = START; // steps, as last chosen here

  constructor(body, words) {
    this.count = make("output");
    this.slider = make("input", { type: "range", step: 1, ariaLabel: words.steps });
    this.told = make("p", { className: "dc-told", ariaLive: "polite" });
    this.walks = new Walks({
      labels: [words.ddim, words.dpm],
      group: "solver",
      words,
      ontold: ([ddim, dpm]) => (this.told.textContent = compared(ddim.cost, dpm.cost, words)),
    });
    this.walks.timeline.set({ trails: false }); // they hide where the points end, which is what differs
    const control = make("div", { className: "dc-control" }, make("span", {}, words.steps, this.count), this.slider);
    const { pair, error } = this.walks;
    const notes = [words.how, words.order].map((text) => make("p", { className: "dc-note" }, text));
    body.append(make("div", { className: "dc-row" }, control), pair, error, this.told, ...notes);
    this.slider.addEventListener("input", () => {
      this.#wanted = this.slider.valueAsNumber;
      this.#ask({ soon: true });
    });
  }

  show(value) {
    this.#value = value;
    const most = Math.min(MOST, value.T);
    // Bounds first: the browser keeps a value within them.
    Object.assign(this.slider, { min: Math.min(LEAST, most - 1), max: most, value: this.#wanted });
    this.#ask();
  }

  #ask(when) {
    const { model, schedule, seed, spacing } = this.#value;
    const steps = this.slider.valueAsNumber;
    this.count.textContent = steps;
    const settings = { model, schedule, seed, spacing, steps, eta: 0, n: POINTS };
    this.walks.ask(["ddim", "dpm"].map((sampler) => question("sample", { ...settings, sampler })), when);
  }
}
