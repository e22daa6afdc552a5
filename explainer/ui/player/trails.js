// Trails: where each point has been during the last frames, fading out behind it.

import { blend } from "./stamps.js";

const LENGTH = 10; // frames
const MOST = 1200; // trails: more cannot be told apart, and their cost must not grow with the data
const STRONGEST = 190; // of 256, close to the point

/** Draw trails that end in `points`, which stand at `position`. */
export function drawTrails(image, frames, position, points, place, color, palette) {
  const stride = Math.ceil((points.length >> 1) / MOST);
  const newest = Math.ceil(position) - 1; // the last whole frame behind the points
  for (let i = 0; i < points.length >> 1; i += stride) {
    const ink = palette[color[i] >> 2];
    let [qx, qy] = [points[2 * i], points[2 * i + 1]];
    for (let frame = newest; frame >= 0; frame--) {
      const fade = 1 - (position - frame) / (LENGTH + 1);
      const [px, py] = [frames[frame][2 * i], frames[frame][2 * i + 1]];
      if (fade <= 0 || !inside(px, py) || !inside(qx, qy)) break;
      drawLine(
        image,
        place.left + qx * place.perX,
        place.bottom - qy * place.perY,
        place.left + px * place.perX,
        place.bottom - py * place.perY,
        ink,
        STRONGEST * fade,
        place.ratio > 1.5 ? 1 : 0,
      );
      [qx, qy] = [px, py];
    }
  }
}

const inside = (qx, qy) => qx > 0 && qy > 0 && qx < 65535 && qy < 65535;

/** An anti-aliased line, one pixel wide or `extra` more, after Wu (1991). The ends stay inside. */
function drawLine({ pixels, width }, x0, y0, x1, y1, ink, weight, extra) {
  const redBlue = ink & 0xff00ff;
  const green = (ink >>> 8) & 0xff;
  const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
  // Along the axis that changes more; `across` is the step to the pixel beside it.
  const [along, across] = steep ? [width, 1] : [1, width];
  let [from, to, start, end] = steep ? [y0, y1, x0, x1] : [x0, x1, y0, y1];
  if (from > to) [from, to, start, end] = [to, from, end, start];
  const slope = to - from > 1e-6 ? (end - start) / (to - from) : 0;
  const last = Math.floor(to);
  for (let step = Math.floor(from) + 1; step <= last; step++) {
    const middle = start + slope * (step - from) - 0.5 - extra / 2;
    const cell = Math.floor(middle);
    const share = middle - cell;
    const at = step * along + cell * across;
    blend(pixels, at, redBlue, green, (weight * (1 - share)) | 0);
    for (let k = 1; k <= extra; k++) blend(pixels, at + k * across, redBlue, green, weight | 0);
    blend(pixels, at + (1 + extra) * across, redBlue, green, (weight * share) | 0);
  }
}
