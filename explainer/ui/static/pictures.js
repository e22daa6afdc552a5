// The chapter on pictures: three kinds of noise on one picture, one amount for all, and a picture of
// one's own.

import { fetchBytes } from "../player/container.js";
import { loadStyles } from "../player/styles.js";
import { ask } from "./ask.js";
import { chapter, question } from "./chapter.js";
import { make } from "./dom.js";
import { layersOf } from "./picturelayers.js";
import { decibel, Panel } from "./picturepanel.js";
import { fill } from "./text.js";

const KINDS = ["gaussian", "salt_and_pepper", "uniform"];
const [FIRST, START, STEPS] = ["china", 6, 20]; // a picture, and an amount in steps
const MAX_BYTES = 2e6; // that the server takes,
const MAX_PIXELS = 4e6;
const FITTING = 768; // and pixels of what is shrunk here, before it goes there
const HOPELESS = 60e6; // bytes that no photograph has
const MEMORY = "diffusion-explainer-picture";

export async function mount(host, props, watch) {
  await loadStyles(new URL("pictures.css", import.meta.url));
  await chapter(host, props, watch, (body, words) => new Pictures(body, words));
}

function remembered() {
  try {
    return localStorage.getItem(MEMORY);
  } catch {
    return null; // forbidden: then a reload does not find the picture again
  }
}

function remember(name) {
  try {
    if (name) localStorage.setItem(MEMORY, name);
    else localStorage.removeItem(MEMORY);
  } catch {
    // As above.
  }
}

const number = (value) => value.toLocaleString("en");

/** A file as the server takes it: a photograph of many pixels is shrunk here. */
async function fitted(file) {
  if (file.size > HOPELESS) return file;
  const bitmap = await createImageBitmap(file).catch(() => null); // no picture: the server says so
  const { width, height } = bitmap ?? {};
  if (!bitmap || (file.size <= MAX_BYTES && width * height <= MAX_PIXELS)) return file;
  const scale = Math.min(1, FITTING / Math.max(width, height));
  const canvas = make("canvas", { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/png"));
}

class Pictures {
  #seed = 0;
  #picture = FIRST; // what is wanted,
  #shown = null; // and what is there
  #own = remembered(); // the name of a picture of one's own
  #under = new AbortController(); // ends what is being fetched
  #upload = 0; // only the latest file counts
  #drawing = 0; // the frame that is going to be drawn

  constructor(body, words) {
    this.words = words;
    this.error = make("p", { className: "dc-error", role: "alert" });
    this.status = make("p", { className: "dc-note", role: "status" });
    this.told = make("p", { className: "dc-told", ariaLive: "polite" });
    this.panels = KINDS.map((kind, i) => new Panel(kind, i + 1, words, (chosen) => this.#choose(i, chosen)));
    this.wanted = [...KINDS]; // of each panel
    this.grid = make("div", { className: "dg-grid" }, ...this.panels.map(({ element }) => element));
    const notes = [words.impulse, words.how, words.filters].map((text) => make("p", { className: "dc-note" }, text));
    this.replaced = make("span");
    notes[0].append(" ", this.replaced);
    body.append(this.#buildPictures(), this.#buildAmount(), this.error, this.grid, this.told, ...notes);
    body.classList.add("dg-body");
    this.#takeDrops(body);
  }

  show({ seed }) {
    this.#seed = seed;
    this.#ask();
  }

  #buildPictures() {
    const { words } = this;
    this.choices = Object.entries(words.pictures).map(([name, text]) => {
      const button = make("button", { type: "button", name }, text);
      button.addEventListener("click", () => this.#see(name === "own" ? this.#own : name));
      return button;
    });
    this.#press();
    const file = make("input", { type: "file", accept: "image/png,image/jpeg", hidden: true, ariaLabel: words.upload });
    file.addEventListener("change", () => {
      this.#send(file.files[0]);
      file.value = ""; // the same file may be chosen again
    });
    this.upload = make("button", { type: "button", className: "dc-button" }, words.upload);
    this.upload.addEventListener("click", () => file.click());
    const group = make("div", { className: "dc-choices", role: "group", ariaLabel: words.picture }, ...this.choices);
    const control = make("div", { className: "dc-control" }, make("span", {}, words.picture), group);
    this.status.textContent = words.drop;
    return make("div", { className: "dc-row dg-choose" }, control, this.upload, file, this.status);
  }

  #buildAmount() {
    const { words } = this;
    this.amount = make("output");
    const bounds = { min: 0, max: STEPS, step: 1, value: START };
    this.slider = make("input", { type: "range", ...bounds, ariaLabel: words.amount });
    this.slider.addEventListener("input", () => this.#redraw());
    this.#reflect();
    const name = make("span", {}, words.amount, this.amount);
    return make("label", { className: "dc-control dg-amount" }, name, this.slider);
  }

  #reflect() {
    this.amount.textContent = this.slider.ariaValueText = (this.slider.valueAsNumber / STEPS).toFixed(2);
  }

  #takeDrops(body) {
    body.addEventListener("dragover", (event) => {
      event.preventDefault(); // else the browser would leave the page for the file
      body.classList.add("dg-over");
    });
    body.addEventListener("dragleave", () => body.classList.remove("dg-over"));
    body.addEventListener("drop", (event) => {
      event.preventDefault();
      body.classList.remove("dg-over");
      this.#send(event.dataTransfer.files[0]);
    });
  }

  /** Mark the picture that is wanted, or is there; one's own can be chosen once there is one. */
  #press() {
    for (const button of this.choices) {
      const own = button.name === "own";
      button.hidden = own && !this.#own;
      button.ariaPressed = (own ? this.#own : button.name) === this.#picture;
    }
  }

  #see(name) {
    this.#upload += 1; // whatever is being read was for before
    this.upload.ariaBusy = false;
    this.#picture = name;
    this.#press();
    this.#ask();
  }

  #choose(i, kind) {
    this.wanted[i] = kind;
    this.#ask();
  }

  #say(sentence) {
    this.status.textContent = sentence;
  }

  async #send(file) {
    if (!file) return;
    const { words } = this;
    const mine = (this.#upload += 1);
    this.error.textContent = "";
    this.#say(words.reading);
    this.upload.ariaBusy = true;
    try {
      const body = await fitted(file);
      if (body.size > MAX_BYTES) throw new Error(words.large);
      const options = { method: "POST", body, unreachable: words.server };
      const { name } = await ask("api/own/picture", options);
      if (mine !== this.#upload) return;
      this.#own = name;
      remember(name);
      this.#see(name);
    } catch (error) {
      if (mine !== this.#upload) return;
      this.#say(words.drop);
      this.upload.ariaBusy = false;
      this.error.textContent = fill(words.named, { file: file.name, sentence: error.message });
    }
  }

  async #ask() {
    const { words, panels } = this;
    const seed = this.#seed;
    const picture = this.#picture;
    const addresses = this.wanted.map((kind) => question("picture", { kind, picture, seed }));
    this.#under.abort();
    const { signal } = (this.#under = new AbortController());
    const found = addresses.map((address, i) => panels[i].address === address ? null : this.#fetch(address, signal));
    // The first ones are shown as they come; later, three columns are always of one picture.
    const together = this.#shown === null || this.#shown === picture ? null : Promise.all(found);
    panels.forEach(({ element }, i) => (element.ariaBusy = Boolean(found[i])));
    this.#say(words.loading);
    try {
      await Promise.all(found.map(async (coming, i) => {
        await together;
        const layers = await coming;
        if (!layers) return;
        if (signal.aborted) return layers.close();
        panels[i].take(layers, this.wanted[i]);
        panels[i].address = addresses[i];
        this.#redraw();
      }));
      if (signal.aborted) return;
      this.#shown = picture;
      this.error.textContent = "";
      this.#say(words.drop);
      this.#redraw();
    } catch (error) {
      if (signal.aborted) return;
      this.#under.abort();
      this.#refused(error, picture);
    }
  }

  async #fetch(address, signal) {
    return layersOf(await fetchBytes(address, signal, this.words.unreachable));
  }

  /** What was there stays, and the controls say what that is. */
  #refused(error, picture) {
    this.error.textContent = error.message;
    this.#say(this.words.drop);
    if (picture === this.#own && error.message === this.words.gone) {
      this.#own = null;
      remember(null);
    }
    if (this.#shown !== null) this.#picture = this.#shown;
    this.panels.forEach((panel, i) => {
      panel.element.ariaBusy = false;
      if (panel.layers) this.wanted[i] = panel.choice.value = panel.kind;
    });
    this.#press();
  }

  #redraw() {
    this.#reflect();
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      const index = this.slider.valueAsNumber;
      for (const panel of this.panels) panel.draw(index);
      this.#tell(index);
    });
  }

  #tell(index) {
    const { words } = this;
    const there = this.panels.filter(({ layers }) => layers);
    if (there.length < this.panels.length) return;
    const listed = (items) => [items.slice(0, -1).join(", "), items.at(-1)].join(words.and);
    const gains = (name) => listed(there.map(({ kind, layers: { header } }) => {
      const gain = header.filters[name].psnr[index] - header.psnr[index];
      const text = `${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(1)}`;
      return fill(words.item, { gain: text, kind: words.inline[kind] });
    }));
    const amount = this.amount.textContent;
    this.replaced.textContent = this.#counted(index);
    if (there.some(({ layers: { header } }) => header.psnr[index] === null)) {
      const { header } = there[0].layers;
      this.told.textContent = fill(words.told_clean, { value: decibel(header.filters.median.psnr[index], words) });
    } else {
      this.told.textContent = fill(words.told, { amount, median: gains("median"), mean: gains("mean") });
    }
  }

  /** The other form of salt and pepper, with its numbers here. */
  #counted(index) {
    const { header } = this.panels.find(({ layers }) => layers.header.form === "replaced")?.layers ?? {};
    if (!header) return "";
    const { pixels, replaced, amounts } = header;
    return fill(this.words.replaced, {
      pixels: number(pixels),
      stay: (1 - amounts[index]).toFixed(2),
      expected: number(Math.round(pixels * amounts[index])),
      count: number(replaced[index]),
    });
  }
}
