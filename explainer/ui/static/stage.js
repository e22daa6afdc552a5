// What the canvases of a panel share: their size, the theme, and one drawing an animation frame,
// only while somebody can see them.

import { placement } from "../player/axes.js";
import { Sight } from "../player/sight.js";
import { loadStyles } from "../player/styles.js";
import { palettes, readTheme } from "../player/theme.js";

const SHARPEST = 2; // device pixels per css pixel: more costs time and cannot be seen
const TONES = ["network", "exact", "miss"]; // who says it, in all panels; the stylesheet knows the colours
const EDGE = 6; // css pixels around the box of the data: a point at its side is not cut

/** Square canvases of one size. `draw(stage)` is called when `ask` was, and with `fresh` set when
 * size or theme are new: what was prepared for them must be prepared again. */
export class Stage {
  fresh = true;
  side = 0; // device pixels
  ratio = 1;
  theme = null;
  #request = 0;
  #asked = true; // whether the canvases show what is no longer so

  constructor(root, canvases, draw) {
    Object.assign(this, { root, canvases, draw });
    this.contexts = canvases.map((canvas) => canvas.getContext("2d"));
    this.sight = new Sight(root, canvases[0], {
      onseen: () => this.#soon(),
      onfit: () => this.#fit(),
      ongone: () => this.sight.end(),
    });
    // The styles may come after the size is known, and bring other colours.
    loadStyles(new URL("training.css", import.meta.url)).then(() => this.#fit());
  }

  /** Draw at the next animation frame, or as soon as there is something to see. */
  ask() {
    this.#asked = true;
    this.#soon();
  }

  /** Where quantised points fall on the canvases, if the box `view` of them is to be seen. */
  place(limits, view = limits) {
    const inset = { left: EDGE, right: EDGE, top: EDGE, bottom: EDGE };
    return placement(limits, this.side, this.side, { ratio: this.ratio, inset, view });
  }

  #fit() {
    const [canvas] = this.canvases;
    const ratio = Math.min(SHARPEST, devicePixelRatio || 1);
    const side = Math.round(canvas.clientWidth * ratio);
    if (!side) return;
    const styles = getComputedStyle(this.root);
    const tones = TONES.map((name) => [name, styles.getPropertyValue(`--dt-${name}`).trim()]);
    const theme = { ...readTheme(this.root, this.root), ...Object.fromEntries(tones) };
    const look = JSON.stringify([side, ratio, theme]);
    if (look === this.look) return;
    Object.assign(this, { look, side, ratio, fresh: true });
    this.theme = { ...theme, ramp: palettes(theme.mode).density.css };
    for (const each of this.canvases) Object.assign(each, { width: side, height: side });
    this.ask();
  }

  #soon() {
    if (!this.#asked || !this.sight.visible || !this.side) return;
    this.#request ||= requestAnimationFrame(() => {
      this.#request = 0;
      this.#asked = false;
      this.draw(this);
      this.fresh = false;
    });
  }
}

/** Draw quantised points as dots, each in the colour that `color(i)` names. */
export function drawDots(context, points, place, radius, color) {
  for (let i = 0; i < points.length / 2; i++) {
    if (isOutside(points, i)) continue;
    const [x, y] = pixel(points, i, place);
    context.fillStyle = color(i);
    context.beginPath();
    context.arc(x, y, radius * place.ratio, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Where a quantised point falls. */
export const pixel = (points, i, place) => [
  place.left + points[2 * i] * place.perX,
  place.bottom - points[2 * i + 1] * place.perY,
];

/** On the very edge stands what lies outside the picture: drawing it there would be untrue. */
export function isOutside(points, i) {
  const [x, y] = [points[2 * i], points[2 * i + 1]];
  return x <= 0 || y <= 0 || x >= 65535 || y >= 65535;
}

/** A name beside each mark, on the far side from the others, none over another or over the edge. */
export function drawNames(context, marks, { ratio, width }, theme) {
  Object.assign(context, { font: `650 ${14 * ratio}px ${theme.font}`, textAlign: "center", textBaseline: "middle" });
  const middle = [0, 1].map((axis) => marks.reduce((sum, { at }) => sum + at[axis] / marks.length, 0));
  const keep = (value, room) => Math.min(width - room, Math.max(room, value));
  const named = marks.map(({ at: [x, y], color, name }) => {
    const half = context.measureText(name).width / 2;
    const away = Math.hypot(x - middle[0], y - middle[1]) || 1;
    const aside = keep(x + ((x - middle[0]) / away) * (half + 11 * ratio), half + 4 * ratio);
    return { name, color, half, x: aside, y: y + ((y - middle[1]) / away) * 17 * ratio };
  });
  named.sort((a, b) => a.y - b.y);
  named.forEach((label, at) => {
    label.y = keep(label.y, 12 * ratio);
    for (const above of named.slice(0, at)) {
      const clear = Math.abs(label.x - above.x) > label.half + above.half + 4 * ratio;
      if (!clear) label.y = Math.max(label.y, above.y + 18 * ratio);
    }
  });
  const over = Math.max(0, named.at(-1).y - width + 12 * ratio);
  for (const { name, color, x, y: low } of named) {
    const y = low - over;
    Object.assign(context, { strokeStyle: theme.paper, lineWidth: 4 * ratio, lineJoin: "round", fillStyle: color });
    context.strokeText(name, x, y);
    context.fillText(name, x, y);
  }
}
