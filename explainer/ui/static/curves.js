// The curves of a training run: loss, loss by noise level, and distance to the data.

import { write } from "../player/shell.js";
import { Chart } from "./chart.js";
import { scaleChoice } from "./dom.js";
import { fill } from "./text.js";

const RAW = "#0080C8";
const HELD = "#D55E00";
const FLOOR = "#009E73";
const DRAWN = "#7F6FEF";
const FEW = 4;
const TALL = 430; // as high as the picture beside it
const LOOK = {
  height: 300,
  hovermode: "x unified",
  margin: { l: 52, r: 10, t: 30, b: 40 },
  legend: { orientation: "h", y: 1.16, x: 0 },
};

const line = (x, y, name, color, extra = {}) => ({
  x, y, name,
  mode: x.length < FEW ? "lines+markers" : "lines", // a single value is no line
  hovertemplate: "%{y:.4~g}",
  line: { color, width: 2, ...extra },
});
const dashed = (x, value, name) => ({ ...line(x, x.map(() => value), name, FLOOR, { dash: "dash" }), mode: "lines" });
const axis = (text, more = {}) => ({ title: { text, standoff: 4 }, rangemode: "tozero", ...more });

/** A vertical line where the picture on screen was taken. */
const mark = (step) =>
  step === null
    ? []
    : [{ type: "line", x0: step, x1: step, yref: "paper", y0: 0, y1: 1, line: { color: "#8886", width: 1.5, dash: "dot" } }];

/** The losses against the step; `hidden` names lines that are kept back. */
export function lossFigure(series, floor, { words, scale, at = null, hidden = [], revision }) {
  const { step, loss, smooth, shown, validation } = series;
  const ends = [0, Math.max(step.at(-1) ?? 0, shown.at(-1) ?? 0, 1)];
  const data = [
    loss.length ? { ...line(step, loss, words.raw, RAW, { width: 1 }), opacity: 0.35 } : null,
    line(step, smooth, loss.length ? words.smooth : words.raw, RAW, { width: 2.2 }),
    hidden.includes("validation") ? null : line(shown, validation, words.validation, HELD, { width: 2.4 }),
    floor === null ? null : dashed(ends, floor, words.floor),
  ];
  // Not from 0: between the floor and where it began is all that happens.
  const yaxis = { type: scale, nticks: 6 };
  const layout = { ...LOOK, height: TALL, uirevision: revision, xaxis: axis(words.step_axis), yaxis, shapes: mark(at) };
  return { data: data.filter(Boolean), layout };
}

/** The validation loss at each noise level, beside the lowest possible. */
export function levelFigure(byT, truth, { words, revision }) {
  const data = [
    byT && truth ? line(truth.levels_by_t, [...byT], words.now, HELD, { width: 2.4 }) : null,
    truth ? line(truth.per_t.map((_, t) => t + 1), truth.per_t, words.floor, FLOOR, { dash: "dash" }) : null,
  ];
  const layout = { ...LOOK, uirevision: revision, xaxis: axis(words.t), yaxis: { nticks: 6, rangemode: "tozero" } };
  return { data: data.filter(Boolean), layout };
}

/** The distance of the samples to the data against the step, beside that of real data. */
export function distanceFigure({ drawn, swd }, real, { words, at = null, revision }) {
  const ends = [0, Math.max(drawn.at(-1) ?? 0, 1)];
  const data = [
    line(drawn, swd, words.samplesLine, DRAWN, { width: 2.4 }),
    real === null ? null : dashed(ends, real, words.real),
  ];
  const yaxis = { type: "log", rangemode: "normal" };
  return { data: data.filter(Boolean), layout: { ...LOOK, uirevision: revision, xaxis: axis(words.step_axis), yaxis, shapes: mark(at) } };
}

const PANEL = `<section class="dx-panel"><header class="dl-head"><h2></h2></header><p></p><div data-chart></div></section>`;

/** Three panels, drawn a few times a second at most and only where somebody looks. */
export class Curves {
  #charts = {};
  #notes = {};
  #scale = "linear";
  #state = { series: null, truth: null, byT: null, at: null, hidden: [], revision: "" };
  #asked = 0;

  /** `roots` has an element for each of `loss`, `byT` and `distance`. */
  constructor(roots, words) {
    this.words = words;
    for (const [name, root] of Object.entries(roots)) {
      root.innerHTML = PANEL;
      root.querySelector("h2").textContent = words[name];
      this.#notes[name] = root.querySelector("p");
      this.#charts[name] = new Chart(root.querySelector("[data-chart]"), words[name]);
    }
    this.#notes.byT.textContent = words.byTNote;
    this.#addScale(roots.loss.querySelector(".dl-head"));
  }

  #addScale(head) {
    const choose = (scale) => {
      this.#scale = scale;
      this.#draw();
    };
    head.append(scaleChoice("dl-scale", this.words, this.#scale, choose));
  }

  /** Change what is shown: `series`, `truth`, `byT`, `at` (a step), `hidden` lines, `revision`. */
  show(changes) {
    Object.assign(this.#state, changes);
    this.#asked ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    const { words } = this;
    const { series, truth, byT, at, hidden, revision } = this.#state;
    if (!series) return;
    const floor = truth?.mean ?? null;
    const real = truth?.real ?? null;
    write(this.#notes.loss, floor === null ? "" : fill(words.lossNote, { floor: floor.toFixed(3) }));
    const distance = truth?.own ? words.distanceOwn : words.distanceNote;
    write(this.#notes.distance, real === null ? "" : fill(distance, { real: Number(real.toPrecision(2)) }));
    this.#charts.loss.show(lossFigure(series, floor, { words, scale: this.#scale, at, hidden, revision }));
    this.#charts.byT.show(levelFigure(byT, truth, { words, revision }));
    this.#charts.distance.show(distanceFigure(series, real, { words, at, revision }));
  }
}
