// Own points: drawn on a pad or uploaded as a table, kept by the server, handed on by their name.

import { loadStyles } from "../player/styles.js";
import { asDrawing, fromText, recall, remember, toText } from "./kept.js";
import { buildShell } from "./padshell.js";
import { MAX_POINTS, paint, Sketch } from "./sketch.js";

export const WORDS = {
  draw: "Draw points",
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
  inUse: "In use: {label}. Every tab offers it among its data sets.",
  kept: "The picture keeps the points of before until you draw others.",
  unreachable: "The server did not answer. What you made is still here: please try again.",
};

const MAX_BYTES = 2e6;
const PAUSE = 250; // milliseconds after a stroke: several quick strokes are one drawing
const PATIENCE = 20000;
const FOR_GOOD = [404, 413, 415, 422]; // gone, or never to be taken; whatever else is wrong may pass

const api = (path) => new URL(`api/own/${path}`, document.baseURI).href;
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
    Object.assign(this, { root, words, trigger, parts: buildShell(root, words, folded) });
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
    this.parts.status.textContent = this.words.inUse.replace("{label}", label);
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
    if (finished && count < 2 && parts.status.textContent) parts.status.textContent = this.words.kept;
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
      parts.preview.classList.add("dp-older"); // it is of the file before
    }
    parts.chooseText.textContent = words.choose;
  }

  #show(table) {
    const { parts, words } = this;
    this.#table = table;
    parts.preview.hidden = false;
    parts.preview.classList.remove("dp-older");
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
      if (error.told && FOR_GOOD.includes(error.status)) remember(null);
    }
  }
}

export async function mount(element, props, trigger) {
  await loadStyles(new URL("pad.css", import.meta.url));
  const root = element.querySelector("[data-pad]");
  const pad = new Pad(root, { ...WORDS, ...props.words }, props.folded, trigger);
  root.style.minHeight = ""; // it kept the place until now
  return pad;
}
