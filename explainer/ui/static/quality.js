// The chapter "How many steps are enough?": distance to real data against the number of steps.

import { loadStyles } from "../player/styles.js";
import { ask } from "./ask.js";
import { chapter, question } from "./chapter.js";
import { Chart } from "./chart.js";
import { make } from "./dom.js";
import { figure, median, named, ranged, told } from "./qualitychart.js";
import { fill } from "./text.js";

const TOLD = ["ddpm", "ddim 0", "dpm"]; // the lines that the sentence compares
const NEAR = 2; // times the distance of real data: good enough
const SOME_LEFT = 0.05; // a last alpha-bar above it is not pure noise

export async function mount(host, props, watch) {
  await loadStyles(new URL("quality.css", import.meta.url));
  return chapter(host, props, watch, (body, words) => new Quality(body, words));
}

/** Asks for one cell after the other, at most one at a time, and only while it may. */
class Queue {
  #asking = false;
  #end = new AbortController();

  constructor(todo, words) {
    Object.assign(this, { todo: [...todo], all: todo.length, words, going: true, seen: true });
  }

  get done() {
    return this.all - this.todo.length;
  }

  /** Ask no more, for ever. */
  end() {
    this.#end.abort();
  }

  /** Go on while there is something to ask, it was not stopped, and somebody is there. */
  async run(onchange) {
    if (this.#asking) return;
    this.#asking = true;
    const { signal } = this.#end;
    const { unreachable } = this.words;
    while (this.todo.length && this.going && this.seen && !signal.aborted) {
      const cell = this.todo[0];
      let answer = null;
      let error = "";
      try {
        answer = await ask(question("quality-cell", cell.ask), { signal, unreachable });
      } catch (problem) {
        error = problem.message;
        this.going = problem.status === 422; // what cannot be computed is left out; all else waits
      }
      if (signal.aborted) return;
      if (this.going || answer) this.todo.shift();
      onchange(cell, answer, error);
    }
    this.#asking = false;
  }
}

class Quality {
  #words;
  #parts;
  #chart;
  #value = null;
  #of = ""; // the model and schedule that are shown or on their way
  #answer = null;
  #queue = null;
  #asked = new AbortController();

  constructor(body, words) {
    this.#words = words;
    this.#parts = shell(body, words);
    this.#chart = new Chart(this.#parts.chart, words.chart);
    this.#parts.button.addEventListener("click", () => {
      this.#queue.going = !this.#queue.going;
      if (this.#queue.going) this.#tellError("");
      this.#run();
    });
    let near = true;
    const look = () => {
      if (!this.#queue) return;
      this.#queue.seen = near && !document.hidden;
      this.#run();
    };
    new IntersectionObserver(
      (entries) => {
        near = entries.at(-1).isIntersecting;
        look();
      },
      { rootMargin: "1000px" },
    ).observe(body);
    document.addEventListener("visibilitychange", look);
  }

  show(value) {
    this.#value = value;
    const { model, schedule } = value;
    const of = JSON.stringify([model, schedule]);
    if (of === this.#of) return this.#draw(); // another number of steps moves its mark, no more
    this.#of = of;
    this.#load(question("quality", { model, schedule }));
  }

  async #load(address) {
    this.#queue?.end();
    this.#queue = null;
    this.#progress();
    this.#asked.abort();
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    const { unreachable } = this.#words;
    try {
      const answer = await ask(address, { signal, unreachable });
      if (signal.aborted) return;
      this.#answer = answer;
      this.#tellError("");
      this.#queue = new Queue(answer.todo, this.#words);
      this.#run();
      this.#draw();
    } catch (error) {
      if (signal.aborted) return;
      this.#of = ""; // the next change asks again
      this.#tellError(error.message);
    }
  }

  #run() {
    this.#queue.run((cell, answer, error) => {
      if (answer) this.#answer.lines[cell.line].swd[cell.steps] = answer.swd;
      if (error) this.#tellError(error);
      this.#progress();
      this.#draw();
    });
    this.#progress();
  }

  #tellError(sentence) {
    if (this.#parts.error.textContent !== sentence) this.#parts.error.textContent = sentence;
  }

  #progress() {
    const [{ live, bar, count, button }, queue, words] = [this.#parts, this.#queue, this.#words];
    live.hidden = !queue?.todo.length;
    if (live.hidden) return;
    const { done, all, going } = queue;
    bar.ariaValueNow = done;
    bar.ariaValueMax = all;
    count.textContent = bar.ariaValueText = fill(words.progress, { done, all });
    bar.firstChild.style.width = `${(100 * done) / all}%`;
    button.textContent = going ? words.stop : words.goOn;
  }

  #draw() {
    const answer = this.#answer;
    if (!answer) return;
    const [parts, words] = [this.#parts, this.#words];
    this.#chart.show(figure(answer, this.#value, words, this.#of));
    parts.told.replaceChildren(...sentences(answer, this.#value, words));
    parts.notes.replaceChildren(...notes(answer, words).map((note) => make("p", { className: "dc-note" }, note)));
    parts.table.replaceChildren(...rows(answer, words));
  }
}

function shell(body, words) {
  const parts = {
    told: make("p", { className: "dc-told" }),
    count: make("span"),
    button: make("button", { type: "button", className: "dc-button" }),
    bar: make("div", { className: "dcq-bar", role: "progressbar", ariaLabel: words.progressLabel }, make("i")),
    error: make("p", { className: "dc-error", role: "alert" }),
    chart: make("div", { className: "dcq-chart" }),
    notes: make("div", { className: "dcq-notes" }),
    table: make("table", { className: "dc-table" }),
  };
  parts.live = make("div", { className: "dcq-live", hidden: true }, parts.bar, parts.count, parts.button);
  const reachable = { role: "region", tabIndex: 0, ariaLabel: words.table };
  const scroll = make("div", { className: "dc-scroll", ...reachable }, parts.table);
  const folded = make("details", { className: "dcq-table" }, make("summary", {}, words.table), scroll);
  body.append(parts.told, parts.live, parts.error, parts.chart, parts.notes, folded);
  return parts;
}

/** A sentence with its values in bold. */
function bold(template, values) {
  return template.split(/(\{\w+\})/).map((bit) => {
    const value = bit.startsWith("{") ? values[bit.slice(1, -1)] : bit;
    return Array.isArray(value) ? value : bit.startsWith("{") ? [make("b", {}, value)] : [value];
  }).flat();
}

/** "a, b and c", of lists of nodes. */
const joined = (lists, words) =>
  lists.flatMap((list, at) => [...(at ? [at === lists.length - 1 ? words.and : words.comma] : []), ...list]);

/** What the numbers say. */
function sentences(answer, value, words) {
  const line = (name, perfect = false) => answer.lines.find((one) => one.name === name && one.perfect === perfect);
  const compared = TOLD.map((name) => line(name));
  const all = answer.steps.filter((steps) => compared.every(({ swd }) => swd[steps]));
  if (!all.length) return [words.waiting];
  const away = (steps) => Math.abs(Math.log(steps / value.steps));
  const steps = all.reduce((best, next) => (away(next) < away(best) ? next : best));
  const [low, high] = [Math.min(...answer.real), Math.max(...answer.real)].map((swd) => told(swd));
  const about = (template, name, values) => bold(template, { name: [words.short[name]], ...values });
  const parts = compared.map(({ name, swd }) => about(words.part, name, { value: told(median(swd[steps])) }));
  const real = bold(low === high ? words.realOne : words.realRange, { low, high });
  const result = bold(words.at, { steps: [steps], parts: joined(parts, words), real });
  if (!compared.every(({ swd }) => answer.steps.every((count) => swd[count] || answer.too_many.includes(count)))) {
    return result;
  }
  const enough = NEAR * median(answer.real);
  const last = all.at(-1);
  const reached = ({ swd }) => all.find((count) => median(swd[count]) <= enough) ?? Infinity;
  const order = [...compared].sort((a, b) => reached(a) - reached(b) || 0);
  const needs = order.map((one) => {
    const steps = reached(one);
    const [template, count] = steps < Infinity ? [words.needs, steps] : [words.never, last];
    return about(template, one.name, { steps: count });
  });
  result.push(" ", ...bold(words.near, { parts: joined(needs, words) }));
  result.push(" ", ...blame(line, last, enough, answer, words));
  return result;
}

/** Where even a perfect network stays away from the data with DDIM, though not with DDPM, say why. */
function blame(line, last, enough, { left }, words) {
  const [ddpm, ddim] = ["ddpm", "ddim 0"].map((name) => line(name, true)?.swd[last]);
  if (!ddpm || !ddim || left < SOME_LEFT || median(ddim) < Math.max(enough, NEAR * median(ddpm))) return [];
  if (median(line("ddim 0").swd[last]) > NEAR * median(ddim)) return []; // this network has faults of its own
  return bold(words.schedule, { value: told(median(ddim)), steps: [last], left: left.toFixed(3) });
}

/** How to read the chart. */
function notes(answer, words) {
  const n = answer.n.toLocaleString("en-US");
  const ours = answer.lines.filter(({ perfect }) => !perfect);
  const counts = ours.flatMap(({ swd }) => Object.values(swd).map((walks) => walks.length));
  const beside = ours.length < answer.lines.length ? words.perfectNote : "";
  const perfect = answer.exact ? words.perfectItself : beside;
  return [
    answer.too_many.length ? fill(words.tooMany, { steps: answer.too_many.join(words.and) }) : "",
    counts.length ? fill(words.measure, { n, seeds: Math.min(...counts) }) : "",
    fill(words.floor, { n }),
    fill(perfect, { n }),
    words.ddim1,
  ].filter(Boolean);
}

/** The table's head and body. */
function rows(answer, words) {
  const head = [words.sampler, ...answer.steps.map((steps) => fill(words.stepsHead, { steps }))];
  const row = (name, cells) =>
    make("tr", {}, make("th", { scope: "row" }, name), ...cells.map((cell) => make("td", {}, cell)));
  const spread = (swd) => (swd ? ranged(swd, words) : words.unknown);
  return [
    make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
    make(
      "tbody", {},
      ...answer.lines.map((line) => row(named(line, words), answer.steps.map((steps) => spread(line.swd[steps])))),
      row(words.real, answer.steps.map(() => ranged(answer.real, words))),
    ),
  ];
}
