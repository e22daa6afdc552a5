// A plotly chart that keeps zoom and legend while its data change, in the page's own colours.

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

const variable = (name, fallback) =>
  getComputedStyle(document.body).getPropertyValue(name).trim() || fallback;

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
    result[name] = { ...layout[name], gridcolor: line, zerolinecolor: line, linecolor: line };
  }
  return result;
}

export class Chart {
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

  /** Show a figure, `{ data, layout }`. */
  show(figure) {
    this.#figure = figure;
    this.#draw();
  }

  // One drawing at a time, and always the latest figure; nothing while nobody can see it.
  #draw() {
    this.#drawing = this.#drawing.then(async () => {
      if (!this.#figure || !this.root.clientWidth) return;
      const Plotly = await loadPlotly();
      const { data, layout } = this.#figure;
      const shape = { ...layout, width: this.root.clientWidth, autosize: false };
      await Plotly.react(this.root, data, themed(shape), { displayModeBar: false });
      this.root.dataset.state = "ready";
    });
    this.#drawing = this.#drawing.catch((error) => console.error(error.message));
  }

  destroy() {
    for (const observer of this.#observers) observer.disconnect();
    if (window.Plotly) window.Plotly.purge(this.root);
  }
}

const DASHES = { dash: "8 5", dot: "2 4", dashdot: "8 4 2 4" };

function legendOf(figure) {
  const list = document.createElement("ul");
  list.className = "dx-legend";
  for (const { name, line } of figure.data) {
    const item = document.createElement("li");
    item.innerHTML =
      '<svg width="30" height="8" aria-hidden="true"><line x1="1" x2="29" y1="4" y2="4" ' +
      'stroke-width="2.5" stroke-linecap="round"/></svg>';
    const stroke = item.querySelector("line");
    stroke.setAttribute("stroke", line.color);
    stroke.setAttribute("stroke-dasharray", DASHES[line.dash] ?? "none");
    item.append(name);
    list.append(item);
  }
  return list;
}

/** One panel a figure; panels that are there already keep their chart, zoom included. */
export function mount(element, props, watch) {
  const root = element.querySelector("[data-charts]");
  const grid = document.createElement("div");
  grid.className = "dx-panels";
  const alert = document.createElement("p");
  alert.className = "dx-error";
  alert.setAttribute("role", "alert");
  root.append(alert, grid);
  const charts = new Map();
  let wanted = "";

  const draw = (figures) => {
    root.querySelector(".dx-legend")?.remove();
    grid.before(legendOf(Object.values(figures)[0]));
    for (const [name, figure] of Object.entries(figures)) {
      if (!charts.has(name)) {
        const [title, note] = props.words[name] ?? [name, ""];
        const card = document.createElement("section");
        card.className = "dx-panel";
        card.innerHTML = "<h2></h2><p></p><div></div>";
        card.querySelector("h2").textContent = title;
        card.querySelector("p").textContent = note;
        grid.append(card);
        charts.set(name, new Chart(card.querySelector("div"), title));
      }
      charts.get(name).show(figure);
    }
    root.dataset.state = "ready";
  };

  const show = async () => {
    const { src, error } = props.value ?? {};
    alert.textContent = error ?? "";
    if (!src || error) return;
    wanted = src;
    try {
      const response = await fetch(new URL(src, document.baseURI));
      const answer = await response.json();
      if (src !== wanted) return; // a newer one is on its way
      if (response.ok) draw(answer);
      else alert.textContent = answer.error;
    } catch {
      if (src === wanted) alert.textContent = "The server did not answer.";
    }
  };
  watch("value", show);
  show();
}
