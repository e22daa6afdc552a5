// Walks from pure noise by several rules, side by side: one slider for all of them.

import { choices, control } from "./choices.js";
import { make, setIdle } from "./dom.js";
import { fill } from "./text.js";
import { STEPS } from "./undolook.js";
import { name, picture } from "./undopaint.js";
import { told } from "./undopredict.js";
import { Strip } from "./undostrip.js";
import { MEASURES, measuresOf } from "./undoverdict.js";

const SECONDS = 3; // that playing takes, however many steps there are

export class RuleWalks {
  #look = null;
  #chosen = { kind: "gaussian", n: STEPS[0] };
  #at = Infinity; // which state is shown; the last one first
  #columns = []; // of each rule: its walk and its two pictures
  #playing = 0;

  constructor(host, words, painter) {
    Object.assign(this, { words, painter });
    this.kinds = choices(words.kind, Object.entries(words.kinds), (kind) => this.#choose({ kind }));
    this.counts = choices(words.steps, STEPS.map((n) => [String(n), n]), (n) => this.#choose({ n: Number(n) }));
    this.later = make("span", { className: "du-later" });
    this.counts.group.append(this.later);
    this.slider = make("input", { type: "range", step: 1, min: 0, ariaLabel: words.slider });
    this.readout = make("output", { ariaLive: "off" }); // the slider says it
    this.button = make("button", { type: "button", className: "dc-button du-play" }, words.play);
    this.columns = make("div", { className: "du-columns" });
    this.strip = new Strip(words, painter, (at) => this.#go(at));
    const slider = make("div", { className: "dc-control du-slide" },
      make("span", {}, words.slider, this.readout), make("div", {}, this.button, this.slider));
    this.corners = make("p", { className: "dc-note" }, words.corner_note);
    const why = Object.entries(words.why).map(([rule, text]) =>
      make("p", { className: "dc-note" }, make("b", {}, `${words.rules[rule]}. `), text));
    host.append(
      make("h3", {}, words.walk_title),
      make("p", { className: "dc-told" }, words.walk_how),
      make("div", { className: "dc-row" }, control(words.kind, this.kinds.group), control(words.steps, this.counts.group), slider),
      this.columns,
      this.corners,
      this.strip.root,
      make("h4", {}, words.why_title),
      make("div", { className: "du-why" }, ...why),
    );
    this.slider.addEventListener("input", () => this.#go(this.slider.valueAsNumber));
    this.button.addEventListener("click", () => (this.#playing ? this.#stop() : this.#play()));
  }

  show(look) {
    this.#look = look;
    for (const button of this.counts.buttons) setIdle(button, !look.has(Number(button.value)));
    this.later.textContent = look.has(STEPS.at(-1)) ? "" : this.words.later;
    if (!look.has(this.#chosen.n)) this.#chosen.n = STEPS[0];
    this.#build();
  }

  draw() {
    if (!this.#look) return;
    this.#drawColumns();
    this.strip.draw();
  }

  #drawColumns() {
    const at = this.#index;
    this.painter.draw(this.#columns.flatMap(({ walk, x, x0 }) => [
      [x, walk.x(at), { color: walk.color, behind: true }],
      [x0, walk.x0(at), { color: walk.color, behind: true }],
    ]));
  }

  get #last() {
    return this.#columns[0].walk.last;
  }

  get #index() {
    return Math.min(this.#at, this.#last);
  }

  #choose(changes) {
    this.#stop();
    const ends = this.#index === this.#last;
    const share = this.#index / this.#last;
    Object.assign(this.#chosen, changes);
    this.#build();
    this.#go(ends ? Infinity : Math.round(share * this.#last));
  }

  /** One column a rule, of the noise and the number of steps that are chosen. */
  #build() {
    const { words } = this;
    const { kind, n } = this.#chosen;
    this.kinds.press(kind);
    this.counts.press(String(n));
    const rules = this.#look.rules(kind);
    if (String(rules) !== String(this.#columns.map(({ rule }) => rule))) {
      this.#columns = rules.map((rule) => ({ rule, x: picture(), x0: picture(), ends: make("p", { className: "du-ends" }) }));
      this.columns.dataset.rules = rules.length;
      this.columns.replaceChildren(...this.#columns.map((column) => this.#column(column)));
    }
    for (const column of this.#columns) {
      column.walk = this.#look.walk(kind, column.rule, n);
      column.ends.textContent = this.#ends(this.#look.quality(kind, column.rule, n));
    }
    this.corners.hidden = this.#look.isDigits || kind !== "salt_and_pepper";
    this.slider.max = this.#last;
    this.strip.show(this.#columns);
    this.#go(this.#at);
    this.strip.draw();
  }

  #column({ rule, x, x0, ends }) {
    const { words } = this;
    const titled = (text, canvas) =>
      make("figure", {}, make("div", { className: "du-cell" }, canvas), make("figcaption", {}, text));
    return make("section", { className: "du-column", ariaLabel: words.rules[rule] },
      make("h4", {}, words.rules[rule]),
      make("p", {}, words.rule_notes[rule]),
      make("div", { className: "du-two" }, titled(words.x, x), titled(words.x0_hat, x0)),
      ends);
  }

  /** How good the end of a walk is, in short. */
  #ends(quality) {
    if (!quality) return "";
    const [name] = measuresOf(this.#look);
    return fill(this.words[`ends_${name}`], { [name]: MEASURES[name].show(quality[name]) });
  }

  #go(at) {
    this.#at = at >= this.#last ? Infinity : at;
    const index = this.#index;
    const { words } = this;
    const amount = told(this.#columns[0].walk.amounts[index]);
    const { n } = this.#chosen;
    const values = { amount, step: index, steps: n };
    this.readout.textContent = fill(this.#last === n ? words.at_step : words.at_amount, values);
    this.slider.value = index;
    this.slider.ariaValueText = this.readout.textContent;
    for (const { rule, x, x0 } of this.#columns) {
      name(x, fill(words.x_at, { rule: words.rules[rule], amount }));
      name(x0, fill(words.x0_at, { rule: words.rules[rule], amount }));
    }
    this.strip.mark(index);
    this.#drawColumns();
  }

  #play() {
    if (this.#index === this.#last) this.#go(0);
    const each = (1000 * SECONDS) / this.#last;
    this.#playing = setInterval(() => {
      this.#go(this.#index + 1);
      if (this.#index === this.#last || !this.columns.clientWidth) this.#stop();
    }, each);
    this.button.textContent = this.words.pause;
  }

  #stop() {
    clearInterval(this.#playing);
    this.#playing = 0;
    this.button.textContent = this.words.play;
  }
}
