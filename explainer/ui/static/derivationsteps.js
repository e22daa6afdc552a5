// The formulas of the derivation. Each is written once, for symbols and for numbers alike.

import { frac, line, number, root, row, sub, sup, symbols, text, toned } from "./terms.js";

export const EXAMPLE = { x0: 0.8, eps: -1.2, epsHat: -1.1 };

/** All the numbers of a step: what the slider chose, what follows, and the example. */
export function valuesOf({ abar, abar_prev: abarPrev }, eta, back) {
  const { x0, eps, epsHat } = EXAMPLE;
  const xt = Math.sqrt(abar) * x0 + Math.sqrt(1 - abar) * eps;
  const x0Hat = (xt - Math.sqrt(1 - abar) * epsHat) / Math.sqrt(abar);
  return { ...back, eta, abar, abarPrev, x0Value: x0, epsValue: eps, epsHat, xt, x0Hat };
}

const chosen = (value) => (value < 0 ? row("(", row("−", String(-value)), ")") : row(String(value)));

/** Numbers in place of symbols; what has no number yet keeps its letter. */
function numerals(v, letters = []) {
  const given = { ...EXAMPLE, eta: v.eta };
  const known = { ...v, x0: v.x0Value, eps: v.epsValue };
  const tones = { a: "x0", b: "second", sigma: "noise" };
  const plain = Object.entries(symbols).map(([name, symbol]) => {
    if (!(name in known) || letters.includes(name)) return [name, symbol];
    // What was chosen is written as it was chosen.
    const value = () => (name in given ? chosen(given[name]) : number(known[name], true));
    return [name, name in tones ? () => toned(tones[name], value()) : value];
  });
  return { ...Object.fromEntries(plain), times: () => "·" };
}

const squared = (part) => sup(part, "2");
const rest = (abar) => row("1", "−", abar);
const gauss = (mean, variance) => [() => text("N"), "(", ...mean, ",", ...variance, () => text(" I"), ")"];
const conditional = (left, ...known) => ["q", "(", left, () => text(" | "), ...known, ")"];

// What an equation says: its two sides, as functions of symbols or numbers, and what they come to.
const EQUATIONS = {
  mean: {
    left: (s) => [s.a, "+", s.b, s.times, root(s.abar)],
    right: (s) => [root(s.abarPrev)],
    values: (v) => [v.a + v.b * Math.sqrt(v.abar), Math.sqrt(v.abarPrev)],
  },
  variance: {
    left: (s) => [squared(s.b), s.times, "(", rest(s.abar), ")", "+", squared(s.sigma)],
    right: (s) => [rest(s.abarPrev)],
    values: (v) => [v.b ** 2 * (1 - v.abar) + v.sigma ** 2, 1 - v.abarPrev],
  },
  sigma: {
    left: (s) => [s.sigma],
    right: (s) => [
      s.eta, s.times, root(frac(rest(s.abarPrev), rest(s.abar))), s.times, root("1", "−", frac(s.abar, s.abarPrev)),
    ],
    values: (v) => [v.sigma, v.eta * Math.sqrt((1 - v.abarPrev) / (1 - v.abar)) * Math.sqrt(1 - v.abar / v.abarPrev)],
  },
  b: {
    left: (s) => [s.b],
    right: (s) => [root(frac(row(rest(s.abarPrev), "−", squared(s.sigma)), rest(s.abar)))],
    values: (v) => [v.b, Math.sqrt(Math.max(1 - v.abarPrev - v.sigma ** 2, 0) / (1 - v.abar))],
  },
  a: {
    left: (s) => [s.a],
    right: (s) => [root(s.abarPrev), "−", s.b, s.times, root(s.abar)],
    values: (v) => [v.a, Math.sqrt(v.abarPrev) - v.b * Math.sqrt(v.abar)],
  },
  guess: {
    left: (s) => [s.x0Hat],
    right: (s) => [frac(row(s.xt, "−", root(rest(s.abar)), s.times, s.epsHat), root(s.abar))],
    values: (v) => [v.x0Hat, (v.xt - Math.sqrt(1 - v.abar) * v.epsHat) / Math.sqrt(v.abar)],
  },
  miss: {
    left: (s) => [s.x0, "−", s.x0Hat],
    right: (s) => [frac(root(rest(s.abar)), root(s.abar)), s.times, "(", s.epsHat, "−", s.eps, ")"],
    values: (v) => [v.x0Value - v.x0Hat, Math.sqrt((1 - v.abar) / v.abar) * (v.epsHat - v.epsValue)],
  },
  collect: {
    left: (s) => [s.a, s.times, s.x0Hat, "+", s.b, s.times, s.xt],
    right: (s) => UPDATE(s).slice(0, 2),
    values: (v) => [
      v.a * v.x0Hat + v.b * v.xt,
      Math.sqrt(v.abarPrev) * v.x0Hat + Math.sqrt(Math.max(1 - v.abarPrev - v.sigma ** 2, 0)) * v.epsHat,
    ],
  },
};

const mixture = (x, abar) => (s) => [
  s[x], "=", root(s[abar]), s.times, s.x0, "+", root(rest(s[abar])), s.times, s.eps,
];

/** The same mixture with its two weights worked out. */
function weighed(abar, v) {
  const { times, x0, eps } = symbols;
  return [number(Math.sqrt(v[abar])), times, x0, "+", number(Math.sqrt(1 - v[abar])), times, eps];
}

const NOISE = (s) => ["+", s.sigma, s.times, s.z];
/** The three terms of the update. */
const UPDATE = (s) => [
  [toned("x0", root(s.abarPrev)), s.times, s.x0Hat],
  ["+", toned("second", root(rest(s.abarPrev), "−", squared(s.sigma))), s.times, s.epsHat],
  NOISE(s),
];

/**
 * What each step shows: formulas in symbols, lines of numbers, and equations, which are both. A line
 * is in parts, between which it may break.
 */
export const STEPS = [
  {
    formulas: [
      ({ xt, x0, abar, times }) => [
        [...conditional(xt, x0), "=", ...gauss([root(abar), times, x0], ["(", rest(abar), ")"])],
      ],
      (s) => [mixture("xt", "abar")(s)],
    ],
    numbers: [["xt", "abar"], ["xPrev", "abarPrev"]].map(([x, abar]) => (v) => [
      mixture(x, abar)(numerals(v, ["x0", "xt", "eps"])),
      ["=", ...weighed(abar, v)],
    ]),
    equations: [],
  },
  {
    formulas: [
      ({ xPrev, xt, x0, a, b, sigma, times }) => [
        [...conditional(xPrev, xt, ",", x0), "=", ...gauss([a, times, x0, "+", b, times, xt], [squared(sigma)])],
      ],
    ],
    numbers: [
      (v) => [
        [symbols.xPrev, "=", symbols.a, symbols.times, symbols.x0, "+", symbols.b, "(", ...weighed("abar", v), ")"],
        NOISE(symbols),
      ],
      (v) => [
        ["=", "(", symbols.a, "+", number(Math.sqrt(v.abar)), symbols.times, symbols.b, ")", symbols.x0],
        ["+", number(Math.sqrt(1 - v.abar)), symbols.times, symbols.b, symbols.times, symbols.eps],
        NOISE(symbols),
      ],
    ],
    equations: [],
  },
  { formulas: [], numbers: [], equations: ["mean", "variance"] },
  { formulas: [], numbers: [], equations: ["sigma", "b", "a"] },
  { formulas: [], numbers: [], equations: ["guess", "miss"], needsData: true },
  { formulas: [(s) => [[s.xPrev, "="], ...UPDATE(s)]], numbers: [], equations: ["collect"], needsData: true },
];

const near = ([left, right]) => Math.abs(left - right) <= 1e-9 * Math.max(1, Math.abs(left));

/** The parts of a side, which is in one part or in several. */
const partsOf = (side) => (Array.isArray(side[0]) ? side : [side]);

/** An equation in symbols. */
export function inSymbols(name) {
  const { left, right } = EQUATIONS[name];
  const [first, ...others] = partsOf(right(symbols));
  return line(left(symbols), ["=", ...first], ...others);
}

/** Both sides of an equation in numbers, each with what it comes to, and whether they agree. */
export function inNumbers(name, v) {
  const { left, right, values } = EQUATIONS[name];
  const numbers = numerals(v);
  const results = values(v);
  const bare = left(symbols).length === 1; // a symbol alone, which the other side defines
  const sides = [left, right].map((side, at) => {
    const shown = bare && at === 0 ? left(symbols) : side(numbers);
    return line(...partsOf(shown), ["=", number(results[at])]);
  });
  return { sides, agree: near(results) };
}

/** The weight of the loss, as a formula. */
export const gammaFormula = () =>
  line([
    sub("γ", "t"), "=", frac(squared(symbols.a), row("2", symbols.times, squared(symbols.sigma))),
    symbols.times, frac(rest(symbols.abar), symbols.abar),
  ]);
