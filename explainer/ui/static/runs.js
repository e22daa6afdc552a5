// Finished runs side by side: up to four are kept, their curves overlaid, their settings compared.

import { loadStyles } from "../player/styles.js";
import { Chart } from "./chart.js";
import { compared, distanceTraces, lossTraces, tag, thinned, verdict } from "./compared.js";
import { make, scaleChoice } from "./dom.js";
import { fill } from "./text.js";

const MEMORY = "diffusion-explainer-runs"; // a reload finds the kept runs again
// Far apart for every kind of sight, on light and on dark, and from the lines of the run that goes on.
export const PLACES = [
  { letter: "A", color: "#E060B8", dash: "solid" },
  { letter: "B", color: "#A28505", dash: "dash" },
  { letter: "C", color: "#7F6FEF", dash: "dashdot" },
  { letter: "D", color: "#73767B", dash: "dot" },
];

const figure = (name) => `<figure><header><h3 data-word="${name}"></h3><div class="dr-scale"></div></header>
  <p data-word="${name}_note"></p><div data-chart></div></figure>`;
const SHELL = `<header><h2 data-word="title" tabindex="-1"></h2></header>
  <p class="dr-verdict" role="status"></p><ul class="dr-chips"></ul>
  <div class="dr-ask" aria-live="polite"></div>
  <div class="dr-both"><div class="dr-charts">${figure("loss")}${figure("distance")}</div>
  <div class="dr-scroll" role="region" tabindex="0"><table></table></div><ul class="dr-notes"></ul></div>`;

export class Runs {
  #places = PLACES.map(() => null); // the run that is kept in each
  #waiting = null; // a run that no place is left for
  #scale = null; // of the loss, once chosen

  constructor(root, words) {
    Object.assign(this, { root, words });
    loadStyles(new URL("runs.css", import.meta.url));
    root.classList.add("dr-runs");
    root.innerHTML = SHELL;
    for (const part of root.querySelectorAll("[data-word]")) part.textContent = words[part.dataset.word];
    root.querySelector(".dr-scroll").ariaLabel = words.table;
    root.querySelector("header").append(this.#button("clear", () => this.#empty(), [words.clear]));
    const places = [...root.querySelectorAll("[data-chart]")];
    this.charts = ["loss", "distance"].map((name, i) => new Chart(places[i], words[name]));
    try {
      const kept = JSON.parse(sessionStorage.getItem(MEMORY));
      this.#places = PLACES.map((place, i) => (kept[i]?.series ? { ...kept[i], ...place } : null));
    } catch {
      // Nothing was kept, or storage is forbidden.
    }
    this.#draw();
  }

  /** The kept runs, each with its `letter`, `color`, `dash` and whether its lines are `hidden`. */
  get runs() {
    return this.#places.filter(Boolean);
  }

  /** Take in a run that has ended: it is kept, or where no place is left, asked for. */
  offer(run) {
    if (!run.series.step.length) return; // it ended before it began
    const again = this.#places.findIndex((kept) => kept?.id === run.id);
    const place = again < 0 ? this.#places.indexOf(null) : again;
    if (place < 0) this.#waiting = run;
    else this.#put(place, run);
    this.#changed();
  }

  /** The lowest possible loss of a run is known, and it may have been kept before that. */
  learn(id, floor) {
    const run = [...this.#places, this.#waiting].find((kept) => kept?.id === id);
    if (!run || run.outcome.floor === floor) return;
    run.outcome = { ...run.outcome, floor };
    this.#changed();
  }

  /** Put a run into a place, or null to make room for the one that waits. */
  #put(place, run) {
    const next = run ?? this.#waiting;
    if (next === this.#waiting) this.#waiting = null;
    this.#places[place] = next && { ...next, ...PLACES[place], hidden: false, series: thinned(next.series) };
  }

  #empty() {
    this.#places.fill(null);
    this.#waiting = null;
  }

  #changed() {
    try {
      sessionStorage.setItem(MEMORY, JSON.stringify(this.#places));
    } catch {
      // Forbidden or full: then a reload does not find the runs again.
    }
    this.#draw();
  }

  /** A button that changes something; by its name, who used it by keyboard finds it again. */
  #button(name, change, children, more = {}) {
    const onclick = () => {
      change();
      this.#changed();
    };
    return make("button", { type: "button", name, onclick, ...more }, ...children);
  }

  #draw() {
    const { root, runs, words } = this;
    const part = (selector) => root.querySelector(selector);
    const held = root.contains(document.activeElement) && document.activeElement.name;
    part("[name=clear]").hidden = !runs.length;
    part(".dr-verdict").textContent = verdict(runs.map((run) => run.config), words);
    part(".dr-chips").replaceChildren(...runs.map((run) => this.#chip(run)));
    part(".dr-ask").replaceChildren(...(this.#waiting ? this.#question(this.#waiting) : []));
    part(".dr-both").hidden = runs.length < 2;
    if (runs.length > 1) this.#compare(part);
    if (held) (part(`[name="${held}"]`) ?? part("h2")).focus();
  }

  #chip(run) {
    const said = (text) => fill(text, { run: fill(this.words.run, run) });
    const shown = { ariaPressed: !run.hidden, ariaLabel: said(this.words.show) };
    const lines = this.#button(`show ${run.letter}`, () => (run.hidden = !run.hidden), tag(run), shown);
    const remove = () => this.#put(this.#places.indexOf(run), null);
    const cross = this.#button(`remove ${run.letter}`, remove, ["×"], { ariaLabel: said(this.words.remove) });
    return make("li", {}, lines, cross);
  }

  /** Which run is to make room for the one that waits? */
  #question(run) {
    const choice = (kept, i) => this.#button(`replace ${kept.letter}`, () => this.#put(i, run), tag(kept));
    const leave = this.#button("leave", () => (this.#waiting = null), [this.words.leave]);
    return [make("p", {}, fill(this.words.full, run)), ...this.runs.map(choice), leave];
  }

  #compare(part) {
    const { runs, words } = this;
    // Beside a loss that blows up, the others are a flat line on a linear axis.
    const scale = this.#scale ?? (runs.some((run) => run.diverged) ? "log" : "linear");
    const choose = (name) => {
      this.#scale = name;
      this.#draw();
    };
    part(".dr-scale").replaceWith(scaleChoice("dr-scale", words, scale, choose));
    const layout = (type) => ({
      height: 240,
      hovermode: "x unified",
      margin: { l: 46, r: 8, t: 8, b: 38 },
      xaxis: { title: { text: words.step, standoff: 4 }, rangemode: "tozero" },
      yaxis: { type, nticks: 6 },
    });
    const [loss, distance] = this.charts;
    loss.show({ data: lossTraces(runs, words), layout: layout(scale) });
    distance.show({ data: distanceTraces(runs, words), layout: layout("log") });
    const { parts, notes } = compared(runs, words);
    part("table").replaceChildren(...parts);
    part(".dr-notes").replaceChildren(...[...notes].map((note) => make("li", {}, note)));
  }
}
