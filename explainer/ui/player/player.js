// The player: a point cloud over time, with its transport. `mount` is what the page calls.

import { Field } from "./arrows.js";
import { CloudView } from "./canvas.js";
import { unpack } from "./container.js";
import { listen } from "./controls.js";
import { decode, FrameSet } from "./frames.js";
import { Facts, FrameTable, reserveLines, Strip } from "./panels.js";
import { coordinatesText, formulaText } from "./readout.js";
import { buildShell, VIEWS, WORDS, write } from "./shell.js";
import { Sight } from "./sight.js";
import { Source } from "./source.js";
import { Takeaway } from "./takeaway.js";
import { readTheme } from "./theme.js";
import { Timeline } from "./timeline.js";

export { decode, unpack };

const SHARPEST = 2; // device pixels per css pixel: more costs time and cannot be seen

export class Player {
  index = 0;
  data = null;
  #source;
  #view;
  #panels = []; // what shows a frame's values: facts, table, strip
  #strip;
  #field;
  #takeaway;
  #wantsStrip;
  #autoplay;
  #state = "idle"; // or "loading" or "error": how the last fetch stands
  #request = 0; // the animation frame asked for, if any
  #ended = new AbortController(); // removes all listeners at once
  #sight;

  constructor(root, options = {}) {
    const { label = "", group = "", autoplay = false, strip = false, controls = true, gif = true } = options;
    this.root = root;
    this.label = label;
    this.height = options.height ?? 420;
    root.style.setProperty("--pc-height", `${this.height}px`);
    this.words = { ...WORDS, ...options.words };
    this.#wantsStrip = strip;
    this.#autoplay = autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    root.classList.add("pc-player");
    root.tabIndex = 0;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", label);
    root.player = this;
    this.parts = buildShell(root, label, this.words);
    this.parts.bar.hidden = !controls;
    this.parts.gif.hidden = !gif;
    this.#source = new Source(this.words.unreachable, {
      onstart: () => this.#setState("loading"),
      onload: (data) => this.load(data),
      onfail: (sentence) => this.refuse(sentence),
    });
    this.#view = new CloudView(this.parts.canvas, this.words);
    this.#takeaway = new Takeaway(this.parts);
    this.timeline = Timeline.of(group);
    this.timeline.join(this);
    listen(this, this.#ended.signal);
    this.#sight = new Sight(root, this.parts.stage, {
      onseen: () => {
        this.timeline.wake();
        this.#playIfFirstSeen();
      },
      onfit: (width) => this.#fit(width),
      ongone: () => this.destroy(),
    });
    this.#fill();
    this.#go(0);
    this.onchange();
  }

  get visible() {
    return this.#sight.visible;
  }

  /** Fetch a container and show it; the newest call wins. */
  open(src) {
    if (src) this.#source.open(src);
  }

  /** Forget what is being fetched: what comes next is newer. */
  cancel() {
    this.#source.cancel();
    if (this.#state === "loading") this.#setState("idle");
  }

  /** Say why there is nothing new to see; the picture stays. */
  refuse(sentence) {
    write(this.parts.error, sentence);
    this.#setState("error");
  }

  /** Show a decoded container. */
  load(data) {
    const { timeline } = this;
    const others = [...timeline.members].some((member) => member !== this && member.data?.count);
    // Someone who looks at frame 40 and moves a setting wants to see frame 40 of the new data.
    const stays = data.start === undefined && (others || this.data?.count === data.count);
    this.data = data;
    this.#fill();
    if (stays) timeline.seek(timeline.u);
    else this.show(data.start ?? 0);
    // A new field or ghosts may be for all members to switch on.
    for (const member of timeline.members) member.onchange();
    this.#playIfFirstSeen();
  }

  /** Live mode: add a frame, and show it if the last one was being shown. */
  append(frame) {
    const { timeline } = this;
    const data = (this.data ??= new FrameSet({ limits: frame.limits }, { color: frame.color }));
    const follows = !timeline.playing && this.index >= data.count - 1;
    const at = timeline.playing ? timeline.u * (data.count - 1) : this.index;
    const facts = data.factLists.length;
    data.append(frame);
    if (data.count === 1 || data.factLists.length > facts || this.#state !== "idle") this.#fill();
    this.parts.slider.max = data.count - 1;
    // Not by `seek`: the other members of the group are about to get new frames of their own.
    timeline.u = follows ? 1 : Math.max(0, at) / Math.max(1, data.count - 1);
    this.#go(follows ? data.count - 1 : this.index);
    this.onchange();
  }

  /** Go to a frame and stay there. */
  show(index) {
    this.timeline.pause(index / Math.max(1, (this.data?.count ?? 1) - 1));
  }

  play() {
    if (this.data?.count > 1) this.timeline.play();
  }

  pause() {
    if (this.timeline.playing) this.show(this.index);
  }

  /** The point nearest to a place on the picture, or -1. */
  pointAt(x, y, reach) {
    return this.#view.nearest(x, y, reach);
  }

  /** Make a GIF of all frames as they are seen now, and hand it over. */
  async save() {
    if (!this.data?.count || !this.#view.theme) return;
    const { data, label: title, words } = this;
    try {
      await this.#takeaway.save({ data, title, words, theme: readTheme(this.root, this.parts.stage), ...this.#shown() });
    } catch (error) {
      console.warn("No GIF:", error);
      this.refuse(words.saveFailed);
    }
  }

  stopSaving() {
    this.#takeaway.stop();
  }

  destroy() {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#source.cancel();
    this.#field.drop();
    this.stopSaving();
    cancelAnimationFrame(this.#request);
    this.#sight.end();
    this.timeline.leave(this);
  }

  // --- what the timeline calls ---

  onseek() {
    if (!this.data?.count) return;
    this.#go(this.data.nearest(this.timeline.u * (this.data.count - 1)));
    if (!this.timeline.playing) this.#invalidate();
  }

  onchange() {
    const { timeline, parts, words } = this;
    const still = !(this.data?.count > 1);
    for (const name of ["play", "back", "forward", "slider", "speed", "loop"]) parts[name].disabled = still;
    parts.gif.disabled = !this.data?.count;
    parts.play.title = timeline.playing ? words.pause : words.play;
    parts.play.setAttribute("aria-label", parts.play.title);
    parts.speed.value = String(timeline.speed);
    for (const name of ["loop", ...VIEWS]) parts[name].setAttribute("aria-pressed", timeline[name]);
    const offered = (what) => [...timeline.members].some((member) => member.data?.[what]);
    parts.ghosts.hidden = !offered("ghosts");
    parts.arrows.hidden = !offered("field");
    if (!timeline.arrows && this.#field.error) {
      this.#field.forget();
      this.#state = "idle";
    }
    this.#setState();
    this.#invalidate();
  }

  /** Bring picture and words up to date; at most once per animation frame. */
  paint() {
    if (!this.visible || !this.#view.ratio) return;
    const { timeline, parts, data, index } = this;
    if (timeline.arrows) this.#field.want();
    const last = Math.max(0, (data?.count ?? 0) - 1);
    // Between two frames while it moves; the exact frame when it stands still.
    const position = timeline.playing ? timeline.u * last : index;
    this.#view.draw(position, this.#shown());
    const label = data?.label(index) ?? "";
    write(parts.label, label);
    parts.slider.value = index;
    parts.slider.style.setProperty("--pc-done", last ? position / last : 0);
    parts.slider.setAttribute("aria-valuetext", label);
    for (const panel of this.#panels) panel.show(index);
    parts.text.setAttribute("aria-live", timeline.playing ? "off" : "polite"); // not 60 times a second
    write(parts.text, data?.text(index) ?? "");
    parts.caption.hidden = !(timeline.arrows && this.#field.caption);
    write(parts.caption, this.#field.caption);
    this.#showNumbers(position);
  }

  // --- inside ---

  /** What is to be seen beside the points themselves. */
  #shown() {
    const { timeline } = this;
    return {
      show: Object.fromEntries(VIEWS.map((name) => [name, timeline[name]])),
      arrows: timeline.arrows ? this.#field.arrows : null,
      marked: new Set([timeline.followed, timeline.hovered]),
    };
  }

  #go(index) {
    this.index = index;
    this.root.dataset.frame = index;
  }

  #invalidate() {
    if (!this.visible || this.#request) return;
    this.#request = requestAnimationFrame(() => {
      this.#request = 0;
      this.paint();
    });
  }

  #setState(state = this.#state) {
    this.#state = state;
    const { root, parts, data, timeline } = this;
    const shown = data?.count ? (timeline.playing ? "playing" : "ready") : "empty";
    root.dataset.state = state === "idle" ? shown : state;
    root.dataset.frames = data?.count ?? 0;
    root.setAttribute("aria-busy", state === "loading");
    parts.error.hidden = state !== "error";
    parts.empty.hidden = Boolean(data?.count) || state === "error";
    write(parts.empty, parts.empty.hidden ? "" : state === "loading" ? this.words.loading : this.words.empty);
  }

  /** Build what depends on the data but not on the frame. */
  #fill() {
    const { root, parts, data } = this;
    this.#state = "idle";
    parts.slider.max = Math.max(0, (data?.count ?? 1) - 1);
    this.#view.setData(data);
    this.#field?.drop();
    this.#field = new Field(data?.field, this.words.unreachable, () => this.#fieldCame());
    const wanted = this.#wantsStrip ? data?.strip : null;
    this.#strip = new Strip(parts.strip, wanted, (index) => data.label(index), (index) => this.show(index));
    this.#panels = [new Facts(parts.facts, data?.factLists), new FrameTable(parts.table, data?.table), this.#strip];
    if (this.visible && this.#view.ratio) this.#strip.draw(this.#view);
    parts.formula.hidden = !data?.formula;
    // On a wide page the words stand beside the picture, if there are any but the label.
    const words = !data || data.factLists.length || data.table || data.text(0) || data.notes.length;
    root.classList.toggle("pc-beside", Boolean(words));
    reserveLines(parts.label, data?.labels);
    reserveLines(parts.text, data?.descriptions.concat(data.summary));
    parts.notes.replaceChildren(
      ...(data?.notes ?? []).map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
  }

  #fieldCame() {
    if (this.#field.error) this.refuse(this.#field.error);
    this.#invalidate();
  }

  /** What the point under the pointer reads, or else the followed one. */
  #showNumbers(position) {
    const { timeline, data, parts, words } = this;
    const known = (point) => point >= 0 && point < (data?.points ?? 0);
    const point = [timeline.hovered, timeline.followed].find(known);
    const none = point === undefined;
    write(parts.readout, none ? "" : coordinatesText(data.coordinates(position, point)));
    if (!data?.formula) return;
    write(parts.formula, none ? words.choose : formulaText(data.terms(position, point)));
    parts.formula.classList.toggle("pc-hint", none);
  }

  #playIfFirstSeen() {
    if (!this.#autoplay || !this.visible || !(this.data?.count > 1)) return;
    this.#autoplay = false;
    this.play();
  }

  /** Take over size and theme. */
  #fit(width) {
    const height = Math.min(this.height, width);
    this.parts.canvas.style.height = `${height}px`;
    const resized = this.#view.setSize(width, height, Math.min(SHARPEST, devicePixelRatio || 1));
    const themed = this.#view.setTheme(readTheme(this.root, this.parts.stage));
    if (resized || themed) this.#strip.draw(this.#view);
    // At once: a canvas that was given a new size is blank, and a blank frame would be seen.
    if (resized) this.paint();
    else this.#invalidate();
  }
}

let styles = null; // the one stylesheet of all players

function loadStyles() {
  styles ??= new Promise((resolve) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: new URL("player.css", import.meta.url) });
    link.onload = link.onerror = resolve; // without it the player is plain, but works
    document.head.append(link);
  });
  return styles;
}

/** Make a player in `element`; `props.value` says what to fetch (`src`), or what is wrong (`error`). */
export async function mount(element, props, watch) {
  await loadStyles();
  const player = new Player(element.querySelector("[data-player]") ?? element, props);
  const open = () => {
    const { src, error } = props.value ?? {};
    if (!error) return player.open(src);
    player.cancel();
    player.refuse(error);
  };
  watch?.("value", open);
  open();
  return player;
}
