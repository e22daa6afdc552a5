// One kind of noise on a picture: the picture, its noise alone, its values, and what filters make of it.

import { make } from "./dom.js";
import { fill } from "./text.js";

const LARGEST = 384; // CSS pixels: those of a picture, one for one
const MOST = 40; // dB; the end of the bars
const WIDE = 300; // the histogram's own units
const EDGE = 14; // of them at each side, for what is outside black and white
const SVG = "http://www.w3.org/2000/svg";

const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

export const decibel = (value, words) => (value === null ? words.same : value.toFixed(1));

function drawn(name, className) {
  const element = document.createElementNS(SVG, name);
  element.setAttribute("class", className);
  return element;
}

export class Panel {
  layers = null;

  /** `onkind(kind)` is told of another choice. */
  constructor(kind, number, words, onkind) {
    Object.assign(this, { kind, words });
    const options = Object.entries(words.kinds).map(([value, text]) => make("option", { value }, text));
    this.choice = make("select", { ariaLabel: fill(words.kind, { number }) }, ...options);
    this.choice.value = kind;
    this.choice.addEventListener("change", () => onkind(this.choice.value));
    const canvas = () => make("canvas", { role: "img" });
    Object.assign(this, { picture: canvas(), noise: canvas(), median: canvas() });
    this.#buildHistogram();
    this.ratios = make("figcaption", { className: "dg-ratios" });
    this.outside = make("span");
    this.cleaned = make("figcaption");
    this.scores = make("dl", { className: "dg-scores", ariaLabel: words.scores });
    this.why = make("p", { className: "dc-note" });
    this.small = make("p", { className: "dc-note" });
    const noise = make("figure", {}, this.noise, make("figcaption", {}, words.noise));
    const below = make("figcaption", {}, make("span", {}, words.values), this.outside);
    const plot = make("div", { className: "dg-plot" }, this.histogram, make("div", { className: "dg-scale" }));
    const values = make("figure", {}, plot, below);
    this.element = make(
      "section",
      { className: "dg-panel" },
      this.choice,
      make("figure", { className: "dg-large" }, this.picture, this.ratios),
      make("div", { className: "dg-two" }, noise, values),
      make("figure", { className: "dg-large" }, this.median, this.cleaned),
      this.scores,
      make("div", { className: "dg-words" }, this.why, this.small),
    );
    this.element.ariaBusy = true;
  }

  #buildHistogram() {
    this.histogram = drawn("svg", "dg-values");
    this.histogram.setAttribute("role", "img");
    this.histogram.setAttribute("preserveAspectRatio", "none"); // beside the noise, to the pixel
    this.parts = Object.fromEntries(["before", "now", "beyond"].map((name) => [name, drawn("path", `dg-${name}`)]));
    this.cut = [drawn("text", "dg-cut"), drawn("text", "dg-cut")];
    this.histogram.append(...Object.values(this.parts), ...this.cut);
  }

  /** Show other pictures from now on. */
  take(layers, kind) {
    this.layers?.close();
    Object.assign(this, { layers, kind });
    const { width, height } = layers.header;
    const longest = Math.max(width, height);
    // A small picture's pixels all become equally large.
    const scale = longest < LARGEST / 2 ? Math.round(LARGEST / longest) : LARGEST / longest;
    this.element.style.setProperty("--dg-width", `${width * scale}px`);
    this.element.style.setProperty("--dg-ratio", `${width} / ${height}`);
    for (const canvas of [this.picture, this.noise, this.median]) Object.assign(canvas, { width, height });
    this.high = Math.min(Math.max((WIDE * height) / width, 120), 420);
    this.histogram.setAttribute("viewBox", `0 0 ${WIDE} ${this.high}`);
    // Bars that the clean picture would need, and room above; what is higher is cut, and told.
    const clean = [...layers.histogram(0)];
    this.top = Math.min(1.6 * Math.max(...clean.slice(2, -2), 0.03), 0.25);
    this.parts.before.setAttribute("d", this.#bars(clean, 1, clean.length - 1));
    this.why.textContent = this.words.why[kind];
    const { form } = layers.header;
    this.small.textContent = form === "frames" && longest > LARGEST / 4 ? this.words.small : "";
    this.element.ariaBusy = false;
  }

  /** Draw everything at the amount of this number. */
  draw(index) {
    if (!this.layers) return;
    const { words, layers } = this;
    const { header } = layers;
    const values = { kind: words.kinds[this.kind], amount: header.amounts[index].toFixed(2) };
    this.picture.getContext("2d").putImageData(layers.picture(index), 0, 0);
    this.picture.ariaLabel = fill(words.corrupted, values);
    this.noise.getContext("2d").putImageData(layers.noise(index), 0, 0);
    this.noise.ariaLabel = fill(words.noise_label, values);
    this.median.getContext("2d").drawImage(layers.medians[index], 0, 0);
    this.median.ariaLabel = fill(words.median_label, values);
    for (const canvas of [this.picture, this.noise, this.median]) {
      // Pixel for pixel where there is room; smaller, they are averaged and not left out.
      canvas.classList.toggle("dg-crisp", canvas.clientWidth * devicePixelRatio >= canvas.width);
    }
    this.#drawValues(index, values);
    this.#tell(index);
  }

  #tell(index) {
    const { words, layers: { header } } = this;
    const { median, mean } = header.filters;
    const dB = (value) => fill(words.dB, { value: decibel(value, words) });
    const pair = (name, value) => make("span", {}, `${name} `, make("b", {}, value));
    this.ratios.replaceChildren(pair(words.snr, header.snr[index]), pair(words.psnr, dB(header.psnr[index])));
    this.cleaned.replaceChildren(
      make("span", {}, fill(words.cleaned, { size: median.size[index] })),
      pair(words.psnr, dB(median.psnr[index])),
    );
    const rows = [
      [words.as_it_is, header.psnr[index], "dg-as"],
      [fill(words.median, { size: median.size[index] }), median.psnr[index], "dg-median"],
      [fill(words.mean, { size: mean.size[index] }), mean.psnr[index], "dg-mean"],
    ];
    const best = Math.max(...rows.map(([, value]) => value ?? Infinity));
    this.scores.replaceChildren(...rows.flatMap(([name, value, className]) => {
      const score = make("dd", { className }, make("span", {}, decibel(value, words)));
      score.classList.toggle("dg-best", (value ?? Infinity) === best);
      score.style.setProperty("--dg-share", Math.min(value ?? MOST, MOST) / MOST);
      return [make("dt", {}, name), score];
    }));
  }

  #bars(shares, from, to) {
    const wide = (WIDE - 2 * EDGE) / (shares.length - 2);
    let path = "";
    for (let i = from; i < to; i++) {
      const high = ((this.high * Math.min(shares[i], this.top)) / this.top).toFixed(2);
      const left = (EDGE + (i - 1) * wide).toFixed(2);
      path += `M${left} ${this.high}v${-high}h${wide.toFixed(2)}v${high}z`;
    }
    return path;
  }

  #drawValues(index, values) {
    const { words, parts, cut, top, high } = this;
    const shares = this.layers.histogram(index);
    const last = shares.length - 1;
    parts.now.setAttribute("d", this.#bars(shares, 1, last));
    const column = (share, x) => {
      const height = (high * Math.min(share, top)) / top;
      return `M${x} ${high}v${-height.toFixed(2)}h${EDGE - 4}v${height.toFixed(2)}z`;
    };
    parts.beyond.setAttribute("d", column(shares[0], 0) + column(shares[last], WIDE - EDGE + 4));
    // How high a bar at either end would be that does not fit in.
    for (const [side, text] of cut.entries()) {
      const share = side ? Math.max(shares[last], shares[last - 1]) : Math.max(shares[0], shares[1]);
      text.textContent = share > top ? percent(share) : "";
      text.setAttribute("x", side ? WIDE - EDGE - 10 : EDGE + 10);
      text.setAttribute("y", 18);
      text.setAttribute("text-anchor", side ? "end" : "start");
    }
    const outside = shares[0] + shares[last];
    this.outside.textContent = outside > 0 ? fill(words.outside, { share: percent(outside) }) : words.inside;
    this.outside.classList.toggle("dg-out", outside > 0);
    const label = fill(words.values_label, { ...values, outside: percent(outside) });
    this.histogram.setAttribute("aria-label", label);
  }
}
