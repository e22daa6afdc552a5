// How good samples from pure noise are, and what the numbers say about the rules and the noises.

import { fill } from "./text.js";
import { STEPS } from "./undolook.js";

const GENERAL = ["fraction", "again", "corrected"]; // the rules for any noise
const ALIKE = 1.25; // distances whose ratio is below this are told as the same: chance does as much
const CLOSE = 0.05; // and shares whose difference is

const share = (value) => `${Math.round(100 * value)} %`;
const nearer = (a, b, real) => Math.abs(a - real) < Math.abs(b - real);

// What is measured: whether one value is better than another, given that of real data, and how it
// is written.
export const MEASURES = {
  swd: {
    better: (a, b) => a < b,
    alike: (a, b) => Math.max(a, b) < ALIKE * Math.min(a, b),
    show: (value) => (value < 99.5 ? value.toPrecision(2) : String(Math.round(value))),
  },
  recognised: { better: (a, b) => a > b, alike: (a, b) => Math.abs(a - b) < CLOSE, show: share },
  nearest: { better: nearer, show: (value) => value.toFixed(3) },
  different: { better: nearer, show: share },
};

/** What is measured of the samples of a look; the first is what is told in sentences. */
export const measuresOf = (look) => (look.isDigits ? ["recognised", "nearest", "different"] : ["swd"]);

/** "a, b and c". */
const joined = (parts, words) =>
  parts.map((part, i) => (i ? (i === parts.length - 1 ? words.and : words.comma) : "") + part).join("");

/** The best of some rules for a kind of noise: `{ rule, value }`, or null where none is known. */
function best(look, kind, rules, n) {
  const [name] = measuresOf(look);
  const values = rules.map((rule) => ({ rule, value: look.quality(kind, rule, n)?.[name] }));
  const known = values.filter(({ value }) => value !== undefined);
  return known.reduce((first, next) => (!first || MEASURES[name].better(next.value, first.value) ? next : first), null);
}

/** What the numbers say: how good the best rules are, and whether Gaussian noise is special. */
export function verdicts(look, words) {
  const [name] = measuresOf(look);
  const { show } = MEASURES[name];
  const [few, many] = STEPS;
  const n = look.has(many) ? many : few;
  const found = look.kinds.map((kind) => ({ kind, ...best(look, kind, GENERAL, n) })).filter(({ rule }) => rule);
  if (found.length < look.kinds.length) return [];
  const same = found.every(({ rule }) => rule === found[0].rule);
  const part = same ? words.same_part : words.best_part;
  const named = ({ kind, rule, value }) =>
    fill(part, { kind: words.short[kind], rule: words.rules[rule], value: show(value) });
  const parts = joined(found.map(named), words);
  const told = [fill(same ? words.best_same : words.best, { n, parts, rule: words.rules[found[0].rule] })];
  if (n === many) told.push(more(look, words, found));
  told.push(fill(words.real[name], { value: show(look.header.real[name]) }));
  if (look.isDigits) told.push(variety(look, words, found, n));
  return [told.join(" "), special(look, words, found, n)];
}

/** What the larger number of steps brings the best rules. */
function more(look, words, found) {
  const [name] = measuresOf(look);
  const { show } = MEASURES[name];
  const [few, many] = STEPS;
  const before = ({ kind, rule }) => show(look.quality(kind, rule, few)[name]);
  const part = (one) =>
    fill(words.more_part, { kind: words.short[one.kind], few: before(one), many: show(one.value) });
  return fill(words.more, { few, many, parts: joined(found.map(part), words) });
}

/** How much the samples of the best rules differ from each other. */
function variety(look, words, found, n) {
  const part = ({ kind, rule }) =>
    fill(words.same_part, { kind: words.short[kind], value: share(look.quality(kind, rule, n).different) });
  return fill(words.variety, { parts: joined(found.map(part), words), real: share(look.header.real.different) });
}

/** Whether Gaussian noise is special, going by its best rules and the others'. */
function special(look, words, found, n) {
  const [name] = measuresOf(look);
  const { better, alike, show } = MEASURES[name];
  const told = (value) => fill(words.measured[name], { value: show(value) });
  const gaussian = found.find(({ kind }) => kind === "gaussian");
  const others = found.filter(({ kind }) => kind !== "gaussian");
  const rival = others.reduce((first, next) => (better(next.value, first.value) ? next : first));
  const ahead = better(gaussian.value, rival.value) ? "gaussian" : "rival";
  const verdict = alike(gaussian.value, rival.value) ? "alike" : ahead;
  const values = { gaussian: told(gaussian.value), rival: told(rival.value), kind: words.short[rival.kind] };
  const sentences = [words.special[verdict]];
  const own = best(look, "gaussian", ["ddpm", "ddim"], n);
  if (own) {
    const top = ahead === "gaussian" ? gaussian : rival;
    const gain = better(own.value, top.value) ? "better" : "worse";
    Object.assign(values, { own: words.rules[own.rule], own_value: told(own.value) });
    sentences.push(words.special[`own_${alike(own.value, top.value) ? "alike" : gain}`]);
  }
  const rules = look.rules("gaussian").map((rule) => look.quality("gaussian", rule, n)[name]).sort((a, b) => a - b);
  Object.assign(values, { count: rules.length, low: show(rules[0]), high: told(rules.at(-1)) });
  return fill([...sentences, words.special.range].join(" "), values);
}
