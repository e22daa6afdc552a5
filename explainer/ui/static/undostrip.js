// All steps of one walk from pure noise, or some of many: x above, the prediction below.

import { make } from "./dom.js";
import { fill } from "./text.js";
import { picture } from "./undopaint.js";
import { told } from "./undopredict.js";

const MOST = 11; // states

/** At most so many numbers from 0 to `last`, evenly, both among them. */
export function some(last, most = MOST) {
  const count = Math.min(last + 1, most);
  return Array.from({ length: count }, (_, i) => Math.round((i * last) / Math.max(1, count - 1)));
}

export class Strip {
  #columns = [];
  #rule = "corrected";
  #states = []; // a button each, with its two canvases
  #shape = ""; // of the walk that there are buttons for
  #at = 0;

  /** `ongo(at)` is told of the state that was chosen. */
  constructor(words, painter, ongo) {
    Object.assign(this, { words, painter, ongo });
    this.rules = make("div", { className: "dc-choices", role: "group", ariaLabel: words.history_of });
    this.row = make("div", { className: "du-strip" });
    const reachable = { role: "region", tabIndex: 0, ariaLabel: words.history_label };
    this.root = make("div", { className: "du-history" },
      make("div", { className: "dc-row" }, make("h4", {}, words.history), this.rules),
      make("div", { className: "dc-scroll du-scroll", ...reachable }, this.row));
  }

  /** Take the walks that there are, one of each rule. */
  show(columns) {
    this.#columns = columns;
    if (!this.#walk) this.#rule = columns[0].rule;
    const rules = columns.map(({ rule }) => rule);
    if (String(rules) !== String([...this.rules.children].map(({ value }) => value))) {
      this.rules.replaceChildren(...rules.map((rule) => this.#choice(rule)));
    }
    for (const button of this.rules.children) button.ariaPressed = button.value === this.#rule;
    const shape = JSON.stringify(this.#walk.amounts);
    if (shape !== this.#shape) this.#build(shape);
  }

  #choice(rule) {
    const button = make("button", { type: "button", value: rule }, this.words.rules[rule]);
    button.addEventListener("click", () => {
      this.#rule = rule;
      this.show(this.#columns);
      this.mark(this.#at);
      this.draw();
    });
    return button;
  }

  get #walk() {
    return this.#columns.find(({ rule }) => rule === this.#rule)?.walk;
  }

  #build(shape) {
    this.#shape = shape;
    const walk = this.#walk;
    this.#states = some(walk.last).map((at) => {
      const canvases = [picture(), picture()];
      for (const canvas of canvases) canvas.ariaHidden = true; // the button has a name
      const amount = told(walk.amounts[at]);
      const cells = canvases.map((canvas) => make("span", { className: "du-cell" }, canvas));
      const label = fill(this.words.go_to, { amount });
      const button = make("button", { type: "button", ariaLabel: label }, ...cells, make("span", {}, amount));
      button.addEventListener("click", () => this.ongo(at));
      return { at, button, canvases };
    });
    const sides = [this.words.x, this.words.x0_hat, this.words.amount].map((text) => make("span", {}, text));
    this.row.style.setProperty("--du-states", this.#states.length);
    this.row.replaceChildren(make("div", { className: "du-sides" }, ...sides), ...this.#states.map(({ button }) => button));
  }

  /** Mark the state that the columns show, or the one nearest to it. */
  mark(at) {
    this.#at = at;
    const away = (state) => Math.abs(state.at - at);
    const nearest = this.#states.reduce((best, next) => (away(next) < away(best) ? next : best));
    for (const state of this.#states) state.button.ariaCurrent = state === nearest ? "step" : "false";
  }

  draw() {
    const walk = this.#walk;
    if (!walk) return;
    const options = { color: walk.color, behind: true };
    this.painter.draw(this.#states.flatMap(({ at, canvases: [x, x0] }) => [[x, walk.x(at), options], [x0, walk.x0(at), options]]));
  }
}
