// Points are blended into an array of pixels by hand. Ten thousand canvas arcs take a tenth of a
// second; ten thousand small stamps take a millisecond or two.

const SUBPIXELS = 4; // a stamp is prepared for 4 x 4 positions inside a pixel, so motion is smooth

export function newImage(width, height) {
  const data = new ImageData(width, height);
  return { data, pixels: new Uint32Array(data.data.buffer), width, height };
}

/**
 * One anti-aliased stamp per subpixel position: which pixels it touches (as offsets into the
 * image) and how much of 256. `hole` > 0 makes a ring.
 */
export function makeStamps(radius, opacity, rowLength, hole = 0) {
  const reach = Math.ceil(radius + 1);
  const stamps = [];
  for (let at = 0; at < SUBPIXELS * SUBPIXELS; at++) {
    const cx = ((at % SUBPIXELS) + 0.5) / SUBPIXELS;
    const cy = (Math.floor(at / SUBPIXELS) + 0.5) / SUBPIXELS;
    const offsets = [];
    const weights = [];
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const distance = Math.hypot(dx + 0.5 - cx, dy + 0.5 - cy);
        const outer = Math.min(1, Math.max(0, radius + 0.5 - distance));
        const inner = hole ? Math.min(1, Math.max(0, hole + 0.5 - distance)) : 0;
        const weight = Math.round((outer - inner) * opacity * 256);
        if (weight > 0) {
          offsets.push(dy * rowLength + dx);
          weights.push(weight);
        }
      }
    }
    stamps.push({ offsets: Int32Array.from(offsets), weights: Int32Array.from(weights) });
  }
  return { stamps, reach };
}

/** Blend `weight` of 256 of a colour into one pixel; red and blue share one multiplication. */
export function blend(pixels, at, redBlue, green, weight) {
  const under = pixels[at];
  const rest = 256 - weight;
  const mixed = (Math.imul(under & 0xff00ff, rest) + Math.imul(redBlue, weight)) >>> 8;
  pixels[at] = 0xff000000 | (mixed & 0xff00ff) | ((((under >>> 8) & 0xff) * rest + green * weight) & 0xff00);
}

/** Blend points into `image`: quantised `points`, and for each its entry of `palette`, times 4. */
export function splat(image, { stamps, reach }, points, place, color, palette, stride = 1) {
  const { pixels, width, height } = image;
  for (let i = 0; i < points.length >> 1; i += stride) {
    const qx = points[2 * i];
    const qy = points[2 * i + 1];
    // On the very edge stands what lies outside the picture: drawing it there would be untrue.
    if (qx <= 0 || qy <= 0 || qx >= 65535 || qy >= 65535) continue;
    const x = place.left + qx * place.perX;
    const y = place.bottom - qy * place.perY;
    const column = Math.floor(x);
    const row = Math.floor(y);
    // The box of the data lies well inside the image: only a stray point is left out here.
    if (column < reach || row < reach || column >= width - reach || row >= height - reach) continue;
    const { offsets, weights } = stamps[(((y - row) * SUBPIXELS) | 0) * SUBPIXELS + (((x - column) * SUBPIXELS) | 0)];
    const ink = palette[color === null ? 0 : color[i] >> 2];
    const redBlue = ink & 0xff00ff;
    const green = (ink >>> 8) & 0xff;
    const start = row * width + column;
    for (let k = 0; k < offsets.length; k++) blend(pixels, start + offsets[k], redBlue, green, weights[k]);
  }
}
