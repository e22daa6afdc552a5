// A riddle about a run that is broken on purpose: a question, where to look, an answer, a way out.

import { loadStyles } from "../player/styles.js";

const SHELL = `<svg viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="10"/><path d="M9.2 9.3a2.9 2.9 0 1 1 4.3 2.6c-1 .6-1.5 1.1-1.5 2.2M12 17.3v.01"/>
  </svg>
  <div class="dq-card"><small></small><h2></h2><p class="dq-look"></p>
    <p class="dq-answer" aria-live="polite" hidden></p>
    <div class="dq-buttons"><button type="button" name="answer"></button
      ><button type="button" name="mend" hidden><b></b><span></span></button></div></div>`;

let count = 0; // of answers on this page: each needs a name of its own

export class Puzzle {
  #parts = {};
  #puzzle = null;
  #revealed = new Set(); // names of the puzzles whose answer is on show
  #told = false; // whether an answer was on show when last told

  constructor(root, words, { onreveal, onmend } = {}) {
    Object.assign(this, { root, words, onreveal });
    loadStyles(new URL("runs.css", import.meta.url));
    root.classList.add("dr-puzzle");
    root.innerHTML = SHELL;
    const find = (selector) => root.querySelector(selector);
    find("small").textContent = words.label;
    find("[name=mend] b").textContent = words.mend;
    this.#parts = {
      question: find("h2"),
      look: find(".dq-look"),
      answer: find(".dq-answer"),
      toggle: find("[name=answer]"),
      mend: find("[name=mend]"),
      change: find("[name=mend] span"),
    };
    const { answer, toggle, mend } = this.#parts;
    answer.id = `dq-answer-${++count}`;
    toggle.setAttribute("aria-controls", answer.id);
    toggle.addEventListener("click", () => this.#turn());
    mend.addEventListener("click", () => onmend?.());
    this.show(null);
  }

  /** Pose a puzzle, `{ name, question, look, answer, mend }`, or with null none. */
  show(puzzle) {
    this.#puzzle = puzzle;
    this.root.hidden = !puzzle;
    for (const name of ["question", "look", "answer"]) this.#parts[name].textContent = puzzle?.[name] ?? "";
    this.#parts.change.textContent = puzzle?.mend ?? "";
    this.#draw();
  }

  #turn() {
    const { name } = this.#puzzle;
    if (!this.#revealed.delete(name)) this.#revealed.add(name);
    this.#draw();
  }

  #draw() {
    const shown = this.#revealed.has(this.#puzzle?.name);
    const { answer, toggle, mend } = this.#parts;
    answer.hidden = mend.hidden = !shown;
    toggle.textContent = shown ? this.words.hide : this.words.show;
    toggle.setAttribute("aria-expanded", shown);
    if (shown === this.#told) return;
    this.#told = shown;
    this.onreveal?.(shown);
  }
}
