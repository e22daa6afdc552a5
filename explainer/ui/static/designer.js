// Design a schedule: drag handles of alpha_bar, or paste betas. The server says whether it is one.

import { loadStyles } from "./chart.js";

export const WORDS = {
  title: "Design one",
  help: "Drag the handles: ᾱ is the share of the data's power that is left. Or focus a handle and use the arrow keys, with Shift for bigger steps.",
  plot: "ᾱ against t/T: five handles",
  handle: "Handle {number} of {count}",
  place: "ᾱ {alphaBar} at t/T {u}",
  from: "Start from",
  cosine: "cosine",
  linear: "linear in ᾱ",
  tutorial: "tutorial-like",
  early: "drops early",
  reset: "Reset",
  resetTitle: "Back to where you started from",
  betas: "Paste betas",
  betasHelp: "β₁ to β_T, separated by commas, spaces or new lines; each between 0 and 1.",
  use: "Use these betas",
  drawn: "On this page as “{label}”. It ends at ᾱ = {end}.",
  kept: "Your schedule of last time is on offer as “{label}”. It ends at ᾱ = {end}.",
  label: "my schedule",
  betasLabel: "my schedule, {T} betas",
  unreachable: "The server did not answer. Is the app still running?",
};

// Where the handles stand at first; each knot is [t/T, ᾱ], and (0, 1) is always there.
const STARTS = {
  cosine: [[0.2, 0.899], [0.4, 0.647], [0.6, 0.341], [0.8, 0.094], [1, 0.00001]],
  linear: [[0.2, 0.8], [0.4, 0.6], [0.6, 0.4], [0.8, 0.2], [1, 0.00001]],
  tutorial: [[0.2, 0.999], [0.4, 0.989], [0.6, 0.941], [0.8, 0.859], [1, 0.778]],
  early: [[0.06, 0.55], [0.15, 0.25], [0.3, 0.08], [0.6, 0.01], [1, 0.0001]],
};
const FIXED = [0, 1];
const LOWEST = 1e-5;
const HIGHEST = 0.9999;
const GAP = { u: 0.02, alphaBar: 0.0005 }; // between neighbours, so that the curve falls everywhere
const DEBOUNCE = 150; // milliseconds of rest during a drag before the page follows
const MEMORY = "diffusion-explainer-schedule"; // what was designed last, offered again on a reload
const MARGIN = { left: 40, right: 14, top: 12, bottom: 30 }; // css pixels around the plot
const REACH = 24; // css pixels from a handle at which a finger still means it

const SVG = "http://www.w3.org/2000/svg";
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** A few digits, but never a 0 or a 1 that is none. */
function short(value) {
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

/** Handles on a curve, evenly spaced; nudged apart where the curve is all but flat. */
function handlesOn(curve) {
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

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function shell(root, words) {
  root.className = "dx-design";
  root.innerHTML = `
    <h2></h2><p class="dx-design-help"></p>
    <div class="dx-design-body">
      <div><div class="dx-design-plot"></div></div>
      <div class="dx-design-side">
        <div class="dx-design-from" role="group"><span></span><div class="dx-buttons">
          ${Object.keys(STARTS).map((name) => `<button type="button" data-start="${name}"></button>`).join("")}
          <button type="button" data-reset></button></div></div>
        <label></label><textarea rows="4" spellcheck="false" autocomplete="off"></textarea>
        <p class="dx-design-help" id="dx-betas-help"></p>
        <div class="dx-buttons"><button type="button" data-use></button></div>
        <p class="dx-error" role="alert"></p><p class="dx-design-status" role="status"></p>
      </div>
    </div>`;
  const part = (selector) => root.querySelector(selector);
  const say = (selector, text) => (part(selector).textContent = text);
  say("h2", words.title);
  say("p", words.help);
  say(".dx-design-from span", words.from);
  part(".dx-design-from").setAttribute("aria-label", words.from);
  for (const name of Object.keys(STARTS)) say(`[data-start=${name}]`, words[name]);
  say("[data-reset]", words.reset);
  part("[data-reset]").title = words.resetTitle;
  say("label", words.betas);
  say("#dx-betas-help", words.betasHelp);
  say("[data-use]", words.use);
  part("label").htmlFor = part("textarea").id = "dx-betas";
  part("textarea").setAttribute("aria-describedby", "dx-betas-help");
  return {
    stage: part(".dx-design-plot"),
    betas: part("textarea"),
    use: part("[data-use]"),
    reset: part("[data-reset]"),
    starts: root.querySelectorAll("[data-start]"),
    error: part(".dx-error"),
    status: part(".dx-design-status"),
  };
}

class Designer {
  #handles = structuredClone(STARTS.cosine);
  #curve = null; // the pasted schedule, until a handle is moved
  #start = { handles: STARTS.cosine }; // what Reset goes back to
  #dragged = null; // index of the handle, and where in it the pointer took hold
  #timer = 0;
  #turn = 0; // counts the questions: only the newest one's answer counts
  #pasting = false;

  constructor(root, words, tell) {
    this.root = root;
    this.words = words;
    this.tell = tell;
    this.parts = shell(root, words);
    this.#build();
    const { starts, reset, use, betas, stage } = this.parts;
    for (const button of starts) {
      button.addEventListener("click", () => this.#begin({ handles: STARTS[button.dataset.start] }));
    }
    reset.addEventListener("click", () => this.#begin(this.#start));
    use.addEventListener("click", () => this.#begin({ betas: betas.value }));
    betas.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "Enter" && (ctrlKey || metaKey)) this.#begin({ betas: betas.value });
    });
    new ResizeObserver(() => this.#fit()).observe(stage);
    this.#fit();
  }

  /** After a reload: offer the schedule of before again, without switching to it. */
  again() {
    try {
      const body = JSON.parse(localStorage.getItem(MEMORY));
      const { handles, betas } = body ?? {};
      const known = handles?.length === STARTS.cosine.length && handles.flat().every(Number.isFinite);
      if (typeof betas === "string") this.parts.betas.value = betas;
      if (known || typeof betas === "string") this.#begin(body, "change");
    } catch {
      // Storage may be forbidden, and may hold anything.
    }
  }

  /** Start from handles or from pasted betas. */
  #begin(body, event = "input") {
    if (body.handles) {
      this.#handles = structuredClone(body.handles);
      this.#curve = null;
      this.#start = body;
      this.#draw();
    }
    this.#send(body, event);
  }

  async #send(body = { handles: this.#handles }, event = "input") {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const { parts, words } = this;
    const turn = ++this.#turn;
    const text = JSON.stringify(body);
    this.#pasting = "betas" in body;
    this.root.setAttribute("aria-busy", "true");
    let answer;
    try {
      const url = new URL("api/own/schedule", document.baseURI);
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: text });
      answer = await response.json();
      if (!answer.error && !response.ok) answer = { error: words.unreachable };
    } catch {
      answer = { error: words.unreachable };
    }
    if (turn !== this.#turn) return;
    this.root.setAttribute("aria-busy", "false");
    parts.error.textContent = answer.error ?? "";
    if (answer.error) return;
    if (this.#pasting) this.#take(body, answer);
    this.#pasting = false;
    const { name, T, alpha_bar: alphaBar } = answer;
    const label = fill(body.betas ? words.betasLabel : words.label, { T });
    const status = event === "change" ? words.kept : words.drawn;
    parts.status.textContent = fill(status, { label, end: short(alphaBar.at(-1)) });
    try {
      localStorage.setItem(MEMORY, text);
    } catch {
      // Then a reload begins anew.
    }
    this.tell(event, { name, T, label });
  }

  /** Show the schedule that was pasted, with the handles on it. */
  #take(body, { u, alpha_bar: alphaBar }) {
    const curve = u.map((x, i) => [x, alphaBar[i]]);
    this.#curve = u[0] > 0 ? [FIXED, ...curve] : curve;
    this.#handles = handlesOn(this.#curve);
    this.#start = body;
    this.#draw();
  }

  /** Move a handle as far as its neighbours let it. */
  #move(index, u, alphaBar) {
    if (this.#pasting) this.#turn += 1; // who takes a handle no longer waits for what was pasted
    this.#pasting = false;
    this.#curve = null;
    const last = this.#handles.length - 1;
    const [before, after] = [this.#handles[index - 1] ?? FIXED, this.#handles[index + 1]];
    const low = after ? Math.max(LOWEST, after[1] + GAP.alphaBar) : LOWEST;
    const high = index ? before[1] - GAP.alphaBar : HIGHEST;
    const round = (value) => Number(value.toFixed(5));
    this.#handles[index] = [
      index === last ? 1 : round(clamp(u, before[0] + GAP.u, after[0] - GAP.u)),
      round(clamp(alphaBar, low, high)),
    ];
    this.#draw();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), DEBOUNCE);
  }

  #build() {
    const { words } = this;
    this.picture = svg("svg", { role: "group", "aria-label": words.plot });
    this.grid = svg("g", { class: "dx-design-grid", "aria-hidden": "true" });
    this.area = svg("path", { class: "dx-design-area" });
    this.line = svg("path", { class: "dx-design-line" });
    this.origin = svg("circle", { class: "dx-design-fixed", r: 4 });
    this.dots = this.#handles.map((_, index) => {
      const name = fill(words.handle, { number: index + 1, count: this.#handles.length });
      const dot = svg(
        "g",
        { class: "dx-design-handle", role: "slider", tabindex: 0, "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 1 },
        svg("circle", { class: "dx-design-reach", r: REACH }),
        svg("circle", { class: "dx-design-ring", r: 12 }),
        svg("circle", { class: "dx-design-dot", r: 7 }),
      );
      dot.addEventListener("pointerdown", (event) => this.#grab(event));
      // Chromium passes over touch-action inside a picture: a finger would scroll the page.
      dot.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      dot.addEventListener("pointermove", (event) => this.#drag(event));
      dot.addEventListener("lostpointercapture", () => this.#release());
      dot.addEventListener("keydown", (event) => this.#key(event, index));
      for (const type of ["focus", "blur", "pointerenter", "pointerleave"]) {
        dot.addEventListener(type, () => this.#tip(type === "focus" || type === "pointerenter" ? index : -1));
      }
      return dot;
    });
    this.tip = svg("text", { class: "dx-design-tip", "aria-hidden": "true" });
    this.picture.append(this.grid, this.area, this.line, this.origin, ...this.dots, this.tip);
    this.parts.stage.append(this.picture);
  }

  #fit() {
    const width = this.parts.stage.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    this.height = Math.round(clamp(width * 0.62, 230, 340));
    this.picture.setAttribute("width", width);
    this.picture.setAttribute("height", this.height);
    const [left, bottom] = this.#at(0, 0);
    const [right, top] = this.#at(1, 1);
    const word = (x, y, anchor, text) => svg("text", { x, y, "text-anchor": anchor }, text);
    const marks = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => {
      const [x, y] = this.#at(value, value);
      return [
        svg("line", { x1: x, x2: x, y1: top, y2: bottom }),
        svg("line", { x1: left, x2: right, y1: y, y2: y }),
        word(x, bottom + 21, "middle", String(value)),
        word(left - 8, y + 4, "end", String(value)),
      ];
    });
    // The axes' names stand among their numbers, where a number would be.
    const [nameX, nameY] = this.#at(0.875, 0.625);
    const names = [word(nameX, bottom + 21, "middle", "t/T"), word(left - 8, nameY + 4, "end", "ᾱ")];
    for (const name of names) name.classList.add("dx-design-axis");
    this.grid.replaceChildren(...marks, ...names);
    this.#draw();
  }

  /** Where a knot stands in the picture, and back. */
  #at(u, alphaBar) {
    const { left, right, top, bottom } = MARGIN;
    return [
      left + u * (this.width - left - right),
      this.height - bottom - alphaBar * (this.height - top - bottom),
    ];
  }

  #from(x, y) {
    const { left, right, top, bottom } = MARGIN;
    return [
      (x - left) / (this.width - left - right),
      (this.height - bottom - y) / (this.height - top - bottom),
    ];
  }

  #path() {
    const point = (u, alphaBar) => this.#at(u, alphaBar).join(" ");
    if (this.#curve) return `M${this.#curve.map(([u, a]) => point(u, a)).join("L")}`;
    const knots = [FIXED, ...this.#handles];
    const slope = slopes(knots);
    // A cubic given by values and slopes at its ends is exactly a Bezier curve.
    const pieces = knots.slice(1).map(([u, a], i) => {
      const [u0, a0] = knots[i];
      const third = (u - u0) / 3;
      const [first, second] = [point(u0 + third, a0 + slope[i] * third), point(u - third, a - slope[i + 1] * third)];
      return `C${first} ${second} ${point(u, a)}`;
    });
    return `M${point(...FIXED)}${pieces.join("")}`;
  }

  #draw() {
    if (!this.width) return;
    const path = this.#path();
    this.line.setAttribute("d", path);
    this.area.setAttribute("d", `${path}L${this.#at(1, 0).join(" ")}L${this.#at(0, 0).join(" ")}Z`);
    const [x, y] = this.#at(...FIXED);
    this.origin.setAttribute("transform", `translate(${x} ${y})`);
    this.dots.forEach((dot, index) => {
      const [u, alphaBar] = this.#handles[index];
      dot.setAttribute("transform", `translate(${this.#at(u, alphaBar).join(" ")})`);
      dot.setAttribute("aria-valuenow", alphaBar);
      dot.setAttribute("aria-valuetext", this.#place(index));
    });
    this.#tip(this.tipped ?? -1);
  }

  #place(index) {
    const [u, alphaBar] = this.#handles[index];
    return fill(this.words.place, { u: short(u), alphaBar: short(alphaBar) });
  }

  /** Say beside a handle where it is. */
  #tip(index) {
    const shown = this.#dragged?.index ?? index;
    this.tipped = shown;
    this.tip.textContent = shown < 0 ? "" : this.#place(shown);
    if (shown < 0) return;
    const [x, y] = this.#at(...this.#handles[shown]);
    // The curve falls: right above a handle and left below it there is room.
    const above = x + this.tip.getComputedTextLength() + 14 < this.width;
    const below = !above && y + 50 < this.height;
    this.tip.setAttribute("text-anchor", above ? "start" : "end");
    this.tip.setAttribute("x", above ? x + 10 : x - (below ? 12 : 0));
    this.tip.setAttribute("y", below ? y + 24 : Math.max(y - 14, MARGIN.top));
  }

  #grab(event) {
    if (event.button) return;
    const box = this.picture.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    // The nearest one: the reaches of neighbours overlap.
    const away = this.#handles.map((handle) => {
      const [hx, hy] = this.#at(...handle);
      return Math.hypot(hx - x, hy - y);
    });
    const index = away.indexOf(Math.min(...away));
    const [hx, hy] = this.#at(...this.#handles[index]);
    this.#dragged = { index, x: hx - event.clientX, y: hy - event.clientY };
    event.preventDefault(); // no text is selected on the way
    this.dots[index].focus({ preventScroll: true });
    this.dots[index].setPointerCapture(event.pointerId);
    this.root.dataset.dragging = index;
  }

  #drag(event) {
    if (!this.#dragged) return;
    const { index, x, y } = this.#dragged;
    this.#move(index, ...this.#from(event.clientX + x, event.clientY + y));
  }

  #release() {
    this.#dragged = null;
    delete this.root.dataset.dragging;
    if (this.#timer) this.#send();
  }

  #key(event, index) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 0.05 : 0.01;
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const ends = { Home: LOWEST, End: HIGHEST }; // the least and the most, as of every slider
    const [u, alphaBar] = this.#handles[index];
    if (ways[event.key]) {
      const [du, da] = ways[event.key];
      this.#move(index, u + du, alphaBar + da);
    } else if (ends[event.key]) {
      this.#move(index, u, ends[event.key]);
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** Put a designer into `element`; it tells of "input" (a new schedule) and "change" (one kept). */
export async function mount(element, props, watch, trigger) {
  await loadStyles();
  const root = element.querySelector("[data-designer]");
  new Designer(root, { ...WORDS, ...props.words }, trigger).again();
}
