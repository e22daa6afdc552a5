// One step of the training, taken apart: the batch before and after the noise, and eight of its
// points in numbers, from the noise that was drawn to the error that was made.

import { make } from "./dom.js";
import { drawDots, drawNames, isOutside, pixel, Stage } from "./stage.js";
import { fill } from "./text.js";

const COLUMNS = ["x_0", "eps", "x_t", "prediction", "target"];

const minus = (text) => text.replace(/^-(?=[0.]+$)/, "").replaceAll("-", "−"); // and none before a zero
// A training that runs away makes numbers that would burst the table.
const short = (value, digits) => minus(Math.abs(value) < 1000 ? value.toFixed(digits) : value.toExponential(1));
const two = (value) => short(value, 2);
const whole = (value) => value.toLocaleString("en-US");
const small = (value) => minus(String(Number(value.toPrecision(2))));

function shell(root, words) {
  root.innerHTML = `<section class="dt-panel dt-step">
    <h2></h2><p class="dt-sentence"></p>
    <div class="dt-taken">
      <figure><canvas role="img"></canvas><figcaption><ul></ul></figcaption></figure>
      <div class="dt-numbers"><p class="dt-hint"></p>
        <div class="dt-scroll" role="region" tabindex="0"
          ><table><thead><tr></tr></thead><tbody></tbody></table></div></div>
    </div>
  </section>`;
  const find = (selector) => root.querySelector(selector);
  find("h2").textContent = words.title;
  find("canvas").setAttribute("aria-label", words.picture);
  find(".dt-scroll").setAttribute("aria-label", words.table);
  const heads = ["example", "t", ...COLUMNS, "error"].map((name) => {
    const head = make("th");
    Object.assign(head, { scope: "col", className: `dt-${name}` });
    head.append(make("span", {}, words.heads[name][0]), make("small", {}, words.heads[name][1]));
    return head;
  });
  find("thead tr").append(...heads);
  const keys = ["x_0", "way", "guess", "x_t"].map((name) => {
    const key = make("li", { className: `dt-key dt-key-${name}` });
    key.append(make("i"), make("span", {}, words.keys[name]));
    return key;
  });
  const [from, ramp, to] = [make("span"), make("i", { className: "dt-ramp" }), make("span")];
  keys[3].firstChild.remove();
  keys[3].append(from, ramp, to);
  find("ul").append(...keys);
  return {
    section: find("section"),
    sentence: find(".dt-sentence"),
    figure: find("figure"),
    canvas: find("canvas"),
    hint: find(".dt-hint"),
    body: find("tbody"),
    named: ["prediction", "target", "error"].map((name) => find(`th.dt-${name} span`)), // by the objective
    ramp,
    ends: [from, to],
  };
}

/** A row of the table. It is written into, not made anew: the focus stays where it is. */
class Row {
  constructor(number, words, panel) {
    this.element = make("tr");
    const head = make("th");
    head.scope = "row";
    this.button = make("button", { type: "button" }, number + 1);
    this.button.setAttribute("aria-label", fill(words.choose, { number: number + 1 }));
    head.append(this.button);
    this.t = make("td", { className: "dt-t" });
    this.t.append(make("i"), make("span"));
    this.pairs = COLUMNS.map((name) => {
      const cell = make("td", { className: `dt-pair dt-${name}` });
      cell.append(make("span"), " ", make("span"));
      return cell;
    });
    this.error = make("td", { className: "dt-error" });
    this.error.append(make("i"), make("span"));
    this.element.append(head, this.t, ...this.pairs, this.error);
    this.button.addEventListener("focus", () => panel.choose(number));
    this.element.addEventListener("click", () => panel.choose(number));
    this.element.addEventListener("pointerenter", ({ pointerType }) => pointerType !== "touch" && panel.choose(number));
  }

  show(row, longest) {
    this.t.children[1].textContent = row.t;
    COLUMNS.forEach((name, at) => {
      row[name].forEach((value, axis) => (this.pairs[at].children[axis].textContent = two(value)));
    });
    this.error.children[0].style.setProperty("--dt-share", row.error / longest);
    this.error.children[1].textContent = two(row.error);
  }
}

export class StepPanel {
  #parts;
  #words;
  #stage;
  #rows = [];
  #order = []; // which example each row shows
  #chosen = 0; // the row whose example is shown in the picture
  #points = null;
  #view = null; // what of the plane is seen, and of which limits

  constructor(root, words) {
    this.root = root;
    this.#words = words;
    this.#parts = shell(root, words);
    this.#stage = new Stage(this.#parts.section, [this.#parts.canvas], (stage) => this.#draw(stage));
    this.clear();
  }

  /**
   * Show a step: its numbers, and where the points of the batch are, quantised over `limits`: x_0,
   * x_t and x̂_0 of all, one after the other. The rows of `detail` are the first of these points.
   * `t` is 0 to 255.
   */
  show(detail, points, t, limits, T) {
    const [parts, words] = [this.#parts, this.#words];
    this.root.hidden = false;
    const values = {
      step: whole(detail.step),
      batch: whole(detail.batch),
      loss: short(detail.loss, 3),
      rate: small(detail.learning_rate),
      rows: detail.rows.length,
    };
    parts.sentence.replaceChildren(...this.#sentence(values));
    parts.hint.textContent = fill(words.hint, values);
    parts.named.forEach((head, at) => (head.textContent = words.objectives[detail.objective][at]));
    parts.ends.forEach((end, at) => (end.textContent = fill(words.t, { t: [1, T][at] })));
    // From little noise to much: how the error grows or shrinks with it can be seen.
    this.#order = detail.rows.map((_, at) => at).sort((a, b) => detail.rows[a].t - detail.rows[b].t);
    if (this.#rows.length !== detail.rows.length) {
      this.#rows = detail.rows.map((_, number) => new Row(number, words, this));
      parts.body.replaceChildren(...this.#rows.map(({ element }) => element));
      this.#chosen = Math.floor(detail.rows.length / 2); // well apart from where it came from
    }
    const longest = Math.max(1, ...detail.rows.map(({ error }) => error));
    this.#rows.forEach((row, at) => row.show(detail.rows[this.#order[at]], longest));
    const m = (points?.length ?? 0) / 6;
    const cloud = (at) => points.subarray(2 * m * at, 2 * m * (at + 1));
    this.#points = m ? { x_0: cloud(0), x_t: cloud(1), guess: cloud(2), t, limits, m } : null;
    parts.figure.hidden = !m;
    if (m) this.#look();
    this.choose(this.#chosen);
  }

  clear() {
    this.root.hidden = true;
    this.#points = null;
  }

  /** Show one of the examples in the picture. */
  choose(number) {
    this.#chosen = number;
    this.#rows.forEach(({ element, button }, at) => {
      element.classList.toggle("dt-chosen", at === this.#chosen);
      button.setAttribute("aria-pressed", at === this.#chosen);
    });
    this.#stage.ask();
  }

  /** The sentence in parts, with the numbers in bold and an arrow between two. */
  #sentence(values) {
    return this.#words.sentence.flatMap((part, at) => {
      const piece = make("span");
      part.split(/(\{\w+\})/).forEach((bit) => {
        piece.append(bit.startsWith("{") ? make("b", {}, values[bit.slice(1, -1)]) : bit);
      });
      return at ? [make("i", {}, " → "), piece] : [piece];
    });
  }

  /** See all that there is; from one step to the next the view grows, but it never jumps back. */
  #look() {
    const { x_0, x_t, limits } = this.#points;
    const of = String(limits);
    const box = this.#view?.of === of ? this.#view.box : [65535, 0];
    const inside = (points) => [...points.filter((_, i) => !isOutside(points, i >> 1))];
    const seen = [x_0, x_t].flatMap(inside);
    const [low, high] = [Math.min(box[0], ...seen), Math.max(box[1], ...seen)];
    const at = (value, axis) => limits[2 * axis] + (value / 65535) * (limits[2 * axis + 1] - limits[2 * axis]);
    this.#view = { of, box: [low, high], shown: [at(low, 0), at(high, 0), at(low, 1), at(high, 1)] };
  }

  #draw({ contexts: [context], side, theme }) {
    context.clearRect(0, 0, side, side);
    if (!this.#points) return;
    const { x_0, x_t, t, limits, m } = this.#points;
    const place = this.#stage.place(limits, this.#view.shown);
    const ink = (i) => theme.ramp[t[i] >> 2];
    this.#parts.ramp.style.background = `linear-gradient(90deg, ${theme.ramp.join()})`;
    this.#rows.forEach((row, at) => (row.t.children[0].style.background = ink(this.#order[at])));
    context.globalAlpha = 0.3;
    drawDots(context, x_0, place, 1.6, () => theme.ink);
    context.globalAlpha = 0.2;
    context.lineWidth = place.ratio;
    for (let i = 0; i < m; i++) {
      if (isOutside(x_t, i) || isOutside(x_0, i)) continue;
      context.strokeStyle = ink(i);
      context.beginPath();
      context.moveTo(...pixel(x_0, i, place));
      context.lineTo(...pixel(x_t, i, place));
      context.stroke();
    }
    context.globalAlpha = 0.75;
    drawDots(context, x_t, place, 2.4, ink);
    context.globalAlpha = 1;
    drawExample(context, this.#points, this.#order[this.#chosen], place, theme, this.#words);
  }
}

/** The three places of one example: from the data, through the noise, to where it is guessed. */
function drawExample(context, { x_0, x_t, guess, t }, i, place, theme, words) {
  const { ratio, width } = place;
  const mark = (points, color, name) => {
    const at = pixel(points, i, place);
    const out = isOutside(points, i) || at.some((value) => value < 0 || value > width);
    return { at, color, out, name: out ? fill(words.outside, { name }) : name };
  };
  const from = mark(x_0, theme.exact, words.x_0);
  const noisy = mark(x_t, theme.ramp[t[i] >> 2], words.x_t);
  const back = mark(guess, theme.network, words.guess);
  const line = (a, b, color, dash) => {
    if (a.out || b.out) return;
    context.setLineDash(dash.map((length) => length * ratio));
    context.beginPath();
    context.moveTo(...a.at);
    context.lineTo(...b.at);
    for (const [strokeStyle, lineWidth] of [[theme.paper, 4.7 * ratio], [color, 1.7 * ratio]]) {
      Object.assign(context, { strokeStyle, lineWidth });
      context.stroke();
    }
    context.setLineDash([]);
  };
  context.lineCap = "round";
  line(from, noisy, theme.ink, []);
  line(noisy, back, theme.network, [5, 4]);
  line(back, from, theme.miss, [1, 4]);
  for (const { at, color, out } of [from, noisy, back]) {
    if (out) continue;
    context.beginPath();
    context.arc(...at, 5 * ratio, 0, 2 * Math.PI);
    Object.assign(context, { fillStyle: color, strokeStyle: theme.paper, lineWidth: 2 * ratio });
    context.fill();
    context.stroke();
  }
  drawNames(context, [from, noisy, back], place, theme);
}
