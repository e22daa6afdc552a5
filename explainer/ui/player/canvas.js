// Drawing: points are blended into an array of pixels by hand. Ten thousand canvas arcs take a
// tenth of a second; ten thousand small stamps take a millisecond or two.

const LEVELS = 64; // colours along the data curve
const SUBPIXELS = 4; // a stamp is prepared for 4 x 4 positions inside a pixel, so motion is smooth
const INSET = { left: 30, right: 14, top: 14, bottom: 26 }; // css pixels around the box of the data
const THUMBNAIL_POINTS = 2500; // more do not show at that size

// Indigo, blue, teal, amber, orange, rose. The two halves mirror each other in lightness but lie on
// the two sides of the one axis, blue to yellow, that common colour-vision deficiencies leave; so
// places a quarter of the curve apart differ for everyone. No stop is pale: all show on the paper.
const STOPS = {
  light: ["#4c27c7", "#0a48e0", "#0494ce", "#4fadab", "#c8983a", "#cc5c06", "#b3101c", "#960f68"],
  dark: ["#7f6ce4", "#5687ee", "#14c6ea", "#3cf3d4", "#f1dc60", "#faa51e", "#e2603c", "#dc5480"],
};
const QUIET = { light: "#8b9ab0", dark: "#7c8aa0" };

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const packed = (r, g, b) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0; // little-endian RGBA

/** LEVELS colours, as CSS text and as packed pixels. */
export function ramp(mode) {
  const stops = STOPS[mode].map(channels);
  const css = [];
  const pixels = new Uint32Array(LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const at = (level / (LEVELS - 1)) * (stops.length - 1);
    const from = Math.min(stops.length - 2, Math.floor(at));
    // Mixing squares approximates mixing light: no muddy dip half-way between two hues.
    const mix = (c) => Math.round(Math.sqrt(stops[from][c] ** 2 * (1 - at + from) + stops[from + 1][c] ** 2 * (at - from)));
    const [r, g, b] = [mix(0), mix(1), mix(2)];
    css.push(`rgb(${r} ${g} ${b})`);
    pixels[level] = packed(r, g, b);
  }
  return { css, pixels };
}

/**
 * One anti-aliased stamp per subpixel position: which pixels it touches (as offsets into the
 * image) and how much of 256. `hole` > 0 makes a ring.
 */
function makeStamps(radius, opacity, rowLength, hole = 0) {
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

/** Blend points into `image`, at `share` of the way from positions `a` to positions `b`. */
function splat(image, { stamps, reach }, a, b, share, place, color, palette, stride = 1) {
  const { pixels, width, height } = image;
  for (let i = 0; i < a.length >> 1; i += stride) {
    const qx = a[2 * i] + (b[2 * i] - a[2 * i]) * share;
    const qy = a[2 * i + 1] + (b[2 * i + 1] - a[2 * i + 1]) * share;
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
    const inkRedBlue = ink & 0xff00ff;
    const inkGreen = (ink >>> 8) & 0xff;
    const start = row * width + column;
    for (let k = 0; k < offsets.length; k++) {
      const at = start + offsets[k];
      const weight = weights[k];
      const under = pixels[at];
      const rest = 256 - weight;
      // Red and blue share one multiplication; their sums stay inside their 16 bits each.
      const redBlue = (Math.imul(under & 0xff00ff, rest) + Math.imul(inkRedBlue, weight)) >>> 8;
      const green = (((under >>> 8) & 0xff) * rest + inkGreen * weight) & 0xff00;
      pixels[at] = 0xff000000 | (redBlue & 0xff00ff) | green;
    }
  }
}

function newImage(width, height) {
  const data = new ImageData(width, height);
  return { data, pixels: new Uint32Array(data.data.buffer), width, height };
}

/** Round steps for an axis: 1, 2 or 5 times a power of ten. */
function tickStep(span, wanted) {
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.75) ?? 10);
}

/** Where quantised positions fall on a picture of that size, with equal scale on both axes. */
function placement(limits, width, height, inset) {
  const [xLow, xHigh, yLow, yHigh] = limits;
  const roomX = width - inset.left - inset.right;
  const roomY = height - inset.top - inset.bottom;
  const scale = Math.min(roomX / (xHigh - xLow), roomY / (yHigh - yLow)); // pixels per data unit
  const left = inset.left + (roomX - scale * (xHigh - xLow)) / 2;
  const bottom = height - inset.bottom - (roomY - scale * (yHigh - yLow)) / 2;
  const [perX, perY] = [(scale * (xHigh - xLow)) / 65535, (scale * (yHigh - yLow)) / 65535];
  return { left, bottom, perX, perY, scale, zeroX: left - xLow * scale, zeroY: bottom + yLow * scale };
}

/** Draws one frame set on one canvas. Sizes handed in are css pixels. */
export class CloudView {
  #canvas;
  #context;
  #data = null;
  #image = null;
  #base = null; // paper, grid, numbers and the background cloud, drawn once per size and theme
  #position = 0;

  constructor(canvas) {
    this.#canvas = canvas;
    // Opaque: blending then needs no alpha channel. Read often: pixels stay where we write them.
    this.#context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  setData(data) {
    this.#data = data;
    this.#base = null;
  }

  /** Returns whether that changed anything; so does `setTheme`. */
  setSize(width, height, ratio) {
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.ratio === ratio && this.#image?.width === w && this.#image.height === h) return false;
    Object.assign(this, { width, height, ratio });
    Object.assign(this.#canvas, { width: w, height: h });
    this.#image = newImage(w, h);
    this.#base = null;
    return true;
  }

  /** Take a theme: mode ("light" or "dark"), paper, ink, muted, line and font, as CSS text. */
  setTheme(theme) {
    if (Object.entries(theme).every(([name, value]) => this.theme?.[name] === value)) return false;
    this.theme = { ...theme, ...ramp(theme.mode) };
    this.#base = null;
    return true;
  }

  draw(position, { ghosts = false, marked = [] } = {}) {
    if (!this.#image) return;
    if (!this.#base) this.#drawBase();
    this.#position = position;
    const image = this.#image;
    image.pixels.set(this.#base);
    const data = this.#data;
    if (data?.count) {
      const before = Math.floor(position);
      const after = Math.min(before + 1, data.count - 1);
      const layer = (stamps, frames) =>
        splat(image, stamps, frames[before], frames[after], position - before, this.place, data.color, this.theme.pixels);
      if (ghosts && data.ghosts) layer(this.ghostStamps, data.ghosts);
      layer(this.pointStamps, data.frames);
    }
    this.#context.putImageData(image.data, 0, 0);
    for (const point of marked) if (point >= 0 && point < (data?.points ?? 0)) this.#drawMark(point, ghosts);
  }

  /** The point nearest to a place on the canvas, or -1 when none is within reach. */
  nearest(x, y, reach) {
    if (!this.#data?.count || !this.place) return -1;
    let best = (reach * this.ratio) ** 2;
    let found = -1;
    for (let point = 0; point < this.#data.points; point++) {
      const [px, py] = this.#pixel(this.#data.frames, this.#position, point);
      const distance = (px - x * this.ratio) ** 2 + (py - y * this.ratio) ** 2;
      if (distance <= best) [best, found] = [distance, point];
    }
    return found;
  }

  /** One frame on a small canvas: no axes, fewer points. */
  thumbnail(canvas, index) {
    // A whole number of css pixels: otherwise the browser resamples it, and it looks out of focus.
    canvas.style.width = "";
    const width = Math.floor(canvas.getBoundingClientRect().width);
    canvas.style.width = `${width}px`;
    const size = Math.round(width * this.ratio);
    if (!size || !this.#data?.count) return;
    if (!this.#base) this.#drawBase();
    Object.assign(canvas, { width: size, height: size });
    const image = newImage(size, size);
    image.pixels.fill(this.paperPixel);
    const edge = 3 * this.ratio;
    const place = placement(this.#data.limits, size, size, { left: edge, right: edge, top: edge, bottom: edge });
    const stride = Math.ceil(this.#data.points / THUMBNAIL_POINTS);
    const shown = this.#data.points / stride;
    const stamps = makeStamps(Math.max(0.55, 0.8 * (1000 / shown) ** 0.2) * this.ratio, 0.8, size);
    const frame = this.#data.frames[index];
    splat(image, stamps, frame, frame, 0, place, this.#data.color, this.theme.pixels, stride);
    canvas.getContext("2d", { alpha: false }).putImageData(image.data, 0, 0);
  }

  #pixel(frames, position, point) {
    const before = Math.floor(position);
    const [a, b] = [frames[before], frames[Math.min(before + 1, frames.length - 1)]];
    const share = position - before;
    const qx = a[2 * point] + (b[2 * point] - a[2 * point]) * share;
    const qy = a[2 * point + 1] + (b[2 * point + 1] - a[2 * point + 1]) * share;
    return [this.place.left + qx * this.place.perX, this.place.bottom - qy * this.place.perY];
  }

  #drawBase() {
    const { width, height, pixels } = this.#image;
    const ratio = this.ratio;
    const inset = Object.fromEntries(Object.entries(INSET).map(([side, size]) => [side, size * ratio]));
    this.place = placement(this.#data?.limits ?? [-1, 1, -1, 1], width, height, inset);
    const context = this.#context;
    for (const paper of [this.theme.mode === "dark" ? "#111827" : "#ffffff", this.theme.paper]) {
      context.fillStyle = paper; // the theme's may be translucent, and this canvas is opaque
      context.fillRect(0, 0, width, height);
    }
    this.paperPixel = new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0];
    if (this.#data) this.#drawAxes(context, width, height);
    const base = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);

    const points = Math.max(1, this.#data?.points ?? 0);
    // The fewer points and the larger the picture, the larger a point: 2 css pixels at 1,000.
    const room = Math.min(1.15, Math.max(0.7, Math.sqrt(Math.min(width, height) / ratio / 400)));
    const radius = Math.min(3.4, Math.max(0.9, 2 * (1000 / points) ** 0.26)) * room * ratio;
    const opacity = points > 4000 ? 0.7 : 0.85;
    this.radius = radius;
    this.pointStamps = makeStamps(radius, opacity, width);
    this.ghostStamps = makeStamps(radius + 0.9 * ratio, 0.5, width, radius);
    const background = this.#data?.background;
    if (background) {
      const [r, g, b] = channels(QUIET[this.theme.mode]);
      const stamps = makeStamps(Math.max(0.9 * ratio, radius * 0.8), points > 4000 ? 0.14 : 0.2, width);
      splat({ pixels: base, width, height }, stamps, background, background, 0, this.place, null, [packed(r, g, b)]);
    }
    this.#base = base;
    pixels.set(base);
  }

  // The grid runs to the edges and the numbers stand inside it: the box has no frame of its own.
  #drawAxes(context, width, height) {
    const ratio = this.ratio;
    const { scale, zeroX, zeroY } = this.place;
    const step = tickStep(height / scale, height / ratio / 62);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const name = (value) => value.toFixed(digits).replace("-", "−");
    context.font = `${10.5 * ratio}px ${this.theme.font}`;
    context.lineWidth = Math.max(1, Math.round(ratio));
    const sharp = (at) => Math.round(at) + (context.lineWidth % 2 ? 0.5 : 0);
    const line = (isZero, fromX, fromY, toX, toY) => {
      context.strokeStyle = this.theme.line;
      context.globalAlpha = isZero ? 1 : 0.5;
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      context.stroke();
      context.globalAlpha = 1;
    };
    context.fillStyle = this.theme.muted;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (let tick = Math.ceil(-zeroX / scale / step); tick * step * scale + zeroX < width; tick++) {
      const x = sharp(zeroX + tick * step * scale);
      if (x > 30 * ratio) line(tick === 0, x, 0, x, height - 20 * ratio);
      const inside = x > 36 * ratio && x < width - 14 * ratio; // the corner belongs to the y axis
      if (inside) context.fillText(name(tick * step), x, height - 7 * ratio);
    }
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (let tick = Math.ceil((zeroY - height) / scale / step); zeroY - tick * step * scale > 0; tick++) {
      const y = sharp(zeroY - tick * step * scale);
      if (y < height - 20 * ratio) line(tick === 0, 30 * ratio, y, width, y);
      const inside = y > 8 * ratio && y < height - 22 * ratio;
      if (inside) context.fillText(name(tick * step), 8 * ratio, y);
    }
  }

  /** The way of one point: what lies behind it strong, what lies ahead faint; and a ring. */
  #drawMark(point, ghosts) {
    const context = this.#context;
    const data = this.#data;
    const [x, y] = this.#pixel(data.frames, this.#position, point);
    const path = (from, to, startHere) => {
      context.beginPath();
      if (startHere) context.moveTo(x, y);
      for (let i = from; i <= to; i++) context.lineTo(...this.#pixel(data.frames, i, point));
      if (!startHere) context.lineTo(x, y);
    };
    const stroke = (style, width, alpha) => {
      Object.assign(context, { strokeStyle: style, lineWidth: width * this.ratio, globalAlpha: alpha });
      context.stroke();
    };
    const { paper, ink, css } = this.theme;
    context.lineJoin = context.lineCap = "round";
    path(Math.floor(this.#position) + 1, data.count - 1, true);
    stroke(paper, 3, 0.5);
    stroke(ink, 1, 0.35);
    path(0, Math.floor(this.#position), false);
    stroke(paper, 4, 0.75);
    stroke(ink, 1.6, 0.9);
    if (ghosts && data.ghosts) {
      context.setLineDash([3 * this.ratio, 3 * this.ratio]);
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(...this.#pixel(data.ghosts, this.#position, point));
      stroke(ink, 1.2, 0.8);
      context.setLineDash([]);
    }
    context.beginPath();
    context.arc(x, y, this.radius + 3.5 * this.ratio, 0, 2 * Math.PI);
    stroke(paper, 4.5, 0.9);
    Object.assign(context, { globalAlpha: 1, fillStyle: css[data.color[point] >> 2] });
    context.fill();
    stroke(ink, 2, 1);
    context.globalAlpha = 1;
  }
}
