// The chapter on an arc between two draws of noise, and where DDIM and DDPM take its points.

import { chapter, question } from "./chapter.js";
import { choices, control } from "./choices.js";
import { make } from "./dom.js";
import { fill } from "./text.js";
import { digitsFor, sentence, table, Walks, walkStyles } from "./walks.js";

const COUNTS = [50, 200, 800]; // points on the arc
const SEEDS = 2 ** 31;

export async function mount(host, props, watch) {
  await walkStyles();
  await chapter(host, props, watch, (body, words) => new Arcs(body, words));
}

class Arcs {
  #value = null; // the settings above
  #others = 0; // how many times other ends were asked for
  #count = 200;
  #points = 0; // of what is on screen

  constructor(body, words) {
    this.words = words;
    this.told = make("p", { className: "dc-told", ariaLive: "polite" });
    this.table = make("table", { className: "dc-table dw-table" });
    const labels = [words.ddim, words.ddpm];
    this.walks = new Walks({ labels, group: "arcs", words, ontold: (headers) => this.#tell(headers) });
    const { pair, error } = this.walks;
    const notes = [words.how, words.arc].map((text) => make("p", { className: "dc-note" }, text));
    body.append(this.#controls(), pair, error, this.walks.beside(this.table, this.told, ...notes));
    this.#listen(body);
  }

  show(value) {
    if (value.seed !== this.#value?.seed) this.#others = 0;
    this.#value = value;
    this.#ask();
  }

  #controls() {
    const { words } = this;
    this.share = make("output");
    this.place = make("input", { type: "range", min: 0, max: 1, step: "any", value: 0.5, ariaLabel: words.place });
    const place = make("div", { className: "dc-control" }, make("span", {}, words.place, this.share), this.place);
    const counts = choices(words.points, COUNTS.map((count) => [String(count), String(count)]), (count) => {
      this.#count = Number(count);
      counts.press(count);
      this.#ask();
    });
    counts.press(String(this.#count));
    const points = control(words.points, counts.group);
    const others = make("button", { type: "button", className: "dc-button" }, words.others);
    others.addEventListener("click", () => {
      this.#others += 1;
      this.#ask();
    });
    return make("div", { className: "dc-row" }, place, points, others);
  }

  /** The slider and both players mark the same point, whichever of them it is chosen in. */
  #listen(body) {
    const { timeline } = this.walks;
    this.place.addEventListener("input", () => this.#mark(this.place.valueAsNumber));
    const member = {
      visible: false,
      onseek() {},
      paint() {},
      onchange: () => (body.isConnected ? this.#reflect() : timeline.leave(member)),
    };
    timeline.join(member);
  }

  #mark(share) {
    if (this.#points) this.walks.timeline.set({ followed: Math.round(share * (this.#points - 1)) });
    this.#reflect();
  }

  #reflect() {
    const { followed } = this.walks.timeline;
    const known = followed >= 0 && followed < this.#points;
    const share = known ? followed / (this.#points - 1) : null;
    this.share.textContent = known ? share.toFixed(2) : this.words.nowhere;
    this.place.ariaValueText = this.share.textContent;
    if (known && this.place !== document.activeElement) this.place.value = share;
  }

  #ask() {
    const { model, schedule, seed, spacing, ddpm_steps, steps } = this.#value;
    const shared = { model, schedule, spacing, seed: (seed + this.#others) % SEEDS, n: this.#count };
    const ddim = question("arc", { ...shared, sampler: "ddim", steps, eta: 0 });
    this.walks.ask([ddim, question("arc", { ...shared, sampler: "ddpm", steps: ddpm_steps })]);
  }

  #tell([{ arc: ddim }, { arc: ddpm }]) {
    const { words } = this;
    if (ddim.points !== this.#points) {
      const before = this.#points;
      this.#points = ddim.points;
      // The same place on an arc of more or fewer points; nobody's choice stays nobody's.
      if (!before || this.walks.timeline.followed >= 0) this.#mark(this.place.valueAsNumber);
    }
    const gap = (path) => path.gap.toFixed(digitsFor(path.gap));
    const length = (path) => path.length.toFixed(digitsFor(path.length));
    const values = {
      start: gap(ddim.start),
      ddim: gap(ddim.end),
      ddpm: gap(ddpm.end),
      ddim_length: length(ddim.end),
      ddpm_length: length(ddpm.end),
    };
    this.told.replaceChildren(...sentence(words.told, values));
    const row = (name, path) => [name, gap(path), length(path)];
    const rows = [
      row(words.row_start, ddim.start),
      row(fill(words.row_ddim, ddim), ddim.end),
      row(fill(words.row_ddpm, ddpm), ddpm.end),
    ];
    const caption = fill(words.caption, { points: ddim.points, angle: ddim.angle.toFixed(0) });
    this.table.replaceChildren(...table(caption, [words.gap, words.length], rows));
  }
}
