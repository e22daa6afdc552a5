// Where data units fall on the picture, and the grid with its numbers.

const INSET = { left: 30, right: 14, top: 14, bottom: 26 }; // css pixels around the box of the data

/** Round steps for an axis: 1, 2 or 5 times a power of ten. */
function tickStep(span, wanted) {
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.75) ?? 10);
}

/**
 * Where quantised positions fall on a picture of that size, with equal scale on both axes. `band`
 * is kept free at the top and on the right; `top` and `right` are where the rest ends. `view` is
 * the box to be seen, if it is not all of `limits`.
 */
export function placement(limits, width, height, { ratio, band = 0, inset = INSET, view = limits }) {
  const [xLow, xHigh, yLow, yHigh] = view;
  const [top, right] = [band * ratio, width - band * ratio];
  const roomX = right - (inset.left + inset.right) * ratio;
  const roomY = height - top - (inset.top + inset.bottom) * ratio;
  const scale = Math.min(roomX / (xHigh - xLow), roomY / (yHigh - yLow)); // pixels per data unit
  const zeroX = inset.left * ratio + (roomX - scale * (xHigh - xLow)) / 2 - xLow * scale;
  const zeroY = height - inset.bottom * ratio - (roomY - scale * (yHigh - yLow)) / 2 + yLow * scale;
  const [left, bottom] = [zeroX + limits[0] * scale, zeroY - limits[2] * scale];
  const [perX, perY] = [(scale * (limits[1] - limits[0])) / 65535, (scale * (limits[3] - limits[2])) / 65535];
  return { left, bottom, top, right, width, height, ratio, perX, perY, scale, zeroX, zeroY };
}

/** The grid runs to the edges and the numbers stand inside it: the box has no frame of its own. */
export function drawAxes(context, place, theme) {
  const { ratio, scale, zeroX, zeroY, top, right, height } = place;
  const step = tickStep(height / scale, height / ratio / 62);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const name = (value) => value.toFixed(digits).replace("-", "−");
  context.font = `${10.5 * ratio}px ${theme.font}`;
  context.lineWidth = Math.max(1, Math.round(ratio));
  const sharp = (at) => Math.round(at) + (context.lineWidth % 2 ? 0.5 : 0);
  const line = (alpha, fromX, fromY, toX, toY) => {
    Object.assign(context, { strokeStyle: theme.line, globalAlpha: alpha });
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    context.stroke();
    context.globalAlpha = 1;
  };
  const strong = (tick) => (tick === 0 ? 1 : 0.5);
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (let tick = Math.ceil(-zeroX / scale / step); tick * step * scale + zeroX < right; tick++) {
    const x = sharp(zeroX + tick * step * scale);
    if (x > 30 * ratio && x < right - 4 * ratio) line(strong(tick), x, top, x, height - 20 * ratio);
    const inside = x > 36 * ratio && x < right - 14 * ratio; // the corner belongs to the y axis
    if (inside) context.fillText(name(tick * step), x, height - 7 * ratio);
  }
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (let tick = Math.ceil((zeroY - height) / scale / step); zeroY - tick * step * scale > top; tick++) {
    const y = sharp(zeroY - tick * step * scale);
    if (y > top + 4 * ratio && y < height - 20 * ratio) line(strong(tick), 30 * ratio, y, right, y);
    const inside = y > top + 8 * ratio && y < height - 22 * ratio;
    if (inside) context.fillText(name(tick * step), 8 * ratio, y);
  }
  if (!top) return;
  line(1, 30 * ratio, sharp(top), right, sharp(top)); // what the histograms stand on
  line(1, sharp(right), top, sharp(right), height - 20 * ratio);
}
