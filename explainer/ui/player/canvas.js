// The picture: paper, axes, points and what is laid over them, for one frame set on one canvas.

import { drawArrows } from "./arrows.js";
import { drawAxes, placement } from "./axes.js";
import { Density } from "./density.js";
import { between } from "./frames.js";
import { BAND, Marginals } from "./marginals.js";
import { drawMark } from "./marks.js";
import { makeStamps, newImage, splat } from "./stamps.js";
import { packed, palettes } from "./theme.js";
import { drawTrails } from "./trails.js";

const THUMBNAIL_POINTS = 2500; // more do not show at that size
const THUMBNAIL_INSET = { left: 3, right: 3, top: 3, bottom: 3 };

/** Sizes handed in are css pixels; `words.reference` names the curve of the marginals. */
export class CloudView {
  #context;
  #words;
  #data = null;
  #image = null;
  #base = null; // paper, grid, numbers and the background cloud, drawn once per size and theme
  #marginals = null;
  #density = new Density();
  #box = null; // the part of the plane to be seen, if not the data's limits
  #points = null; // where they are in the picture last drawn
  #ghosts = null;
  #core = null; // what a thumbnail shows of the plane

  constructor(canvas, words = { reference: "" }) {
    this.canvas = canvas;
    this.#words = words;
    // Opaque: blending then needs no alpha channel. Read often: pixels stay where we write them.
    this.#context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  setData(data) {
    this.#data = data;
    this.#core = null;
    this.#points = null;
    this.#marginals = data?.prior && data.count ? new Marginals(data, this.#words.reference) : null;
    this.#base = null;
  }

  /** Show this box, [x low, x high, y low, y high] in data units, rather than the data's limits. */
  setBox(box) {
    if (String(box) === String(this.#box)) return;
    this.#box = box;
    this.#base = null;
  }

  /** Returns whether that changed anything; so does `setTheme`. */
  setSize(width, height, ratio) {
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.ratio === ratio && this.#image?.width === w && this.#image.height === h) return false;
    Object.assign(this, { width, height, ratio });
    Object.assign(this.canvas, { width: w, height: h });
    this.#image = newImage(w, h);
    this.#base = null;
    return true;
  }

  /** Take a theme (see `readTheme`). */
  setTheme(theme) {
    if (Object.entries(theme).every(([name, value]) => this.theme?.[name] === value)) return false;
    this.theme = { ...theme, ...palettes(theme.mode) };
    this.#base = null;
    return true;
  }

  /** `show` says which of ghosts, density and trails are wanted; `arrows` is a field's. */
  draw(position, { show = {}, arrows = null, marked = [] } = {}) {
    if (!this.#image) return;
    if (!this.#base) this.#drawBase();
    const [image, context, data, place, theme] = [this.#image, this.#context, this.#data, this.place, this.theme];
    image.pixels.set(this.#base);
    if (!data?.count) return context.putImageData(image.data, 0, 0);

    const points = (this.#points = between(data.frames, position, this.#points));
    const color = show.density ? this.#density.levels(points) : data.color;
    const { pixels, css } = show.density ? theme.density : theme.place;
    const ghosts = show.ghosts && data.ghosts;
    if (show.trails) drawTrails(image, data.frames, position, points, place, color, pixels);
    splat(image, ghosts ? this.fadedStamps : this.pointStamps, points, place, color, pixels);
    if (ghosts) {
      this.#ghosts = between(data.ghosts, position, this.#ghosts);
      splat(image, this.ghostStamps, this.#ghosts, place, data.color, theme.place.pixels);
    }
    context.putImageData(image.data, 0, 0);

    this.#marginals?.draw(context, points, place, theme);
    if (arrows) drawArrows(context, arrows, position, place, theme);
    for (const point of marked) {
      if (!(point >= 0 && point < data.points)) continue;
      const fill = css[color[point] >> 2];
      drawMark(context, { data, position, point, place, theme, color: fill, radius: this.radius, ghosts });
    }
  }

  /** The point nearest to a place on the canvas, or -1 when none is within reach. */
  nearest(x, y, reach) {
    if (!this.#points || !this.place) return -1;
    const { left, bottom, perX, perY } = this.place;
    let best = (reach * this.ratio) ** 2;
    let found = -1;
    for (let point = 0; point < this.#data.points; point++) {
      const dx = left + this.#points[2 * point] * perX - x * this.ratio;
      const dy = bottom - this.#points[2 * point + 1] * perY - y * this.ratio;
      const distance = dx * dx + dy * dy;
      if (distance <= best) [best, found] = [distance, point];
    }
    return found;
  }

  /** A frame each on small canvases: no axes, fewer points. */
  thumbnails(canvases, indices) {
    // All are measured before any gets its size: the browser then lays out the page only once.
    for (const canvas of canvases) canvas.style.width = "";
    const widths = canvases.map((canvas) => Math.floor(canvas.getBoundingClientRect().width));
    canvases.forEach((canvas, i) => this.#thumbnail(canvas, widths[i], indices[i]));
  }

  #thumbnail(canvas, width, index) {
    // A whole number of css pixels: otherwise the browser resamples it, and it looks out of focus.
    canvas.style.width = `${width}px`;
    const size = Math.round(width * this.ratio);
    if (!size || !this.#data?.count) return;
    if (!this.#base) this.#drawBase();
    Object.assign(canvas, { width: size, height: size });
    const image = newImage(size, size);
    image.pixels.fill(packed(...this.paper));
    const { limits, points, frames, color } = this.#data;
    const view = (this.#core ??= this.#data.core());
    const place = placement(limits, size, size, { ratio: this.ratio, inset: THUMBNAIL_INSET, view });
    const stride = Math.ceil(points / THUMBNAIL_POINTS);
    const shown = points / stride;
    const stamps = makeStamps(Math.max(0.55, 0.8 * (1000 / shown) ** 0.2) * this.ratio, 0.8, size);
    splat(image, stamps, frames[index], place, color, this.theme.place.pixels, stride);
    canvas.getContext("2d", { alpha: false }).putImageData(image.data, 0, 0);
  }

  #drawBase() {
    const { width, height, pixels } = this.#image;
    const ratio = this.ratio;
    const band = this.#marginals ? BAND : 0;
    const limits = this.#data?.limits ?? [-1, 1, -1, 1];
    this.place = placement(limits, width, height, { ratio, band, view: this.#box ?? limits });
    const context = this.#context;
    for (const paper of [this.theme.mode === "dark" ? "#111827" : "#ffffff", this.theme.paper]) {
      context.fillStyle = paper; // the theme's may be translucent, and this canvas is opaque
      context.fillRect(0, 0, width, height);
    }
    this.paper = [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
    if (this.#data) drawAxes(context, this.place, this.theme);
    const base = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    this.#makeStamps(width, height);
    this.#drawBackground({ pixels: base, width, height });
    this.#base = base;
    pixels.set(base);
  }

  #makeStamps(width, height) {
    const ratio = this.ratio;
    const points = Math.max(1, this.#data?.points ?? 0);
    // The fewer points and the larger the picture, the larger a point: 2 css pixels at 1,000.
    const room = Math.min(1.15, Math.max(0.7, Math.sqrt(Math.min(width, height) / ratio / 400)));
    const radius = Math.min(3.4, Math.max(0.9, 2 * (1000 / points) ** 0.26)) * room * ratio;
    this.radius = radius;
    this.pointStamps = makeStamps(radius, points > 4000 ? 0.7 : 0.85, width);
    // Beside ghosts, which are rings in full colour, the points step back.
    this.fadedStamps = makeStamps(radius * 0.9, 0.38, width);
    this.ghostStamps = makeStamps(radius + 0.9 * ratio, 0.95, width, radius - 0.3 * ratio);
  }

  #drawBackground(image) {
    const background = this.#data?.background;
    if (!background) return;
    const many = this.#data.points > 4000;
    const stamps = makeStamps(Math.max(0.9 * this.ratio, this.radius * 0.8), many ? 0.14 : 0.2, image.width);
    splat(image, stamps, background, this.place, null, [this.theme.quiet]);
  }
}
