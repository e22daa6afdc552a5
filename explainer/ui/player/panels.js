// What is built from the data around the picture: facts, the table, thumbnails. `show(index)` puts
// in one frame's values.

import { write } from "./shell.js";

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

// Room for the longest value, so that nothing moves while the numbers run.
const reserve = (element, values) => {
  element.style.minWidth = `${Math.max(0, ...values.map((text) => text?.length ?? 0))}ch`;
};

/** The same for a line that may wrap: the stylesheet lays the longest text under it, unseen. */
export function reserveLines(element, texts = []) {
  const longest = texts.reduce((most, text) => (text?.length > most.length ? text : most), "");
  element.parentElement.dataset.longest = longest;
}

/** "β_t" as a term with a subscript. */
function named(name) {
  const [symbol, index] = name.split("_");
  const term = make("dt", { textContent: symbol });
  if (index) term.append(make("sub", { textContent: index }));
  return term;
}

/** The list of facts. */
export class Facts {
  #rows;

  constructor(element, factLists = []) {
    this.#rows = factLists.map(([name, values]) => {
      const value = make("dd");
      reserve(value, values);
      return { name, value, values };
    });
    element.replaceChildren(
      ...this.#rows.map(({ name, value }) => {
        const row = make("div");
        row.append(named(name), value);
        return row;
      }),
    );
  }

  show(index) {
    for (const { value, values } of this.#rows) write(value, values[index] ?? "");
  }
}

/** A table with numbers of its own for each frame; hidden if the data bring none. */
export class FrameTable {
  #cells = [];

  constructor(element, table) {
    element.replaceChildren();
    element.hidden = !table;
    if (!table) return;
    element.createCaption().textContent = table.title;
    const head = element.createTHead().insertRow();
    head.append(make("td"), ...table.columns.map((name) => make("th", { scope: "col", textContent: name })));
    const body = element.createTBody();
    for (const [name, columns] of table.rows) {
      const row = body.insertRow();
      row.append(make("th", { scope: "row", textContent: name }));
      for (const values of columns) {
        const cell = row.insertCell();
        reserve(cell, values);
        this.#cells.push({ cell, values });
      }
    }
  }

  show(index) {
    for (const { cell, values } of this.#cells) write(cell, values[index] ?? "");
  }
}

// Where a distance stands between these many times that of real data, on a logarithmic scale.
const [NEAREST, FARTHEST] = [0.6, 60];

/** What a sample cost and how near it came: numbers, and a scale on which real data are a mark. */
export function showCost(element, cost) {
  element.hidden = !cost;
  if (!cost) return element.replaceChildren();
  const place = (value) => {
    const share = Math.log(value / cost.real / NEAREST) / Math.log(FARTHEST / NEAREST);
    return `${100 * Math.min(1, Math.max(0, share))}%`;
  };
  const numbers = make("dl");
  for (const [value, what] of cost.told) {
    const row = make("div");
    row.append(make("dt", { textContent: what }), make("dd", { textContent: value }));
    numbers.append(row);
  }
  const scale = make("div", { className: "pc-scale", title: cost.mark });
  const [bar, mark] = [make("i"), make("b")];
  bar.style.width = place(cost.swd);
  mark.style.left = place(cost.real);
  scale.append(bar, mark);
  element.replaceChildren(numbers, scale, make("p", { textContent: cost.mark }));
}

/** Thumbnails of chosen frames, each a button. */
export class Strip {
  #items = [];

  /** `choose` is called with the index of the frame. */
  constructor(element, choose) {
    Object.assign(this, { element, choose });
  }

  /** Take other frames; as many as before stand where the old ones stood, whose pictures stay till `draw`. */
  take(wanted, nameOf) {
    const indices = wanted?.indices ?? [];
    if (indices.length !== this.#items.length) {
      this.#items = indices.map(() => this.#item());
      this.element.replaceChildren(...this.#items.map(({ button }) => button));
    }
    indices.forEach((index, i) => {
      const item = this.#items[i];
      item.index = index;
      write(item.title, wanted.titles?.[i] ?? nameOf(index));
    });
  }

  draw(view) {
    view.thumbnails(
      this.#items.map(({ canvas }) => canvas),
      this.#items.map(({ index }) => index),
    );
  }

  #item() {
    const [canvas, title] = [make("canvas"), make("span")];
    const item = { canvas, title, button: make("button", { type: "button", className: "pc-thumbnail" }) };
    item.button.append(canvas, title);
    item.button.addEventListener("click", () => this.choose(item.index));
    return item;
  }

  /** Mark the thumbnail nearest to the frame shown. */
  show(frame) {
    const away = ({ index }) => Math.abs(index - frame);
    const nearest = Math.min(...this.#items.map(away));
    const current = this.#items.find((item) => away(item) === nearest);
    for (const item of this.#items) {
      const state = String(item === current);
      if (item.button.getAttribute("aria-current") !== state) item.button.setAttribute("aria-current", state);
    }
  }
}
