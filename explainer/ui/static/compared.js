// What differs between runs, in their settings and in what came of them: sentences, lines, a table.

import { make } from "./dom.js";
import { swatch } from "./panels.js";
import { fill } from "./text.js";

const MOST_POINTS = 300; // of a curve that is kept
export const WATCHING = ["snapshot_every", "preview_points", "preview_steps", "preview_eta"];
// For each outcome, the settings that change what it measures: across them lower is not better.
const LOSS = ["dataset", "scaling", "schedule", "T", "zero_terminal_snr", "objective"];
const DISTANCE = ["dataset", "preview_points", "preview_steps", "preview_eta"];
const MEASURES = { loss: LOSS, validation: LOSS, floor: [], swd: DISTANCE, seconds: [] };

const finite = Number.isFinite;
const few = (value, digits) => String(Number(value.toPrecision(digits)));
/** An outcome in a few characters, were it astronomical. */
function short(value) {
  if (!finite(value)) return null;
  return value < 1e6 ? few(value, 3) : value.toExponential(1).replace("+", "");
}

/** Curves of at most `most` points; `series.step` says where each value belongs. */
export function thinned(series, most = MOST_POINTS) {
  const count = series.step.length;
  const kept = Math.min(count, most);
  // The first point stays alone. Some values are taken rarely: a bin has the last one taken in it.
  const ends = Array.from({ length: kept }, (_, i) => Math.round(1 + (i * (count - 1)) / Math.max(1, kept - 1)));
  const last = (values, i) => values.slice(ends[i - 1] ?? 0, ends[i]).findLast(finite) ?? null;
  const thin = ([name, values]) => [name, ends.map((_, i) => last(values, i))];
  return Object.fromEntries(Object.entries(series).map(thin));
}

const actsIn = (config, field) => field !== "weight_decay" || config.optimizer === "adamw";

/** Whether runs differ in a field; where it has no effect, it does not count. */
function differs(configs, field) {
  return new Set(configs.filter((config) => actsIn(config, field)).map((config) => config[field])).size > 1;
}

/** The fields in which runs differ; how a run is watched counts only where nothing else differs. */
export function differences(configs) {
  const fields = Object.keys(configs[0] ?? {}).filter((field) => differs(configs, field));
  const telling = fields.filter((field) => !WATCHING.includes(field));
  return telling.length ? telling : fields;
}

/** Which of some values are the lowest as they are shown; none where there is nothing to win. */
export function best(values) {
  const lowest = short(Math.min(...values.filter(finite)));
  const won = values.map((value) => finite(value) && short(value) === lowest);
  return won.filter(Boolean).length < values.filter(finite).length ? won : values.map(() => false);
}

/** A setting's value as a person says it. */
export function spoken(field, value, words) {
  const known = words.values[field]?.[value];
  if (known !== undefined) return known;
  if (String(value).startsWith("own-")) return `${words.own[field]} (${value.slice(4, 8)})`;
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return finite(value) ? few(value, 4) : String(value);
}

/** What the differences of some runs tell, in a sentence. */
export function verdict(configs, words) {
  if (configs.length < 2) return configs.length ? words.one_kept : words.none_kept;
  const [field, ...others] = differences(configs);
  if (!field) return words.same;
  if (others.length) return fill(words.many_differ, { count: others.length + 1 });
  return field === "seed" ? words.chance : fill(words.one_differs, { field: words.fields[field] });
}

// Plotly reads a few tags in a name: a title is text.
const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function traces(runs, words, curve) {
  return runs.filter((run) => !run.hidden).map((run) => {
    const taken = curve(run.series).map((y, i) => [run.series.step[i], y]).filter(([, y]) => finite(y));
    return {
      x: taken.map(([x]) => x),
      y: taken.map(([, y]) => y),
      name: plain(fill(words.run, run)),
      mode: taken.length > 1 ? "lines" : "markers",
      line: { color: run.color, dash: run.dash, width: 2.2 },
      marker: { color: run.color },
      showlegend: false,
      hoverlabel: { namelength: 30 },
      hovertemplate: "%{y:.4g}",
    };
  });
}

/** Validation loss against step, of a run without any its smoothed training loss: plotly's traces. */
export const lossTraces = (runs, words) =>
  traces(runs, words, ({ validation, smooth }) => (validation.some(finite) ? validation : smooth));

/** Sliced Wasserstein distance against step: plotly's traces. */
export const distanceTraces = (runs, words) => traces(runs, words, ({ swd }) => swd);

export const tag = (run) => [swatch(run), make("b", {}, run.letter), make("span", {}, run.title)];

function row(name, cells, won = []) {
  const values = cells.map((text, i) => make("td", {}, won[i] ? make("strong", {}, text) : text));
  return make("tr", {}, make("th", { scope: "row" }, name), ...values);
}

/** A table of the settings that differ and what came of them; and what there is to say of it. */
export function compared(runs, words) {
  const configs = runs.map((run) => run.config);
  const head = runs.map((run) => {
    const ended = words.ended[run.diverged ? "diverged" : run.outcome.status] ?? "";
    return make("th", { scope: "col" }, ...tag(run), make("i", {}, ended));
  });
  const settings = differences(configs).map((field) => {
    const said = (config) => (actsIn(config, field) ? spoken(field, config[field], words) : words.none);
    return row(words.fields[field], configs.map(said));
  });
  const notes = new Set();
  const outcomes = Object.entries(MEASURES).map(([name, decisive]) => {
    const values = runs.map(({ outcome }) => outcome[name]);
    const fields = decisive.filter((field) => differs(configs, field)).map((field) => words.fields[field]);
    if (fields.length) notes.add(fill(words.unfair[name], { fields: fields.join(", ") }));
    // Nobody wins with the lowest floor, and who stopped early is not quick.
    const rated = (i) => name !== "floor" && (name !== "seconds" || runs[i].outcome.status === "done");
    const won = fields.length ? [] : best(values.map((value, i) => (rated(i) ? value : null)));
    if (won.includes(true)) notes.add(words.bold);
    return row(words.outcomes[name], values.map((value) => short(value) ?? words.none), won);
  });
  const parts = [[make("tr", {}, make("td"), ...head)], settings, outcomes];
  return { parts: parts.map((rows, i) => make(i ? "tbody" : "thead", {}, ...rows)), notes };
}
