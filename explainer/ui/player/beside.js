// What stands around the picture: words, facts, tables and thumbnails, for all frames and for one.

import { Facts, FrameTable, reserveLines, showCost, Strip } from "./panels.js";
import { showNumbers } from "./readout.js";
import { write } from "./shell.js";

export class Beside {
  #panels = [];
  #strip;

  /** `wantsStrip` is whether to show thumbnails, if the data name some. */
  constructor(player, wantsStrip) {
    Object.assign(this, { player, wantsStrip });
    this.#strip = new Strip(player.parts.strip, (index) => player.show(index));
  }

  /** Build what depends on the data but not on the frame. */
  fill() {
    const { root, parts, data } = this.player;
    parts.slider.max = Math.max(0, (data?.count ?? 1) - 1);
    this.#strip.take(this.wantsStrip ? data?.strip : null, (index) => data.label(index));
    this.#panels = [new Facts(parts.facts, data?.factLists), new FrameTable(parts.table, data?.table), this.#strip];
    parts.formula.hidden = !data?.formula;
    // On a wide page the words stand beside the picture, if there are any but the label.
    const words = !data || data.factLists.length || data.table || data.text(0) || data.notes.length;
    root.classList.toggle("pc-beside", Boolean(words));
    reserveLines(parts.label, data?.labels);
    reserveLines(parts.text, data?.descriptions.concat(data.summary));
    showCost(parts.cost, data?.cost);
    parts.notes.replaceChildren(
      ...(data?.notes ?? []).map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
  }

  /** Draw the thumbnails as a view draws its points. */
  drawStrip(view) {
    this.#strip.draw(view);
  }

  /** Say what there is to say about the frame, or a position between two, and about the arrows. */
  show(position, caption) {
    const { parts, words, data, index, timeline } = this.player;
    const last = Math.max(0, (data?.count ?? 0) - 1);
    const label = data?.label(index) ?? "";
    write(parts.label, label);
    parts.slider.value = index;
    parts.slider.style.setProperty("--pc-done", last ? position / last : 0);
    parts.slider.setAttribute("aria-valuetext", label);
    for (const panel of this.#panels) panel.show(index);
    parts.text.setAttribute("aria-live", timeline.playing ? "off" : "polite"); // not 60 times a second
    write(parts.text, data?.text(index) ?? "");
    parts.caption.hidden = !caption;
    write(parts.caption, caption);
    // Of the point under the pointer, or else of the followed one.
    showNumbers(parts, data, position, [timeline.hovered, timeline.followed], words.choose);
  }
}
