// Own points: drawn on a pad or uploaded as a table, kept by the server, handed on by their name.

import { ramp } from "../player/canvas.js";

export const WORDS = {
  draw: "Draw your own points",
  hint: "Draw here with mouse, finger or pen",
  pad: "Drawing pad. By keyboard, upload a table instead.",
  brush: "Brush",
  undo: "Undo",
  clear: "Clear",
  none: "no points yet",
  one: "1 point",
  count: "{n} points",
  full: "The pad is full: {n} points are the most it holds.",
  drawing: "My drawing",
  upload: "Or bring a table",
  choose: "Upload CSV",
  reading: "Reading …",
  drop: "or drop a file here: two columns of numbers, separated by comma, semicolon or tab.",
  cloud: "The points of the table",
  use: "Use these {n} points",
  comma: "separated by commas",
  semicolon: "separated by semicolons",
  tab: "separated by tabs",
  space: "separated by spaces",
  decimalComma: "decimal commas",
  large: "The file is too large: at most 2 MB are read.",
  unreachable: "The server did not answer. What you made is still here: please try again.",
};

const MEMORY = "diffusion-explainer-own"; // a reload finds the last own points again
const REMEMBERED = 1.5e6; // characters; a browser keeps some five million for a site
const MAX_BYTES = 2e6;
const MAX_POINTS = 15000; // each takes up to 16 characters of the 256,000 that the server reads
const PAUSE = 250; // milliseconds after a stroke: several quick strokes are one drawing
const SPACING = 0.011; // between two points along a stroke, where the pad is 2 wide
const TAP = 10; // points of a touch that goes nowhere
const PATIENCE = 20000;

const api = (path) => new URL(`api/own/${path}`, document.baseURI).href;
const mode = () => (document.body.classList.contains("dark") ? "dark" : "light");
const fill = (text, n) => text.replace("{n}", n.toLocaleString(document.documentElement.lang || "en"));

const shortened = (name) => (name.length > 40 ? `${name.slice(0, 39)}…` : name);

function counted(words, n) {
  return n === 1 ? words.one : n ? fill(words.count, n) : words.none;
}

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", body };
  const response = await fetch(api(path), { signal: AbortSignal.timeout(PATIENCE), ...options });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw Object.assign(new Error(answer.error), { status: response.status, told: Boolean(answer.error) });
}

/** Draw points in the unit square, y upward, onto a canvas of `size` css pixels. */
function paint(canvas, size, points, color, inset = 0) {
  const ratio = Math.min(3, devicePixelRatio || 1);
  const side = Math.round(size * ratio);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, side, side);
  const n = points.length / 2;
  // The fewer points, the larger a point; about as the player draws them.
  const radius = Math.min(3, Math.max(1.1, 2 * (800 / n) ** 0.22)) * Math.min(1, size / 300 + 0.25) * ratio;
  const { css } = ramp(mode());
  const cell = Math.ceil(2 * radius + 2);
  const sheet = document.createElement("canvas"); // one dot of every colour
  Object.assign(sheet, { width: cell * css.length, height: cell });
  const pen = sheet.getContext("2d");
  css.forEach((ink, level) => {
    pen.fillStyle = ink;
    pen.beginPath();
    pen.arc((level + 0.5) * cell, cell / 2, radius, 0, 2 * Math.PI);
    pen.fill();
  });
  context.globalAlpha = 0.85;
  const room = side - 2 * inset * ratio;
  for (let i = 0; i < n; i++) {
    const level = Math.round(color(i) * (css.length - 1));
    const x = inset * ratio + points[2 * i] * room - cell / 2;
    const y = side - inset * ratio - points[2 * i + 1] * room - cell / 2;
    context.drawImage(sheet, level * cell, 0, cell, cell, x, y, cell, cell);
  }
}

/** The pad itself: strokes of points in [-1, 1], flat lists of x and y, as the server gets them. */
class Sketch {
  #stage;
  #canvas;
  #ring;
  #brush;
  #past = []; // what Undo goes back to
  #stroke = null;
  #pointer = null;
  #last = [0, 0];
  #travelled = 0;
  #asked = false;

  strokes = [];

  constructor({ stage, canvas, ring, brush }, { changed, full }) {
    Object.assign(this, { changed, full });
    [this.#stage, this.#canvas, this.#ring, this.#brush] = [stage, canvas, ring, brush];
    stage.addEventListener("pointerdown", (event) => this.#begin(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerleave", () => (ring.hidden = true));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(end, (event) => this.#end(event));
    }
    new ResizeObserver(() => this.draw()).observe(stage);
  }

  get points() {
    return this.strokes.flat();
  }

  get count() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0) / 2;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** Show other strokes; Undo brings those of before back. */
  replace(strokes) {
    this.#past.push(this.strokes);
    this.strokes = strokes;
    this.draw();
  }

  undo() {
    this.strokes = this.#past.pop() ?? [];
    this.draw();
  }

  draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      const points = this.points;
      const last = Math.max(1, points.length / 2 - 1);
      const size = this.#stage.clientWidth;
      if (size) paint(this.#canvas, size, points.map((value) => (value + 1) / 2), (i) => i / last);
    });
  }

  get #radius() {
    return this.#brush.valueAsNumber / 100;
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [(2 * (event.clientX - box.left)) / box.width - 1, 1 - (2 * (event.clientY - box.top)) / box.height];
  }

  #begin(event) {
    if (this.#pointer !== null || event.button !== 0) return; // the palm beside the pen, a second finger
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#last = this.#place(event);
    this.#travelled = 0;
    this.#stroke = [];
    this.#past.push(this.strokes);
    this.strokes = [...this.strokes, this.#stroke];
    this.changed(false);
  }

  #move(event) {
    this.#showRing(event);
    if (event.pointerId !== this.#pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const at of passed.length ? passed : [event]) this.#spray(at);
    this.changed(false);
    this.draw();
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    if (!this.#stroke.length) for (let i = 0; i < TAP; i++) this.#dot(...this.#last, event);
    if (!this.#stroke.length) this.undo(); // it went past the pad
    this.#stroke = null;
    this.draw();
    this.changed(true);
  }

  // Points at equal distances along the way, however fast the hand is.
  #spray(event) {
    const [x0, y0] = this.#last;
    const [x1, y1] = this.#place(event);
    const way = Math.hypot(x1 - x0, y1 - y0);
    let at = SPACING - this.#travelled;
    for (; at <= way; at += SPACING) this.#dot(x0 + ((x1 - x0) * at) / way, y0 + ((y1 - y0) * at) / way, event);
    this.#travelled = way - at + SPACING;
    this.#last = [x1, y1];
  }

  #dot(x, y, { pointerType, pressure }) {
    if (this.count >= MAX_POINTS) return this.full();
    const width = pointerType === "pen" && pressure ? 0.4 + 1.2 * pressure : 1;
    const away = this.#radius * width * Math.sqrt(Math.random()); // evenly over the brush's disc
    const angle = 2 * Math.PI * Math.random();
    const dot = [x + away * Math.cos(angle), y + away * Math.sin(angle)];
    if (dot.every((value) => Math.abs(value) < 1)) this.#stroke.push(...dot.map((v) => Math.round(v * 1000) / 1000));
  }

  #showRing(event) {
    this.#ring.hidden = event.pointerType === "touch";
    const size = this.#radius * this.#stage.clientWidth;
    const box = this.#canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    Object.assign(this.#ring.style, { width: `${size}px`, height: `${size}px`, left: `${x}px`, top: `${y}px` });
  }
}

const ICONS = {
  undo: '<path d="M9 14 4 9l5-5"/><path d="M4 9h10a6 6 0 0 1 0 12h-3"/>',
  clear: '<path d="M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13"/>',
  upload: '<path d="M12 16V4m0 0L7 9m5-5 5 5"/><path d="M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"/>',
  pencil: '<path d="m4 20 1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1Z"/><path d="m14.5 6.5 3 3"/>',
};
const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;

function shell(root, words, folded) {
  const word = (name) => `<span data-word="${name}"></span>`;
  root.classList.add("dp-pad");
  root.innerHTML = `
    <details class="dp-card"${folded ? "" : " open"}><summary data-part="summary"></summary><div class="dp-body">
      <section class="dp-draw">
        <header><h3 data-word="draw"></h3><output data-part="count"></output></header>
        <p data-part="drawAlert" class="dp-alert" role="alert"></p>
        <div data-part="stage" class="dp-stage"><canvas data-part="canvas" role="img"></canvas
          ><div data-part="ring" class="dp-ring" hidden></div
          ><p data-part="hint" class="dp-hint">${icon("pencil")}${word("hint")}</p></div>
        <div class="dp-bar">
          <label>${word("brush")}<input data-part="brush" type="range" min="1" max="20" step="0.5" value="5"></label>
          <button type="button" data-part="undo" disabled>${icon("undo")}${word("undo")}</button>
          <button type="button" data-part="clear" disabled>${icon("clear")}${word("clear")}</button>
        </div>
      </section>
      <section data-part="table" class="dp-table">
        <header><h3 data-word="upload"></h3></header>
        <div class="dp-drop">
          <button type="button" data-part="choose">${icon("upload")}<span data-part="chooseText"></span></button>
          <input data-part="file" type="file" accept=".csv,.tsv,.txt" hidden><p data-word="drop"></p>
        </div>
        <p data-part="tableAlert" class="dp-alert" role="alert"></p>
        <div data-part="preview" class="dp-preview" hidden>
          <p class="dp-file"><strong data-part="fileName"></strong> <span data-part="facts"></span></p>
          <canvas data-part="cloud" role="img"></canvas>
          <table><thead data-part="head"></thead><tbody data-part="rows"></tbody></table>
          <ul data-part="notes"></ul>
          <button type="button" data-part="use" class="dp-use"></button>
        </div>
      </section></div>
    </details>`;
  for (const part of root.querySelectorAll("[data-word]")) part.textContent = words[part.dataset.word];
  const parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  parts.summary.textContent = folded ?? "";
  parts.summary.hidden = !folded;
  parts.canvas.setAttribute("aria-label", words.pad);
  parts.cloud.setAttribute("aria-label", words.cloud);
  parts.chooseText.textContent = words.choose;
  return parts;
}

const cells = (tag, texts) => {
  const row = document.createElement("tr");
  row.append(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
  return row;
};

class Pad {
  #timer = 0;
  #generation = 0; // an answer about an older drawing is dropped
  #reading = 0; // and so is one about an older file
  #table = null; // the table in the preview: the server's answer, its file's name and bytes

  constructor(root, words, folded, trigger) {
    Object.assign(this, { root, words, trigger, parts: shell(root, words, folded) });
    const { parts } = this;
    this.sketch = new Sketch(parts, {
      changed: (finished) => this.#drawn(finished),
      full: () => this.#say(fill(words.full, MAX_POINTS), "draw"),
    });
    parts.undo.addEventListener("click", () => {
      this.sketch.undo();
      this.#drawn(true);
    });
    parts.clear.addEventListener("click", () => {
      this.sketch.replace([]);
      if (recall()?.kind === "drawing") remember(null);
      this.#drawn(true);
    });
    parts.choose.addEventListener("click", () => parts.file.click());
    parts.file.addEventListener("change", () => this.#read(parts.file.files[0]));
    parts.use.addEventListener("click", () => this.#useTable());
    root.addEventListener("dragover", (event) => {
      event.preventDefault(); // else the browser would leave the page for the file
      parts.table.classList.add("dp-over");
    });
    root.addEventListener("dragleave", () => parts.table.classList.remove("dp-over"));
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      parts.table.classList.remove("dp-over");
      this.#read(event.dataTransfer.files[0]);
    });
    new ResizeObserver(() => this.#drawCloud()).observe(parts.cloud);
    new MutationObserver(() => {
      this.sketch.draw();
      this.#drawCloud();
    }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    this.#drawn(false);
    this.#again();
  }

  /** Say what is wrong with the drawing or the table, where it is seen; what is shown stays. */
  #say(sentence, where) {
    for (const name of ["draw", "table"]) {
      const alert = this.parts[`${name}Alert`];
      const text = where === name ? sentence : "";
      if (alert.textContent !== text) alert.textContent = text; // else it would be read aloud again
    }
  }

  #complain(error, where, what = "") {
    this.#say(error.told ? what + error.message : this.words.unreachable, where);
  }

  // Whatever is used, from the drawing or the table: tell the page, and remember it.
  #use({ name, n }, label, memory) {
    if (this.sketch.count < MAX_POINTS) this.#say("");
    remember({ name, label, n, ...memory });
    this.trigger("input", { name, label, n });
  }

  #drawn(finished) {
    const { parts, sketch } = this;
    const { count } = sketch;
    parts.count.textContent = counted(this.words, count);
    parts.hint.hidden = sketch.strokes.length > 0;
    parts.undo.disabled = !sketch.canUndo;
    parts.clear.disabled = !count;
    clearTimeout(this.#timer);
    if (finished) this.#generation += 1;
    if (finished && count > 1) this.#timer = setTimeout(() => this.#useDrawing(), PAUSE);
  }

  async #useDrawing() {
    const generation = ++this.#generation;
    const { strokes } = this.sketch;
    try {
      const answer = await ask("drawing", asDrawing(strokes));
      if (generation !== this.#generation) return;
      const label = `${this.words.drawing} · ${counted(this.words, answer.n)}`;
      this.#use(answer, label, { kind: "drawing", content: strokes });
    } catch (error) {
      if (generation === this.#generation) this.#complain(error, "draw");
    }
  }

  async #read(file) {
    const { parts, words } = this;
    parts.file.value = ""; // the same file may be chosen again, changed
    if (!file) return;
    if (file.size > MAX_BYTES) return this.#say(words.large, "table");
    const reading = ++this.#reading;
    parts.chooseText.textContent = words.reading;
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const answer = await ask("table", bytes);
      if (reading !== this.#reading) return;
      this.#show({ ...answer, file: file.name, bytes });
      this.#say("");
    } catch (error) {
      if (reading !== this.#reading) return;
      this.#complain(error, "table", `${shortened(file.name)}: `);
    }
    parts.chooseText.textContent = words.choose;
  }

  #show(table) {
    const { parts, words } = this;
    this.#table = table;
    parts.preview.hidden = false;
    parts.fileName.textContent = table.file;
    const facts = [words[table.separator], table.decimal === "comma" && words.decimalComma];
    parts.facts.textContent = facts.filter(Boolean).join(", ");
    parts.head.replaceChildren(...(table.header ? [cells("th", table.header)] : []));
    parts.rows.replaceChildren(...(table.preview ?? []).map((row) => cells("td", row)));
    const item = (text) => Object.assign(document.createElement("li"), { textContent: text });
    parts.notes.replaceChildren(...(table.notes ?? []).map(item));
    parts.use.textContent = fill(words.use, table.n);
    this.#drawCloud();
  }

  #drawCloud() {
    const size = this.parts.cloud.clientWidth;
    if (!this.#table || !size) return;
    const { thumbnail, thumbnail_color: color } = this.#table;
    paint(this.parts.cloud, size, thumbnail.flat(), (i) => color[i], 8);
  }

  #useTable() {
    const { name, n, file, bytes } = this.#table;
    this.#generation += 1;
    clearTimeout(this.#timer);
    const content = bytes && toText(bytes);
    this.#use({ name, n }, `${shortened(file)} · ${counted(this.words, n)}`, { kind: "table", file, content });
  }

  /** After a reload: offer what was used last, which a server that began anew is told again. */
  async #again() {
    const kept = recall();
    if (!kept) return;
    const drawing = kept.kind === "drawing";
    const [generation, reading] = [this.#generation, this.#reading];
    try {
      if (drawing && kept.content) {
        this.sketch.strokes = kept.content;
        this.sketch.draw();
        this.#drawn(false);
      }
      const bytes = !drawing && kept.content ? fromText(kept.content) : undefined;
      const answer = await ask(kept.name).catch((error) => {
        if (error.status !== 404 || !kept.content) throw error;
        return drawing ? ask("drawing", asDrawing(kept.content)) : ask("table", bytes);
      });
      if (generation !== this.#generation) return; // somebody was quicker, and made something new
      if (!drawing && reading === this.#reading) this.#show({ ...answer, file: kept.file, bytes });
      this.trigger("change", { name: answer.name, label: kept.label, n: answer.n });
    } catch (error) {
      if (error.told) remember(null); // gone for good; whatever else is wrong may pass
    }
  }
}

function asDrawing(strokes) {
  const flat = strokes.flat();
  return JSON.stringify({ points: flat.flatMap((x, i) => (i % 2 ? [] : [[x, flat[i + 1]]])) });
}

function toText(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

const fromText = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

// Storage may be forbidden or full; then a reload does not find the points again, or by name alone.
function remember(kept) {
  try {
    if (!kept) return localStorage.removeItem(MEMORY);
    const all = JSON.stringify(kept);
    const { content, ...rest } = kept;
    localStorage.setItem(MEMORY, all.length <= REMEMBERED ? all : JSON.stringify(rest));
  } catch {
    // Nothing is lost but the memory.
  }
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(MEMORY));
    const sound = kept.kind !== "drawing" || !kept.content || kept.content.every(Array.isArray);
    return sound && typeof kept.name === "string" ? kept : null;
  } catch {
    return null; // nothing there, or not ours
  }
}

let styles = null; // one stylesheet for all pads

function loadStyles() {
  styles ??= new Promise((resolve) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: new URL("pad.css", import.meta.url) });
    link.onload = link.onerror = resolve; // without it the pad is plain, but works
    document.head.append(link);
  });
  return styles;
}

export async function mount(element, props, trigger) {
  await loadStyles();
  const root = element.querySelector("[data-pad]");
  const pad = new Pad(root, { ...WORDS, ...props.words }, props.folded, trigger);
  root.style.minHeight = ""; // it kept the place until now
  return pad;
}
