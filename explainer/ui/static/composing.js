// The chapter on small doses of noise: one after another, beside a single large one.

import { slices } from "../player/container.js";
import { FrameSet } from "../player/frames.js";
import { Player } from "../player/player.js";
import { Answer } from "./answer.js";
import { chapter, question } from "./chapter.js";
import { choices, control } from "./choices.js";
import { Chart } from "./chart.js";
import { make } from "./dom.js";
import { fill } from "./text.js";
import { sentence, table, walkStyles } from "./walks.js";

const HEIGHT = 380;
const CHART = 320;
const [LEAST, START, MOST] = [2, 50, 100]; // doses
const COLORS = { walk: "#0080C8", jump: "#D55E00", bell: "#8b9ab0" };

export async function mount(host, props, watch) {
  await walkStyles();
  await chapter(host, props, watch, (body, words) => new Composing(body, words));
}

/** A number with a true minus sign; what is none, or zero, has no sign. */
export const number = (value, digits = 3) => {
  if (value === null) return "–";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) ? `−${text}` : text;
};

/** How x is spread at the end: of both clouds, and the bell of the walk's own variance. */
export function marginalFigure({ x, walk, jump, bell }, words) {
  const steps = (y, name) => ({
    x, y, name: words[name],
    mode: "lines",
    line: { shape: "hvh", color: COLORS[name], width: 1.8 },
    fill: "tozeroy",
    fillcolor: `${COLORS[name]}2e`,
    hovertemplate: "%{y:.1%}",
  });
  const curve = {
    x, y: bell, name: words.bell,
    mode: "lines", hoverinfo: "skip",
    line: { color: COLORS.bell, width: 1.8, dash: "dash" },
  };
  const layout = {
    height: CHART,
    hovermode: "x unified",
    margin: { l: 52, r: 10, t: 8, b: innerWidth < 700 ? 106 : 88 },
    legend: { orientation: "h", x: 0, y: 0, yref: "container", yanchor: "bottom" },
    xaxis: { title: { text: words.x_axis, standoff: 4 }, hoverformat: ".2f" },
    yaxis: { title: { text: words.y_axis, standoff: 6 }, rangemode: "tozero", tickformat: ".0%" },
    uirevision: `${x[0]} ${x.at(-1)}`, // a zoom is of one answer
  };
  return { data: [steps(jump, "jump"), steps(walk, "walk"), curve], layout };
}

class Composing {
  #value = null; // the settings above
  #kind = "gaussian";

  constructor(body, words) {
    this.words = words;
    this.count = make("output", {}, String(START));
    const bounds = { type: "range", min: LEAST, max: MOST, value: START, step: 1 };
    this.slider = make("input", { ...bounds, ariaLabel: words.steps });
    this.slider.value = START; // once its bounds are known
    const kinds = choices(words.kind, Object.entries(words.kinds), (kind) => {
      this.#kind = kind;
      kinds.press(kind);
      this.#ask();
    });
    kinds.press(this.#kind);
    const steps = make("div", { className: "dc-control" }, make("span", {}, words.steps, this.count), this.slider);
    const pair = make("div", { className: "dc-pair" });
    this.players = ["walk", "jump"].map((name) => {
      const place = make("div");
      pair.append(place);
      const more = { group: "composing", autoplay: true, height: HEIGHT, words: { empty: words.computing } };
      return new Player(place, { label: words[name], ...more });
    });
    this.answer = new Answer({ unreachable: words.unreachable, place: pair, take: (answer) => this.#take(answer) });
    body.append(make("div", { className: "dc-row" }, control(words.kind, kinds.group), steps), pair, this.answer.error, ...this.#below());
    this.slider.addEventListener("input", () => {
      this.count.textContent = this.slider.value;
      this.#ask({ soon: true });
    });
  }

  show(value) {
    this.#value = value;
    this.#ask();
  }

  #below() {
    const { words } = this;
    const note = (text) => make("p", { className: "dc-note" }, text);
    this.told = make("p", { className: "dc-told", ariaLive: "polite" });
    this.dose = make("p", { className: "dc-told" });
    this.counted = make("p", { className: "dc-told", hidden: true });
    this.table = make("table", { className: "dc-table dw-table" });
    const chart = make("div", {});
    this.chart = new Chart(chart, words.chart);
    const title = make("p", { className: "dc-told" }, make("b", {}, words.chart));
    const picture = make("div", {}, title, chart);
    picture.style.minWidth = 0;
    const numbers = make("div", { className: "dw-words" }, this.dose, this.counted);
    numbers.append(make("div", { className: "dc-scroll" }, this.table));
    return [this.told, make("div", { className: "dc-pair" }, picture, numbers), note(words.why), note(words.how)];
  }

  #ask(when) {
    const { dataset, seed } = this.#value;
    this.answer.ask(question("composing", { kind: this.#kind, dataset, steps: this.slider.value, seed }), when);
  }

  #take({ header, arrays }) {
    const { limits, source, name, labels, facts } = header;
    ["walk", "jump"].forEach((way, i) => {
      const told = { limits, source, name: `${name} ${way}`, labels: labels[way], facts: facts[way] };
      this.players[i].load(new FrameSet(told, { frames: slices(arrays[way]), color: arrays.color }));
    });
    this.chart.show(marginalFigure(header.histogram, this.words));
    this.#tell(header);
  }

  #tell({ kind, steps, amount, dose, measured, exact, swd, chance, first, counted }) {
    const { words } = this;
    const strong = {
      walk: number(measured.walk.variance), jump: number(measured.jump.variance),
      walk_kurtosis: number(measured.walk.kurtosis, 2), swd: number(swd),
    };
    const plain = {
      steps, amount, dose: number(dose),
      walk_exact: number(exact.walk.variance), jump_exact: number(exact.jump.variance),
      low: number(chance[0]), high: number(chance.at(-1)),
    };
    this.told.replaceChildren(...sentence(words.told[kind], strong, plain));
    const hit = { share: number(100 * first.share, first.share < 1 ? 1 : 0), far: number(first.far) };
    this.dose.replaceChildren(...sentence(words.dose[kind], hit));
    this.counted.hidden = !counted;
    if (counted) {
      const { mean, sd, mean_exact, sd_exact, fewest, most } = counted;
      const found = { fewest, most, mean: number(mean, 1), sd: number(sd, 1) };
      const law = { mean_exact: number(mean_exact, 1), sd_exact: number(sd_exact, 1) };
      this.counted.replaceChildren(...sentence(words.counted, found, { steps, ...counted, ...law }));
    }
    const columns = [words.walk_measured, words.walk_exact, words.jump_measured, words.jump_exact];
    const row = (name) => {
      const cells = ["walk", "jump"].flatMap((way) => [measured[way][name], exact[way][name]]);
      return [words[name], ...cells.map((value) => number(value))];
    };
    const rows = ["mean", "variance", "kurtosis"].map(row);
    this.table.replaceChildren(...table(fill(words.caption, { steps, amount }), columns, rows));
  }
}
