// One look of each network: noised data and prediction, from no noise to nothing else.

import { make } from "./dom.js";
import { fill } from "./text.js";
import { name, picture } from "./undopaint.js";
import { sentence } from "./walks.js";

/** An amount as it stands at a picture. */
export const told = (amount) => String(Number(amount.toFixed(2)));

/** An error as it stands under a picture. */
export const cost = (error) => {
  if (error < 0.0005) return error ? "< 0.001" : "0";
  return error.toFixed(error < 0.0995 ? 3 : 2);
};

export class Predictions {
  #look = null;
  #pictures = []; // what there is to draw: a canvas, what gives its values, and how
  #shape = ""; // of the grid that is there
  #named = {}; // the canvases whose name tells an error, by kind
  #costs = {}; // and the places for the errors

  constructor(host, words, painter) {
    Object.assign(this, { words, painter });
    this.grid = make("div", { className: "du-grid" });
    const reachable = { role: "region", tabIndex: 0, ariaLabel: words.predict_table };
    this.told = make("p", { className: "dc-told" });
    this.note = make("p", { className: "dc-note" });
    host.append(
      make("h3", {}, words.predict_title),
      make("p", { className: "dc-told" }, words.predict_how),
      make("div", { className: "dc-scroll du-scroll", ...reachable }, this.grid),
      this.told,
      this.note,
    );
  }

  show(look) {
    this.#look = look;
    const { words } = this;
    const { errors, amounts, mean_error, kinds } = look.header;
    const shape = JSON.stringify([look.isDigits, kinds, amounts]);
    if (shape !== this.#shape) this.#build(shape);
    for (const kind of kinds) {
      this.#costs[kind].mean.textContent = cost(mean_error);
      errors[kind].forEach((error, i) => {
        this.#costs[kind][i].textContent = cost(error);
        const said = { kind: words.kinds[kind], amount: told(amounts[i]), error: cost(error) };
        name(this.#named[kind][i], fill(words.predicted_at, said));
      });
    }
    const last = Object.fromEntries(kinds.map((kind) => [kind, cost(errors[kind].at(-1))]));
    this.told.replaceChildren(...sentence(words.predict_told, { ...last, mean_error: cost(mean_error) }));
    this.note.textContent = look.isDigits ? words.scale_note_digits : words.scale_note;
    this.draw();
  }

  draw() {
    if (this.#look) this.painter.draw(this.#pictures.map(([canvas, give, options]) => [canvas, give(), options()]));
  }

  #build(shape) {
    this.#shape = shape;
    this.#pictures = [];
    const { words } = this;
    const { amounts, kinds } = this.#look.header;
    const side = (text) => make("span", { className: "du-head du-side" }, text);
    const head = (text) => make("span", { className: "du-head" }, text);
    const cell = (label, give, options = () => ({})) => {
      const canvas = picture(label);
      this.#pictures.push([canvas, give, options]);
      return make("div", { className: "du-cell" }, canvas);
    };
    const rows = [side(words.amount), ...amounts.map((amount) => head(told(amount))), head("")];
    if (this.#look.isDigits) {
      const originals = amounts.map((_, i) => cell(fill(words.original_at, { number: i + 1 }), () => this.#look.original(i)));
      rows.push(side(words.x0), ...originals, head(""));
    }
    for (const kind of kinds) rows.push(...this.#rows(kind, { side, head, cell }));
    this.grid.replaceChildren(...rows);
  }

  #rows(kind, { side, head, cell }) {
    const { words } = this;
    const { amounts } = this.#look.header;
    const colored = (behind) => () => ({ color: this.#look.color, behind });
    const at = (amount) => fill(words.noised_at, { kind: words.kinds[kind], amount: told(amount) });
    const noised = amounts.map((amount, i) => cell(at(amount), () => this.#look.at("noised", kind, i), colored(false)));
    const predicted = amounts.map((_, i) => cell("", () => this.#look.at("predicted", kind, i), colored(true)));
    this.#named[kind] = predicted.map((place) => place.firstChild);
    this.#costs[kind] = Object.assign(amounts.map(() => head("")), { mean: head("") });
    const mean = cell(words.mean, () => this.#look.mean, () => ({ behind: true, dot: true }));
    mean.classList.add("du-mean");
    const label = make("span", { className: "du-head du-low" }, words.mean);
    return [
      make("h4", {}, words.kinds[kind]),
      side(words.noised), ...noised, label,
      side(words.predicted), ...predicted, mean,
      side(words.error), ...this.#costs[kind], this.#costs[kind].mean,
    ];
  }
}
