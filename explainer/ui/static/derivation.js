// From the step back that is wanted to DDIM's update, with the numbers of the chosen t, and why a
// network that was trained for DDPM may take it. The sliders ask nobody.

import { loadStyles } from "../player/styles.js";
import { ask } from "./ask.js";
import { chapter, question } from "./chapter.js";
import { Chart } from "./chart.js";
import { EXAMPLE, gammaFormula, inNumbers, inSymbols, STEPS, valuesOf } from "./derivationsteps.js";
import { make } from "./dom.js";
import { stepBack } from "./stepback.js";
import { line, math, number, root, row, sup, symbols as s, toned } from "./terms.js";
import { fill } from "./text.js";

const ETA = 0.5; // at first: neither of the two samplers
const COLORS = { simple: "#009E73", ddpm: "#8b93a5", here: "#C2500A" };
const MARK = { color: "#8889", width: 1.5, dash: "dot" };
const ROWS = {
  a: s.a,
  b: s.b,
  eps: () => toned("second", root(row("1", "−", s.abarPrev, "−", sup(s.sigma, "2")))),
  sigma: s.sigma,
};

export const mount = async (host, props, watch) => {
  await loadStyles(new URL("derivation.css", import.meta.url));
  return chapter(host, props, watch, (body, words) => new Derivation(body, words));
};

/** The weights of the loss over t: of training, of DDPM's bound, and of the bound with an eta. */
export function weightFigure({ T, levels, ddpm, pairs }, index, eta, words) {
  const all = Array.from({ length: T }, (_, at) => at + 1);
  const curve = (y, name, color, more = {}) => ({
    x: all, y, name, mode: "lines", hovertemplate: "%{y:.3~g}", line: { color, width: 2.2, ...more },
  });
  const here = all.map((t) => stepBack(levels[t], levels[t - 1], eta).gamma);
  const walk = pairs.map(({ abar, abar_prev }) => stepBack(abar, abar_prev, eta).gamma);
  const visited = {
    x: pairs.map(({ t }) => t), y: walk, name: words.visited, mode: "markers",
    hovertemplate: "%{y:.3~g}", marker: { color: COLORS.here, size: 7, symbol: "circle-open", line: { width: 1.6 } },
  };
  const data = [
    curve(all.map(() => 1), words.simple, COLORS.simple, { dash: "dash" }),
    curve(ddpm, words.ddpm, COLORS.ddpm),
    eta ? curve(here, fill(words.here, { eta }), COLORS.here) : null,
    eta && pairs.length < T ? visited : null,
  ];
  const { t } = pairs[index];
  const layout = {
    height: 320,
    hovermode: "x unified",
    margin: { l: 56, r: 10, t: 48, b: 40 },
    legend: { orientation: "h", y: 1.22, x: 0 },
    xaxis: { title: { text: words.axis, standoff: 4 }, range: [0, T + 1] },
    yaxis: { type: "log" },
    shapes: [{ type: "line", x0: t, x1: t, yref: "paper", y0: 0, y1: 1, line: MARK }],
  };
  return { data: data.filter(Boolean), layout };
}

class Derivation {
  #words;
  #parts;
  #steps = []; // where the numbers of each step go
  #chart;
  #walk = null;
  #asking = new AbortController();

  constructor(body, words) {
    this.#words = words;
    const parts = (this.#parts = {
      step: make("input", { type: "range", min: 0, step: 1, value: 0 }),
      at: make("output"),
      eta: make("input", { type: "range", min: 0, max: 1, step: 0.05, value: ETA }),
      share: make("output"),
      own: make("p", { className: "dc-note" }),
      error: make("p", { className: "dc-error", role: "alert" }),
      shown: make("div", { className: "dd-shown", hidden: true }),
      choices: make("tbody"),
      heads: make("tr"),
      weight: make("p", { className: "dc-told", ariaLive: "polite" }),
      chart: make("div", { className: "dd-chart" }),
    });
    // No label element: the first thing in it that can have a label would be the output.
    const control = (name, input, output) => {
      input.ariaLabel = name;
      return make("div", { className: "dc-control" }, make("span", {}, name, " ", output), input);
    };
    const controls = make("div", { className: "dc-row dd-controls" });
    controls.append(control(words.step, parts.step, parts.at), control(words.eta, parts.eta, parts.share), parts.own);
    const steps = make("ol", { className: "dd-steps" }, ...words.steps.map((told, at) => this.#step(told, at)));
    parts.shown.append(controls, steps, this.#choices(), this.#why());
    body.append(parts.error, parts.shown);
    this.#chart = new Chart(parts.chart, words.chart);
    for (const input of [parts.step, parts.eta]) input.addEventListener("input", () => this.#draw());
  }

  #step({ title, text }, at) {
    const { formulas, equations } = STEPS[at];
    const numbers = make("div", { className: "dd-numbers" });
    this.#steps.push(numbers);
    const example = { x0: EXAMPLE.x0, eps: `−${-EXAMPLE.eps}`, eps_hat: `−${-EXAMPLE.epsHat}` };
    const told = make("div", {}, make("h3", {}, title), make("p", {}, fill(text, example)));
    const shown = [...equations.map(inSymbols), ...formulas.map((formula) => line(...formula(s)))];
    const formula = make("div", { className: "dd-formula" }, ...shown);
    return make("li", {}, told, make("div", { className: "dd-maths" }, formula, numbers));
  }

  #choices() {
    const { choices, heads } = this.#parts;
    const table = make("table", { className: "dc-table dd-choices" });
    table.append(make("caption", {}, this.#words.choices), make("thead", {}, heads), choices);
    const told = make("p", { className: "dc-told" }, this.#words.choice);
    return make("div", { className: "dd-choice" }, told, make("div", { className: "dc-scroll" }, table));
  }

  #why() {
    const { why, reasons, source } = this.#words;
    const section = make("section", { className: "dd-why" });
    const told = reasons.map((reason) => make("p", { className: "dc-told" }, reason));
    const { weight, chart } = this.#parts;
    section.append(
      make("div", { className: "dd-reasons" }, make("h3", {}, why), ...told, gammaFormula()),
      make("div", {}, make("h3", {}, this.#words.chart), weight, chart),
      make("p", { className: "dc-note" }, source),
    );
    return section;
  }

  async show({ model, schedule, steps, spacing, seed }) {
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    const { unreachable } = this.#words;
    try {
      // No noise is drawn for it, so every seed has one answer.
      const walk = await ask(question("derivation", { model, schedule, steps, spacing }), { signal, unreachable });
      if (signal.aborted) return;
      const { step, error, shown } = this.#parts;
      const last = walk.pairs.length - 1;
      const share = this.#walk ? Number(step.value) / Math.max(1, this.#walk.pairs.length - 1) : 0.5;
      this.#walk = walk;
      step.max = last;
      step.value = Math.round(share * last);
      error.textContent = "";
      shown.hidden = false;
      this.#draw();
    } catch (error) {
      if (!signal.aborted) this.#parts.error.textContent = error.message;
    }
  }

  /** Put in the numbers of what the sliders say. */
  #draw() {
    if (!this.#walk) return;
    const { step, at, eta, share, own, weight } = this.#parts;
    const [index, chosen] = [step.valueAsNumber, eta.valueAsNumber];
    const pair = this.#walk.pairs[index];
    const back = stepBack(pair.abar, pair.abar_prev, chosen);
    at.textContent = fill(this.#words.at, pair);
    step.setAttribute("aria-valuetext", at.textContent);
    share.textContent = chosen;
    own.textContent = fill(this.#words.own, { count: this.#walk.pairs.length });
    const values = valuesOf(pair, chosen, back);
    this.#steps.forEach((element, number) => this.#fill(element, STEPS[number], values));
    this.#compare(pair, chosen);
    weight.textContent = this.#weight(pair, chosen, back.gamma);
    this.#chart.show(weightFigure(this.#walk, index, chosen, this.#words));
  }

  #fill(element, { numbers, equations, needsData }, values) {
    element.replaceChildren(make("small", {}, this.#words.numbers));
    if (needsData && !values.abar) return element.append(make("p", {}, this.#words.nothing));
    for (const told of numbers) element.append(line(...told(values)));
    for (const name of equations) {
      const { sides, agree } = inNumbers(name, values);
      const said = agree ? this.#words.agree : this.#words.differ;
      const sign = make("span", { className: "dd-sign", title: said }, agree ? "✓" : "≠");
      sign.setAttribute("role", "img");
      sign.setAttribute("aria-label", said);
      element.append(make("div", { className: "dd-both" }, ...sides, sign));
    }
    return undefined;
  }

  #compare({ abar, abar_prev }, eta) {
    const { heads, choices } = this.#parts;
    const { none, here, all } = this.#words.heads;
    const columns = [[none, 0], [fill(here, { eta }), eta], [all, 1]];
    heads.replaceChildren(make("td"), ...columns.map(([name]) => make("th", { scope: "col" }, name)));
    const backs = columns.map(([, value]) => stepBack(abar, abar_prev, value));
    choices.replaceChildren(...Object.entries(ROWS).map(([name, symbol]) => {
      const head = make("th", { scope: "row" }, math(symbol), " ", make("small", {}, this.#words.weights[name]));
      return make("tr", {}, head, ...backs.map((back) => make("td", {}, math(number(back[name])))));
    }));
  }

  #weight(pair, eta, gamma) {
    const { weight, deterministic, noiseless, lost } = this.#words;
    if (gamma !== null) return fill(weight, { ...pair, eta, gamma: Number(gamma.toPrecision(3)) });
    if (!pair.abar) return lost;
    return pair.t_prev ? deterministic : noiseless;
  }
}
