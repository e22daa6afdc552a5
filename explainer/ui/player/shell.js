// The furniture around the picture: words, icons, markup, and what is built from the data.

export const WORDS = {
  play: "Play",
  pause: "Pause",
  back: "Step back",
  forward: "Step forward",
  frame: "Frame",
  speed: "Speed",
  loop: "Loop",
  ghosts: "Show the predicted clean data, x̂₀",
  loading: "Loading …",
  empty: "Nothing to show yet.",
  unreachable: "The data could not be loaded. Is the app still running?",
  drawing: "point cloud",
};

const ICONS = {
  play: '<path d="M8 5.6v12.8a.9.9 0 0 0 1.37.77l10.3-6.4a.9.9 0 0 0 0-1.54l-10.3-6.4A.9.9 0 0 0 8 5.6Z" fill="currentColor" stroke="none"/>',
  pause: '<path d="M8.5 6v12M15.5 6v12" stroke-width="3.2"/>',
  back: '<path d="M17 6.5 9.5 12l7.5 5.5ZM6.5 6v12"/>',
  forward: '<path d="m7 6.5 7.5 5.5L7 17.5ZM17.5 6v12"/>',
  loop: '<path d="M4.5 11.5V10A3.5 3.5 0 0 1 8 6.5h11m-3-3 3 3-3 3M19.5 12.5V14a3.5 3.5 0 0 1-3.5 3.5H5m3 3-3-3 3-3"/>',
};
const SPEEDS = [0.25, 0.5, 1, 2, 4];

const icon = (name) => `<svg class="pc-icon-${name}" viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** Fill `root` with the player's markup and return its parts by name. */
export function buildShell(root, label, words) {
  const button = (name, content) =>
    `<button type="button" data-part="${name}" class="pc-button pc-${name}">${content}</button>`;
  root.innerHTML = `<div class="pc-card">
    <div class="pc-head"><span data-part="title" class="pc-title"></span><span data-part="readout" class="pc-readout"></span></div>
    <div data-part="stage" class="pc-stage">
      <canvas data-part="canvas" role="img"></canvas>
      <div class="pc-progress" aria-hidden="true"></div>
      <p data-part="empty" class="pc-empty"></p>
      <p data-part="error" class="pc-error" role="alert" hidden></p>
    </div>
    <p data-part="label" class="pc-label"></p>
    <div data-part="bar" class="pc-bar">
      ${button("play", icon("play") + icon("pause"))}
      ${button("back", icon("back"))}${button("forward", icon("forward"))}
      <input type="range" data-part="slider" class="pc-slider" min="0" max="0" value="0" step="1">
      <select data-part="speed" class="pc-speed">
        ${SPEEDS.map((speed) => `<option value="${speed}">${speed}×</option>`).join("")}
      </select>
      ${button("loop", icon("loop"))}${button("ghosts", "<span aria-hidden=true>x̂₀</span>")}
    </div>
    <dl data-part="facts" class="pc-facts"></dl>
    <p data-part="text" class="pc-text" aria-live="polite"></p>
    <div data-part="strip" class="pc-strip"></div>
    <ul data-part="notes" class="pc-notes"></ul>
  </div>`;
  const found = [...root.querySelectorAll("[data-part]")];
  const parts = Object.fromEntries(found.map((part) => [part.dataset.part, part]));
  parts.title.textContent = label;
  parts.canvas.setAttribute("aria-label", `${label}: ${words.drawing}`);
  parts.slider.setAttribute("aria-label", words.frame);
  for (const name of ["play", "back", "forward", "speed", "loop", "ghosts"]) {
    parts[name].setAttribute("aria-label", words[name]);
    parts[name].title = words[name];
  }
  return parts;
}

/** Set text only where it differs: writing the same text still costs layout, and is read aloud. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** "β_t" as a term with a subscript. */
function named(name) {
  const [symbol, index] = name.split("_");
  const term = make("dt", { textContent: symbol });
  if (index) term.append(make("sub", { textContent: index }));
  return term;
}

/** The list of facts; `show(index)` puts in one frame's values. */
export class Facts {
  #rows;

  constructor(element, factLists = []) {
    this.#rows = factLists.map(([name, values]) => {
      const value = make("dd");
      // Room for the longest value, so that nothing moves while the numbers run.
      value.style.minWidth = `${Math.max(0, ...values.map((text) => text?.length ?? 0))}ch`;
      return { name, value, values };
    });
    element.replaceChildren(
      ...this.#rows.map(({ name, value }) => {
        const row = make("div");
        row.append(named(name), value);
        return row;
      }),
    );
  }

  show(index) {
    for (const { value, values } of this.#rows) write(value, values[index] ?? "");
  }
}

/** Thumbnails of chosen frames, each a button. */
export class Strip {
  #items;

  constructor(element, wanted, nameOf, choose) {
    this.#items = (wanted?.indices ?? []).map((index, i) => {
      const button = make("button", { type: "button", className: "pc-thumbnail" });
      const canvas = make("canvas");
      button.append(canvas, make("span", { textContent: wanted.titles?.[i] ?? nameOf(index) }));
      button.addEventListener("click", () => choose(index));
      return { index, button, canvas };
    });
    element.replaceChildren(...this.#items.map(({ button }) => button));
  }

  draw(view) {
    for (const { canvas, index } of this.#items) view.thumbnail(canvas, index);
  }

  /** Mark the thumbnail nearest to the frame shown. */
  mark(frame) {
    const away = ({ index }) => Math.abs(index - frame);
    const nearest = Math.min(...this.#items.map(away));
    const current = this.#items.find((item) => away(item) === nearest);
    for (const item of this.#items) {
      const state = String(item === current);
      if (item.button.getAttribute("aria-current") !== state) item.button.setAttribute("aria-current", state);
    }
  }
}
