// A look at three networks that undo noise: what they predict, and where walks of them end.

import { unpack } from "../player/container.js";

export const STEPS = [5, 40]; // of the walks

const named = ({ kind, rule, n }) => `${kind} ${rule} ${n}`;

/** One of the pictures that lie one after the other in an array. */
const cut = (array, i) => {
  const size = array.length / array.shape[0];
  return array.subarray(i * size, (i + 1) * size);
};

export class Look {
  #arrays;
  #walks = new Map();
  #quality = new Map();

  /** Take the bytes of a look; throws where something is missing. */
  constructor(buffer) {
    const { header, arrays } = unpack(buffer);
    Object.assign(this, { header, isDigits: header.data === "digits", kinds: header.kinds });
    this.#arrays = arrays;
    for (const one of header.quality) this.#quality.set(named(one), one);
    for (const one of header.walks) this.#walks.set(named(one), this.#walk(one));
    const whole = this.kinds.map((kind) => this.#has("noised", kind) && this.#has("predicted", kind));
    const clouds = this.isDigits || (arrays.color && header.limits);
    if (!arrays.clean || !arrays.mean || !clouds || !whole.every(Boolean)) throw new Error("Parts are missing.");
  }

  #has(name, kind) {
    return this.#arrays[`${name} ${kind}`]?.shape[0] === this.header.amounts.length;
  }

  #walk(walk) {
    const parts = ["x", "x0"].map((part) => this.#arrays[`${part} ${named(walk)}`]);
    if (!parts.every((array) => array?.shape[0] === walk.amounts.length)) throw new Error("A walk is missing.");
    const [x, x0] = parts;
    const color = this.#arrays[`walk color ${named(walk)}`] ?? null;
    return { ...walk, color, x: (i) => cut(x, i), x0: (i) => cut(x0, i), last: walk.amounts.length - 1 };
  }

  /** Cloud or digits at one of the amounts; `name` is "noised" or "predicted". */
  at(name, kind, i) {
    return cut(this.#arrays[`${name} ${kind}`], i);
  }

  /** The original of that picture. */
  original(i) {
    return cut(this.#arrays.clean, i);
  }

  get clean() {
    return this.#arrays.clean;
  }

  get mean() {
    return this.#arrays.mean;
  }

  /** Of the points of `clean`, and of all that was made of them. */
  get color() {
    return this.#arrays.color ?? null;
  }

  /** The rules that a kind of noise has walks by, in their order. */
  rules(kind) {
    return [...new Set(this.header.walks.filter((walk) => walk.kind === kind).map(({ rule }) => rule))];
  }

  /** A walk, or undefined where there is none (yet). */
  walk(kind, rule, n) {
    return this.#walks.get(named({ kind, rule, n }));
  }

  /** How good what came of it is, or undefined. */
  quality(kind, rule, n) {
    return this.#quality.get(named({ kind, rule, n }));
  }

  /** Whether there are walks of that many steps. */
  has(n) {
    return this.header.walks.some((walk) => walk.n === n);
  }
}
