// Panels of charts: figures fetched by name, with title, explanation and one legend for all.

import { loadStyles } from "../player/styles.js";
import { ask } from "./ask.js";
import { Chart } from "./chart.js";

const WORDS = {
  computing: "Computing …",
  csv: "Download CSV",
  unreachable: "The server did not answer.",
};

/** A figure with its title and the line that explains it. */
class Panel {
  #address = null; // of a figure that is fetched on its own: the one shown or on its way
  #abort = null;

  constructor(name, words) {
    const [title, note] = words[name] ?? [name, ""];
    this.words = words;
    this.note = note;
    this.card = document.createElement("section");
    this.card.className = "dx-panel";
    this.card.innerHTML = '<h2></h2><p aria-live="polite"></p><div></div>';
    this.card.querySelector("h2").textContent = title;
    this.chart = new Chart(this.card.querySelector("div"), title);
  }

  show(figure) {
    const { note = this.note, add = "", wide } = figure.layout.meta ?? {};
    this.#say(add ? `${note}. ${add}` : note);
    this.card.classList.toggle("dx-wide", Boolean(wide));
    this.chart.show(figure);
  }

  /** Fetch a figure and show it; what is shown already stays until then. */
  async fetch(address) {
    if (address === this.#address) return;
    this.#abort?.abort();
    const { signal } = (this.#abort = new AbortController());
    this.#address = address;
    this.#say(this.words.computing, "busy");
    try {
      const figure = await ask(address, { unreachable: this.words.unreachable, signal });
      if (!signal.aborted) this.show(figure);
    } catch (error) {
      if (signal.aborted) return;
      this.#address = null; // asking again may help
      this.#say(error.message, "error");
    }
  }

  #say(text, kind) {
    const line = this.card.querySelector("p");
    line.textContent = text;
    line.classList.toggle("dx-error", kind === "error");
    this.card.setAttribute("aria-busy", kind === "busy");
  }

  destroy() {
    this.#abort?.abort();
    this.chart.destroy();
    this.card.remove();
  }
}

/** Show what the pointer is over in one panel in the others that count the same, frame by frame. */
function linkHover(panels) {
  let source = null;
  let x = null;
  let request = 0;
  return (from, at) => {
    [source, x] = [from, at];
    request ||= requestAnimationFrame(() => {
      request = 0;
      for (const { chart } of panels.values()) {
        if (chart !== source && chart.axis === source.axis) chart.hover(x);
      }
    });
  };
}

const DASHES = { dash: "8 5", dot: "2 4", dashdot: "8 4 2 4" };

/** A piece of a line, as in the charts. */
export function swatch({ color, dash }) {
  const item = document.createElement("span");
  item.className = "dx-swatch";
  item.innerHTML =
    '<svg width="30" height="8" aria-hidden="true"><line x1="1" x2="29" y1="4" y2="4" ' +
    'stroke-width="2.5" stroke-linecap="round"/></svg>';
  const stroke = item.querySelector("line");
  stroke.setAttribute("stroke", color);
  stroke.setAttribute("stroke-dasharray", DASHES[dash] ?? "none");
  return item;
}

function legendOf(figure) {
  const seen = new Set();
  const first = ({ name, line, showlegend }) =>
    name && line && showlegend !== false && !seen.has(name) && seen.add(name);
  return figure.data.filter(first).map(({ name, line }) => {
    const item = document.createElement("li");
    item.append(swatch(line), name);
    return item;
  });
}

/** One panel a figure; panels that are there already keep their chart, zoom included. */
export async function mount(element, props, watch) {
  await loadStyles(new URL("schedule.css", import.meta.url));
  const root = element.querySelector("[data-charts]");
  const words = { ...WORDS, ...props.words };
  root.innerHTML = `<p class="dx-error" role="alert"></p>
    <div class="dx-head"><ul class="dx-legend"></ul><a class="dx-csv" hidden></a></div>
    <div class="dx-panels"></div>`;
  const [alert, head, grid] = root.children;
  const [legend, csv] = head.children;
  csv.textContent = words.csv;
  const panels = new Map();
  const link = linkHover(panels);
  let turns = 0; // counts the questions: only the newest one's answer is drawn

  const add = (name) => {
    const panel = new Panel(name, words);
    panel.chart.onhover = (x) => link(panel.chart, x);
    panels.set(name, panel);
    return panel;
  };

  const draw = (figures, { later = {}, csv: table, csvName }) => {
    const names = [...new Set([...Object.keys(figures), ...Object.keys(later)])];
    for (const [name, panel] of panels) {
      if (names.includes(name)) continue;
      panel.destroy();
      panels.delete(name);
    }
    names.forEach((name, at) => {
      const { card } = panels.get(name) ?? add(name);
      if (grid.children[at] !== card) grid.insertBefore(card, grid.children[at] ?? null);
    });
    legend.replaceChildren(...legendOf(Object.values(figures)[0]));
    csv.hidden = !table;
    if (table) Object.assign(csv, { href: new URL(table, document.baseURI), download: csvName ?? "schedules.csv" });
    for (const [name, figure] of Object.entries(figures)) panels.get(name).show(figure);
    for (const [name, address] of Object.entries(later)) panels.get(name).fetch(address);
    root.dataset.state = "ready";
  };

  const show = async () => {
    const value = props.value ?? {};
    const { src, error } = value;
    alert.textContent = error ?? "";
    if (!src || error) return;
    const turn = ++turns;
    try {
      const answer = await ask(src, { unreachable: words.unreachable });
      if (turn === turns) draw(answer, value);
    } catch (failure) {
      if (turn === turns) alert.textContent = failure.message;
    }
  };
  watch("value", show);
  show();
}
