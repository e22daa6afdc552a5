// Formulas as MathML, which browsers draw without help, and the symbols that they are made of.

import { loadStyles } from "../player/styles.js";
import { make } from "./dom.js";

const NS = "http://www.w3.org/1998/Math/MathML";
const TINY = 1e-12; // what is left of a zero after rounding

/** The colours of the terms, once they are there: a canvas takes them from the page. */
export const tones = loadStyles(new URL("terms.css", import.meta.url));

/** A part of a formula: an element, text, or a function that makes a fresh one of either. */
function made(part) {
  if (typeof part === "function") return made(part());
  if (typeof part !== "string") return part;
  const tag = /^[\d.∞]/.test(part) ? "mn" : /^[=+−·(),;≠/]/.test(part) ? "mo" : "mi";
  const leaf = document.createElementNS(NS, tag);
  leaf.textContent = part;
  if (/^[()]/.test(part)) leaf.setAttribute("stretchy", "false");
  if (/^[=+]/.test(part)) leaf.setAttribute("form", "infix"); // also where a line begins with it
  return leaf;
}

function node(tag, ...parts) {
  const element = document.createElementNS(NS, tag);
  element.append(...parts.map(made));
  return element;
}

/** A letter with its mark, as one character: above a letter on its own, few fonts place a mark well. */
function accented(letter) {
  const element = node("mi");
  element.textContent = letter;
  element.classList.add("term-accent");
  return element;
}

export const row = (...parts) => node("mrow", ...parts);
export const sub = (base, below) => node("msub", base, below);
export const sup = (base, above) => node("msup", base, above);
export const frac = (above, below) => node("mfrac", above, below);
export const root = (...parts) => node("msqrt", row(...parts));
export const text = (words) => Object.assign(node("mtext"), { textContent: words });

/** A part in the colour of a term: `x0`, `second` or `noise`. */
export function toned(term, ...parts) {
  const element = row(...parts);
  element.classList.add(`term-${term}`);
  return element;
}

/** A formula that stands in a line. */
export function math(parts) {
  const element = node("math", row(...[parts].flat()));
  element.classList.add("term-math");
  return element;
}

/** A formula in parts, between which it breaks where there is no room. */
export const line = (...parts) => make("div", { className: "term-line" }, ...parts.map(math));

/** A number with four digits that count; a negative one in brackets where it follows something. */
export function number(value, bracket = false) {
  if (!Number.isFinite(value)) return value < 0 ? row("−", "∞") : made("∞");
  if (Math.abs(value) < TINY) return made("0");
  const [digits, power] = Math.abs(value).toExponential(3).split("e").map(Number);
  const plain = made(Math.abs(value).toPrecision(4));
  const size = power < -4 || power > 5 ? row(made(digits.toFixed(2)), "·", sup("10", signed(power))) : plain;
  if (value > 0) return size;
  return bracket ? row("(", row("−", size), ")") : row("−", size);
}

const signed = (value) => (value < 0 ? row("−", String(-value)) : String(value));
const previous = () => row("t", "−", "1");
const bar = (below) => () => sub(accented("ᾱ"), below);

/** The symbols, each a function: an element can stand in one place only. */
export const symbols = {
  a: () => toned("x0", "a"),
  b: () => toned("second", "b"),
  sigma: () => toned("noise", "σ"),
  abar: bar("t"),
  abarPrev: bar(previous),
  alpha: () => sub("α", "t"),
  betaTilde: () => sub(accented("β̃"), "t"),
  x0: () => sub("x", "0"),
  x0Hat: () => sub(accented("x̂"), "0"),
  xt: () => sub("x", "t"),
  xPrev: () => sub("x", previous),
  eps: () => made("ε"),
  eta: () => made("η"),
  epsHat: () => accented("ε̂"),
  z: () => made("z"),
  times: () => text("\u2009"), // a thin space: letters side by side are multiplied
};
