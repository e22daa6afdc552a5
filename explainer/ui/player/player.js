// The player: a point cloud over time, with its transport. `mount` is what the page calls.

import { Field } from "./arrows.js";
import { Beside } from "./beside.js";
import { CloudView } from "./canvas.js";
import { listen, reflect } from "./controls.js";
import { FrameSet } from "./frames.js";
import { buildShell, nameShell, VIEWS, WORDS } from "./shell.js";
import { Sight } from "./sight.js";
import { Source } from "./source.js";
import { State } from "./state.js";
import { loadStyles } from "./styles.js";
import { Takeaway } from "./takeaway.js";
import { readTheme } from "./theme.js";
import { Timeline } from "./timeline.js";

const SHARPEST = 2; // device pixels per css pixel: more costs time and cannot be seen

export class Player {
  onframe = null; // called with the index of the frame, whenever it may have changed
  index = 0;
  data = null;
  #source;
  #view;
  #beside;
  #fields = [];
  #takeaway;
  #moves; // whether the reader minds things that move by themselves
  #autoplay;
  #aligned; // whether it shows the same part of the plane as others of its group
  #state = new State(this);
  #request = 0; // the animation frame asked for, if any
  #stale = false; // whether the thumbnails are of other data
  #ended = new AbortController(); // removes all listeners at once
  #sight;

  constructor(root, options = {}) {
    const { label = "", group = "", autoplay = false, strip = false, controls = true, gif = true } = options;
    this.root = root;
    this.label = label;
    this.height = options.height ?? 420;
    this.words = { ...WORDS, ...options.words };
    this.#moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#autoplay = autoplay && this.#moves;
    this.#aligned = options.aligned ?? false;
    root.player = this;
    this.parts = buildShell(root, label, this.words, { height: this.height, controls, gif });
    this.#source = new Source(this.words.unreachable, {
      onstart: () => this.#state.set("loading"),
      onload: (data, title) => {
        nameShell(root, this.parts, (this.label = title), this.words);
        this.load(data);
      },
      onfail: (sentence) => this.refuse(sentence),
    });
    this.#view = new CloudView(this.parts.canvas, this.words);
    this.#beside = new Beside(this, strip);
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
    this.timeline.set(Object.fromEntries((options.views ?? []).map((name) => [name, true])));
    this.onchange();
  }

  get visible() {
    return this.#sight.visible;
  }

  /** Fetch a container and show it, under another title once it is there; the newest call wins. */
  open(src, title) {
    if (src) this.#source.open(src, title ?? this.label);
  }

  /** Forget what is being fetched: what comes next is newer. */
  cancel() {
    this.#source.cancel();
    if (this.#state.fetch === "loading") this.#state.set("idle");
  }

  /** Say why there is nothing new to see; the picture stays. */
  refuse(sentence) {
    this.#state.fail(sentence);
  }

  /** Show a decoded container. */
  load(data) {
    const { timeline } = this;
    const others = [...timeline.members].some((member) => member !== this && member.data?.count);
    // Someone who looks at frame 40 and moves a setting wants to see frame 40 again; but other
    // data at their end all look alike, so they are shown from the beginning.
    const known = this.data?.count ? this.data.source : undefined;
    const other = known !== undefined && known !== data.source;
    const stays = data.start === undefined && !other && (others || this.data?.count);
    this.data = data;
    this.#fill();
    if (stays) timeline.seek(timeline.u);
    else this.show(data.start ?? 0);
    if (other && this.#moves) this.play();
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
    if (data.count === 1 || data.factLists.length > facts || this.#state.fetch !== "idle") this.#fill();
    this.parts.slider.max = data.count - 1;
    // Not by `seek`: the other members of the group are about to get new frames of their own.
    timeline.u = follows ? 1 : Math.max(0, at) / Math.max(1, data.count - 1);
    this.#go(follows ? data.count - 1 : this.index);
    this.onchange();
  }

  /** Live mode: forget every other frame; what is shown stays on screen, or the one before it. */
  thin() {
    const follows = this.index >= this.data.count - 1;
    this.data.thin();
    const last = this.data.count - 1;
    const index = follows ? last : Math.floor(this.index / 2);
    this.parts.slider.max = last;
    this.timeline.u = index / Math.max(1, last);
    this.#go(index);
    this.onchange();
  }

  /** Show a row of so many frames, evenly spread, to go to; `nameOf` says what each is called. */
  setRow(count, nameOf) {
    const last = this.data.count - 1;
    const chosen = Array.from({ length: count }, (_, i) => Math.round((i * last) / (count - 1)));
    const indices = [...new Set(chosen)];
    this.data.strip = { indices, titles: indices.map(nameOf) };
    this.#fill();
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
    for (const field of this.#fields) field.drop();
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
    const { timeline } = this;
    reflect(this);
    if (this.#aligned) this.#view.setBox(this.#commonBox());
    const failed = this.#fields.filter((field) => field.error && (!timeline.arrows || field !== this.#field));
    if (failed.length) {
      for (const field of failed) field.forget();
      this.#state.fetch = "idle";
    }
    this.#state.show();
    this.#invalidate();
  }

  /** Bring picture and words up to date; at most once per animation frame. */
  paint() {
    if (!this.visible || !this.#view.ratio) return;
    const { timeline, index } = this;
    if (timeline.arrows) this.#field?.want();
    // Between two frames while it moves; the exact frame when it stands still.
    const position = timeline.playing ? timeline.u * Math.max(0, (this.data?.count ?? 0) - 1) : index;
    this.#view.draw(position, this.#shown());
    this.#beside.show(position, (timeline.arrows && this.#field?.caption) || "");
    // The picture does not wait for the thumbnails.
    if (this.#stale) setTimeout(() => this.#drawStrip());
  }

  // --- inside ---

  /** What is to be seen beside the points themselves. */
  #shown() {
    const { timeline } = this;
    return {
      show: Object.fromEntries(VIEWS.map((name) => [name, timeline[name]])),
      arrows: timeline.arrows ? (this.#field?.arrows ?? null) : null,
      marked: new Set([timeline.followed, timeline.hovered]),
    };
  }

  #go(index) {
    this.index = index;
    this.root.dataset.frame = index;
    this.onframe?.(index);
  }

  #invalidate() {
    if (!this.visible || this.#request) return;
    this.#request = requestAnimationFrame(() => {
      this.#request = 0;
      this.paint();
    });
  }

  /** Take over the data, except for the frame shown. */
  #fill() {
    const { data } = this;
    this.#state.fetch = "idle";
    this.#view.setData(data);
    for (const field of this.#fields) field.drop();
    const { unreachable } = this.words;
    this.#fields = (data?.fields ?? []).map(
      ({ address }) => new Field(address, unreachable, (field) => this.#fieldCame(field)),
    );
    this.#beside.fill();
    this.#stale = true;
  }

  #drawStrip() {
    this.#beside.drawStrip(this.#view);
    this.#stale = false;
  }

  /** The box that holds the limits of all aligned members that show the same data. */
  #commonBox() {
    const members = [...this.timeline.members].filter((member) => member.#aligned && member.data);
    const boxes = members.filter((member) => member.data.source === this.data?.source).map(({ data }) => data.limits);
    if (boxes.length < 2) return null;
    return [0, 1, 2, 3].map((side) => Math[side % 2 ? "max" : "min"](...boxes.map((box) => box[side])));
  }

  /** The arrows that are to be shown, if these data have any. */
  get #field() {
    return this.#fields[this.timeline.field] ?? this.#fields[0];
  }

  #fieldCame(field) {
    if (field.error && field === this.#field) this.refuse(field.error);
    this.#invalidate();
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
    if (resized || themed) this.#drawStrip();
    // At once: a canvas that was given a new size is blank, and a blank frame would be seen.
    if (resized) this.paint();
    else this.#invalidate();
  }
}

/**
 * Make a player in `element`; `props.value` says what to fetch (`src`) and what that is called, if
 * not as before (`title`), or what is wrong (`error`).
 */
export async function mount(element, props, watch) {
  await loadStyles(new URL("player.css", import.meta.url));
  const player = new Player(element.querySelector("[data-player]") ?? element, props);
  const open = () => {
    const { src, title, error } = props.value ?? {};
    if (!error) return player.open(src, title);
    player.cancel();
    player.refuse(error);
  };
  watch?.("value", open);
  open();
  return player;
}
