// The chapter on DDPM's formula, a mean and a variance, held against six kinds of noise.

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
const CHART = 400;
const TICKS = [0.5, 1, 2, 5, 10, 20, 50, 100];
const HALF = 0.5; // the amount that is looked at first
const [ALIKE, FAILS] = [1.3, 2]; // times as far as by chance
const QUIET = "#8b9ab0";
const COLORS = {
  gaussian: "#0080C8", salt_and_pepper: "#D55E00", uniform: "#009E73",
  additive: "#E8A33D", poisson: "#B04FC4", multiplicative: "#d6336c",
};

export async function mount(host, props, watch) {
  await walkStyles();
  await chapter(host, props, watch, (body, words) => new ClosedForm(body, words));
}

const number = (value, digits = 3) => {
  if (value === null) return "–";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) ? `−${text}` : text;
};

/** What it says of the formula that the noise is so many times as far from it as by chance. */
export const verdict = (times) => (times >= FAILS ? "fails" : times >= ALIKE ? "doubtful" : "holds");

/** What both figures share: the legend stands at the bottom, in the room left for it. */
const frame = (below, onPhones) => ({
  height: CHART,
  hovermode: "x unified",
  margin: { l: 52, r: 10, t: 8, b: innerWidth < 700 ? onPhones : below },
  legend: { orientation: "h", x: 0, y: 0, yref: "container", yanchor: "bottom" },
});

/** How far each kind is from the formula over the amounts, in units of what chance makes of it. */
export function distanceFigure({ amounts, kinds }, chosen, at, words) {
  const lines = Object.entries(kinds).map(([kind, { times }]) => ({
    x: amounts, y: times, name: words.kinds[kind],
    mode: "lines",
    opacity: kind === chosen ? 1 : 0.8,
    line: { color: COLORS[kind], width: kind === chosen ? 3.6 : 1.6 },
    hovertemplate: "%{y:.1f} ×",
  }));
  const chance = {
    x: [0, 1], y: [1, 1], name: words.by_chance,
    mode: "lines", hoverinfo: "skip",
    line: { color: QUIET, width: 2, dash: "dash" },
  };
  const dotted = { color: "#8888", width: 1.5, dash: "dot" };
  const layout = {
    ...frame(128, 186),
    xaxis: { title: { text: words.amount_axis, standoff: 4 }, range: [0, 1.01], hoverformat: ".2f" },
    yaxis: { type: "log", title: { text: words.distance_axis, standoff: 6 }, tickvals: TICKS, ticktext: TICKS.map(String) },
    shapes: [{ type: "line", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line: dotted }],
  };
  return { data: [...lines, chance], layout };
}

/** What one value becomes, as often as it was tried, beside the bell of DDPM's formula. */
export function lawFigure({ bins, bell }, shares, kind, words) {
  const known = shares.some((share) => share > 0);
  const bars = {
    x: bins, y: known ? [...shares] : bins.map(() => null),
    name: words.kinds[kind], type: "bar",
    marker: { color: `${COLORS[kind]}b0` },
    hovertemplate: "%{y:.1%}",
  };
  const curve = {
    x: bins, y: bell, name: words.bell,
    mode: "lines", line: { color: QUIET, width: 2.2, shape: "spline" },
    hovertemplate: "%{y:.1%}",
  };
  const layout = {
    ...frame(74, 96),
    bargap: 0.08,
    xaxis: { title: { text: words.deviations, standoff: 4 }, range: [-6.1, 8.1], hoverformat: ".1f" },
    yaxis: { title: { text: words.share, standoff: 6 }, rangemode: "tozero", tickformat: ".0%" },
  };
  return { data: [bars, curve], layout };
}

class ClosedForm {
  #kind = "salt_and_pepper";
  #known = null; // what came: header and arrays
  #shown = false; // whether there is anything in the players
  #at = -1; // the amount that was told of, by its number

  constructor(body, words) {
    this.words = words;
    const kinds = choices(words.kind, Object.entries(words.kinds), (kind) => {
      this.#kind = kind;
      kinds.press(kind);
      this.#load();
    });
    kinds.press(this.#kind);
    const pair = make("div", { className: "dc-pair" });
    this.players = ["truth", "made"].map((name) => {
      const place = make("div");
      pair.append(place);
      return new Player(place, { label: words[name], group: "closedform", height: HEIGHT, words: { empty: words.computing } });
    });
    this.players[0].onframe = (index) => this.#tell(index);
    this.told = make("p", { className: "dc-told" });
    this.answer = new Answer({ unreachable: words.unreachable, place: pair, take: (answer) => this.#take(answer) });
    const notes = [words.how, words.why].map((text) => make("p", { className: "dc-note" }, text));
    body.append(make("div", { className: "dc-row" }, control(words.kind, kinds.group)), pair, this.answer.error, this.told, this.#charts(), ...notes);
  }

  show({ dataset, seed }) {
    this.answer.ask(question("closedform", { dataset, seed }));
  }

  #charts() {
    const { words } = this;
    this.lawTitle = make("b", {}, words.law);
    this.table = make("table", { className: "dc-table dw-table" });
    const part = (title, label, ...below) => {
      const root = make("div", {});
      const element = make("div", {}, make("p", { className: "dc-told" }, title), root, ...below);
      element.style.minWidth = 0;
      return [new Chart(root, label), element];
    };
    const scroll = make("div", { className: "dc-scroll" }, this.table);
    const [law, left] = part(this.lawTitle, words.law);
    const [distance, right] = part(make("b", {}, words.distances), words.distances);
    Object.assign(this, { law, distance });
    left.append(scroll);
    return make("div", { className: "dc-pair" }, left, right);
  }

  #take(answer) {
    this.#known = answer;
    this.#load();
  }

  /** Put the chosen kind into both players; the amount that is looked at stays. */
  #load() {
    if (!this.#known) return;
    const { header, arrays } = this.#known;
    const { amounts, name, kinds } = header;
    const { limits, outside } = kinds[this.#kind];
    const first = !this.#shown;
    this.#shown = true;
    this.#at = -1;
    const labels = amounts.map((amount) => fill(this.words.frame, { amount: amount.toFixed(2) }));
    const notes = outside ? [fill(this.words.outside, { outside })] : [];
    const start = first ? amounts.indexOf(HALF) : undefined;
    ["truth", "made"].forEach((part, i) => {
      const told = { limits, name: `${name} ${this.#kind} ${part}`, labels, notes, start };
      const frames = slices(arrays[`${part} ${this.#kind}`]);
      this.players[i].load(new FrameSet(told, { frames, color: arrays.color }));
    });
    this.#tell(this.players[0].index);
  }

  #tell(index) {
    if (!this.#known || index === this.#at || !this.players[0].data?.count) return;
    this.#at = index;
    const { words } = this;
    const { header, arrays } = this.#known;
    const { amounts, x_0, copies, kinds } = header;
    const { apart, chance, times, exact, measured } = kinds[this.#kind];
    const [law, found] = [exact[index], measured[index]];
    const bins = header.bins.length;
    const shares = arrays[`law ${this.#kind}`].subarray(index * bins, (index + 1) * bins);
    this.law.show(lawFigure(header, shares, this.#kind, words));
    this.distance.show(distanceFigure(header, this.#kind, amounts[index], words));
    const plain = { name: words.kinds[this.#kind], amount: amounts[index].toFixed(2), copies: copies.toLocaleString("en") };
    this.lawTitle.textContent = fill(words.law_of, { ...plain, x_0: number(x_0, 2) });
    const strong = {
      kurtosis: number(law.kurtosis, 2), apart: number(apart[index]), chance: number(chance[index]),
      factor: times[index]?.toFixed(1),
    };
    const parts = law.kurtosis === null
      ? [index ? words.nothing_left : words.nothing_yet]
      : [words.told, words[verdict(times[index])][law.kurtosis === 0 ? "gaussian" : "other"]];
    // Read out where one stops, not on the way.
    this.told.ariaLive = this.players[0].timeline.playing ? "off" : "polite";
    this.told.replaceChildren(...parts.flatMap((text) => [...sentence(text, strong, plain), " "]));
    const row = (name) => [words[name], number(law[name]), number(found[name]), name === "kurtosis" && law[name] !== null ? number(0) : number(law[name])];
    const columns = [words.exact, words.measured, words.made];
    this.table.replaceChildren(...table(fill(words.caption, plain), columns, ["mean", "variance", "kurtosis"].map(row)));
  }
}
