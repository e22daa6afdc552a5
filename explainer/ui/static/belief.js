// What the network believes: the noise that it would take away at each place of the plane, beside
// what a perfect network would take away, and how far the two are apart.

import { drawArrows } from "../player/arrows.js";
import { write } from "../player/shell.js";
import { drawDots, Stage } from "./stage.js";
import { fill } from "./text.js";

const KINDS = ["learned", "exact", "difference"];
const TONES = ["network", "exact", "miss"]; // of these, in the theme
const LONGEST = 1.1; // as explainer/experiments/field.py: a noise of 1 just passes the next arrow
const FIRST = 0.3; // of the levels: the shape of the data still shows, and the noise already does

function shell(root, words) {
  root.innerHTML = `<section class="dt-panel dt-belief"><h2></h2><div class="dt-layout">
    <div class="dt-side"><p class="dt-reading"><b></b> <span></span></p><p class="dt-explain"></p></div>
    <label class="dt-slide"><span></span><input type="range" min="0" max="0" step="1" disabled><output></output></label>
  </div></section>`;
  const find = (selector) => root.querySelector(selector);
  const canvases = KINDS.map((kind) => {
    const figure = document.createElement("figure");
    figure.dataset.kind = kind;
    figure.innerHTML = '<figcaption><b></b> <span></span></figcaption><canvas role="img"></canvas>';
    const [caption, canvas] = figure.children;
    caption.children[0].textContent = words[kind];
    caption.children[1].textContent = words[`${kind}Note`];
    canvas.setAttribute("aria-label", words[`${kind}Label`]);
    find(".dt-side").before(figure);
    return canvas;
  });
  find("h2").textContent = words.title;
  find(".dt-slide span").textContent = words.level;
  find(".dt-explain").textContent = words.explain;
  const [miss, told] = find(".dt-reading").children;
  return { canvases, miss, told, slider: find("input"), output: find("output") };
}

/** Vectors from bytes, round(127.5 + 127 v), at one level. */
function vectors(field, index, count, out) {
  const start = 2 * count * index;
  for (let i = 0; i < 2 * count; i++) out[i] = (field[start + i] - 127.5) / 127;
  return out;
}

function meanLength(moves) {
  let sum = 0;
  for (let i = 0; i < moves.length; i += 2) sum += Math.hypot(moves[i], moves[i + 1]);
  return sum / (moves.length / 2);
}

export class Belief {
  #parts;
  #words;
  #stage;
  #truth = null;
  #why = ""; // why there is none, if that is known
  #field = null; // what the network says, all levels
  #index = 0;
  #share = FIRST; // how far along the levels that is
  #moves = []; // of the three pictures at this level, in units of noise
  #shown = []; // the same in data units, as they are drawn
  #backdrop = document.createElement("canvas"); // the data, drawn once per size, theme and truth
  #stale = true;

  constructor(root, words) {
    this.#words = words;
    this.#parts = shell(root, words);
    const { slider, canvases } = this.#parts;
    slider.addEventListener("input", () => (this.index = slider.valueAsNumber));
    this.#stage = new Stage(root.firstElementChild, canvases, (stage) => this.#draw(stage));
    this.#tell();
  }

  /** The level shown, counted from 0. */
  get index() {
    return this.#index;
  }

  set index(index) {
    const last = (this.#truth?.levels.length ?? 1) - 1;
    this.#index = Math.min(Math.max(0, index), last);
    if (last) this.#share = this.#index / last;
    this.#update();
  }

  /** The number of steps of noise at that level. */
  get t() {
    return this.#truth?.levels[this.#index];
  }

  /**
   * Take the exact field, bytes of shape (levels, side * side, 2), and the quantised data behind;
   * or null while it is not known. `scale` is what a noise of 1 is on the two axes of the data, the
   * longer one being 1. The level chosen stays, as a share of all.
   */
  setTruth(truth) {
    this.#truth = null;
    this.#why = "";
    this.#parts.slider.disabled = !truth;
    if (!truth) return this.#update();
    const { limits, side, levels, field, background = null, scale = [1, 1] } = truth;
    const origins = new Uint16Array(2 * side * side);
    for (let i = 0; i < side * side; i++) {
      origins[2 * i] = ((Math.floor(i / side) + 0.5) / side) * 65535; // x is the outer one
      origins[2 * i + 1] = (((i % side) + 0.5) / side) * 65535;
    }
    const longest = (LONGEST * (limits[1] - limits[0])) / side;
    const units = scale.map((value) => value * longest);
    this.#truth = { limits, levels, field, background, origins, units, count: side * side };
    this.#moves = KINDS.map(() => new Float32Array(2 * side * side));
    this.#shown = KINDS.map(() => ({ limits, origins, frames: [new Float32Array(2 * side * side)], now: null }));
    this.#stale = true;
    this.#parts.slider.max = levels.length - 1;
    this.index = Math.round(this.#share * (levels.length - 1));
  }

  /** Say why the exact field could not be had. */
  refuse(sentence) {
    this.#why = sentence;
    this.#tell();
  }

  /** Take what the network says now, bytes as in `setTruth`, or null when there is no network. */
  show(field) {
    this.#field = field;
    this.#update();
  }

  #update() {
    if (this.#truth) this.#compare(this.#truth);
    this.#tell();
    this.#stage.ask();
  }

  #compare({ field, count, units }) {
    const [learned, exact, difference] = this.#moves;
    vectors(field, this.#index, count, exact);
    if (this.#field) {
      vectors(this.#field, this.#index, count, learned);
      for (let i = 0; i < 2 * count; i++) difference[i] = learned[i] - exact[i];
    }
    this.#moves.forEach((moves, kind) => {
      const [shown] = this.#shown[kind].frames;
      for (let i = 0; i < moves.length; i++) shown[i] = moves[i] * units[i % 2];
    });
  }

  #tell() {
    const { miss, told, slider, output } = this.#parts;
    const words = this.#words;
    const levels = this.#truth?.levels ?? [];
    const both = this.#truth && this.#field;
    miss.textContent = both ? meanLength(this.#moves[2]).toFixed(2) : "";
    // A network that says 0 everywhere is as far from the exact arrows as these are long.
    const nothing = both && meanLength(this.#moves[1]).toFixed(2);
    const missing = this.#truth ? words.none : this.#why || words.waiting;
    write(told, both ? fill(words.miss, { nothing }) : missing);
    const text = levels.length ? fill(words.t, { t: this.t, T: levels.at(-1) }) : "";
    slider.value = this.#index;
    slider.style.setProperty("--dt-done", this.#index / Math.max(1, levels.length - 1));
    slider.setAttribute("aria-valuetext", text);
    output.textContent = text;
  }

  #draw(stage) {
    const { side, ratio, theme } = stage;
    if (!this.#truth) return stage.contexts.forEach((context) => context.clearRect(0, 0, side, side));
    const { limits, background } = this.#truth;
    const place = stage.place(limits);
    if (stage.fresh || this.#stale) {
      Object.assign(this.#backdrop, { width: side, height: side });
      const context = this.#backdrop.getContext("2d");
      const small = side / ratio < 240; // there the same points lie closer together
      context.globalAlpha = small ? 0.09 : 0.12;
      if (background) drawDots(context, background, place, small ? 1.1 : 1.5, () => theme.ink);
      this.#stale = false;
    }
    stage.contexts.forEach((context, kind) => {
      context.clearRect(0, 0, side, side);
      context.drawImage(this.#backdrop, 0, 0);
      if (KINDS[kind] !== "exact" && !this.#field) return;
      drawArrows(context, this.#shown[kind], 0, place, { paper: theme.paper, ink: theme[TONES[kind]] });
    });
  }
}
