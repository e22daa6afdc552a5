// Plotly charts that keep zoom and legend while their data change, in the page's own colours.

let library = null; // one promise for all charts: plotly.js is large and loaded when first seen

function loadPlotly() {
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

const variable = (name, fallback) =>
  getComputedStyle(document.body).getPropertyValue(name).trim() || fallback;

// A logarithmic axis that can be read however long it is: by its number of ticks plotly chooses
// among decades, the digits 2 and 5, and plain steps within a decade. With more it would write all
// digits over each other, and so it does on just over one decade, which wants fewer.
const LOG = { exponentformat: "power", nticks: 4, minorloglabels: "small digits" };
const ALL_DIGITS = "D1";
const FEWER = { "yaxis.nticks": 3 };

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
      if (this.root._fullLayout.yaxis.dtick === ALL_DIGITS) await Plotly.relayout(this.root, FEWER);
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
