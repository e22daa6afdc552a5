// Quality against steps as a figure: pure functions on numbers that came.

import { fill } from "./text.js";

// Distinct on light and dark paper; the perfect network has the colour of its sampler.
const LOOKS = {
  ddpm: { color: "#D55E00", symbol: "circle", width: 2.6 },
  "ddim 0": { color: "#1E88E5", symbol: "square", width: 2.6 },
  "ddim 0.5": { color: "#00A39B", symbol: "diamond", width: 1.8 },
  "ddim 1": { color: "#E8A33D", symbol: "circle-open", width: 1.8, dash: "dash" }, // upon DDPM's
  dpm: { color: "#B04FC4", symbol: "triangle-up", width: 2.6 },
};
const REAL = "#8a8f98";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** A positive number of any size, with so many digits that count. */
export function told(value, digits = 2) {
  const rounded = Number(value.toPrecision(digits));
  if (rounded === 0 || (rounded >= 10 && rounded < 1e5)) return String(rounded);
  if (rounded >= 1e-4 && rounded < 10) return value.toPrecision(digits); // with a last 0
  const [factor, exponent] = value.toExponential(digits - 1).split("e");
  const power = exponent.replace("+", "").replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
  return `${factor} · 10${power}`;
}

/** Median and range in words. */
export function ranged(swd, words) {
  if (swd.length === 1) return told(swd[0]);
  return fill(words.range, { median: told(median(swd)), low: told(Math.min(...swd)), high: told(Math.max(...swd)) });
}

export const named = ({ name, perfect }, words) =>
  perfect ? fill(words.perfect, { name: words.lines[name] }) : words.lines[name];

function trace(line, steps, words) {
  const { color, symbol, width, dash } = LOOKS[line.name];
  const x = steps.filter((count) => line.swd[count]);
  const cells = x.map((count) => line.swd[count]);
  const y = cells.map(median);
  const known = {
    x, y,
    name: named(line, words),
    text: cells.map((swd) => ranged(swd, words)),
    hovertemplate: "%{text}",
  };
  if (line.perfect) return { ...known, mode: "lines", line: { color, width: 1.6, dash: "dot" } };
  return {
    ...known,
    mode: "lines+markers",
    line: { color, width, dash },
    marker: { color, symbol, size: 8, line: { color, width: 1.6 } },
    error_y: {
      type: "data",
      array: cells.map((swd, at) => Math.max(...swd) - y[at]),
      arrayminus: cells.map((swd, at) => y[at] - Math.min(...swd)),
      color, thickness: 1.2, width: 3,
    },
  };
}

/** Real data against real data: a band as wide as chance makes it, and its middle. */
function band(real, ends, words) {
  const edge = (y) => ({
    x: ends, y: ends.map(() => y),
    mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false, legendgroup: "real",
  });
  const middle = {
    ...edge(median(real)),
    name: words.real,
    showlegend: true,
    hoverinfo: undefined,
    text: ends.map(() => ranged(real, words)),
    hovertemplate: "%{text}",
    line: { color: REAL, width: 1.6, dash: "dash" },
  };
  return [edge(Math.min(...real)), { ...edge(Math.max(...real)), fill: "tonexty", fillcolor: `${REAL}2e` }, middle];
}

/** The numbers of steps chosen above, each a line with its name on top, DDIM's higher up. */
function marks(value, words) {
  const chosen = [["ddpm", value.ddpm_steps, 0], ["ddim 0", value.steps, 15]];
  const shapes = chosen.map(([name, steps]) => ({
    type: "line", x0: steps, x1: steps, yref: "paper", y0: 0, y1: 1, layer: "below",
    line: { color: LOOKS[name].color, width: 1.4, dash: "dot" },
  }));
  const annotations = chosen.map(([name, steps, yshift]) => ({
    x: Math.log10(steps), yref: "paper", y: 1, yshift, yanchor: "bottom", showarrow: false,
    text: fill(words.mark, { sampler: words.short[name], steps }),
    font: { color: LOOKS[name].color, size: 11 },
  }));
  return { shapes, annotations };
}

/** Ticks 1, 2 and 5 of each decade between two numbers; of very many decades only the 1. */
function decades(low, high) {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const digits = to - from > 3 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  return powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
}

/** The figure of an answer, with marks at the numbers of steps of `value`. */
export function figure({ lines, real, steps }, value, words, revision) {
  const all = [...steps, value.steps, value.ddpm_steps];
  const range = [Math.log10(0.88 * Math.min(...all)), Math.log10(1.14 * Math.max(...all))];
  // The dotted lines lie under the others, and DDIM with eta 1, which is DDPM, upon it.
  const ordered = [...lines.filter(({ perfect }) => !perfect), ...lines.filter(({ perfect }) => perfect)];
  const data = [...band(real, steps, words), ...ordered.map((line) => trace(line, steps, words))];
  const heights = [...real, ...lines.flatMap(({ swd }) => Object.values(swd).flat())];
  const ticks = decades(Math.min(...heights), Math.max(...heights));
  const narrow = innerWidth < 700; // there the legend is long
  const layout = {
    height: narrow ? 590 : 440,
    hovermode: "x unified",
    hoverdistance: -1, // the nearest number of steps, however far
    margin: { l: 62, r: 46, t: 40, b: 46 },
    legend: { orientation: "h", x: 0, y: narrow ? -0.2 : -0.16, yanchor: "top" },
    uirevision: revision,
    xaxis: {
      type: "log", title: { text: words.steps_axis, standoff: 4 }, range,
      tickmode: "array", tickvals: steps, ticktext: steps.map(String),
    },
    yaxis: {
      type: "log", title: { text: words.distance_axis, standoff: 6 },
      tickmode: "array", tickvals: ticks, ticktext: ticks.map((tick) => told(tick, 1)),
    },
    ...marks(value, words),
  };
  return { data: data.filter(({ x }) => x.length), layout };
}
