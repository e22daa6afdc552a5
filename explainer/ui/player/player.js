// The player: a point cloud over time, with its transport. `mount` is what the page calls.

import { CloudView } from "./canvas.js";
import { decode, fetchFrames, FrameSet, Timeline, unpack } from "./frames.js";
import { buildShell, Facts, Strip, WORDS, write } from "./shell.js";

export { decode, unpack };

const SHARPEST = 2; // device pixels per css pixel: more costs time and cannot be seen
const REACH = { mouse: 12, touch: 22 }; // css pixels around the pointer in which a point is found
const PACE = 150; // milliseconds between two fetches
const PATIENCE = 300; // milliseconds a fetch is given before a newer one cancels it
const NEARBY = "1600px"; // painted before it is scrolled to: two screens of a phone
const GONE_FOR_GOOD = 2000; // milliseconds outside the document

/** Two digits and a sign or the room for one; zero has no sign, whatever it was rounded from. */
const signed = (value) => (value <= -0.005 ? "−" : "\u2007") + Math.abs(value).toFixed(2);

export class Player {
  visible = false;
  index = 0;
  data = null;
  onframe = null; // called with (index, player)
  #view;
  #facts;
  #strip;
  #wantsStrip;
  #autoplay;
  #turn = 0; // counts the calls of open: only the newest goes on
  #asked = -Infinity; // when the newest fetch began
  #opening = null; // the newest fetch, as a promise
  #abort = null; // of the fetch under way
  #state = "idle"; // or "loading" or "error": how the last fetch stands
  #request = 0; // the animation frame asked for, if any
  #ended = new AbortController(); // removes all listeners at once
  #observers = [];
  #goneTimer = 0;

  constructor(root, options = {}) {
    const { label = "", group = "", autoplay = false, strip = false, controls = true } = options;
    this.root = root;
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
    this.#view = new CloudView(this.parts.canvas);
    this.timeline = Timeline.of(group);
    this.timeline.join(this);
    this.#fill();
    this.#go(0);
    this.#listen();
    this.#observe();
    this.onchange();
  }

  /**
   * Fetch a container and show it; a newer call cancels an older one, but first gives it a moment:
   * a server that computes does not notice a cancelled request, and a dragged slider makes many.
   */
  async open(src) {
    if (!src) return;
    const turn = ++this.#turn;
    if (this.#state === "loading") {
      await Promise.race([this.#opening, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    }
    // However quick the answers: a slider being dragged asks a few times a second.
    const early = this.#asked + PACE - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    if (turn !== this.#turn || this.#ended.signal.aborted) return;
    this.#asked = performance.now();
    this.#opening = this.#fetch(src);
    await this.#opening;
  }

  async #fetch(src) {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.#setState("loading");
    try {
      // Relative to the page, so that it works behind a root path as well.
      const url = new URL(src.replace(/^\/+/, ""), document.baseURI);
      const data = await fetchFrames(url, abort.signal, this.words.unreachable);
      if (!abort.signal.aborted) this.load(data);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.refuse(error.message);
    }
  }

  /** Forget what is being fetched: what comes next is newer. */
  cancel() {
    this.#turn += 1;
    this.#abort?.abort();
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
    this.onchange();
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

  /** Take the frames away; limits, colours and the background stay for those to come. */
  clear() {
    this.#abort?.abort();
    this.timeline.pause(0);
    this.data = this.data?.emptied() ?? null;
    this.#fill();
    this.#go(0);
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

  destroy() {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#abort?.abort();
    clearTimeout(this.#goneTimer);
    cancelAnimationFrame(this.#request);
    for (const observer of this.#observers) observer.disconnect();
    this.visible = false;
    this.timeline.leave(this);
  }

  // --- what the timeline calls ---

  onseek() {
    if (!this.data?.count) return;
    this.#go(this.data.nearest(this.timeline.u * (this.data.count - 1)));
    if (!this.timeline.playing) this.#invalidate();
  }

  onchange() {
    const { timeline, parts } = this;
    const still = !(this.data?.count > 1);
    for (const name of ["play", "back", "forward", "slider", "speed", "loop"]) parts[name].disabled = still;
    parts.play.title = timeline.playing ? this.words.pause : this.words.play;
    parts.play.setAttribute("aria-label", parts.play.title);
    parts.speed.value = String(timeline.speed);
    parts.loop.setAttribute("aria-pressed", timeline.loop);
    parts.ghosts.setAttribute("aria-pressed", timeline.ghosts);
    parts.ghosts.hidden = ![...timeline.members].some((member) => member.data?.ghosts);
    this.#setState();
    this.#invalidate();
  }

  /** Bring picture and words up to date; at most once per animation frame. */
  paint() {
    if (!this.visible || !this.#view.ratio) return;
    const { timeline, parts, data, index } = this;
    const last = Math.max(0, (data?.count ?? 0) - 1);
    // Between two frames while it moves; the exact frame when it stands still.
    const position = timeline.playing ? timeline.u * last : index;
    const marked = new Set([timeline.followed, timeline.hovered]);
    this.#view.draw(position, { ghosts: timeline.ghosts, marked });
    const label = data?.label(index) ?? "";
    write(parts.label, label);
    parts.slider.value = index;
    parts.slider.style.setProperty("--pc-done", last ? position / last : 0);
    parts.slider.setAttribute("aria-valuetext", label);
    this.#facts.show(index);
    this.#strip.mark(index);
    if (!timeline.playing) write(parts.text, data?.text(index) ?? ""); // read aloud: not 60 times a second
    this.#showCoordinates(position);
  }

  // --- inside ---

  #go(index) {
    const changed = index !== this.index;
    this.index = index;
    this.root.dataset.frame = index;
    if (changed) this.onframe?.(index, this);
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
    this.#facts = new Facts(parts.facts, data?.factLists);
    const wanted = this.#wantsStrip ? data?.strip : null;
    this.#strip = new Strip(parts.strip, wanted, (index) => data.label(index), (index) => this.show(index));
    if (this.visible && this.#view.ratio) this.#strip.draw(this.#view);
    // On a wide page the words stand beside the picture, if there are any but the label.
    root.classList.toggle("pc-beside", !data || Boolean(data.factLists.length || data.text(0) || data.notes.length));
    parts.notes.replaceChildren(
      ...(data?.notes ?? []).map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
  }

  #showCoordinates(position) {
    const { timeline, data, parts } = this;
    const known = (point) => point >= 0 && point < (data?.points ?? 0);
    const point = [timeline.hovered, timeline.followed].find(known);
    const [x, y] = point === undefined ? [] : data.coordinates(position, point);
    write(parts.readout, point === undefined ? "" : `x ${signed(x)}  y ${signed(y)}`);
  }

  #playIfFirstSeen() {
    if (!this.#autoplay || !this.visible || !(this.data?.count > 1)) return;
    this.#autoplay = false;
    this.play();
  }

  #listen() {
    const { parts, timeline } = this;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal: this.#ended.signal });
    const toggle = () => (timeline.playing ? this.pause() : this.play());
    const step = (by) => this.show(Math.max(0, this.index + by));
    on(parts.play, "click", toggle);
    on(parts.back, "click", () => step(-1));
    on(parts.forward, "click", () => step(1));
    on(parts.slider, "input", () => this.show(Number(parts.slider.value)));
    on(parts.speed, "change", () => timeline.set({ speed: Number(parts.speed.value) }));
    on(parts.loop, "click", () => timeline.set({ loop: !timeline.loop }));
    on(parts.ghosts, "click", () => timeline.set({ ghosts: !timeline.ghosts }));

    const pointAt = ({ offsetX, offsetY, pointerType }) =>
      this.#view.nearest(offsetX, offsetY, pointerType === "touch" ? REACH.touch : REACH.mouse);
    on(parts.canvas, "pointermove", (event) => {
      if (event.pointerType !== "touch") timeline.set({ hovered: pointAt(event) });
    });
    on(parts.canvas, "pointerleave", () => timeline.set({ hovered: -1 }));
    on(parts.canvas, "click", (event) => timeline.set({ followed: pointAt(event) }));

    const keys = {
      " ": toggle,
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => this.show(0),
      End: () => this.show(this.data.count - 1),
      Escape: () => timeline.set({ hovered: -1, followed: -1 }),
    };
    on(this.root, "keydown", (event) => {
      const { key, target } = event;
      // What a control does with a key by itself, it goes on doing.
      const own = target === parts.speed || (target.matches("button") && key === " ");
      const slides = target === parts.slider && key !== " " && key !== "Escape";
      if (own || slides || !keys[key] || event.ctrlKey || event.metaKey || event.altKey) return;
      if (key !== "Escape") event.preventDefault();
      if (this.data?.count) keys[key]();
    });
  }

  #observe() {
    const watch = (observer, ...args) => this.#observers.push(observer) && observer.observe(...args);
    watch(new ResizeObserver(() => this.#fit()), this.parts.stage);
    watch(new MutationObserver(() => this.visible && this.#fit()), document.body, { attributeFilter: ["class"] });
    const seen = (entries) => {
      this.visible = entries.at(-1).isIntersecting;
      this.#fit();
      this.timeline.wake();
      this.#playIfFirstSeen();
    };
    watch(new IntersectionObserver(seen, { rootMargin: NEARBY }), this.root);
  }

  /** Take over size and theme if the player can be seen; leave for good if its page is gone. */
  #fit() {
    if (!this.root.isConnected) {
      clearTimeout(this.#goneTimer);
      this.#goneTimer = setTimeout(() => this.root.isConnected || this.destroy(), GONE_FOR_GOOD);
      return;
    }
    const width = this.parts.stage.clientWidth;
    if (!this.visible || !width) return;
    const height = Math.min(this.height, width);
    this.parts.canvas.style.height = `${height}px`;
    const resized = this.#view.setSize(width, height, Math.min(SHARPEST, devicePixelRatio || 1));
    const themed = this.#view.setTheme(this.#theme());
    if (resized || themed) this.#strip.draw(this.#view);
    // At once: a canvas that was given a new size is blank, and a blank frame would be seen.
    if (resized) this.paint();
    else this.#invalidate();
  }

  /** The stylesheet knows the colours; the canvas takes those it came to. */
  #theme() {
    const dark = document.body.classList.contains("dark");
    const [root, stage] = [getComputedStyle(this.root), getComputedStyle(this.parts.stage)];
    return {
      mode: dark ? "dark" : "light",
      paper: root.backgroundColor,
      ink: root.color,
      muted: stage.color,
      line: stage.borderBottomColor,
      font: root.fontFamily,
    };
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
