// How busy the machine is: bars with their figures.

import { make } from "./dom.js";
import { bar } from "./teacherruns.js";
import { fill } from "./text.js";

const UNITS = ["kB", "MB", "GB", "TB"];

/** Bytes to two digits, such as 1.3 GB. */
export function bytes(count) {
  let [value, unit] = [count / 1000, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 9.95 && unit > 0 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)} ${UNITS[unit]}`;
}

class Gauge {
  constructor(name) {
    this.value = make("span", { className: "t-value" });
    this.bar = bar("meter", name);
    this.element = make("div", { className: "t-gauge" }, make("span", {}, name), this.value, this.bar.element);
  }

  set(share, text) {
    this.value.textContent = text;
    this.bar.set(share ?? 0, text);
  }
}

export class TeacherLoad {
  constructor(words) {
    this.words = words;
    this.groups = Object.fromEntries(Object.entries(words.groups).map(([name, text]) => [name, new Gauge(text)]));
    this.memory = new Gauge(words.memory);
    this.disk = new Gauge(words.disk);
    const note = (text) => make("p", { className: "t-note" }, text);
    this.processorNote = note("");
    this.memoryNote = note("");
    this.told = make("div", { className: "t-part" },
      make("h3", {}, words.processor), ...Object.values(this.groups).map((gauge) => gauge.element),
      this.processorNote,
    );
    this.room = make("div", { className: "t-part" }, this.memory.element, this.memoryNote);
    this.untold = note(words.untold);
    this.facts = make("dl", { className: "t-facts" });
    this.root = make("section", { className: "t-load", ariaLabel: words.load },
      this.untold, this.told, this.room,
      make("div", { className: "t-part" }, this.disk.element, note(words.diskNote)),
      this.facts,
    );
  }

  show(state) {
    const { words } = this;
    const { load, kept } = state;
    this.untold.hidden = load !== null;
    this.told.hidden = this.room.hidden = load === null;
    if (load) {
      for (const [name, gauge] of Object.entries(this.groups)) {
        const share = name === "machine" ? load.machine : load.groups[name];
        gauge.set(share, share == null ? words.measuring : `${Math.round(100 * share)} %`);
      }
      const cores = Math.round(load.cores * 10) / 10;
      this.processorNote.textContent = fill(words.processorNote[cores === 1 ? "one" : "many"], { cores });
      this.#fill(this.memory, load.memory, load.memory_limit);
      this.memoryNote.textContent = words.memoryNote[load.memory_kind];
    }
    this.#fill(this.disk, kept.bytes, kept.limit);
    const facts = { [words.processes.workers]: state.workers, [words.processes.helpers]: state.helpers };
    if (state.pages !== null) facts[words.pages] = state.pages;
    this.facts.replaceChildren(...Object.entries(facts).map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
  }

  #fill(gauge, used, limit) {
    gauge.set(limit ? used / limit : 0, fill(this.words.of, { used: bytes(used), limit: bytes(limit) }));
  }
}
