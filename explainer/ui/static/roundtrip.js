// The chapter on the way from data to noise and back, and how much the points miss their start.

import { Player } from "../player/player.js";
import { loadStyles } from "../player/styles.js";
import { ask } from "./ask.js";
import { chapter, question } from "./chapter.js";
import { Chart } from "./chart.js";
import { make } from "./dom.js";
import { fill } from "./text.js";

const POINTS = 1000; // as many as the errors are measured of
const HEIGHT = 460;
const CHART = 400;
const MEAN = "#0080C8";
const Q90 = "#D55E00";
const ORDER = "#8b9ab0";

export async function mount(host, props, watch) {
  await loadStyles(new URL("../player/player.css", import.meta.url));
  await chapter(host, props, watch, (body, words) => new Roundtrip(body, words));
}

const few = (value) => String(Number(value.toPrecision(2)));

/** The errors over the steps; `at` is marked, and the dashed line is what first order would be. */
export function errorFigure({ steps, mean, q90 }, at, words) {
  const curve = (y, name, color) => ({
    x: steps, y, name,
    mode: "lines+markers",
    hovertemplate: "%{y:.3~g}",
    line: { color, width: 2.4 },
    marker: { color, size: 7 },
  });
  const order = {
    x: steps,
    y: steps.map((n) => (mean.at(-1) * steps.at(-1)) / n),
    name: words.first_order,
    mode: "lines",
    hoverinfo: "skip",
    line: { color: ORDER, width: 1.8, dash: "dash" },
  };
  const dotted = { color: "#8888", width: 1.5, dash: "dot" };
  const mark = { type: "line", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line: dotted };
  // What is marked is to be seen, also beyond the steps that were measured.
  const ends = [Math.min(...steps, at), Math.max(...steps, at)].map(Math.log10);
  const layout = {
    height: CHART,
    hovermode: "x unified",
    margin: { l: 56, r: 12, t: 8, b: 84 },
    legend: { orientation: "h", y: -0.18, x: 0 },
    xaxis: {
      type: "log",
      title: { text: words.steps, standoff: 6 },
      tickvals: steps,
      range: [ends[0] - 0.08, ends[1] + 0.08],
    },
    yaxis: { type: "log", title: { text: words.distance, standoff: 6 } },
    shapes: [mark],
  };
  return { data: [curve(q90, words.q90, Q90), curve(mean, words.mean, MEAN), order], layout };
}

class Roundtrip {
  #value = null; // the settings above
  #asked = ""; // the address whose answer is on screen or on its way
  #errors = null;

  constructor(body, words) {
    this.words = words;
    const element = make("div", {});
    const chart = make("div", {});
    this.told = make("p", { className: "dc-told", ariaLive: "polite" });
    this.error = make("p", { className: "dc-error", role: "alert" });
    const note = (text) => make("p", { className: "dc-note" }, text);
    const title = make("p", { className: "dc-told" }, make("b", {}, words.chart));
    const beside = make("div", {}, title, chart, this.error, this.told, note(words.mark));
    // A gap as between the parts of a chapter.
    Object.assign(beside.style, { display: "grid", gap: "10px", alignContent: "start", minWidth: 0 });
    body.append(make("div", { className: "dc-pair" }, element, beside), note(words.how));
    const more = { unreachable: words.unreachable, ghosts: words.starts, ghostsNote: words.starts_note };
    this.player = new Player(element, { label: words.player, group: "roundtrip", height: HEIGHT, words: more });
    this.chart = new Chart(chart, words.chart);
  }

  show(value) {
    this.#value = value;
    const { model, schedule, spacing, steps } = value;
    this.player.open(question("roundtrip", { model, schedule, spacing, steps, n: POINTS }));
    this.#ask(question("roundtrip-errors", { model, schedule }));
    this.#draw();
  }

  async #ask(address) {
    if (this.#asked === address) return;
    this.#asked = address;
    this.error.textContent = "";
    if (!this.#errors) this.told.textContent = this.words.computing;
    try {
      const errors = await ask(address, { unreachable: this.words.unreachable });
      if (this.#asked !== address) return;
      this.#errors = errors;
      this.#tell();
      this.#draw();
    } catch (error) {
      if (this.#asked !== address) return;
      this.#asked = ""; // asked again with the next change
      this.error.textContent = error.message;
      if (!this.#errors) this.told.textContent = "";
    }
  }

  #draw() {
    if (this.#errors) this.chart.show(errorFigure(this.#errors, this.#value.steps, this.words));
  }

  #tell() {
    const { steps, mean, slope } = this.#errors;
    const values = {
      few: steps[0],
      mean_few: few(mean[0]),
      many: steps.at(-1),
      mean_many: few(mean.at(-1)),
      ratio: slope === null ? "" : (2 ** slope).toFixed(2),
    };
    this.told.textContent = fill(slope === null ? this.words.told_one : this.words.told, values);
  }
}
