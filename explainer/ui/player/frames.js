// The data of a player and the clock that walks through it. Nothing here touches the DOM, apart
// from asking the browser for animation frames.

const MAGIC = 0x31465844; // "DXF1", read as a little-endian uint32
const ARRAY_TYPES = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array };
const SECONDS_FOR_ALL = 5; // however many frames there are, playing all of them takes this long
const HOLD_BEFORE_LOOP = 0.7; // seconds on the last frame before a loop starts again
const LONGEST_TICK = 0.1; // seconds; after a stall the picture goes on, it does not jump

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Lay typed arrays over the bytes of a container (see explainer/frames.py), without copying. */
export function unpack(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new Error("These bytes are not a set of frames.");
  }
  const start = 8 + view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const arrays = {};
  for (const { name, dtype, shape, offset } of header.arrays) {
    const count = shape.reduce((product, size) => product * size, 1);
    arrays[name] = new ARRAY_TYPES[dtype](buffer, start + offset, count);
    arrays[name].shape = shape;
  }
  return { header, arrays };
}

/** Read a container that holds the frames of a point cloud. */
export function decode(buffer) {
  const { header, arrays } = unpack(buffer);
  return new FrameSet(header, {
    frames: slices(arrays.frames),
    ghosts: arrays.x0_hat ? slices(arrays.x0_hat) : null,
    color: arrays.color,
    background: arrays.background,
  });
}

/** Cut an array of shape (F, n, 2) into F views of n points each. */
function slices(array) {
  if (!array) throw new Error("The frames are missing.");
  const [frames, points] = array.shape;
  return Array.from({ length: frames }, (_, i) => array.subarray(i * points * 2, (i + 1) * points * 2));
}

/** Fetch a container; every failure is an Error whose message is a sentence for the reader. */
export async function fetchFrames(url, signal, unreachable) {
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(unreachable);
  }
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  if (!response.ok || isJson) {
    const answer = isJson ? await response.json().catch(() => null) : null;
    throw new Error(typeof answer?.error === "string" ? answer.error : unreachable);
  }
  return decode(await response.arrayBuffer());
}

/** Frames of one point cloud: quantised positions, and what is said about each frame. */
export class FrameSet {
  constructor(header, { frames = [], ghosts = null, color = null, background = null }) {
    this.limits = header.limits ?? [-1, 1, -1, 1];
    this.frames = frames;
    this.ghosts = ghosts;
    this.background = background;
    this.labels = [...(header.labels ?? [])];
    this.factLists = Object.entries(header.facts ?? {}).map(([name, values]) => [name, [...values]]);
    this.descriptions = header.descriptions ?? [];
    this.summary = header.summary ?? "";
    this.notes = header.notes ?? [];
    this.strip = header.strip ?? null;
    this.start = header.start;
    this.color = color;
    this.#fitColor();
  }

  get count() {
    return this.frames.length;
  }

  get points() {
    return this.frames.length ? this.frames[0].length / 2 : 0;
  }

  /** The last frame, the one before it ...: whole numbers inside the set. */
  nearest(position) {
    return clamp(Math.round(position), 0, Math.max(0, this.count - 1));
  }

  label(index) {
    return this.labels[index] ?? (this.count ? `${index + 1} / ${this.count}` : "");
  }

  text(index) {
    return this.descriptions[index] ?? this.summary;
  }

  /** Add one frame; facts that earlier frames did not have are blank for those. */
  append({ points, label, facts = {} }) {
    const index = this.frames.push(points) - 1;
    this.labels[index] = label;
    for (const name of Object.keys(facts)) {
      if (!this.factLists.some(([known]) => known === name)) this.factLists.push([name, []]);
    }
    for (const [name, values] of this.factLists) values[index] = facts[name] ?? "";
    if (this.ghosts) this.ghosts[index] = points;
    this.#fitColor();
  }

  /** The same set without its frames: limits, colours and background stay for those to come. */
  emptied() {
    const header = { limits: this.limits, notes: this.notes };
    return new FrameSet(header, { color: this.color, background: this.background });
  }

  /** Position of one point in data units, between two frames when `position` is. */
  coordinates(position, point) {
    const before = Math.floor(position);
    const [a, b] = [this.frames[before], this.frames[Math.min(before + 1, this.count - 1)]];
    const [xLow, xHigh, yLow, yHigh] = this.limits;
    const share = (axis) => {
      const from = a[2 * point + axis];
      return (from + (b[2 * point + axis] - from) * (position - before)) / 65535;
    };
    return [xLow + share(0) * (xHigh - xLow), yLow + share(1) * (yHigh - yLow)];
  }

  // The drawing loop reads one colour per point without asking whether there is one.
  #fitColor() {
    if (this.points && this.color?.length !== this.points) {
      const step = 255 / Math.max(1, this.points - 1);
      this.color = Uint8Array.from({ length: this.points }, (_, i) => i * step);
    }
  }
}

const timelines = new Map(); // group name -> Timeline, as long as it has members

/**
 * The clock of one player, or of all players of a group: where they are (as a share `u` of the
 * way, because their frame counts may differ), whether they play, and which point they follow.
 * Members have `visible`, `onseek()`, `onchange()` and `paint()`.
 */
export class Timeline {
  u = 0;
  playing = false;
  speed = 1;
  loop = false;
  ghosts = false;
  hovered = -1;
  followed = -1;
  members = new Set();
  #handle = 0;
  #last = null;
  #held = 0;
  #wake = () => this.wake();

  static of(group) {
    if (!group) return new Timeline();
    if (!timelines.has(group)) timelines.set(group, Object.assign(new Timeline(), { group }));
    return timelines.get(group);
  }

  join(member) {
    if (!this.members.size) document.addEventListener("visibilitychange", this.#wake);
    this.members.add(member);
  }

  leave(member) {
    this.members.delete(member);
    if (this.members.size) return;
    this.playing = false;
    cancelAnimationFrame(this.#handle);
    document.removeEventListener("visibilitychange", this.#wake);
    if (timelines.get(this.group) === this) timelines.delete(this.group);
  }

  seek(u) {
    this.u = clamp(u, 0, 1);
    for (const member of this.members) member.onseek();
  }

  /** Change any of speed, loop, ghosts, hovered, followed for all members. */
  set(changes) {
    if (Object.entries(changes).every(([name, value]) => this[name] === value)) return;
    Object.assign(this, changes);
    for (const member of this.members) member.onchange();
  }

  play() {
    if (this.playing) return;
    if (this.u >= 1) this.seek(0);
    this.#held = 0;
    this.#last = null;
    this.set({ playing: true });
    this.wake();
  }

  pause(u = this.u) {
    this.set({ playing: false });
    this.seek(u);
  }

  /** Go on playing if someone can see it; otherwise nothing runs at all. */
  wake() {
    const seen = !document.hidden && [...this.members].some((member) => member.visible);
    if (!this.playing || !seen || this.#handle) return;
    this.#handle = requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now) {
    this.#handle = 0;
    if (!this.playing) return;
    const seconds = this.#last === null ? 0 : Math.min(LONGEST_TICK, (now - this.#last) / 1000);
    this.#last = now;
    if (this.u < 1) {
      this.seek(this.u + (seconds * this.speed) / SECONDS_FOR_ALL);
    } else if (!this.loop) {
      this.pause(1);
    } else {
      this.#held += seconds * this.speed;
      if (this.#held >= HOLD_BEFORE_LOOP) {
        this.#held = 0;
        this.seek(0);
      }
    }
    for (const member of this.members) if (member.visible) member.paint();
    this.wake();
  }
}
