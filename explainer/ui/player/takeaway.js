// The animation to take home: every frame drawn again, at its own size, into a GIF.

import { CloudView } from "./canvas.js";
import { write } from "./shell.js";

const SIZE = 480; // pixels, both ways; the band with the words comes on top
const BAND = 54;
const SIDE = 16;
const DELAY = 100; // milliseconds a frame
const MOST = 101; // frames
const OPACITIES = [0.2, 0.4, 0.63, 0.85, 1]; // of the points, alone and over each other
const GREYS = 24; // between the paper and the ink
const HUES = 40; // taken from the ramps

/** What CSS text comes to over a colour of paper, as [r, g, b]. */
function resolve(context, paper, color, alpha = 1) {
  Object.assign(context, { globalAlpha: 1, fillStyle: paper });
  context.fillRect(0, 0, 1, 1);
  Object.assign(context, { globalAlpha: alpha, fillStyle: color });
  context.fillRect(0, 0, 1, 1);
  context.globalAlpha = 1;
  return [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

/** At most 256 colours: the theme's, and those of the points as they lie over the paper. */
function makePalette(context, theme, paper, ramps) {
  const over = (color, alpha) => resolve(context, paper, color, alpha);
  const palette = [over(paper), over(theme.ink), over(theme.muted), over(theme.line)];
  for (let grey = 1; grey < GREYS; grey++) palette.push(over(theme.ink, grey / GREYS));
  for (const alpha of [0.3, 0.6, 1]) palette.push(over(theme.accent, alpha));
  const hues = HUES / ramps.length;
  for (const { css } of ramps) {
    for (let hue = 0; hue < hues; hue++) {
      const color = css[Math.round((hue / (hues - 1)) * (css.length - 1))];
      for (const alpha of OPACITIES) palette.push(over(color, alpha));
    }
  }
  return palette;
}

/** The words above the picture. */
function drawBand(context, theme, paper, title, label) {
  context.fillStyle = paper;
  context.fillRect(0, 0, SIZE, BAND);
  Object.assign(context, { textAlign: "left", textBaseline: "alphabetic", fillStyle: theme.ink });
  context.font = `600 16px ${theme.font}`;
  context.fillText(title, SIDE, 22, SIZE - 2 * SIDE);
  context.font = `13px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.fillText(label, SIDE, 43, SIZE - 2 * SIDE);
}

/** Draw and encode all frames of `data` as they are seen now. */
async function render({ data, title, theme, words, show, arrows, marked }, { onprogress, signal }) {
  const { encodeGif } = await import("./gif.js");
  const view = new CloudView(document.createElement("canvas"), words);
  view.setData(data);
  view.setSize(SIZE, SIZE, 1);
  view.setTheme(theme);
  const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE + BAND });
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  const count = Math.min(MOST, data.count);
  const frameOf = (i) => Math.round((i / Math.max(1, count - 1)) * (data.count - 1));
  view.draw(0);
  const paper = `rgb(${view.paper.join(" ")})`;
  const heading = [title, data.name].filter(Boolean).join(" · ");
  const { place, density } = view.theme;
  const ghosts = show.ghosts && data.ghosts; // in the colours of their places, always
  const ramps = show.density ? [density, ...(ghosts ? [place] : [])] : [place];
  return encodeGif({
    width: canvas.width,
    height: canvas.height,
    count,
    delay: DELAY,
    palette: makePalette(context, theme, paper, ramps),
    draw: (i) => {
      const frame = frameOf(i);
      view.draw(frame, { show, arrows, marked });
      drawBand(context, theme, paper, heading, data.label(frame));
      context.drawImage(view.canvas, 0, BAND);
      return new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    },
    onprogress,
    signal,
  });
}

/** One saving at a time, with its progress in the player. */
export class Takeaway {
  #abort = null;

  constructor(parts) {
    this.parts = parts;
  }

  /** Resolves when the file was handed over or the reader cancelled; rejects if it cannot be made. */
  async save(picture) {
    if (this.#abort) return;
    const abort = (this.#abort = new AbortController());
    this.#progress(0);
    this.parts.saving.hidden = false;
    try {
      const onprogress = (share) => this.#progress(share);
      const name = `${picture.title} ${picture.data.name}`;
      download(await render(picture, { onprogress, signal: abort.signal }), name);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    } finally {
      // Who pressed Cancel by keyboard stays in the bar.
      if (this.parts.saving.contains(document.activeElement)) this.parts.gif.focus();
      this.parts.saving.hidden = true;
      this.#abort = null;
    }
  }

  stop() {
    this.#abort?.abort();
  }

  #progress(share) {
    const percent = Math.round(100 * share);
    this.parts.meter.setAttribute("aria-valuenow", percent);
    this.parts.meter.style.setProperty("--pc-share", share);
    write(this.parts.percent, `${percent} %`);
  }
}

function download(blob, title) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${title.replace(/[\\/:*?"<>|]+/g, " ").trim() || "points"}.gif`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the browser reads it a little later
}
