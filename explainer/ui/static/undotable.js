// How good samples from pure noise are, by rule and kind of noise, as a table.

import { choices, control } from "./choices.js";
import { make } from "./dom.js";
import { fill } from "./text.js";
import { STEPS } from "./undolook.js";
import { MEASURES, measuresOf, verdicts } from "./undoverdict.js";

export class Table {
  #look = null;
  #measure = "";

  constructor(host, words) {
    this.words = words;
    this.told = make("p", { className: "dc-told" });
    this.special = make("p", { className: "dc-told" });
    this.table = make("table", { className: "dc-table du-table" });
    this.measures = choices(words.measure, Object.entries(words.measures), (name) => this.#draw(name));
    this.choice = make("div", { className: "dc-row" }, control(words.measure, this.measures.group));
    const reachable = { role: "region", tabIndex: 0, ariaLabel: words.table };
    this.caption = make("p", { className: "dc-note" });
    this.soon = make("p", { className: "dc-note" });
    host.append(
      make("h3", {}, words.table_title),
      this.told,
      this.special,
      this.choice,
      this.caption,
      make("div", { className: "dc-scroll du-scroll", ...reachable }, this.table),
      this.soon,
    );
  }

  show(look) {
    const { words } = this;
    this.#look = look;
    const [told, special] = verdicts(look, words);
    this.told.textContent = told;
    this.special.replaceChildren(make("b", {}, words.special_question), ` ${special}`);
    this.soon.textContent = look.has(STEPS.at(-1)) ? "" : words.soon;
    const measures = measuresOf(look);
    this.choice.hidden = measures.length === 1;
    this.#draw(measures.includes(this.#measure) ? this.#measure : measures[0]);
  }

  #draw(measure) {
    this.#measure = measure;
    this.measures.press(measure);
    const { words } = this;
    this.caption.textContent = words.captions[measure];
    const { kinds, header } = this.#look;
    const columns = kinds.flatMap((kind) => STEPS.map((n, i) => ({ kind, n, className: i ? "" : "du-first" })));
    const over = { colSpan: STEPS.length, className: "du-first" };
    const named = kinds.map((kind) => make("th", { scope: "colgroup", ...over }, words.kinds[kind]));
    const counts = columns.map(({ n, className }) => make("th", { scope: "col", className }, fill(words.n_steps, { n })));
    const rules = [...new Set(kinds.flatMap((kind) => this.#look.rules(kind)))];
    const row = (rule) => make("tr", {}, make("th", { scope: "row" }, words.rules[rule]),
      ...columns.map((column) => this.#cell(rule, column, rules)));
    const { show } = MEASURES[measure];
    const beside = (label, of) => make("tr", { className: "du-beside" }, make("th", { scope: "row" }, label),
      ...kinds.map((kind) => make("td", over, show(of(kind)[measure]))));
    this.table.replaceChildren(
      make("thead", {}, make("tr", {}, make("td"), ...named), make("tr", {}, make("td"), ...counts)),
      make("tbody", {}, ...rules.map(row),
        beside(words.real_row, () => header.real), beside(words.noise_row, (kind) => header.noise[kind])),
    );
  }

  #cell(rule, { kind, n, className }, rules) {
    const found = this.#look.quality(kind, rule, n)?.[this.#measure];
    if (found === undefined) return make("td", { className }, this.words.dash);
    const { better, show } = MEASURES[this.#measure];
    const { real, noise } = this.#look.header;
    const is = (a, b) => better(a, b, real[this.#measure]);
    const all = rules.map((other) => this.#look.quality(kind, other, n)?.[this.#measure]);
    const top = all.reduce((one, next) => (next !== undefined && (one === undefined || is(next, one)) ? next : one));
    // As they are written: what looks the same is equally good.
    if (show(top) === show(found)) return make("td", { className }, make("b", {}, show(found)));
    const vain = this.#measure === "swd" && !is(found, noise[kind].swd);
    return make("td", { className: `${className} ${vain ? "du-vain" : ""}` }, show(found));
  }
}
