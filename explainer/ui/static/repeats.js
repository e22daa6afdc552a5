// The chapter on walks from the same start: DDPM's and DDIM's, with a dial between the two.

import { ramp } from "../player/theme.js";
import { chapter, question } from "./chapter.js";
import { make } from "./dom.js";
import { fill } from "./text.js";
import { digitsFor, sentence, table, Walks, walkStyles } from "./walks.js";

export async function mount(host, props, watch) {
  await walkStyles();
  await chapter(host, props, watch, (body, words) => new Repeats(body, words));
}

/** A dot in the colour that the player gives to a byte. */
function swatch(byte) {
  const dot = make("i", { className: "dw-swatch" });
  for (const mode of ["light", "dark"]) dot.style.setProperty(`--dw-${mode}`, ramp(mode).css[byte >> 2]);
  return dot;
}

class Repeats {
  #value = null; // the settings above

  constructor(body, words) {
    this.words = words;
    this.eta = make("output");
    this.dial = make("input", { type: "range", min: 0, max: 1, step: 0.05, value: 0, ariaLabel: words.eta });
    this.told = make("p", { className: "dc-told", ariaLive: "polite" });
    this.table = make("table", { className: "dc-table dw-table" });
    const labels = [words.ddpm, words.ddim];
    this.walks = new Walks({ labels, group: "repeats", words, ontold: (headers) => this.#tell(headers) });
    const control = make("div", { className: "dc-control" }, make("span", {}, words.eta, this.eta), this.dial);
    const notes = [words.how, words.eta_note].map((text) => make("p", { className: "dc-note" }, text));
    const { pair, error } = this.walks;
    const under = this.walks.beside(this.table, this.told, ...notes);
    body.append(make("div", { className: "dc-row" }, control), pair, error, under);
    this.dial.addEventListener("input", () => this.#ask({ soon: true }));
  }

  show(value) {
    // The dial is this chapter's own, until the one above is moved.
    if (value.eta !== this.#value?.eta) this.dial.value = value.eta;
    this.#value = value;
    this.#ask();
  }

  #ask(when) {
    const { model, schedule, seed, spacing, ddpm_steps, steps } = this.#value;
    const eta = this.dial.valueAsNumber;
    this.eta.textContent = eta;
    const shared = { model, schedule, seed, spacing };
    const ddpm = question("repeats", { ...shared, sampler: "ddpm", steps: ddpm_steps });
    this.walks.ask([ddpm, question("repeats", { ...shared, sampler: "ddim", steps, eta })], when);
  }

  #tell([{ spread: ddpm }, { spread: ddim, colors }]) {
    const { words } = this;
    const digits = digitsFor(ddpm.data);
    const far = (value) => value.toFixed(digits);
    const found = { ddpm: far(ddpm.overall), ddim: far(ddim.overall), data: far(ddpm.data) };
    const chosen = { walks: ddpm.walks, ddpm_steps: ddpm.steps, steps: ddim.steps, eta: ddim.eta };
    const verdict = fill(ddim.same ? words.same : words.apart, chosen);
    this.told.replaceChildren(...sentence(words.told, found, chosen), ` ${verdict}`);
    const starts = colors.map((byte, i) => {
      const name = [swatch(byte), `\u00a0${fill(words.start, { number: i + 1 })}`];
      return [name, far(ddpm.starts[i]), far(ddim.starts[i])];
    });
    const columns = [fill(words.column_ddpm, ddpm), fill(words.column_ddim, ddim)];
    const rows = [...starts, [words.all, far(ddpm.overall), far(ddim.overall)]];
    this.table.replaceChildren(...table(words.caption, columns, rows));
  }
}
