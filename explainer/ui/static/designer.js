// Design a schedule: drag handles of alpha_bar, or paste betas. The server says whether it is one.

import { loadStyles } from "../player/styles.js";
import { FIXED, handlesOn, short, STARTS } from "./curve.js";
import { called, NAMES, post, recall, remember } from "./designed.js";
import { Handles } from "./handles.js";
import { fill } from "./text.js";

export const WORDS = {
  ...NAMES,
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
  unreachable: "The server did not answer. Is the app still running?",
};

const DEBOUNCE = 150; // milliseconds of rest during a drag before the page follows

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
  #start = { handles: STARTS.cosine }; // what Reset goes back to
  #timer = 0;
  #turn = 0; // counts the questions: only the newest one's answer counts
  #pasting = false;

  constructor(root, words, tell) {
    Object.assign(this, { root, words, tell, parts: shell(root, words) });
    const { starts, reset, use, betas, stage } = this.parts;
    this.plot = new Handles(root, stage, words, {
      onmove: () => this.#moved(),
      onrelease: () => this.#timer && this.#use({ handles: this.plot.places }),
    });
    for (const button of starts) {
      button.addEventListener("click", () => this.#begin({ handles: STARTS[button.dataset.start] }));
    }
    reset.addEventListener("click", () => this.#begin(this.#start));
    use.addEventListener("click", () => this.#begin({ betas: betas.value }));
    betas.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "Enter" && (ctrlKey || metaKey)) this.#begin({ betas: betas.value });
    });
    this.#again();
  }

  /** After a reload: show the schedule of before, which the page has offered already (again.js). */
  async #again() {
    const body = recall();
    if (body?.handles) {
      this.#show(body);
      this.#say(this.words.kept, body, { alpha_bar: [body.handles.at(-1)[1]] });
    } else if (body) {
      this.parts.betas.value = body.betas;
      // Only the server reads betas. Whatever is wrong with them now, nobody has asked.
      const answer = await this.#ask(body).catch(() => null);
      if (answer) this.#say(this.words.kept, body, answer);
    }
  }

  /** Start from handles or from pasted betas. */
  #begin(body) {
    if (body.handles) this.#show(body);
    this.#use(body);
  }

  #show(body) {
    this.plot.show(body.handles);
    this.#start = body;
  }

  #moved() {
    if (this.#pasting) this.#turn += 1; // who takes a handle no longer waits for what was pasted
    this.#pasting = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#use({ handles: this.plot.places }), DEBOUNCE);
  }

  /** Have the page use a schedule, if the server says that it is one. */
  async #use(body) {
    const { parts, words } = this;
    try {
      const answer = await this.#ask(body);
      if (!answer) return;
      parts.error.textContent = "";
      this.#say(words.drawn, body, answer);
      remember(body);
      this.tell("input", { name: answer.name, T: answer.T, label: called(body, answer.T, words) });
    } catch (error) {
      parts.error.textContent = error.message;
    }
  }

  /** Ask the server for a schedule, and draw a pasted one; null if there is a newer question. */
  async #ask(body) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const turn = ++this.#turn;
    this.#pasting = "betas" in body;
    this.root.setAttribute("aria-busy", "true");
    const answer = await post(body, this.words.unreachable).catch((error) => ({ error }));
    if (turn !== this.#turn) return null;
    this.root.setAttribute("aria-busy", "false");
    if (answer.error) throw answer.error;
    if (this.#pasting) this.#take(body, answer);
    this.#pasting = false;
    return answer;
  }

  /** Show the schedule that was pasted, with the handles on it. */
  #take(body, { u, alpha_bar: alphaBar }) {
    const curve = u.map((x, i) => [x, alphaBar[i]]);
    if (u[0] > 0) curve.unshift(FIXED);
    this.plot.show(handlesOn(curve), curve);
    this.#start = body;
  }

  #say(sentence, body, { T, alpha_bar: alphaBar }) {
    const label = called(body, T, this.words);
    this.parts.status.textContent = fill(sentence, { label, end: short(alphaBar.at(-1)) });
  }
}

/** Put a designer into `element`; it tells of each new schedule as an "input". */
export async function mount(element, props, watch, trigger) {
  await loadStyles(new URL("schedule.css", import.meta.url));
  const root = element.querySelector("[data-designer]");
  new Designer(root, { ...WORDS, ...props.words }, trigger);
}
