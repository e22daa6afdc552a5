// A training run as it goes: polls the server for news, adds pictures to a player, draws the loss.

import { unpack } from "../player/container.js";
import { decode } from "../player/frames.js";
import { Player } from "../player/player.js";
import { Chart } from "./chart.js";

const EVERY = 200; // milliseconds between two questions while somebody looks
const HIDDEN = 20000; // and while nobody does: often enough to keep the run's lease
const PATIENCE = 15000; // a connection that says nothing for so long is dead
const MEMORY = "diffusion-explainer-run"; // a reload finds its run again
const LIVE = new Set(["queued", "running", "paused"]);

const api = (path) => new URL(`api/${path}`, document.baseURI).href;

async function ask(url, options) {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), ...options });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw Object.assign(new Error(error ?? "The server did not answer."), { status: response.status });
}

function shell(root, words, label) {
  root.innerHTML = `
    <div class="dx-status" role="status" aria-live="polite"><span data-status></span></div>
    <p class="dx-error" role="alert"></p>
    <div class="dx-progress" role="progressbar" aria-valuemin="0" aria-valuemax="100"><i></i></div>
    <div class="dx-buttons"><button type="button" data-pause disabled></button
      ><button type="button" data-stop disabled></button
      ><a data-download hidden></a><button type="button" data-mine hidden></button></div>
    <div class="dx-live"><div data-player></div>
      <section class="dx-panel"><h2></h2><p></p><div data-loss></div></section></div>`;
  const part = (name) => root.querySelector(`[data-${name}]`);
  root.querySelector("h2").textContent = words.loss;
  part("pause").textContent = words.pause;
  part("stop").textContent = words.stop;
  part("download").textContent = words.download;
  part("mine").textContent = words.mine;
  part("download").download = "model.safetensors";
  root.querySelector(".dx-progress").setAttribute("aria-label", words.progress);
  return {
    status: part("status"),
    error: root.querySelector(".dx-error"),
    bar: root.querySelector(".dx-progress"),
    fill: root.querySelector(".dx-progress i"),
    pause: part("pause"),
    stop: part("stop"),
    download: part("download"),
    mine: part("mine"),
    note: root.querySelector(".dx-panel p"),
    player: new Player(part("player"), { label, height: 420 }),
    chart: new Chart(part("loss"), words.loss),
  };
}

class LiveRun {
  #run = null;
  #since = 0;
  #begun = false; // whether a picture of this run is on screen
  #timer = 0;
  #series = { step: [], loss: [], validation_loss: [] };
  #floor = null;
  #status = "";
  #title = "";
  #mine = null; // the learner's last run, to come back to
  #asking = 0; // the generation that a question is under way for
  #generation = 0; // an answer that belongs to an older run is dropped

  constructor(root, words, label) {
    this.root = root;
    this.words = words;
    this.parts = shell(root, words, label);
    this.parts.pause.addEventListener("click", () =>
      this.#tell(this.#status === "paused" ? "resume" : "pause"),
    );
    this.parts.stop.addEventListener("click", () => this.#tell("stop"));
    this.parts.mine.addEventListener("click", () => this.show(this.#mine));
    document.addEventListener("visibilitychange", () => this.#soon(0));
    new IntersectionObserver(() => this.#soon(0)).observe(root);
  }

  show(value) {
    this.parts.error.textContent = value?.error ?? "";
    const busy = this.#run && (!this.#status || LIVE.has(this.#status));
    if (busy && value && !value.run) return; // a choice for the next run; this one is still going
    if (!value || value.error || (value.run && value.run === this.#run)) return;
    this.#generation += 1;
    clearTimeout(this.#timer);
    this.#run = value.run ?? null;
    this.#title = value.title ?? "";
    if (this.#run) this.#mine = value;
    this.#since = 0;
    this.#begun = false;
    this.#status = "";
    this.#series = { step: [], loss: [], validation_loss: [], ...structuredClone(value.history) };
    this.#fetchFloor(value.floor);
    this.#draw();
    if (this.#run) {
      try {
        sessionStorage.setItem(MEMORY, JSON.stringify(value));
      } catch {
        // Storage may be forbidden; then a reload does not find the run again.
      }
      this.parts.player.cancel();
      this.parts.status.textContent = this.words.starting;
      this.#soon(0);
    } else {
      this.parts.player.open(value.src);
      this.#state({ status: "shipped", progress: 1 });
    }
  }

  /** After a reload: follow the run of before, if the server still has it. */
  async again() {
    let value = null;
    try {
      value = JSON.parse(sessionStorage.getItem(MEMORY));
    } catch {
      return;
    }
    if (!value?.run) return;
    const generation = this.#generation;
    try {
      await ask(api(`runs/${value.run}?since=${Number.MAX_SAFE_INTEGER}`));
    } catch (error) {
      if (error.status === 404) return sessionStorage.removeItem(MEMORY);
      // Whatever else is wrong may pass: follow the run, and keep trying.
    }
    if (generation === this.#generation) this.show(value);
  }

  async #fetchFloor(address) {
    const generation = this.#generation;
    this.#floor = null;
    try {
      const floor = await (await ask(new URL(address, document.baseURI).href)).json();
      if (generation !== this.#generation) return;
      this.#floor = floor.mean;
      this.#draw();
    } catch (error) {
      console.warn("The loss floor could not be had:", error.message);
    }
  }

  #soon(wait) {
    if (!this.#run || (this.#status && !LIVE.has(this.#status))) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), wait);
  }

  async #poll() {
    const generation = this.#generation;
    if (this.#asking === generation) return; // the answer under way will ask for the next
    this.#asking = generation;
    let news;
    try {
      const response = await ask(api(`runs/${this.#run}?since=${this.#since}`));
      news = unpack(await response.arrayBuffer());
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error.status === 404) return this.#state({ status: "failed", error: error.message });
      this.parts.status.textContent = this.words.unreachable;
      this.#asking = 0;
      return this.#soon(2000);
    }
    if (generation !== this.#generation) return;
    this.#asking = 0;
    this.#news(news);
    const seen = !document.hidden && this.root.clientWidth;
    this.#soon(seen ? EVERY : HIDDEN);
  }

  #news({ header, arrays }) {
    for (const [name, values] of Object.entries(header.series)) {
      (this.#series[name] ??= []).push(...values);
    }
    const { player } = this.parts;
    for (const bytes of Object.values(arrays)) {
      const data = decode(bytes.slice().buffer);
      if (this.#begun) player.append({ points: data.frames[0], label: data.label(0) });
      else player.load(data); // the first picture brings colours, limits and the data behind
      this.#begun = true;
    }
    this.#since = header.seq;
    if (Object.keys(header.series).length) this.#draw();
    this.#state(header);
  }

  #state({ status, progress = 0, queue_position, seconds, note, error }) {
    const { parts, words } = this;
    this.#status = status;
    this.root.dataset.status = status;
    const live = LIVE.has(status);
    // Five times a second is no news to listen to.
    parts.status.parentElement.setAttribute("aria-live", status === "running" ? "off" : "polite");
    const percent = Math.round(progress * 100);
    parts.fill.style.width = `${percent}%`;
    parts.bar.setAttribute("aria-valuenow", percent);
    parts.pause.disabled = !live || status === "queued";
    parts.stop.disabled = !live;
    parts.pause.textContent = status === "paused" ? words.resume : words.pause;
    parts.download.hidden = status !== "done";
    if (status === "done") parts.download.href = api(`runs/${this.#run}/checkpoint`);
    const text = (words[status] ?? status)
      .replace("{percent}", percent)
      .replace("{position}", queue_position)
      .replace("{seconds}", (seconds ?? 0).toFixed(1));
    parts.mine.hidden = !this.#mine || Boolean(this.#run);
    const title = this.#title && `${this.#title}.`;
    parts.status.textContent = [title, text, error || note].filter(Boolean).join(" ");
  }

  #draw() {
    const { step, loss, validation_loss: held } = this.#series;
    const floor = this.#floor;
    const line = (name, y, color, extra = {}) => ({
      x: step, y, name, mode: "lines", line: { color, width: 2, ...extra }, hovertemplate: "%{y:.4f}",
    });
    const data = [
      line(this.words.training, loss, "#0080C8"),
      line(this.words.validation, held, "#D55E00", { width: 2.4 }),
    ];
    if (floor !== null && step.length) {
      const ends = { x: [step[0], step.at(-1)], y: [floor, floor] };
      data.push({ ...line(this.words.floor, [], "#009E73", { dash: "dash" }), ...ends });
    }
    this.parts.chart.show({
      data,
      layout: {
        height: 486,
        hovermode: "x unified",
        margin: { l: 46, r: 8, t: 34, b: 40 },
        legend: { orientation: "h", y: 1.12, x: 0 },
        xaxis: { title: { text: this.words.step, standoff: 4 }, rangemode: "tozero" },
        yaxis: { nticks: 6 },
      },
    });
    this.parts.note.textContent =
      floor === null ? "" : this.words.floorNote.replace("{floor}", floor.toFixed(3));
  }

  async #tell(verb) {
    try {
      await ask(api(`runs/${this.#run}/${verb}`), { method: "POST" });
      this.#soon(0);
    } catch (error) {
      this.parts.status.textContent = error.status ? error.message : this.words.unreachable;
    }
  }
}

export function mount(element, props, watch) {
  const run = new LiveRun(element.querySelector("[data-live]"), props.words, props.label);
  watch("value", () => run.show(props.value));
  run.show(props.value);
  run.again();
}
