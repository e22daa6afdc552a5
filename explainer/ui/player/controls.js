// Hands on the player: its buttons, its keys, and the pointer on its picture.

import { VIEWS } from "./shell.js";

const REACH = { mouse: 12, touch: 22 }; // css pixels around the pointer in which a point is found

/** Listen until `signal` aborts. */
export function listen(player, signal) {
  const { root, parts, timeline } = player;
  const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
  const toggle = () => (timeline.playing ? player.pause() : player.play());
  const step = (by) => player.show(Math.max(0, player.index + by));
  on(parts.play, "click", toggle);
  on(parts.back, "click", () => step(-1));
  on(parts.forward, "click", () => step(1));
  on(parts.slider, "input", () => player.show(Number(parts.slider.value)));
  on(parts.speed, "change", () => timeline.set({ speed: Number(parts.speed.value) }));
  for (const name of ["loop", ...VIEWS]) {
    on(parts[name], "click", () => timeline.set({ [name]: !timeline[name] }));
  }
  on(parts.fields, "change", () => timeline.set({ field: parts.fields.selectedIndex }));
  on(parts.gif, "click", () => player.save());
  on(parts.cancel, "click", () => player.stopSaving());

  const pointAt = ({ offsetX, offsetY, pointerType }) =>
    player.pointAt(offsetX, offsetY, pointerType === "touch" ? REACH.touch : REACH.mouse);
  on(parts.canvas, "pointermove", (event) => {
    if (event.pointerType !== "touch") timeline.set({ hovered: pointAt(event) });
  });
  on(parts.canvas, "pointerleave", () => timeline.set({ hovered: -1 }));
  on(parts.canvas, "click", (event) => timeline.set({ followed: pointAt(event) }));

  const follow = (by) => {
    const { points } = player.data;
    const known = timeline.followed >= 0 && timeline.followed < points;
    timeline.set({ followed: known ? (timeline.followed + by + points) % points : 0 });
  };
  const keys = {
    " ": toggle,
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    Home: () => player.show(0),
    End: () => player.show(player.data.count - 1),
    Escape: () => timeline.set({ hovered: -1, followed: -1 }),
    f: () => follow(1),
    F: () => follow(-1),
  };
  on(root, "keydown", (event) => {
    const { key, target } = event;
    // What a control does with a key by itself, it goes on doing.
    const own = target === parts.speed || (target.matches("button") && key === " ");
    const slides = target === parts.slider && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(key);
    if (own || slides || !keys[key] || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key !== "Escape") event.preventDefault();
    if (player.data?.count) keys[key]();
  });
}

/** Show in the controls how the timeline stands, and which of them are of use. */
export function reflect({ parts, words, timeline, data }) {
  const still = !(data?.count > 1);
  for (const name of ["play", "back", "forward", "slider", "speed", "loop"]) parts[name].disabled = still;
  parts.gif.disabled = !data?.count;
  parts.play.title = timeline.playing ? words.pause : words.play;
  parts.play.setAttribute("aria-label", parts.play.title);
  parts.speed.value = String(timeline.speed);
  for (const name of ["loop", ...VIEWS]) parts[name].setAttribute("aria-pressed", timeline[name]);
  // What only another member of the group has is for all to switch on.
  const members = [...timeline.members].filter((member) => member.data);
  parts.ghosts.hidden = !members.some((member) => member.data.ghosts);
  parts.arrows.hidden = !members.some((member) => member.data.fields.length);
  offerFields(parts.fields, data?.fields ?? [], timeline);
}

/** List the fields to choose from, while arrows are shown and there are several. */
function offerFields(select, fields, { arrows, field }) {
  const names = fields.map(({ name }) => name);
  const listed = [...select.options].map(({ text }) => text);
  if (String(names) !== String(listed)) select.replaceChildren(...names.map((name) => new Option(name)));
  select.selectedIndex = Math.min(field, names.length - 1);
  select.hidden = !arrows || names.length < 2;
}
