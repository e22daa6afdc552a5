// What was seen of a training run, picture by picture, so that it can be rewound.

import { unpack } from "../player/container.js";

export const MOST = 240; // pictures; with more, every other one is forgotten

/** Everything in a picture beside its points: see `explainer/experiments/progress.py`. */
function read({ header, arrays }) {
  const { detail = null, step = 0 } = header;
  return {
    step,
    field: arrays.field ?? null,
    byT: arrays.by_t ?? null,
    detail,
    points: arrays.detail_points ?? null,
    t: arrays.detail_t ?? null,
    limits: header.limits,
  };
}

/** The pictures of a finished run, which come in one container, the one beside the other. */
export function readAll(buffer) {
  const { header, arrays } = unpack(buffer);
  const count = header.shown.length;
  const part = (array, i) => array?.subarray((i * array.length) / count, ((i + 1) * array.length) / count);
  return header.shown.map((step, i) =>
    read({ header: { ...header, step }, arrays: { field: part(arrays.field, i), by_t: part(arrays.by_t, i) } }),
  );
}

export class Snapshots {
  #kept = [];

  get count() {
    return this.#kept.length;
  }

  /** Take in one more picture, the bytes of a container. */
  add(buffer) {
    const picture = read(unpack(buffer));
    const { step, detail, points, t } = this.#kept.at(-1) ?? {};
    // One more of the same step, as saving makes it: what led there is still so.
    if (detail && !picture.detail && picture.step === step) Object.assign(picture, { detail, points, t });
    this.#kept.push(picture);
  }

  /** Take these and no others. */
  fill(kept) {
    this.#kept = [...kept];
  }

  at(index) {
    return this.#kept[index] ?? null;
  }

  /** Forget every other one, as `FrameSet.thin` does: the first and the latest stay. */
  thin() {
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0 || i === this.#kept.length - 1);
  }
}
