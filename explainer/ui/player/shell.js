// The furniture around the picture: words, icons and markup.

export const WORDS = {
  play: "Play",
  pause: "Pause",
  back: "Step back",
  forward: "Step forward",
  frame: "Frame",
  speed: "Speed",
  loop: "Loop",
  density: "Density",
  densityNote: "Colour each point by how crowded it is around it, instead of by its place on the data",
  trails: "Trails",
  trailsNote: "Show where each point has been during the last frames",
  arrows: "Arrows",
  arrowsNote: "Show which way the noise would be taken away, at every place",
  fields: "Whose arrows",
  ghosts: "x̂₀",
  ghostsNote: "Show the predicted clean data, x̂₀, as rings",
  gif: "GIF",
  gifNote: "Save as a GIF, 100 ms a frame, looped",
  saving: "Saving the GIF",
  saveFailed: "The GIF could not be made.",
  cancel: "Cancel",
  loading: "Loading …",
  empty: "Nothing to show yet.",
  unreachable: "The data could not be loaded. Is the app still running?",
  drawing: "point cloud",
  choose: "Click a point, or press F, to see its own numbers.",
  reference: "N(0, 1)",
  keys: "Space plays. Arrow keys step. F follows a point, then the next. Escape lets go of it.",
};

const ICONS = {
  play: '<path d="M8 5.6v12.8a.9.9 0 0 0 1.37.77l10.3-6.4a.9.9 0 0 0 0-1.54l-10.3-6.4A.9.9 0 0 0 8 5.6Z" fill="currentColor" stroke="none"/>',
  pause: '<path d="M8.5 6v12M15.5 6v12" stroke-width="3.2"/>',
  back: '<path d="M17 6.5 9.5 12l7.5 5.5ZM6.5 6v12"/>',
  forward: '<path d="m7 6.5 7.5 5.5L7 17.5ZM17.5 6v12"/>',
  loop: '<path d="M4.5 11.5V10A3.5 3.5 0 0 1 8 6.5h11m-3-3 3 3-3 3M19.5 12.5V14a3.5 3.5 0 0 1-3.5 3.5H5m3 3-3-3 3-3"/>',
};
const SPEEDS = [0.25, 0.5, 1, 2, 4];

/** What can be shown of the data or not; each is a setting of the timeline and a chip. */
export const VIEWS = ["density", "trails", "arrows", "ghosts"];

const icon = (name) => `<svg class="pc-icon-${name}" viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;
const button = (name, content = "") =>
  `<button type="button" data-part="${name}" class="pc-button pc-${name}">${content}</button>`;
const chip = (name) => `<button type="button" data-part="${name}" class="pc-chip"></button>`;

const MARKUP = `<div class="pc-card">
  <div class="pc-head"><h3 data-part="title" class="pc-title"></h3><span data-part="readout" class="pc-readout"></span></div>
  <div class="pc-figure">
    <div data-part="stage" class="pc-stage">
      <canvas data-part="canvas" role="img"></canvas>
      <div class="pc-progress" aria-hidden="true"></div>
      <p data-part="empty" class="pc-empty"></p>
      <p data-part="error" class="pc-error" role="alert" hidden></p>
    </div>
    <p data-part="formula" class="pc-formula" hidden></p>
    <p data-part="caption" class="pc-caption" hidden></p>
  </div>
  <p class="pc-label"><span data-part="label"></span></p>
  <div data-part="bar" class="pc-bar">
    ${button("play", icon("play") + icon("pause"))}
    ${button("back", icon("back"))}${button("forward", icon("forward"))}
    <input type="range" data-part="slider" class="pc-slider" min="0" max="0" value="0" step="1">
    <select data-part="speed" class="pc-speed">
      ${SPEEDS.map((speed) => `<option value="${speed}">${speed}×</option>`).join("")}
    </select>
    ${button("loop", icon("loop"))}${button("gif")}
    <div class="pc-chips">${VIEWS.map(chip).join("")}<select data-part="fields" class="pc-speed"></select></div>
    <div data-part="saving" class="pc-saving" hidden>
      <div data-part="meter" class="pc-meter" role="progressbar" aria-valuemin="0" aria-valuemax="100"></div>
      <span data-part="percent"></span>
      <button type="button" data-part="cancel" class="pc-chip"></button>
    </div>
  </div>
  <dl data-part="facts" class="pc-facts"></dl>
  <table data-part="table" class="pc-table" hidden></table>
  <p class="pc-text"><span data-part="text" aria-live="polite"></span></p>
  <div data-part="strip" class="pc-strip"></div>
  <div data-part="cost" class="pc-cost" hidden></div>
  <ul data-part="notes" class="pc-notes"></ul>
</div>`;

/** Fill `root` with the player's markup and return its parts by name. */
export function buildShell(root, label, words, { height, controls, gif }) {
  root.innerHTML = MARKUP;
  root.classList.add("pc-player");
  root.style.setProperty("--pc-height", `${height}px`);
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  const found = [...root.querySelectorAll("[data-part]")];
  const parts = Object.fromEntries(found.map((part) => [part.dataset.part, part]));
  nameShell(root, parts, label, words);
  root.setAttribute("aria-description", words.keys);
  parts.bar.hidden = !controls;
  parts.gif.hidden = !gif;
  parts.slider.setAttribute("aria-label", words.frame);
  parts.fields.setAttribute("aria-label", words.fields);
  parts.meter.setAttribute("aria-label", words.saving);
  for (const name of ["play", "back", "forward", "speed", "loop"]) {
    parts[name].setAttribute("aria-label", words[name]);
    parts[name].title = words[name];
  }
  for (const name of [...VIEWS, "gif"]) {
    parts[name].textContent = words[name];
    parts[name].title = words[`${name}Note`];
  }
  // "x̂₀" alone says nothing to who cannot see it.
  parts.ghosts.setAttribute("aria-label", words.ghostsNote);
  parts.cancel.textContent = words.cancel;
  return parts;
}

/** Call a player by what it shows: in its heading, and for a screen reader. */
export function nameShell(root, parts, label, words) {
  root.setAttribute("aria-label", label);
  parts.title.textContent = label;
  parts.title.hidden = !label; // an empty heading is one to stumble over
  parts.canvas.setAttribute("aria-label", `${label}: ${words.drawing}`);
}

/** Set text only where it differs: writing the same text still costs layout, and is read aloud. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
