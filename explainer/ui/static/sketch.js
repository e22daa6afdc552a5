// A sketch: points sprayed along the strokes of a mouse, finger or pen, and clouds as pictures.

import { ramp } from "../player/theme.js";

export const MAX_POINTS = 15000; // each takes up to 16 characters of the 256,000 that the server reads

const SPACING = 0.011; // between two points along a stroke, where the pad is 2 wide
const TAP = 10; // points of a touch that goes nowhere

const mode = () => (document.body.classList.contains("dark") ? "dark" : "light");

/** Draw points in the unit square, y upward, onto a canvas of `size` css pixels. */
export function paint(canvas, size, points, color, inset = 0) {
  const ratio = Math.min(3, devicePixelRatio || 1);
  const side = Math.round(size * ratio);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, side, side);
  const n = points.length / 2;
  // The fewer points, the larger a point; about as the player draws them.
  const radius = Math.min(3, Math.max(1.1, 2 * (800 / n) ** 0.22)) * Math.min(1, size / 300 + 0.25) * ratio;
  const { css } = ramp(mode());
  const cell = Math.ceil(2 * radius + 2);
  const sheet = document.createElement("canvas"); // one dot of every colour
  Object.assign(sheet, { width: cell * css.length, height: cell });
  const pen = sheet.getContext("2d");
  css.forEach((ink, level) => {
    pen.fillStyle = ink;
    pen.beginPath();
    pen.arc((level + 0.5) * cell, cell / 2, radius, 0, 2 * Math.PI);
    pen.fill();
  });
  context.globalAlpha = 0.85;
  const room = side - 2 * inset * ratio;
  for (let i = 0; i < n; i++) {
    const level = Math.round(color(i) * (css.length - 1));
    const x = inset * ratio + points[2 * i] * room - cell / 2;
    const y = side - inset * ratio - points[2 * i + 1] * room - cell / 2;
    context.drawImage(sheet, level * cell, 0, cell, cell, x, y, cell, cell);
  }
}

/** The pad itself: strokes of points in [-1, 1], flat lists of x and y, as the server gets them. */
export class Sketch {
  #stage;
  #canvas;
  #ring;
  #brush;
  #past = []; // what Undo goes back to
  #stroke = null;
  #pointer = null;
  #last = [0, 0];
  #travelled = 0;
  #asked = false;

  strokes = [];

  constructor({ stage, canvas, ring, brush }, { changed, full }) {
    Object.assign(this, { changed, full });
    [this.#stage, this.#canvas, this.#ring, this.#brush] = [stage, canvas, ring, brush];
    stage.addEventListener("pointerdown", (event) => this.#begin(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerleave", () => (ring.hidden = true));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(end, (event) => this.#end(event));
    }
    new ResizeObserver(() => this.draw()).observe(stage);
  }

  get points() {
    return this.strokes.flat();
  }

  get count() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0) / 2;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** Show other strokes; Undo brings those of before back. */
  replace(strokes) {
    this.#past.push(this.strokes);
    this.strokes = strokes;
    this.draw();
  }

  undo() {
    this.strokes = this.#past.pop() ?? [];
    this.draw();
  }

  draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      const points = this.points;
      const last = Math.max(1, points.length / 2 - 1);
      const size = this.#stage.clientWidth;
      if (size) paint(this.#canvas, size, points.map((value) => (value + 1) / 2), (i) => i / last);
    });
  }

  get #radius() {
    return this.#brush.valueAsNumber / 100;
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [(2 * (event.clientX - box.left)) / box.width - 1, 1 - (2 * (event.clientY - box.top)) / box.height];
  }

  #begin(event) {
    if (this.#pointer !== null || event.button !== 0) return; // the palm beside the pen, a second finger
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#last = this.#place(event);
    this.#travelled = 0;
    this.#stroke = [];
    this.#past.push(this.strokes);
    this.strokes = [...this.strokes, this.#stroke];
    this.changed(false);
  }

  #move(event) {
    this.#showRing(event);
    if (event.pointerId !== this.#pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const at of passed.length ? passed : [event]) this.#spray(at);
    this.changed(false);
    this.draw();
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    if (!this.#stroke.length) for (let i = 0; i < TAP; i++) this.#dot(...this.#last, event);
    if (!this.#stroke.length) this.undo(); // it went past the pad
    this.#stroke = null;
    this.draw();
    this.changed(true);
  }

  // Points at equal distances along the way, however fast the hand is.
  #spray(event) {
    const [x0, y0] = this.#last;
    const [x1, y1] = this.#place(event);
    const way = Math.hypot(x1 - x0, y1 - y0);
    let at = SPACING - this.#travelled;
    for (; at <= way; at += SPACING) this.#dot(x0 + ((x1 - x0) * at) / way, y0 + ((y1 - y0) * at) / way, event);
    this.#travelled = way - at + SPACING;
    this.#last = [x1, y1];
  }

  #dot(x, y, { pointerType, pressure }) {
    if (this.count >= MAX_POINTS) return this.full();
    const width = pointerType === "pen" && pressure ? 0.4 + 1.2 * pressure : 1;
    const away = this.#radius * width * Math.sqrt(Math.random()); // evenly over the brush's disc
    const angle = 2 * Math.PI * Math.random();
    const dot = [x + away * Math.cos(angle), y + away * Math.sin(angle)];
    if (dot.every((value) => Math.abs(value) < 1)) this.#stroke.push(...dot.map((v) => Math.round(v * 1000) / 1000));
  }

  #showRing(event) {
    this.#ring.hidden = event.pointerType === "touch";
    const size = this.#radius * this.#stage.clientWidth;
    const box = this.#canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    Object.assign(this.#ring.style, { width: `${size}px`, height: `${size}px`, left: `${x}px`, top: `${y}px` });
  }
}
