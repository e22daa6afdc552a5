// The clock that walks through the frames. It asks the browser for animation frames, and only
// while it plays and somebody can see it.

const SECONDS_FOR_ALL = 5; // however many frames there are, playing all of them takes this long
const HOLD_BEFORE_LOOP = 0.7; // seconds on the last frame before a loop starts again
const LONGEST_TICK = 0.1; // seconds; after a stall the picture goes on, it does not jump

const timelines = new Map(); // group name -> Timeline, as long as it has members

/**
 * The clock of one player, or of all players of a group: where they are (as a share `u` of the
 * way, because their frame counts may differ), whether they play, what they show of the data, and
 * which point they follow. Members have `visible`, `onseek()`, `onchange()` and `paint()`.
 */
export class Timeline {
  u = 0;
  playing = false;
  speed = 1;
  loop = false;
  ghosts = false;
  density = false;
  trails = false;
  arrows = false;
  field = 0; // which of the fields the arrows are of, where there are several
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
    this.u = Math.min(1, Math.max(0, u));
    for (const member of this.members) member.onseek();
  }

  /** Change any of the settings above for all members. */
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
