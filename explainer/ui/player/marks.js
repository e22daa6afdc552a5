// The point that someone follows, or points at.

/** The way of one point: what lies behind it strong, what lies ahead faint; and a ring. */
export function drawMark(context, { data, position, point, place, theme, color, radius, ghosts }) {
  const { ratio } = place;
  const pixel = (frames, at) => {
    const before = Math.floor(at);
    const [a, b] = [frames[before], frames[Math.min(before + 1, frames.length - 1)]];
    const q = (axis) => a[2 * point + axis] + (b[2 * point + axis] - a[2 * point + axis]) * (at - before);
    return [place.left + q(0) * place.perX, place.bottom - q(1) * place.perY];
  };
  const [x, y] = pixel(data.frames, position);
  const path = (from, to, startHere) => {
    context.beginPath();
    if (startHere) context.moveTo(x, y);
    for (let i = from; i <= to; i++) context.lineTo(...pixel(data.frames, i));
    if (!startHere) context.lineTo(x, y);
  };
  const stroke = (style, width, alpha) => {
    Object.assign(context, { strokeStyle: style, lineWidth: width * ratio, globalAlpha: alpha });
    context.stroke();
  };
  const { paper, ink } = theme;
  context.lineJoin = context.lineCap = "round";
  path(Math.floor(position) + 1, data.count - 1, true);
  stroke(paper, 3, 0.5);
  stroke(ink, 1, 0.35);
  path(0, Math.floor(position), false);
  stroke(paper, 4, 0.75);
  stroke(ink, 1.6, 0.9);
  if (ghosts && data.ghosts) {
    context.setLineDash([3 * ratio, 3 * ratio]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(...pixel(data.ghosts, position));
    stroke(ink, 1.2, 0.8);
    context.setLineDash([]);
  }
  context.beginPath();
  context.arc(x, y, radius + 3.5 * ratio, 0, 2 * Math.PI);
  stroke(paper, 4.5, 0.9);
  Object.assign(context, { globalAlpha: 1, fillStyle: color });
  context.fill();
  stroke(ink, 2, 1);
}
