// Two players of walks from the same noise, side by side, and the numbers that came with them.

import { fetchBytes, unpack } from "../player/container.js";
import { decode } from "../player/frames.js";
import { Player } from "../player/player.js";
import { loadStyles } from "../player/styles.js";
import { make } from "./dom.js";

const HEIGHT = 400;
const QUIET = 150; // milliseconds without another move of a slider before anything is asked for

/** What both chapters need before they can be looked at. */
export const walkStyles = () =>
  Promise.all(["../player/player.css", "walks.css"].map((path) => loadStyles(new URL(path, import.meta.url))));

/** As many digits after the point as leave three or four of a number of that size. */
export const digitsFor = (size) => Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(size || 1))));

/** A sentence as nodes: some values in it bold, others as they are. */
export const sentence = (text, strong, plain = {}) =>
  text.split(/\{(\w+)\}/).map((part, i) => {
    if (i % 2 === 0) return part;
    return part in strong ? make("b", {}, strong[part]) : String(plain[part]);
  });

/** The parts of a table: the names of its columns, and rows of a name, text or elements, and cells. */
export function table(caption, columns, rows) {
  const head = ["", ...columns].map((name) => (name ? make("th", { scope: "col" }, name) : make("td")));
  const lines = rows.map(([name, ...cells]) =>
    make("tr", {}, make("th", { scope: "row" }, ...[name].flat()), ...cells.map((text) => make("td", {}, text))));
  return [make("caption", {}, caption), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines)];
}

export class Walks {
  #shown = []; // the address of what each player shows
  #asked = []; // and of what it will show
  #headers = [];
  #under = new AbortController(); // ends what is being fetched
  #timer = 0;

  /** `labels` are the players', and `ontold(headers)` gets what came, always of one question. */
  constructor({ labels, group, words, ontold }) {
    this.words = words;
    this.ontold = ontold;
    this.error = make("p", { className: "dc-error", role: "alert" });
    this.pair = make("div", { className: "dc-pair" });
    this.players = labels.map((label) => {
      const place = make("div");
      this.pair.append(place);
      return new Player(place, { label, group, autoplay: true, height: HEIGHT, words: { empty: words.computing } });
    });
    this.timeline = this.players[0].timeline;
    this.timeline.set({ trails: true });
  }

  /** What stands under the players: paragraphs, and a table beside them where there is room. */
  beside(table, ...paragraphs) {
    return make("div", { className: "dw-beside" }, make("div", { className: "dw-words" }, ...paragraphs), table);
  }

  /** Show what is at these addresses, one for each player; `soon` waits for a slider to rest. */
  ask(addresses, { soon = false } = {}) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fetch(addresses), soon ? QUIET : 0);
  }

  async #fetch(addresses) {
    if (String(addresses) === String(this.#asked)) return;
    this.#asked = addresses;
    this.#under.abort();
    const { signal } = (this.#under = new AbortController());
    this.pair.ariaBusy = true;
    try {
      const wanted = addresses.map((address, i) =>
        address === this.#shown[i] ? null : fetchBytes(address, signal, this.words.unreachable));
      const found = await Promise.all(wanted);
      if (signal.aborted) return;
      this.#take(addresses, found);
    } catch (error) {
      if (signal.aborted) return;
      this.#under.abort(); // of two, the other one is of no use alone
      this.#asked = []; // asking again may help
      this.error.textContent = error.message;
    }
    this.pair.ariaBusy = false;
  }

  /** Both at once: pictures and numbers are always of the same settings. */
  #take(addresses, found) {
    const sets = found.map((buffer) => buffer && decode(buffer));
    found.forEach((buffer, i) => {
      if (!buffer) return; // still there
      this.#headers[i] = unpack(buffer).header;
      this.players[i].load(sets[i]);
    });
    this.#shown = addresses;
    this.error.textContent = "";
    this.ontold(this.#headers);
  }
}
