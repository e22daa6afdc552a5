// How a player stands: said over its picture, to a screen reader, and on its root for the stylesheet.

import { write } from "./shell.js";

export class State {
  fetch = "idle"; // or "loading" or "error": how the last one stands

  constructor(player) {
    this.player = player;
  }

  set(fetch) {
    this.fetch = fetch;
    this.show();
  }

  fail(sentence) {
    write(this.player.parts.error, sentence);
    this.set("error");
  }

  show() {
    const { fetch } = this;
    const { root, parts, words, data, timeline } = this.player;
    const shown = data?.count ? (timeline.playing ? "playing" : "ready") : "empty";
    root.dataset.state = fetch === "idle" ? shown : fetch;
    root.dataset.frames = data?.count ?? 0;
    root.setAttribute("aria-busy", fetch === "loading");
    parts.error.hidden = fetch !== "error";
    parts.empty.hidden = Boolean(data?.count) || fetch === "error";
    write(parts.empty, parts.empty.hidden ? "" : fetch === "loading" ? words.loading : words.empty);
  }
}
