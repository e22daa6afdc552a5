// The numbers of the followed point, as text.

/** Two digits and a sign or the room for one; zero has no sign, whatever it was rounded from. */
const signed = (value) => (value <= -0.005 ? "−" : "\u2007") + Math.abs(value).toFixed(2);
const pair = (values) => `(${values.map(signed).join(", ")})`;

/** Where a point is, in data units. */
export const coordinatesText = ([x, y]) => `x ${signed(x)}  y ${signed(y)}`;

/** What a point is made of, in standardised units (see `FrameSet.terms`). */
export function formulaText({ signal, noise, x0, eps, xt }) {
  if (!eps) return `xₜ = x₀ = ${pair(xt)}`;
  return `xₜ = ${signal.toFixed(2)} · ${pair(x0)} + ${noise.toFixed(2)} · ${pair(eps)} = ${pair(xt)}`;
}
