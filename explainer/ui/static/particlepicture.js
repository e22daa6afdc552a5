// The plane with one particle in it: its way, and the terms of one step, chained head to tail.

import { drawAxes } from "../player/axes.js";
import { drawNames, Stage } from "./stage.js";
import { fill } from "./text.js";

const HEAD = 10; // css pixels, of an arrow
const ROOM = 0.12; // around what a step shows, as a share of it
export const TONES = ["x0", "second", "noise"]; // of the terms, in their order

/** A square box around points, as limits. */
function around(points) {
  const [low, high] = [Math.min, Math.max].map((most) => [0, 1].map((axis) => most(...points.map((p) => p[axis]))));
  const half = (0.5 + ROOM) * Math.max(high[0] - low[0], high[1] - low[1], 1e-6);
  return [0, 1].flatMap((axis) => [-half, half].map((side) => (low[axis] + high[axis]) / 2 + side));
}

const within = ([x, y], [left, right, low, high]) => x > left && x < right && y > low && y < high;

/** Where each term ends when they are drawn head to tail, from the origin. */
function chain(terms) {
  const ends = [[0, 0]];
  for (const term of terms) ends.push([0, 1].map((axis) => ends.at(-1)[axis] + term[axis]));
  return ends;
}

export class Picture {
  #stage;
  #words;
  #walk = null;
  #index = 0;
  #whole = true;

  constructor(root, canvas, words) {
    this.#words = words;
    this.#stage = new Stage(root, [canvas], (stage) => this.#draw(stage));
  }

  /** Show a step of a walk, with all of its way in view or that step alone. */
  show(walk, index, whole) {
    this.#walk = walk;
    this.#index = index;
    this.#whole = whole;
    this.#stage.ask();
  }

  #draw({ root, contexts: [context], side, theme, ratio }) {
    context.clearRect(0, 0, side, side);
    if (!this.#walk) return;
    const { limits, data, path, steps } = this.#walk;
    const step = steps[this.#index];
    const ends = chain(Object.values(step.terms));
    const near = [...ends, step.x_t, step.x_prev, step.x0_hat].filter((point) => within(point, limits));
    const view = this.#whole ? limits : around(near);
    const place = this.#stage.place(limits, view);
    const pixel = ([x, y]) => [place.zeroX + x * place.scale, place.zeroY - y * place.scale];
    const styles = getComputedStyle(root);
    const tones = TONES.map((name) => styles.getPropertyValue(`--term-${name}`).trim());
    drawAxes(context, place, theme);
    context.lineJoin = context.lineCap = "round";

    const line = (points, width, color, alpha, dash = []) => {
      context.save();
      context.setLineDash(dash.map((length) => length * ratio));
      Object.assign(context, { strokeStyle: color, lineWidth: width * ratio, globalAlpha: alpha });
      context.beginPath();
      points.map(pixel).forEach((at, i) => (i ? context.lineTo(...at) : context.moveTo(...at)));
      context.stroke();
      context.restore();
    };
    const dot = (at, radius, color, alpha = 1) => {
      Object.assign(context, { fillStyle: color, globalAlpha: alpha });
      context.beginPath();
      context.arc(...pixel(at), radius * ratio, 0, 2 * Math.PI);
      context.fill();
      context.globalAlpha = 1;
    };

    for (const point of data) dot(point, 1.7, theme.ink, 0.22);
    line(path.slice(this.#index), 1.2, theme.ink, 0.3, [1, 4]);
    line(path.slice(0, this.#index + 1), 1.3, theme.ink, 0.42);
    for (const point of path.slice(0, this.#index)) dot(point, 1.9, theme.ink, 0.55);
    line([step.x_t, step.x0_hat], 1.4, tones[0], 0.75, [5, 5]);
    line([step.x_t, step.x_prev], 3.4, theme.ink, 0.75);
    const mark = (at, color, name, ring = false) => {
      const where = pixel(at);
      const out = where.some((value) => !(value >= 0 && value <= side));
      if (!out && ring) circle(context, where, 7, color, theme.paper, ratio);
      if (!out && !ring) {
        dot(at, 6.5, theme.paper);
        dot(at, 4.5, color);
      }
      const kept = where.map((value) => Math.min(side - 20 * ratio, Math.max(20 * ratio, value)));
      return { at: kept, color, name: out ? fill(this.#words.outside, { name }) : name };
    };
    const marks = [ // under the arrows, which may be short
      mark(step.x0_hat, tones[0], "x̂₀"),
      mark(step.x_t, theme.ink, "xₜ"),
      mark(step.x_prev, theme.ink, "xₜ₋₁", true), // open: the last arrow ends in it
    ];
    ends.slice(1).forEach((end, i) => arrow(context, pixel(ends[i]), pixel(end), tones[i], theme.paper, ratio));
    dot([0, 0], 3, theme.ink);
    drawNames(context, marks, { ratio, width: side }, theme);
  }
}

function circle(context, at, radius, color, paper, ratio) {
  context.beginPath();
  context.arc(...at, radius * ratio, 0, 2 * Math.PI);
  for (const [strokeStyle, width] of [[paper, 4.5], [color, 2]]) {
    Object.assign(context, { strokeStyle, lineWidth: width * ratio });
    context.stroke();
  }
}

/** An arrow with a rim of paper; what is too short to point anywhere is left out. */
function arrow(context, [x, y], [tipX, tipY], color, paper, ratio) {
  const length = Math.hypot(tipX - x, tipY - y);
  if (!(length > ratio)) return;
  const head = Math.min(0.6 * length, HEAD * ratio);
  const [ux, uy] = [(tipX - x) / length, (tipY - y) / length];
  const [neckX, neckY] = [tipX - ux * head, tipY - uy * head];
  for (const [tone, rim] of [[paper, 3], [color, 0]]) {
    Object.assign(context, { strokeStyle: tone, fillStyle: tone, lineWidth: (2.6 + rim) * ratio });
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(neckX, neckY);
    context.stroke();
    context.beginPath();
    context.moveTo(tipX, tipY);
    context.lineTo(neckX - uy * head * 0.45, neckY + ux * head * 0.45);
    context.lineTo(neckX + uy * head * 0.45, neckY - ux * head * 0.45);
    context.closePath();
    context.lineWidth = rim * ratio;
    if (rim) context.stroke();
    context.fill();
  }
}
