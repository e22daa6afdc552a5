// Small pictures of clouds and of digits, in the colours of the page.

import { placement } from "../player/axes.js";
import { makeStamps, newImage, splat } from "../player/stamps.js";
import { packed, palettes } from "../player/theme.js";
import { make } from "./dom.js";

const SHARPEST = 2; // device pixels per css pixel: more cannot be seen
const SIDE = 8; // pixels of a digit
const LINE = 1; // and between two of them
const INSET = { left: 3, right: 3, top: 3, bottom: 3 };
const BEHIND = 0.28; // how much is seen of the data behind
const ROOM = 1.45; // times the extent of the data: what noise lies beyond is not worth smaller data

/** A picture that is not drawn yet: a canvas with a name. */
export function picture(label = "") {
  const canvas = make("canvas", { className: "du-canvas" });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return canvas;
}

/** Name what is on a picture. */
export function name(canvas, label) {
  if (canvas.ariaLabel !== label) canvas.ariaLabel = label;
}

/** The square around a cloud, with room for noise, in data units. */
function around(cloud, limits) {
  const [low, high] = [[65535, 65535], [0, 0]];
  cloud.forEach((value, i) => {
    low[i % 2] = Math.min(low[i % 2], value);
    high[i % 2] = Math.max(high[i % 2], value);
  });
  const half = (ROOM / 2) * Math.max(high[0] - low[0], high[1] - low[1]);
  const unit = (limits[1] - limits[0]) / 65535; // the limits are a square
  return [0, 1].flatMap((axis) => {
    const middle = (low[axis] + high[axis]) / 2;
    return [middle - half, middle + half].map((value) => limits[2 * axis] + value * unit);
  });
}

/** Draws pictures of one look; `onchange()` is told when all are to be drawn again. */
export class Painter {
  #look = null;
  #view = null; // what is seen of the plane
  #theme = null;
  #stamps = new Map(); // by size of picture

  constructor(root, onchange) {
    this.root = root;
    new ResizeObserver(onchange).observe(root);
    const themed = () => {
      this.#theme = null;
      onchange();
    };
    new MutationObserver(themed).observe(document.body, { attributeFilter: ["class"] });
  }

  /** Pictures are of this look from now on. */
  take(look) {
    this.#look = look;
    if (!look.isDigits) this.#view = around(look.clean, look.header.limits);
  }

  /**
   * Draw onto canvases that can be seen: `[canvas, values, { color, behind, dot }]` each. `color`
   * has a byte a point, `behind` shows the data behind, and `dot` makes a single point a large one.
   */
  draw(pictures) {
    this.#theme ??= this.#readTheme();
    const ratio = Math.min(SHARPEST, devicePixelRatio || 1);
    // All are measured before any gets its size: the browser then lays out the page only once.
    const rooms = pictures.map(([canvas]) => canvas.parentElement.clientWidth);
    pictures.forEach(([canvas, values, options = {}], i) => {
      if (!rooms[i]) return;
      if (this.#look.isDigits) this.#digits(canvas, values, rooms[i], ratio);
      else this.#cloud(canvas, values, rooms[i], ratio, options);
    });
  }

  #readTheme() {
    const mode = document.body.classList.contains("dark") ? "dark" : "light";
    const context = make("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    for (const paper of [mode === "dark" ? "#111827" : "#ffffff", getComputedStyle(this.root).backgroundColor]) {
      context.fillStyle = paper; // the page's may be translucent
      context.fillRect(0, 0, 1, 1);
    }
    const paper = packed(...context.getImageData(0, 0, 1, 1).data.subarray(0, 3));
    return { ...palettes(mode), paper, ink: getComputedStyle(this.root).color };
  }

  /** How a point is drawn on a picture of that size. */
  #stampsFor(size, ratio) {
    const known = `${size} ${ratio}`;
    if (!this.#stamps.has(known)) {
      const radius = Math.min(2, Math.max(0.85, size / ratio / 125)) * ratio;
      const behind = makeStamps(Math.max(0.8 * ratio, radius * 0.8), BEHIND, size);
      this.#stamps.set(known, { radius, points: makeStamps(radius, 0.85, size), behind });
    }
    return this.#stamps.get(known);
  }

  #cloud(canvas, values, room, ratio, { color = null, behind = false, dot = false }) {
    const size = Math.round(room * ratio);
    if (canvas.width !== size || canvas.height !== size) {
      Object.assign(canvas, { width: size, height: size });
      canvas.style.width = `${room}px`;
    }
    const image = newImage(size, size);
    image.pixels.fill(this.#theme.paper);
    const place = placement(this.#look.header.limits, size, size, { ratio, inset: INSET, view: this.#view });
    const stamps = this.#stampsFor(size, ratio);
    if (behind) splat(image, stamps.behind, this.#look.clean, place, null, [this.#theme.quiet]);
    if (!dot) splat(image, stamps.points, values, place, color, this.#theme.place.pixels);
    const context = canvas.getContext("2d", { alpha: false });
    context.putImageData(image.data, 0, 0);
    if (!dot) return;
    context.beginPath();
    context.arc(place.left + values[0] * place.perX, place.bottom - values[1] * place.perY, 2.6 * stamps.radius, 0, 7);
    context.fillStyle = this.#theme.ink;
    context.fill();
  }

  /** One digit, or several in a square; each of their pixels is as large as any other. */
  #digits(canvas, values, room, ratio) {
    const rows = Math.round(Math.sqrt(values.length / SIDE ** 2));
    const size = rows * (SIDE + LINE) - LINE;
    Object.assign(canvas, { width: size, height: size });
    const times = Math.max(1, Math.floor((room * ratio) / size));
    canvas.style.width = `${(size * times) / ratio}px`;
    const image = newImage(size, size);
    image.pixels.fill(this.#theme.paper);
    for (let i = 0; i < values.length; i++) {
      const [digit, at] = [Math.floor(i / SIDE ** 2), i % SIDE ** 2];
      const row = Math.floor(digit / rows) * (SIDE + LINE) + Math.floor(at / SIDE);
      const column = (digit % rows) * (SIDE + LINE) + (at % SIDE);
      image.pixels[row * size + column] = packed(values[i], values[i], values[i]);
    }
    canvas.getContext("2d").putImageData(image.data, 0, 0);
  }
}
