// Training three networks that undo noise: start, stop, and what there is to see on the way.

import { write } from "../player/shell.js";
import { ask } from "./ask.js";
import { Chart } from "./chart.js";
import { make } from "./dom.js";
import { Feed } from "./feed.js";
import { recall, remember, UNDO_RUN } from "./session.js";
import { fill } from "./text.js";
import { visitor } from "./visitor.js";

const COLORS = { gaussian: "#0080C8", salt_and_pepper: "#D55E00", uniform: "#7F6FEF" };
const MEAN = "#009E73";

/** The losses of all kinds against the step; `mean` is what always answering with it costs. */
export function lossFigure(series, { kinds, steps, mean, words, revision }) {
  const data = kinds.flatMap((kind) => {
    const [name, color] = [words.kinds[kind], COLORS[kind]];
    const line = (part, more) => ({
      x: series.step, y: series[`${part} ${kind}`] ?? [], name, mode: "lines", legendgroup: kind, ...more,
    });
    return [
      line("loss", { line: { color, width: 1 }, opacity: 0.25, showlegend: false, hoverinfo: "skip" }),
      line("smooth", { line: { color, width: 2.2 }, hovertemplate: "%{y:.3~g}" }),
      line("validation", { x: series.shown, mode: "markers", marker: { color, size: 7 }, showlegend: false, hoverinfo: "skip" }),
    ];
  });
  const dashed = { mode: "lines", name: words.mean_line, line: { color: MEAN, dash: "dash", width: 2 } };
  if (mean !== null) data.push({ x: [0, steps], y: [mean, mean], ...dashed, hovertemplate: "%{y:.3~g}" });
  const layout = {
    height: 270,
    hovermode: "x unified",
    margin: { l: 52, r: 10, t: 26, b: 40 },
    legend: { orientation: "h", y: 1.18, x: 0 },
    uirevision: revision,
    xaxis: { title: { text: words.step_axis, standoff: 4 }, range: [0, steps] },
    yaxis: { type: "log", ...(series.step.length ? {} : { range: [-2, 0] }) },
  };
  return { data, layout };
}

export class UndoRun {
  #run = null; // what was started: its name, data, network and steps
  #series = {};
  #told = { status: "", header: {} };
  #shown = false; // whether the pictures on screen are of this run
  #mean = null;
  #asking = false;

  /**
   * `onstart(run)` is told of a run to be shown, `onlook(buffer, run)` gets its pictures, `onlost()`
   * is told that it is gone, and `settings()` gives what to train.
   */
  constructor(words, { settings, onstart, onlook, onlost }) {
    Object.assign(this, { words, settings, onstart, onlook, onlost });
    this.train = make("button", { type: "button", className: "dc-button du-train" }, words.train);
    this.stop = make("button", { type: "button", className: "dc-button", hidden: true }, words.stop);
    this.status = make("p", { role: "status" });
    this.bar = make("div", { className: "du-bar", role: "progressbar", ariaLabel: words.progress, ariaValueMin: 0, ariaValueMax: 100 }, make("i"));
    this.chart = make("div", { className: "du-chart" });
    this.error = make("p", { className: "dc-error", role: "alert" });
    this.note = make("p", { className: "dc-note" });
    this.root = make("div", { className: "du-run", hidden: true }, this.status, this.bar, make("h4", {}, words.loss_title), this.chart, this.note);
    this.losses = new Chart(this.chart, words.loss);
    this.feed = new Feed(this.root, {
      onnews: (news) => this.#news(news),
      onlost: () => this.#lost(),
      onsilence: () => this.#tell({ silent: true }),
    });
    this.train.addEventListener("click", () => this.#start());
    this.stop.addEventListener("click", () => this.#stop());
  }

  /** What is followed or was, or null. */
  get run() {
    return this.#run;
  }

  /** Say whether the pictures on screen are of this run. */
  set shown(whether) {
    this.#shown = whether;
    this.#tell({});
  }

  /** What always answering with the mean of the data costs, once a look has told. */
  set mean(value) {
    this.#mean = value;
    this.#draw();
  }

  /** After a reload: follow the run of before; if the server has lost it, that is said. */
  again() {
    const run = recall(UNDO_RUN);
    if (run?.run) this.#follow(run);
  }

  async #start() {
    if (this.#asking) return;
    this.#asking = true;
    this.error.textContent = "";
    const { dataset, network, seed } = this.settings();
    const body = JSON.stringify({ visitor: visitor(), dataset, network, seed });
    const headers = { "Content-Type": "application/json" };
    try {
      const { unreachable } = this.words;
      const { run, steps } = await ask("api/undo/start", { method: "POST", headers, body, unreachable });
      this.#follow({ run, steps, dataset, network });
    } catch (error) {
      this.error.textContent = error.message;
    }
    this.#asking = false;
  }

  async #stop() {
    try {
      await this.feed.tell("stop");
      this.error.textContent = "";
    } catch (error) {
      this.error.textContent = fill(this.words.stop_failed, { reason: error.message });
    }
  }

  #follow(run) {
    this.#run = run;
    this.#series = { step: [], shown: [] };
    this.#mean = null;
    this.root.hidden = false;
    remember(UNDO_RUN, run);
    this.onstart(run);
    this.#tell({ status: "starting", header: {}, silent: false });
    this.feed.follow(run.run);
    this.#draw();
  }

  #news({ header, arrays }) {
    for (const [name, values] of Object.entries(header.series)) (this.#series[name] ??= []).push(...values);
    const newest = Object.values(arrays).at(-1); // of several looks only the last one is seen
    this.#tell({ status: header.status, header, silent: false });
    if (newest) this.onlook(newest.slice().buffer, this.#run);
    this.#draw();
  }

  #lost() {
    remember(UNDO_RUN, null);
    this.#tell({ status: "lost", header: {}, silent: false });
    this.onlost();
  }

  /** Say how things stand; what is not given stays as it was. */
  #tell(news) {
    Object.assign(this.#told, news);
    const { status, header, silent } = this.#told;
    if (!this.#run) return;
    const { words } = this;
    const { dataset, network, steps } = this.#run;
    const { live } = this.feed;
    const data = dataset === "digits" ? words.digits : (words.datasets[dataset] ?? words.own);
    const step = Math.max(0, this.#series.step.at(-1) ?? 0, this.#series.shown.at(-1) ?? 0);
    const values = { position: header.queue_position, seconds: (header.seconds ?? 0).toFixed(1), step, steps };
    const away = this.#shown ? undefined : words.statuses[`${status}_away`];
    const told = fill(away ?? words.statuses[status] ?? status, values);
    const named = fill(words.named, { data, network: words.networks[network] });
    // Five times a second is no news to listen to.
    this.status.ariaLive = status === "running" ? "off" : "polite";
    write(this.status, [`${named}:`, told, header.error || header.note, silent ? words.silence : ""].filter(Boolean).join(" "));
    const percent = Math.round(100 * (header.progress ?? 0));
    this.bar.ariaValueNow = percent;
    this.bar.firstChild.style.width = `${percent}%`;
    this.bar.hidden = !live;
    if (!live && document.activeElement === this.stop) this.train.focus(); // that button goes
    this.stop.hidden = !live;
    write(this.train, words.again);
    write(this.note, dataset === "digits" ? words.loss_note_digits : words.loss_note);
  }

  #draw() {
    if (!this.#run) return;
    const { words } = this;
    const figure = { kinds: Object.keys(words.kinds), steps: this.#run.steps, mean: this.#mean, words, revision: this.#run.run };
    this.losses.show(lossFigure(this.#series, figure));
  }
}
