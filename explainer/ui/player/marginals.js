// The joint plot's sides: how x is spread, along the top, and y, along the right, each against the
// normal distribution that noise leads to.

export const BAND = 52; // css pixels each

const LOOKS = 12; // frames that the vertical scale is made from

/** Number of bins over the whole box: fine where the points are many, calm where they are few. */
function binsFor(span, scale, points) {
  return Math.min(72, Math.max(16, Math.round(span / scale / (2.7 * points ** (-1 / 3)))));
}

export class Marginals {
  #axes;

  constructor({ limits, prior, frames, points }) {
    this.#axes = [0, 1].map((axis) => {
      const [low, high] = [limits[2 * axis], limits[2 * axis + 1]];
      const [mean, scale] = [prior.mean[axis], prior.scale[axis]];
      const shares = new Float32Array(binsFor(high - low, scale, points));
      const width = (high - low) / shares.length;
      const density = (x) => Math.exp(-(((x - mean) / scale) ** 2) / 2) / (scale * Math.sqrt(2 * Math.PI));
      const peak = density(mean) * width;
      let most = 0;
      for (let look = 0; look < LOOKS && frames.length; look++) {
        count(frames[Math.round((look / (LOOKS - 1)) * (frames.length - 1))], axis, shares);
        most = Math.max(most, ...shares);
      }
      // One scale for all frames. A first frame may be a few sharp peaks: they are pressed together
      // at the top, rather than everything else pressed flat at the bottom.
      const full = Math.min(Math.max(most, 1.2 * peak), 1.9 * peak);
      return { axis, low, high, shares, expected: (x) => (density(x) * width) / full, full };
    });
  }

  /** Draw both for quantised `points`; `word` names the reference once, in the free corner. */
  draw(context, points, place, theme, word) {
    for (const side of this.#axes) {
      count(points, side.axis, side.shares);
      drawSide(context, side, place, theme);
    }
    const { ratio, right, top } = place;
    const middle = Math.round((right + place.width) / 2);
    context.font = `${10.5 * ratio}px ${theme.font}`;
    Object.assign(context, { textAlign: "center", textBaseline: "middle", fillStyle: theme.muted });
    context.fillText(word, middle, top / 2 + 5 * ratio, place.width - right - 4 * ratio);
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

function drawSide(context, { axis, low, high, shares, expected, full }, place, theme) {
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
  for (let step = 0; step <= 80; step++) {
    const height = expected(low + (step / 80) * (high - low));
    if (height > 0.002) context.lineTo(...point(step / 80, pressed(height))); // no line along the axis
  }
  Object.assign(context, { strokeStyle: theme.accent, lineWidth: 1.6 * ratio, lineJoin: "round", globalAlpha: 1 });
  context.stroke();
}
