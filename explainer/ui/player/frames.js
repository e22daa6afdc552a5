// The data of a player: positions over time, and what is said about each frame.

import { slices, unpack } from "./container.js";

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Read a container that holds the frames of a point cloud. */
export function decode(buffer) {
  const { header, arrays } = unpack(buffer);
  return new FrameSet(header, {
    frames: slices(arrays.frames),
    ghosts: arrays.x0_hat ? slices(arrays.x0_hat) : null,
    color: arrays.color,
    background: arrays.background,
  });
}

/**
 * Pairs of numbers at a position between two frames. `out` is written to and returned if it fits,
 * so that playing makes no garbage.
 */
export function between(frames, position, out) {
  const before = Math.floor(position);
  const a = frames[before];
  const b = frames[Math.min(before + 1, frames.length - 1)];
  const share = position - before;
  if (out?.length !== a.length) out = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = a[i] + (b[i] - a[i]) * share;
  return out;
}

/** One number of a list, or between two of them. */
function at(values, position) {
  const before = Math.floor(position);
  return values[before] + ((values[before + 1] ?? values[before]) - values[before]) * (position - before);
}

/** Frames of one point cloud: quantised positions, and what is said about each frame. */
export class FrameSet {
  constructor(header, { frames = [], ghosts = null, color = null, background = null }) {
    this.limits = header.limits ?? [-1, 1, -1, 1];
    this.frames = frames;
    this.ghosts = ghosts;
    this.background = background;
    this.labels = [...(header.labels ?? [])];
    this.factLists = Object.entries(header.facts ?? {}).map(([name, values]) => [name, [...values]]);
    this.table = header.table ?? null;
    this.descriptions = header.descriptions ?? [];
    this.summary = header.summary ?? "";
    this.notes = header.notes ?? [];
    this.strip = header.strip ?? null;
    this.prior = header.prior ?? null;
    this.formula = header.formula ?? null;
    this.fields = header.fields ?? []; // of arrows: a name and an address each
    this.cost = header.cost ?? null;
    this.start = header.start;
    this.source = header.source; // what the points are of, if the caller says so
    this.name = header.name ?? ""; // what a file of it is called
    this.color = color;
    this.#fitColor();
  }

  get count() {
    return this.frames.length;
  }

  get points() {
    return this.frames.length ? this.frames[0].length / 2 : 0;
  }

  /** The last frame, the one before it ...: whole numbers inside the set. */
  nearest(position) {
    return clamp(Math.round(position), 0, Math.max(0, this.count - 1));
  }

  label(index) {
    return this.labels[index] ?? (this.count ? `${index + 1} / ${this.count}` : "");
  }

  text(index) {
    return this.descriptions[index] ?? this.summary;
  }

  /** Add one frame; facts that earlier frames did not have are blank for those. */
  append({ points, label, facts = {} }) {
    const index = this.frames.push(points) - 1;
    this.labels[index] = label;
    for (const name of Object.keys(facts)) {
      if (!this.factLists.some(([known]) => known === name)) this.factLists.push([name, []]);
    }
    for (const [name, values] of this.factLists) values[index] = facts[name] ?? "";
    if (this.ghosts) this.ghosts[index] = points;
    this.#fitColor();
  }

  /** Forget every other frame: the first and the latest stay. */
  thin() {
    const latest = this.count - 1;
    const stays = (_, i) => i % 2 === 0 || i === latest;
    this.frames = this.frames.filter(stays);
    this.labels = this.labels.filter(stays);
    if (this.ghosts) this.ghosts = this.ghosts.filter(stays);
    this.factLists = this.factLists.map(([name, values]) => [name, values.filter(stays)]);
  }

  /** The box that holds all but the outermost points: for a small picture, strays are no measure. */
  core() {
    const sides = [0, 1].map((axis) => {
      const values = [];
      const [everyFrame, everyPoint] = [Math.ceil(this.count / 20), Math.ceil(this.points / 500)];
      for (let f = this.count - 1; f >= 0; f -= everyFrame) {
        for (let i = 0; i < this.points; i += everyPoint) values.push(this.frames[f][2 * i + axis]);
      }
      values.sort((a, b) => a - b);
      const [low, high] = [values[Math.floor(values.length * 0.005)], values[Math.ceil(values.length * 0.995) - 1]];
      const room = 0.05 * (high - low) + 1; // never a box of no size
      const [from, to] = this.limits.slice(2 * axis, 2 * axis + 2);
      return [low - room, high + room].map((value) => from + (value / 65535) * (to - from));
    });
    return sides.flat();
  }

  /** Position of one point in data units, between two frames when `position` is. */
  coordinates(position, point) {
    const before = Math.floor(position);
    const [a, b] = [this.frames[before], this.frames[Math.min(before + 1, this.count - 1)]];
    const [xLow, xHigh, yLow, yHigh] = this.limits;
    const share = (axis) => {
      const from = a[2 * point + axis];
      return (from + (b[2 * point + axis] - from) * (position - before)) / 65535;
    };
    return [xLow + share(0) * (xHigh - xLow), yLow + share(1) * (yHigh - yLow)];
  }

  /** The parts of x_t = signal x_0 + noise eps for one point, standardised; eps is solved for. */
  terms(position, point) {
    const { mean, scale } = this.formula;
    const [signal, noise] = [at(this.formula.signal, position), at(this.formula.noise, position)];
    const standard = (pair) => pair.map((value, axis) => (value - mean[axis]) / scale[axis]);
    const x0 = standard(this.coordinates(0, point));
    const xt = standard(this.coordinates(position, point));
    const eps = noise > 1e-6 ? xt.map((value, axis) => (value - signal * x0[axis]) / noise) : null;
    return { signal, noise, x0, eps, xt };
  }

  // The drawing loop reads one colour per point without asking whether there is one.
  #fitColor() {
    if (this.points && this.color?.length !== this.points) {
      const step = 255 / Math.max(1, this.points - 1);
      this.color = Uint8Array.from({ length: this.points }, (_, i) => i * step);
    }
  }
}
