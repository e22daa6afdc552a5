// One point of the cloud above, step by step: what the model says, and the three terms of the
// update, in numbers and as arrows. All steps come at once; going through them asks nobody.

import { loadStyles } from "../player/styles.js";
import { Timeline } from "../player/timeline.js";
import { ask } from "./ask.js";
import { chapter, question } from "./chapter.js";
import { make } from "./dom.js";
import { Picture, TONES } from "./particlepicture.js";
import { frac, line, root, row, sup, symbols as s, toned, tones } from "./terms.js";
import { fill } from "./text.js";

const ABOVE = "compare"; // the group of the players above
const FIRST = 42; // at first, a particle whose arrows can be told apart with most settings
const KEYS = ["data", "path", "guess"];
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

const rest = () => row("1", "−", s.abar);
const share = (part, abar) => frac(row(root(part), "(", "1", "−", abar, ")"), rest());
const FORMULAS = { // of the weight, and of what it weighs
  ddim: {
    x0: () => [toned("x0", root(s.abarPrev)), s.x0Hat],
    eps: () => [toned("second", root("1", "−", s.abarPrev, "−", sup(s.sigma, "2"))), s.epsHat],
    noise: () => [s.sigma, s.z],
  },
  ddpm: {
    x0: () => [toned("x0", share(s.abarPrev, s.alpha)), s.x0Hat],
    x_t: () => [toned("second", share(s.alpha, s.abarPrev)), s.xt],
    noise: () => [toned("noise", root(s.betaTilde)), s.z],
  },
};

const VECTORS = { x0: "x0_hat", x_t: "x_t", eps: "eps_hat", noise: "z" }; // what each weight weighs
const minus = (text) => text.replace(/^-(?=[0.]+$)/, "").replaceAll("-", "−"); // and none before a zero
const short = (value) => minus(Math.abs(value) < 1e4 ? value.toFixed(4) : value.toExponential(2));
const column = (vector) =>
  make("span", { className: "dp-vector" }, ...vector.map((value) => make("span", {}, short(value))));
const pair = (vector) => `(${vector.map(short).join(", ")})`;

export const mount = async (host, props, watch) => {
  await Promise.all([loadStyles(new URL("particle.css", import.meta.url)), tones]);
  return chapter(host, props, watch, (body, words) => new Particle(body, words));
};

class Particle {
  #words;
  #parts;
  #picture;
  #value = null;
  #walk = null;
  #sampler = "ddim";
  #point = FIRST;
  #index = 0;
  #whole = true;
  #asking = new AbortController();

  constructor(body, words) {
    this.#words = words;
    const parts = (this.#parts = {
      point: make("input", { type: "number", min: 0, max: 1999, step: 1, value: FIRST }),
      error: make("p", { className: "dc-error", role: "alert" }),
      shown: make("div", { className: "dp-layout", hidden: true }),
      canvas: make("canvas", { role: "img", ariaLabel: words.picture }),
      slider: make("input", { type: "range", min: 0, step: 1, ariaLabel: words.step }),
      at: make("output"),
      asked: make("p", { className: "dc-told" }),
      rows: make("tbody"),
      sum: make("td"),
      next: make("td"),
      check: make("td", { colSpan: 4, className: "dp-check" }),
      note: make("p", { className: "dc-note" }),
      units: make("p", { className: "dc-note" }),
    });
    const another = make("button", { type: "button", className: "dc-button" }, words.another);
    const follow = make("button", { type: "button", className: "dc-button" }, words.follow);
    const choose = (name) => {
      this.#sampler = name;
      this.#ask();
    };
    const look = (name) => {
      this.#whole = name === "way";
      this.#draw();
    };
    const heads = Object.entries(words.heads).map(([, name]) => make("th", { scope: "col" }, name));
    const total = (name, cell) => make("tr", {}, make("th", { scope: "row", colSpan: 3 }, name), cell);
    const table = make("table", { className: "dc-table dp-table", ariaLabel: words.table });
    table.append(make("thead", {}, make("tr", {}, ...heads)), parts.rows);
    const check = make("tr", {}, parts.check);
    table.append(make("tfoot", {}, total(words.sum, parts.sum), total(words.next, parts.next), check));
    const turn = (by, sign, name) => {
      const button = make("button", { type: "button", className: "dc-button", ariaLabel: name }, sign);
      button.addEventListener("click", () => this.#go(this.#index + by));
      return button;
    };
    const keys = KEYS.map((name) => make("li", { className: `dp-${name}` }, words.keys[name]));
    const picture = make("div", { className: "dp-picture" });
    picture.append(
      parts.canvas,
      make("div", { className: "dp-steps" }, turn(-1, "◀", words.back), parts.slider, turn(1, "▶", words.forward)),
      parts.at,
      make("ul", { className: "dp-keys" }, ...keys),
    );
    const scroll = make("div", { className: "dc-scroll" }, table);
    parts.shown.append(picture, make("div", { className: "dp-numbers" }, parts.asked, scroll, parts.note, parts.units));
    const controls = make("div", { className: "dc-row" });
    controls.append(
      choices(words.sampler, words.samplers, this.#sampler, choose),
      make("label", { className: "dc-control dp-point" }, make("span", {}, words.point), parts.point),
      make("div", { className: "dc-choices" }, another, follow),
      choices(words.view, words.views, "way", look),
    );
    body.append(controls, parts.error, parts.shown);
    this.#picture = new Picture(picture, parts.canvas, words);

    parts.point.addEventListener("change", () => this.#take(parts.point.valueAsNumber));
    another.addEventListener("click", () => this.#take(Math.floor(Math.random() * (this.#walk?.n ?? 2000))));
    follow.addEventListener("click", () => this.#follow());
    parts.slider.addEventListener("input", () => this.#go(parts.slider.valueAsNumber));
    parts.canvas.addEventListener("click", () => parts.slider.focus());
    body.addEventListener("keydown", (event) => {
      // A field of numbers and a slider have their own use for the arrows.
      if (!(event.key in STEPS) || event.target instanceof HTMLInputElement || !this.#walk) return;
      event.preventDefault();
      this.#go(this.#index + STEPS[event.key]);
    });
  }

  show(value) {
    this.#value = value;
    this.#ask();
  }

  /** Mark the particle in the players above, and bring them on screen. */
  #follow() {
    const above = Timeline.of(ABOVE);
    above.set({ followed: this.#point });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [player] = above.members;
    player?.root.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center" });
  }

  #take(point) {
    if (!Number.isInteger(point)) return;
    this.#point = point;
    this.#parts.point.value = point;
    this.#ask();
  }

  async #ask() {
    const { model, schedule, seed, spacing, ddpm_steps, steps, eta } = this.#value;
    const ddim = this.#sampler === "ddim";
    const settings = { model, schedule, seed, spacing, sampler: this.#sampler, point: this.#point };
    const own = ddim ? { steps, eta } : { steps: ddpm_steps };
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    const asked = { sampler: this.#sampler, point: this.#point, eta };
    this.#parts.shown.ariaBusy = true;
    try {
      const options = { signal, unreachable: this.#words.unreachable };
      const walk = await ask(question("particle", { ...settings, ...own }), options);
      if (signal.aborted) return;
      // As far on its way as before; at first in the middle, where there is most to see.
      const share = this.#walk ? this.#index / Math.max(1, this.#walk.steps.length - 1) : 0.5;
      this.#walk = Object.assign(walk, asked);
      this.#parts.error.textContent = "";
      this.#open(share);
    } catch (error) {
      if (!signal.aborted) this.#parts.error.textContent = error.message;
    }
    if (!signal.aborted) this.#parts.shown.ariaBusy = false;
  }

  #open(share) {
    const { point, slider, shown, units } = this.#parts;
    const { steps, n } = this.#walk;
    point.max = n - 1;
    slider.max = steps.length - 1;
    units.textContent = fill(this.#words.units, { point: this.#walk.point });
    shown.hidden = false;
    this.#go(Math.round(share * (steps.length - 1)));
  }

  /** Go to a step, the first of which is 0. */
  #go(index) {
    const { steps } = this.#walk;
    const { slider, at, asked, note } = this.#parts;
    this.#index = Math.min(steps.length - 1, Math.max(0, index));
    const step = steps[this.#index];
    const told = fill(this.#words.at, { number: this.#index + 1, count: steps.length, ...step });
    slider.value = this.#index;
    slider.setAttribute("aria-valuetext", told);
    at.textContent = told;
    const [first, second] = this.#words.asked;
    asked.replaceChildren(
      fill(first, { x_t: pair(step.x_t) }), " ", make("b", {}, `ε̂ = ${pair(step.eps_hat)}`), ", ",
      second, " ", make("b", {}, `x̂₀ = ${pair(step.x0_hat)}`), ".",
    );
    this.#tell(step);
    const { sampler, eta } = this.#walk;
    const noise = this.#words.eta[eta === 0 ? "none" : eta === 1 ? "all" : "some"];
    note.textContent = fill(this.#words.notes[sampler], { eta, noise });
    this.#draw();
  }

  #tell(step) {
    const { rows, sum, next, check } = this.#parts;
    const { sampler } = this.#walk;
    const names = Object.keys(step.terms);
    rows.replaceChildren(...names.map((name, at) => {
      const vector = step[VECTORS[name]];
      const tone = `term-${TONES[at]}`;
      const head = make("th", { scope: "row" });
      const [weight, weighed] = FORMULAS[sampler][name]();
      head.append(make("b", { className: tone }, this.#words.terms[sampler][name]), line([weight, s.times], [weighed]));
      return make(
        "tr", {}, head,
        make("td", { className: tone }, short(step.weights[name])),
        make("td", {}, vector ? column(vector) : make("small", {}, this.#words.none)),
        make("td", { className: tone }, column(step.terms[name])),
      );
    }));
    // In single precision, as the sampler computes.
    const add = (axis) => (so, name) => Math.fround(so + Math.fround(step.terms[name][axis]));
    const total = [0, 1].map((axis) => names.reduce(add(axis), 0));
    const off = Math.max(...total.map((value, axis) => Math.abs(value - Math.fround(step.x_prev[axis]))));
    sum.replaceChildren(column(total));
    next.replaceChildren(column(step.x_prev));
    check.textContent = off ? fill(this.#words.near, { difference: off.toExponential(1) }) : this.#words.same;
  }

  #draw() {
    if (this.#walk) this.#picture.show(this.#walk, this.#index, this.#whole);
  }
}

/** Buttons of which one is pressed, under a name; `choose(name)` is told. */
function choices(title, names, chosen, choose) {
  const group = make("div", { className: "dc-choices", role: "group", ariaLabel: title });
  for (const [name, label] of Object.entries(names)) {
    const button = make("button", { type: "button", ariaPressed: name === chosen }, label);
    button.addEventListener("click", () => {
      for (const other of group.children) other.ariaPressed = other === button;
      choose(name);
    });
    group.append(button);
  }
  return make("div", { className: "dc-control" }, make("span", {}, title), group);
}
