// The joint plot's sides: how x is spread, along the top, and y, along the right, each against how it
// is spread in the end: normally, evenly, or at a few places; or against nothing.

export const BAND = 52; // css pixels each

const LOOKS = 12; // frames that the vertical scale is made from

/** Number of bins over the whole box: fine where the points are many, calm where they are few. */
function binsFor(span, scale, points) {
  return Math.min(72, Math.max(16, Math.round(span / scale / (2.7 * points ** (-1 / 3)))));
}

/** What the end looks like along an axis: lines of [place, share of all points in a bin there]. */
function outlines({ end = "normal", mean, scale, low, high, places }, axis, limits, width) {
  if (end === "normal") {
    const [from, to] = limits;
    const share = (x) =>
      (Math.exp(-(((x - mean[axis]) / scale[axis]) ** 2) / 2) / (scale[axis] * Math.sqrt(2 * Math.PI))) * width;
    const steps = Array.from({ length: 81 }, (_, step) => from + (step / 80) * (to - from));
    // No line along the axis.
    return [steps.map((x) => [x, share(x)]).filter(([, height]) => height > 0.002 * share(mean[axis]))];
  }
  if (end === "flat") {
    const share = width / Math.max(width, high[axis] - low[axis]);
    return [[[low[axis], 0], [low[axis], share], [high[axis], share], [high[axis], 0]]];
  }
  if (end === "places") return places[axis].map((x) => [[x, 0], [x, 1 / places[axis].length]]);
  return [];
}

export class Marginals {
  #axes;
  #word;

  /**
   * `prior.end` is "normal" (around `mean`, with standard deviation `scale`), "flat" (from `low` to
   * `high`), "places" (as many points at each of `places`) or "open" (nothing to compare with),
   * each with a value for x and one for y. Bins are a part of `scale` wide, which all need.
   * `prior.word` names the end, or else `word` does.
   */
  constructor({ limits, prior, frames, points }, word) {
    this.#word = prior.word ?? word;
    this.#axes = [0, 1].map((axis) => {
      const [low, high] = limits.slice(2 * axis, 2 * axis + 2);
      const shares = new Float32Array(binsFor(high - low, prior.scale[axis], points));
      const lines = outlines(prior, axis, [low, high], (high - low) / shares.length);
      let [most, first] = [0, 0];
      for (let look = 0; look < LOOKS && frames.length; look++) {
        count(frames[Math.round((look / (LOOKS - 1)) * (frames.length - 1))], axis, shares);
        most = Math.max(most, ...shares);
        first ||= most;
      }
      // One scale for all frames. A first frame may be a few sharp peaks, or the last one a few
      // places: they are pressed together at the top, rather than everything else pressed flat at
      // the bottom.
      const curve = prior.end !== "places" && lines.length; // or else the data say what is high
      const peak = curve ? Math.max(...lines.flat().map(([, share]) => share)) : first;
      const full = Math.min(Math.max(most, 1.2 * peak), 1.9 * peak);
      return { axis, low, high, shares, lines, full };
    });
  }

  /** Draw both for quantised `points`, and name the end once, in the free corner. */
  draw(context, points, place, theme) {
    for (const side of this.#axes) {
      count(points, side.axis, side.shares);
      drawSide(context, side, place, theme);
    }
    if (!this.#axes[0].lines.length) return;
    const { ratio, right, top } = place;
    const middle = Math.round((right + place.width) / 2);
    context.font = `${10.5 * ratio}px ${theme.font}`;
    Object.assign(context, { textAlign: "center", textBaseline: "middle", fillStyle: theme.muted });
    context.fillText(this.#word, middle, top / 2 + 5 * ratio, place.width - right - 4 * ratio);
    context.beginPath();
    context.moveTo(middle - 9 * ratio, top / 2 - 7 * ratio);
    context.lineTo(middle + 9 * ratio, top / 2 - 7 * ratio);
    context.stroke(); // as the curves, which were stroked last
  }
}

/** Shares of all points per bin along one axis; what lies outside the picture is in none. */
function count(points, axis, shares) {
  shares.fill(0);
  const perBin = 65536 / shares.length;
  const unit = 2 / points.length;
  for (let i = axis; i < points.length; i += 2) {
    if (points[i] > 0 && points[i] < 65535) shares[Math.floor(points[i] / perBin)] += unit;
  }
}

/** Heights up to 0.8 as they are; above, ever closer to 1. */
const pressed = (height) => (height <= 0.8 ? height : 1 - 0.04 / (height - 0.6));

function drawSide(context, { axis, low, high, shares, lines, full }, place, theme) {
  const { ratio } = place;
  const room = (BAND - 7) * ratio;
  // Along the axis, and away from the picture: up for x, to the right for y.
  const point = axis
    ? (share, height) => [place.right + 1 + height * room, place.bottom - share * 65535 * place.perY]
    : (share, height) => [place.left + share * 65535 * place.perX, place.top - 1 - height * room];

  context.beginPath();
  for (let bin = 0; bin < shares.length; bin++) {
    if (!shares[bin]) continue;
    const [x0, y0] = point(bin / shares.length, 0);
    const [x1, y1] = point((bin + 1) / shares.length, pressed(shares[bin] / full));
    // Sharp sides and one pixel between two bars, wherever the bins fall; the length is exact.
    if (axis) context.rect(x0, Math.round(y1), x1 - x0, Math.round(y0) - Math.round(y1) - 1);
    else context.rect(Math.round(x0), y1, Math.round(x1) - Math.round(x0) - 1, y0 - y1);
  }
  Object.assign(context, { fillStyle: theme.muted, globalAlpha: theme.mode === "dark" ? 0.5 : 0.38 });
  context.fill();

  context.beginPath();
  for (const line of lines) {
    const corners = line.map(([value, share]) => point((value - low) / (high - low), pressed(share / full)));
    corners.forEach((corner, i) => (i ? context.lineTo(...corner) : context.moveTo(...corner)));
  }
  Object.assign(context, { strokeStyle: theme.accent, lineWidth: 1.6 * ratio, lineJoin: "round", globalAlpha: 1 });
  context.stroke();
}
