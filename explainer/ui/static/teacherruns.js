// The table of live runs; its rows stay while they live, so that what is looked at keeps still.

import { make } from "./dom.js";
import { fill } from "./text.js";

/** Seconds as a clock shows them. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A bar; `set(share, text)` fills it. */
export function bar(role, label) {
  const filling = make("i", {});
  const element = make("span", { className: "t-bar", role, ariaLabel: label, ariaValueMin: 0, ariaValueMax: 100 }, filling);
  return {
    element,
    set(share, text) {
      const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
      filling.style.width = `${percent}%`;
      element.ariaValueNow = percent;
      element.ariaValueText = text ?? `${percent} %`;
    },
  };
}

/** A part of a table that stays one for a screen reader, however a phone lays it out. */
const part = (tag, role, properties, ...children) => make(tag, { ...properties, role }, ...children);

class Row {
  constructor(words, pupil) {
    this.words = words;
    this.label = part("td", "cell", { className: "t-label" });
    this.status = make("span", { className: "t-status" });
    this.bar = bar("progressbar", words.progress);
    this.time = part("td", "cell", { className: "t-time" });
    this.element = part("tr", "row", {},
      part("th", "rowheader", { scope: "row" }, String(pupil)),
      this.label,
      part("td", "cell", { className: "t-state" }, make("span", {}, this.status, this.bar.element)),
      this.time,
    );
  }

  show(run) {
    const { words } = this;
    const waits = run.status === "queued";
    this.element.className = `t-${run.status}`;
    this.label.textContent = run.label || words.unnamed;
    this.status.textContent = fill(words.statuses[run.status], { place: run.queue_position });
    this.bar.element.hidden = waits;
    this.bar.set(run.progress);
    this.time.textContent = clock(waits ? run.waited : run.seconds);
  }
}

export class TeacherRuns {
  #rows = new Map(); // by pupil: each has one live run

  constructor(words) {
    this.words = words;
    this.body = part("tbody", "rowgroup", {});
    const columns = Object.entries(words.columns).map(([name, text]) =>
      part("th", "columnheader", { scope: "col", className: `t-${name}` }, text));
    const head = part("thead", "rowgroup", {}, part("tr", "row", {}, ...columns));
    this.table = part("table", "table", { ariaLabel: words.runs }, head, this.body);
    this.empty = make("p", { className: "t-empty" }, words.noRuns);
    this.root = make("section", { className: "t-runs", ariaLabel: words.runs },
      this.empty, this.table, make("p", { className: "t-note" }, words.runsNote));
  }

  show(runs) {
    const { words } = this;
    this.empty.hidden = runs.length > 0;
    this.table.hidden = runs.length === 0;
    const live = new Set(runs.map((run) => run.pupil));
    for (const [pupil, row] of this.#rows) {
      if (live.has(pupil)) continue;
      row.element.remove();
      this.#rows.delete(pupil);
    }
    let next = this.body.firstElementChild;
    for (const run of runs) {
      if (!this.#rows.has(run.pupil)) this.#rows.set(run.pupil, new Row(words, run.pupil));
      const row = this.#rows.get(run.pupil);
      row.show(run);
      if (row.element === next) next = next.nextElementSibling;
      else this.body.insertBefore(row.element, next);
    }
  }
}
