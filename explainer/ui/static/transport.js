// The transport of a training run: its buttons, its speed, how far it is and what it has cost.

import { write } from "../player/shell.js";
import { isIdle, make, setIdle } from "./dom.js";
import { LIVE } from "./feed.js";

const PACES = ["pace-1", "pace-10", "pace-full"];
const MEMORY = "diffusion-explainer-pace"; // a reload finds its run at the same speed
const SMALLEST = 1e5; // from here on powers of ten read better
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const whole = (value) => Math.round(value).toLocaleString("en");

/** A large number as a person reads it: 12,000 or 1.5 · 10¹⁰. */
export function large(value) {
  if (!(value >= SMALLEST)) return whole(value);
  const [digits, exponent] = value.toExponential(1).split("e+");
  return `${digits} · 10${[...exponent].map((digit) => SUPERSCRIPTS[digit]).join("")}`;
}

/** Seconds with as many digits as can be read while they change. */
const brief = (seconds) => (seconds < 100 ? seconds.toFixed(1) : whole(seconds));

/** A time that is still to pass: in seconds, and above two minutes in minutes and hours. */
function duration(seconds) {
  if (seconds < 120) return `${brief(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * What a run has cost so far, by the name of each fact; a dash where nothing is known. `rate` is
 * in steps a second now, `seen` in points; `first` is the step where the seconds began.
 */
export function costs({ step, first = 0, steps, seconds, seen, batch, work, rate = null, live }) {
  const mean = !live && seconds > 0.05 ? (step - first) / seconds : 0;
  const fast = rate ?? mean;
  const points = seen ?? step * batch;
  return {
    step: `${whole(step)} of ${whole(steps)}`,
    rate: fast ? whole(fast) : "–",
    seconds: brief(seconds),
    left: live && fast ? duration((steps - step) / fast) : "–",
    samples: large(points),
    work: large((points / batch) * work),
  };
}

function recall() {
  try {
    return PACES.find((pace) => pace === sessionStorage.getItem(MEMORY)) ?? PACES.at(-1);
  } catch {
    return PACES.at(-1); // storage may be forbidden
  }
}

function remember(pace) {
  try {
    sessionStorage.setItem(MEMORY, pace);
  } catch {
    // Then a reload shows full speed.
  }
}

const SHELL = `<div class="dl-bar">
    <div class="dl-buttons"><button type="button" name="start" class="dl-main"></button
      ><button type="button" name="pause"></button><button type="button" name="step"></button
      ><button type="button" name="stop"></button></div>
    <div class="dl-buttons"><button type="button" name="reset"></button><button type="button" name="newSeed"></button></div>
    <div class="dl-speed" role="radiogroup" aria-labelledby="dl-speed"><span id="dl-speed"></span></div>
  </div>
  <p class="dl-status" role="status"><span></span> <button type="button" name="mine" hidden></button
    > <button type="button" name="rescue" hidden></button></p>
  <p class="dl-differs"></p><p class="dx-error" role="alert"></p>
  <div class="dx-progress" role="progressbar" aria-valuemin="0" aria-valuemax="100"><i></i></div>
  <dl class="dl-facts"></dl>`;

export class Transport {
  pace = recall();
  #parts = {};
  #facts = {};

  /** `actions` has a function for each button, and `pace(name)`. */
  constructor(root, words, actions) {
    Object.assign(this, { root, words });
    root.innerHTML = SHELL;
    for (const button of root.querySelectorAll("button")) {
      const { name } = button;
      this.#parts[name] = button;
      button.textContent = words[name];
      button.title = words[`${name}Note`] ?? "";
      button.addEventListener("click", () => isIdle(button) || actions[name]());
    }
    const find = (selector) => root.querySelector(selector);
    find("#dl-speed").textContent = words.speed;
    for (const pace of PACES) {
      const choice = make("input", { type: "radio", name: "dl-pace", value: pace, checked: pace === this.pace });
      choice.addEventListener("change", () => {
        this.pace = pace;
        remember(pace);
        actions.pace(pace);
      });
      find(".dl-speed").append(make("label", {}, choice, make("span", {}, words.paces[pace])));
    }
    for (const [name, label] of Object.entries(words.facts)) {
      this.#facts[name] = make("dd");
      find(".dl-facts").append(make("div", {}, this.#facts[name], make("dt", {}, label)));
    }
    find(".dx-progress").setAttribute("aria-label", words.progress);
    Object.assign(this.#parts, { status: find(".dl-status"), said: find(".dl-status span") });
    Object.assign(this.#parts, { differs: find(".dl-differs"), error: find(".dx-error") });
    Object.assign(this.#parts, { bar: find(".dx-progress"), fill: find(".dx-progress i") });
    this.show({ status: "none" });
  }

  /** Show a run's state; `facts` is what :func:`costs` takes, `kept` what the browser kept of it. */
  show({ status, title = "", position = 0, note = "", progress = 0, facts = null, mine = false, kept = null }) {
    const { said, bar, fill, start, pause, step, stop, mine: back, rescue } = this.#parts;
    const { words } = this;
    this.root.dataset.status = status;
    // Five times a second is no news to listen to.
    this.#parts.status.setAttribute("aria-live", status === "running" ? "off" : "polite");
    const text = (words[status] ?? status).replace("{position}", position);
    write(said, [title && `${title}:`, text, note].filter(Boolean).join(" "));
    const percent = Math.round(progress * 100);
    fill.style.width = `${percent}%`;
    bar.setAttribute("aria-valuenow", percent);
    write(start, LIVE.has(status) ? words.again : words.start);
    write(pause, status === "paused" ? words.resume : words.pause);
    setIdle(pause, !(status === "running" || status === "paused"));
    setIdle(step, status === "queued");
    setIdle(stop, !LIVE.has(status));
    if (!mine && document.activeElement === back) start.focus(); // that button goes
    back.hidden = !mine;
    if (!kept && document.activeElement === rescue) start.focus();
    rescue.hidden = !kept;
    if (kept) write(rescue, words.rescue.replace("{step}", whole(kept.step)));
    const told = facts ? costs(facts) : {};
    for (const [name, place] of Object.entries(this.#facts)) write(place, told[name] ?? "–");
  }

  /** Say that what is shown and what would be trained differ; nothing to say is no line. */
  differ(sentence) {
    write(this.#parts.differs, sentence);
  }

  /** Say what was refused; with nothing the line is gone. */
  refuse(sentence = "") {
    write(this.#parts.error, sentence);
  }
}
