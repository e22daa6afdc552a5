// The curve of a designed schedule: alpha_bar over u = t/T, a monotone cubic through handles.

// Where the handles stand at first; each knot is [t/T, ᾱ], and (0, 1) is always there.
export const STARTS = {
  cosine: [[0.2, 0.899], [0.4, 0.647], [0.6, 0.341], [0.8, 0.094], [1, 0.00001]],
  linear: [[0.2, 0.8], [0.4, 0.6], [0.6, 0.4], [0.8, 0.2], [1, 0.00001]],
  tutorial: [[0.2, 0.999], [0.4, 0.989], [0.6, 0.941], [0.8, 0.859], [1, 0.778]],
  early: [[0.06, 0.55], [0.15, 0.25], [0.3, 0.08], [0.6, 0.01], [1, 0.0001]],
};
export const FIXED = [0, 1];
export const LOWEST = 1e-5;
export const HIGHEST = 0.9999;
const GAP = { u: 0.02, alphaBar: 0.0005 }; // between neighbours, so that the curve falls everywhere

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** A few digits, but never a 0 or a 1 that is none. */
export function short(value) {
  if (value < 0.01) return String(Number(value.toPrecision(2)));
  return value > 0.994 && value < 1 ? value.toFixed(4) : value.toFixed(2);
}

/**
 * The slopes of the monotone cubic (Fritsch and Carlson) through knots, as scipy's
 * PchipInterpolator has them: the server draws the same curve with that.
 */
export function slopes(knots) {
  const h = [];
  const rise = [];
  for (let i = 0; i + 1 < knots.length; i++) {
    h.push(knots[i + 1][0] - knots[i][0]);
    rise.push((knots[i + 1][1] - knots[i][1]) / h[i]);
  }
  const edge = (h0, h1, r0, r1) => {
    const slope = ((2 * h0 + h1) * r0 - h0 * r1) / (h0 + h1);
    if (Math.sign(slope) !== Math.sign(r0)) return 0;
    return Math.sign(r0) !== Math.sign(r1) && Math.abs(slope) > 3 * Math.abs(r0) ? 3 * r0 : slope;
  };
  const inside = (i) => {
    if (rise[i - 1] * rise[i] <= 0) return 0;
    const [before, after] = [2 * h[i] + h[i - 1], h[i] + 2 * h[i - 1]];
    return (before + after) / (before / rise[i - 1] + after / rise[i]);
  };
  const last = h.length - 1;
  return knots.map((_, i) => {
    if (i === 0) return edge(h[0], h[1], rise[0], rise[1]);
    return i > last ? edge(h[last], h[last - 1], rise[last], rise[last - 1]) : inside(i);
  });
}

/** The pieces of the curve through handles: of each, the two control points of Bezier and its end. */
export function pieces(handles) {
  const knots = [FIXED, ...handles];
  const slope = slopes(knots);
  // A cubic given by values and slopes at its ends is exactly a Bezier curve.
  return handles.map(([u, a], i) => {
    const [u0, a0] = knots[i];
    const third = (u - u0) / 3;
    return [[u0 + third, a0 + slope[i] * third], [u - third, a - slope[i + 1] * third], [u, a]];
  });
}

/** Where a handle ends that is to be moved: as far as its neighbours let it. */
export function confined(handles, index, u, alphaBar) {
  const [before, after] = [handles[index - 1] ?? FIXED, handles[index + 1]];
  const low = after ? Math.max(LOWEST, after[1] + GAP.alphaBar) : LOWEST;
  const high = index ? before[1] - GAP.alphaBar : HIGHEST;
  const round = (value) => Number(value.toFixed(5));
  return [
    after ? round(clamp(u, before[0] + GAP.u, after[0] - GAP.u)) : 1,
    round(clamp(alphaBar, low, high)),
  ];
}

/** Handles on a curve, evenly spaced; nudged apart where the curve is all but flat. */
export function handlesOn(curve) {
  const handles = STARTS.linear.map(([u]) => {
    const after = Math.max(1, curve.findIndex(([x]) => x >= u));
    const [[x0, y0], [x1, y1]] = [curve[after - 1], curve[after]];
    return [u, y0 + ((u - x0) / (x1 - x0)) * (y1 - y0)];
  });
  let floor = LOWEST;
  for (const handle of [...handles].reverse()) {
    handle[1] = Math.max(handle[1], floor);
    floor = handle[1] + GAP.alphaBar;
  }
  handles.forEach((handle, i) => (handle[1] = Math.min(handle[1], HIGHEST - i * GAP.alphaBar)));
  return handles;
}
