// A row of clouds for each schedule, from data to t = T, and the verdict on where it ends.

import { loadStyles } from "../player/styles.js";
import { swatch } from "./panels.js";

export const WORDS = {
  loading: "Computing …",
  good: "good",
  close: "close",
  far: "far",
  unreachable: "The clouds could not be loaded. Is the app still running?",
};

const SHARPEST = 2; // device pixels per css pixel: more costs time and cannot be seen
const NEARBY = "600px"; // painted a little before it is scrolled to
const GONE_FOR_GOOD = 2000; // milliseconds outside the document
const ICONS = {
  good: '<path d="m3.5 8.5 3 3 6-7"/>',
  close: '<path d="M3 6.5c2-2 3.5-1 5 0s3 2 5 0M3 11c2-2 3.5-1 5 0s3 2 5 0"/>',
  far: '<path d="m4.5 4.5 7 7m0-7-7 7"/>',
};

const make = (tag, className, text = "") =>
  Object.assign(document.createElement(tag), { className, textContent: text });

function badge(level, words) {
  const element = make("span", "dx-badge", words[level]);
  element.dataset.level = level;
  element.insertAdjacentHTML("afterbegin", `<svg viewBox="0 0 16 16" aria-hidden="true">${ICONS[level]}</svg>`);
  return element;
}

function rowOf(row, words) {
  const element = make("li", "dx-row");
  element.dataset.name = row.name;
  const name = make("h3", "dx-row-name");
  name.append(swatch(row), make("span", "", row.label));
  const clouds = make("div", "dx-row-clouds");
  for (const title of row.titles) {
    const figure = make("figure", "");
    const canvas = make("canvas", "");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${row.label}, ${title}`);
    figure.append(canvas, make("figcaption", "", title));
    clouds.append(figure);
  }
  const verdict = make("div", "dx-row-verdict");
  const sentence = make("p", "", row.verdict);
  sentence.prepend(badge(row.level, words), " ");
  const numbers = make("dl", "");
  for (const [name, value] of row.numbers) {
    const pair = make("div", "");
    pair.append(make("dt", "", name), make("dd", "", value));
    numbers.append(pair);
  }
  verdict.append(sentence, numbers);
  element.append(name, clouds, verdict);
  return element;
}

class Rows {
  #abort = null; // of the newest question: an older one's answer is not shown
  #visible = false;
  #stale = true; // whether the clouds must be painted again
  #width = 0;
  #goneTimer = 0;
  #ended = false;

  constructor(root, label, words, player) {
    Object.assign(this, { root, words, player });
    root.className = "dx-rows";
    root.innerHTML = '<h2></h2><p class="dx-error" role="alert"></p><p class="dx-rows-wait"></p><ul></ul>';
    [this.title, this.alert, this.wait, this.list] = root.children;
    this.title.textContent = label;
    // Its own canvas is never shown: it lends size and theme to the small ones.
    this.view = new player.CloudView(document.createElement("canvas"));
    this.observers = [
      new ResizeObserver(() => this.#check()),
      new MutationObserver(() => this.#check()),
      new IntersectionObserver(
        (entries) => {
          this.#visible = entries.at(-1).isIntersecting;
          this.#check();
        },
        { rootMargin: NEARBY },
      ),
    ];
    const [size, theme, sight] = this.observers;
    size.observe(root);
    theme.observe(document.body, { attributeFilter: ["class"] });
    sight.observe(root);
  }

  async show({ src, error } = {}) {
    this.alert.textContent = error ?? "";
    if (!src || error) return;
    this.#abort?.abort();
    const { signal } = (this.#abort = new AbortController());
    this.root.setAttribute("aria-busy", "true");
    this.wait.textContent = this.list.children.length ? "" : this.words.loading;
    try {
      this.#take(await this.player.fetchBytes(src, signal, this.words.unreachable));
    } catch (failure) {
      if (signal.aborted) return; // a newer one is on its way
      this.alert.textContent = failure.message;
    }
    this.wait.textContent = "";
    this.root.setAttribute("aria-busy", "false");
  }

  #take(bytes) {
    const { rows } = this.player.unpack(bytes).header;
    this.view.setData(this.player.decode(bytes));
    this.list.replaceChildren(...rows.map((row) => rowOf(row, this.words)));
    this.#stale = true;
    this.#check();
  }

  /** Paint again what a new size, a new theme or new data made stale, if anybody can see it. */
  #check() {
    if (!this.root.isConnected) {
      clearTimeout(this.#goneTimer);
      this.#goneTimer = setTimeout(() => this.root.isConnected || this.#end(), GONE_FOR_GOOD);
      return;
    }
    const width = this.root.clientWidth;
    if (!this.#visible || !width || this.#ended) return;
    const ratio = Math.min(SHARPEST, devicePixelRatio || 1);
    const resized = this.view.setSize(64, 64, ratio) || width !== this.#width;
    const themed = this.view.setTheme(this.player.readTheme(this.root, this.root));
    this.#width = width;
    if (!resized && !themed && !this.#stale) return;
    const canvases = [...this.list.querySelectorAll("canvas")];
    this.view.thumbnails(canvases, [...canvases.keys()]);
    this.root.dataset.state = canvases.length ? "ready" : "empty";
    this.#stale = false;
  }

  #end() {
    this.#ended = true;
    this.#abort?.abort();
    for (const observer of this.observers) observer.disconnect();
  }
}

/** Put rows of clouds into `element`; `props.value` says what to fetch, or what is wrong. */
export async function mount(element, props, watch) {
  // The player draws the clouds; its modules are not needed before there are some.
  const modules = ["canvas", "container", "frames", "theme"].map((name) => import(`../player/${name}.js`));
  const player = Object.assign({}, ...(await Promise.all(modules)));
  await loadStyles(new URL("schedule.css", import.meta.url));
  const root = element.querySelector("[data-rows]");
  const rows = new Rows(root, props.label, { ...WORDS, ...props.words }, player);
  watch("value", () => rows.show(props.value));
  rows.show(props.value);
}
