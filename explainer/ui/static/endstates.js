// The chapter on where noise ends, and which ends can be drawn without knowing the data.

import { loadStyles } from "../player/styles.js";
import { Answer } from "./answer.js";
import { chapter, question } from "./chapter.js";
import { make } from "./dom.js";
import { paint } from "./sketch.js";
import { fill } from "./text.js";
import { sentence, table, walkStyles } from "./walks.js";

const INSET = 8; // css pixels around the points of a small picture
const UNCOLOURED = 0.16; // of the ramp: for points that belong to no data
const FEW = 16; // ends that are so few different points are drawn as these, larger

export async function mount(host, props, watch) {
  await Promise.all([walkStyles(), loadStyles(new URL("endstates.css", import.meta.url))]);
  await chapter(host, props, watch, (body, words) => new Endstates(body, words));
}

const fixed = (value, digits = 3) => (value === null ? "–" : value.toFixed(digits).replace("-", "−"));

/** The different ones among some points, flat lists of x and y, where these are few. */
function different(points) {
  const seen = new Map();
  for (let i = 0; i < points.length && seen.size <= FEW; i += 2) {
    seen.set(`${points[i]} ${points[i + 1]}`, [points[i], points[i + 1]]);
  }
  return seen.size <= FEW ? [...seen.values()].flat() : points;
}

/** A small picture of a cloud, which is drawn again in another size or theme. */
class Picture {
  #cloud = null;

  constructor(label) {
    this.canvas = make("canvas", { role: "img", ariaLabel: label });
    this.caption = make("figcaption");
    this.element = make("figure", {}, this.canvas, this.caption);
    new ResizeObserver(() => this.#draw()).observe(this.canvas);
    new MutationObserver(() => this.#draw()).observe(document.body, { attributeFilter: ["class"] });
  }

  /** Show quantised points in their colours, bytes, or in one colour with none. */
  show(points, colors, caption) {
    const chosen = different(points);
    const level = colors ? (i) => colors[i] / 255 : () => UNCOLOURED;
    this.#cloud = { points: Array.from(chosen, (value) => value / 65535), level };
    this.caption.textContent = caption;
    this.#draw();
  }

  #draw() {
    const size = this.canvas.clientWidth;
    if (this.#cloud && size && this.canvas.isConnected) paint(this.canvas, size, this.#cloud.points, this.#cloud.level, INSET);
  }
}

class Endstates {
  constructor(body, words) {
    this.words = words;
    this.cards = Object.fromEntries(Object.keys(words.kinds).map((kind) => [kind, this.#card(kind)]));
    const cards = make("div", { className: "de-cards" }, ...Object.values(this.cards).map(({ element }) => element));
    this.told = make("p", { className: "dc-told", ariaLive: "polite" }, words.computing);
    this.table = make("table", { className: "dc-table de-table" });
    const scroll = make("div", { className: "dc-scroll" }, this.table);
    const notes = [words.how, words.start].map((text) => make("p", { className: "dc-note" }, text));
    this.answer = new Answer({ unreachable: words.unreachable, place: cards, take: (answer) => this.#take(answer) });
    body.append(cards, this.answer.error, this.told, scroll, ...notes);
  }

  show({ dataset, seed }) {
    this.answer.ask(question("endstates", { dataset, seed }));
  }

  #card(kind) {
    const { words } = this;
    const name = words.kinds[kind];
    const pictures = ["end", "drawn"].map((part) => new Picture(fill(words[`${part}_label`], { name })));
    const badge = make("span", { className: "de-badge" });
    const told = make("p");
    const head = make("div", { className: "de-head" }, make("h3", {}, name), badge);
    const both = make("div", { className: "de-pictures" }, ...pictures.map((picture) => picture.element));
    return { element: make("section", { className: "de-card" }, head, both, told), pictures, badge, told };
  }

  #take({ header, arrays }) {
    const { words } = this;
    const { kinds, points, pixels, sigma } = header;
    const other = words.datasets[header.other];
    for (const [kind, facts] of Object.entries(kinds)) {
      const { pictures, badge, told } = this.cards[kind];
      pictures[0].show(arrays[`end ${kind}`], arrays.color, words.end);
      const drawn = arrays[`drawn ${kind}`];
      if (facts.forgets) pictures[1].show(drawn, null, words.drawn);
      else pictures[1].show(drawn, arrays["other color"], fill(words.elsewhere, { other }));
      badge.dataset.drawn = facts.forgets;
      badge.textContent = words.badges[kind];
      const strong = {
        starts: facts.starts, held: facts.held, correlation: fixed(facts.correlation, 2),
        own_box: fixed(facts.own_box), same_box: fixed(facts.same_box), guess: fixed(facts.guess ?? null),
      };
      const plain = { chance: fixed(facts.chance), points: points.toLocaleString("en"), pixels, sigma, other };
      told.replaceChildren(...sentence(words.cards[kind], strong, plain));
    }
    this.#tell(kinds);
    this.#fill(kinds, points, other);
  }

  #tell(kinds) {
    const forgotten = Object.values(kinds).filter(({ forgets, correlation }) => forgets && correlation !== null);
    const most = Math.max(...forgotten.map(({ correlation }) => Math.abs(correlation)));
    const strong = {
      additive: fixed(kinds.additive.correlation, 2),
      multiplicative: fixed(kinds.multiplicative.correlation, 2),
      most: fixed(most, 2),
    };
    this.told.replaceChildren(...sentence(this.words.told, strong));
  }

  #fill(kinds, points, other) {
    const { words } = this;
    const rows = Object.entries(kinds).map(([kind, facts]) => {
      const distance = (name) => {
        const text = fixed(facts[name]);
        return facts.apart.includes(name) ? make("strong", {}, text) : text;
      };
      const starts = facts.starts === points ? fill(words.all_different, { points: points.toLocaleString("en") }) : String(facts.starts);
      const measured = [distance("same_box"), distance("own_box"), fixed(facts.chance)];
      return [words.kinds[kind], words.needs[kind], fixed(facts.correlation, 2), ...measured, starts];
    });
    this.table.replaceChildren(...table(fill(words.caption, { other }), words.columns, rows));
  }
}
