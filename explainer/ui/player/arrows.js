// A field of arrows over the cloud: fetched when first wanted, drawn between frames as points are.

import { fetchBytes, slices, unpack } from "./container.js";
import { between } from "./frames.js";

const FAINTEST = 0.3;
const STRONG_FROM = 12; // css pixels: longer arrows are as strong as they get
const SHADES = 4; // arrows of like strength are drawn in one go

/** The arrows of one set of frames. `onchange(field)` is called when they have come, or cannot. */
export class Field {
  arrows = null;
  caption = "";
  error = "";
  #abort = null;

  constructor(address, unreachable, onchange) {
    Object.assign(this, { address, unreachable, onchange });
  }

  /** Fetch once; after a failure, `error` says what is wrong until `forget`. */
  async want() {
    if (this.#abort) return;
    const { signal } = (this.#abort = new AbortController());
    try {
      const { header, arrays } = unpack(await fetchBytes(this.address, signal, this.unreachable));
      this.arrows = { limits: header.limits, origins: arrays.origins, frames: slices(arrays.arrows), now: null };
      this.caption = header.caption ?? "";
    } catch (error) {
      if (signal.aborted) return;
      this.error = error.message;
    }
    if (!signal.aborted) this.onchange(this);
  }

  /** Let go of a failure, so that the next `want` tries again. */
  forget() {
    if (!this.error) return;
    this.error = "";
    this.#abort = null;
  }

  drop() {
    this.#abort?.abort();
  }
}

export function drawArrows(context, arrows, position, place, theme) {
  const { limits, origins, frames } = arrows;
  const { ratio, scale, zeroX, zeroY } = place;
  const moves = (arrows.now = between(frames, Math.min(position, frames.length - 1), arrows.now));
  const [xLow, xHigh, yLow, yHigh] = limits;
  const shafts = Array.from({ length: SHADES }, () => new Path2D());
  const heads = Array.from({ length: SHADES }, () => new Path2D());
  for (let i = 0; i < origins.length; i += 2) {
    const dx = moves[i] * scale;
    const dy = -moves[i + 1] * scale;
    const length = Math.hypot(dx, dy);
    if (!(length > 0.75 * ratio)) continue; // a dot has no direction
    const x = zeroX + (xLow + (origins[i] / 65535) * (xHigh - xLow)) * scale;
    const y = zeroY - (yLow + (origins[i + 1] / 65535) * (yHigh - yLow)) * scale;
    const shade = Math.min(SHADES - 1, Math.floor((length / ratio / STRONG_FROM) * SHADES));
    const head = Math.min(0.6 * length, 5.2 * ratio);
    const [ux, uy] = [dx / length, dy / length];
    const [tipX, tipY] = [x + dx, y + dy];
    const [neckX, neckY] = [tipX - ux * head, tipY - uy * head];
    shafts[shade].moveTo(x, y);
    shafts[shade].lineTo(neckX, neckY);
    heads[shade].moveTo(tipX, tipY);
    heads[shade].lineTo(neckX - uy * head * 0.42, neckY + ux * head * 0.42);
    heads[shade].lineTo(neckX + uy * head * 0.42, neckY - ux * head * 0.42);
    heads[shade].closePath();
  }
  context.save();
  context.beginPath();
  context.rect(0, place.top, place.right, place.height - place.top);
  context.clip();
  context.lineJoin = context.lineCap = "round";
  for (let shade = 0; shade < SHADES; shade++) {
    const strength = FAINTEST + ((1 - FAINTEST) * shade) / (SHADES - 1);
    // A rim of paper lifts them off the points.
    Object.assign(context, { strokeStyle: theme.paper, lineWidth: 3 * ratio, globalAlpha: 0.55 * strength });
    context.stroke(shafts[shade]);
    context.stroke(heads[shade]);
    Object.assign(context, { strokeStyle: theme.ink, fillStyle: theme.ink, lineWidth: 1.3 * ratio, globalAlpha: 0.9 * strength });
    context.stroke(shafts[shade]);
    context.fill(heads[shade]);
  }
  context.restore();
}
