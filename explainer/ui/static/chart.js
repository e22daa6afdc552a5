// Plotly charts that keep zoom and legend while their data change, in the page's own colours.

const WORDS = {
  computing: "Computing …",
  csv: "Download CSV",
  unreachable: "The server did not answer.",
};

let library = null; // one promise for all charts: plotly.js is large and loaded when first seen

export function loadPlotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("static/plotly.js", document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = null; // the next chart tries again
      script.remove();
      reject(new Error("The chart library could not be loaded."));
    };
    document.head.append(script);
  });
  return library;
}

let styles = null; // the one stylesheet of everything on the schedules' tab

export function loadStyles() {
  styles ??= new Promise((resolve) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: new URL("schedule.css", import.meta.url) });
    link.onload = link.onerror = resolve; // without it the page is plain, but works
    document.head.append(link);
  });
  return styles;
}

const variable = (name, fallback) =>
  getComputedStyle(document.body).getPropertyValue(name).trim() || fallback;

// A logarithmic axis that can be read however long it is: by its number of ticks plotly chooses
// among decades, the digits 2 and 5, and plain steps within a decade. With more it would write all
// digits over each other; a fixed step of decades would leave no mark in a range of less.
const LOG = { exponentformat: "power", nticks: 4, minorloglabels: "small digits", dtick: null };

/** The colours of the page, for every axis of a layout. */
function themed(layout) {
  const text = variable("--body-text-color-subdued", "#667085");
  const line = variable("--border-color-primary", "#e4e4e7");
  const result = {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...layout.font, color: text, family: "inherit", size: 12 },
    hoverlabel: {
      bgcolor: variable("--background-fill-primary", "#fff"),
      font: { color: variable("--body-text-color", "#111") },
      bordercolor: line,
    },
    uirevision: layout.uirevision ?? "keep", // zoom and hidden traces survive new data
  };
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    const axis = layout[name];
    result[name] = {
      ...axis,
      ...(axis.type === "log" ? LOG : {}),
      // A zoom of a linear axis means something else on a logarithmic one: it starts anew.
      uirevision: axis.uirevision ?? `${result.uirevision} ${axis.type}`,
      ...(axis.title?.text ? { unifiedhovertitle: { text: `${axis.title.text} = %{x}` } } : {}),
      gridcolor: line,
      zerolinecolor: line,
      linecolor: line,
    };
  }
  return result;
}

function onScreen(element) {
  const { top, bottom, width } = element.getBoundingClientRect();
  return width > 0 && bottom > 0 && top < innerHeight;
}

export class Chart {
  onhover = null; // called with the x under the pointer, and with null when the pointer leaves
  #figure = null;
  #drawing = Promise.resolve();
  #observers = [];

  constructor(root, label = "") {
    this.root = root;
    root.setAttribute("role", "img");
    root.setAttribute("aria-label", label);
    const theme = new MutationObserver(() => this.#draw());
    theme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    const size = new ResizeObserver(() => this.#draw());
    size.observe(root);
    this.#observers.push(theme, size);
  }

  /** What its horizontal axis counts. */
  get axis() {
    return this.#figure?.layout.xaxis?.title?.text ?? "";
  }

  /** Show a figure, `{ data, layout }`. */
  show(figure) {
    this.#figure = figure;
    this.#draw();
  }

  /** Show the values at `x` as if the pointer were there, or with null no longer. */
  hover(x) {
    if (this.root.dataset.state !== "ready") return;
    if (x === null) window.Plotly.Fx.unhover(this.root, {});
    else if (onScreen(this.root)) window.Plotly.Fx.hover(this.root, { xval: x }, "xy");
  }

  // One drawing at a time, and always the latest figure; nothing while nobody can see it.
  #draw() {
    this.#drawing = this.#drawing.then(async () => {
      if (!this.#figure || !this.root.clientWidth) return;
      const Plotly = await loadPlotly();
      const { data, layout } = this.#figure;
      const shape = { ...layout, width: this.root.clientWidth, autosize: false };
      await Plotly.react(this.root, data, themed(shape), { displayModeBar: false });
      if (this.root.dataset.state !== "ready") this.#listen();
      this.root.dataset.state = "ready";
    });
    this.#drawing = this.#drawing.catch((error) => console.error(error.message));
  }

  #listen() {
    this.root.on("plotly_hover", ({ points }) => this.onhover?.(points[0].x));
    this.root.on("plotly_unhover", () => this.onhover?.(null));
  }

  destroy() {
    for (const observer of this.#observers) observer.disconnect();
    this.#figure = null; // a drawing that waits for the library has nothing left to draw
    if (window.Plotly) window.Plotly.purge(this.root);
  }
}

/** Fetch JSON; every failure is an Error whose message is a sentence for the reader. */
async function ask(address, words, signal) {
  let response, answer;
  try {
    response = await fetch(new URL(address, document.baseURI), { signal });
    answer = await response.json();
  } catch {
    throw new Error(words.unreachable);
  }
  if (!response.ok) throw new Error(answer?.error ?? words.unreachable);
  return answer;
}

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
    this.#say(`${note} ${add}`.trim());
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
      const figure = await ask(address, this.words, signal);
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
  await loadStyles();
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
      const answer = await ask(src, words);
      if (turn === turns) draw(answer, value);
    } catch (failure) {
      if (turn === turns) alert.textContent = failure.message;
    }
  };
  watch("value", show);
  show();
}
