// The picture of a designed schedule: its curve, and handles on it for mouse, finger and keys.

import { confined, FIXED, HIGHEST, LOWEST, pieces, short, STARTS } from "./curve.js";
import { fill } from "./text.js";

const MARGIN = { left: 40, right: 14, top: 12, bottom: 30 }; // css pixels around the plot
const REACH = 24; // css pixels from a handle at which a finger still means it
const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Calls `onmove()` while a handle is being moved, and `onrelease()` when it is let go of. */
export class Handles {
  #handles = structuredClone(STARTS.cosine);
  #curve = null; // a pasted schedule, until a handle is moved
  #dragged = null; // index of the handle, and where in it the pointer took hold
  #tipped = -1; // index of the handle that says where it is

  constructor(root, stage, words, told) {
    Object.assign(this, { root, stage, words, told });
    this.#build();
    new ResizeObserver(() => this.#fit()).observe(stage);
    this.#fit();
  }

  /** Where they are: [t/T, ᾱ] of each. */
  get places() {
    return structuredClone(this.#handles);
  }

  /** Show handles elsewhere, with the curve through them or another one. */
  show(handles, curve = null) {
    this.#handles = structuredClone(handles);
    this.#curve = curve;
    this.#draw();
  }

  #move(index, u, alphaBar) {
    this.#curve = null;
    this.#handles[index] = confined(this.#handles, index, u, alphaBar);
    this.#draw();
    this.told.onmove();
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
    this.stage.append(this.picture);
  }

  #fit() {
    const width = this.stage.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    this.height = Math.round(Math.min(340, Math.max(230, width * 0.62)));
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
    const point = (knot) => this.#at(...knot).join(" ");
    if (this.#curve) return `M${this.#curve.map(point).join("L")}`;
    const bends = pieces(this.#handles).map((piece) => `C${piece.map(point).join(" ")}`);
    return `M${point(FIXED)}${bends.join("")}`;
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
    this.#tip(this.#tipped);
  }

  #place(index) {
    const [u, alphaBar] = this.#handles[index];
    return fill(this.words.place, { u: short(u), alphaBar: short(alphaBar) });
  }

  /** Say beside a handle where it is. */
  #tip(index) {
    const shown = this.#dragged?.index ?? index;
    this.#tipped = shown;
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
    this.told.onrelease();
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
