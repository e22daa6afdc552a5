// The numbers of the followed point, as text.

import { write } from "./shell.js";

/** Two digits and a sign or the room for one; zero has no sign, whatever it was rounded from. */
const signed = (value) => (value <= -0.005 ? "−" : "\u2007") + Math.abs(value).toFixed(2);
const pair = (values) => `(${values.map(signed).join(", ")})`;

/** Where a point is, in data units. */
const coordinatesText = ([x, y]) => `x ${signed(x)}  y ${signed(y)}`;

/** What a point is made of, in standardised units (see `FrameSet.terms`). */
function formulaText({ signal, noise, x0, eps, xt }) {
  if (!eps) return `xₜ = x₀ = ${pair(xt)}`;
  return `xₜ = ${signal.toFixed(2)} · ${pair(x0)} + ${noise.toFixed(2)} · ${pair(eps)} = ${pair(xt)}`;
}

/** Write what the first known one of some points reads at a position, or how to choose one. */
export function showNumbers(parts, data, position, points, choose) {
  const point = points.find((index) => index >= 0 && index < (data?.points ?? 0));
  const none = point === undefined;
  write(parts.readout, none ? "" : coordinatesText(data.coordinates(position, point)));
  if (!data?.formula) return;
  write(parts.formula, none ? choose : formulaText(data.terms(position, point)));
  parts.formula.classList.toggle("pc-hint", none);
}
