// The furniture of the pad: icons and markup.

const ICONS = {
  undo: '<path d="M9 14 4 9l5-5"/><path d="M4 9h10a6 6 0 0 1 0 12h-3"/>',
  clear: '<path d="M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13"/>',
  upload: '<path d="M12 16V4m0 0L7 9m5-5 5 5"/><path d="M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"/>',
  pencil: '<path d="m4 20 1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1Z"/><path d="m14.5 6.5 3 3"/>',
};
const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;

/** Fill `root` with the pad's markup and return its parts by name. */
export function buildShell(root, words, folded) {
  const word = (name) => `<span data-word="${name}"></span>`;
  root.classList.add("dp-pad");
  root.innerHTML = `
    <details class="dp-card"${folded ? "" : " open"}><summary data-part="summary"></summary><div class="dp-body">
      <section class="dp-draw">
        <header><h3 data-word="draw"></h3><output data-part="count"></output></header>
        <p data-part="drawAlert" class="dp-alert" role="alert"></p>
        <div data-part="stage" class="dp-stage"><canvas data-part="canvas" role="img"></canvas
          ><div data-part="ring" class="dp-ring" hidden></div
          ><p data-part="hint" class="dp-hint">${icon("pencil")}${word("hint")}</p></div>
        <div class="dp-bar">
          <label>${word("brush")}<input data-part="brush" type="range" min="1" max="20" step="0.5" value="5"></label>
          <button type="button" data-part="undo" disabled>${icon("undo")}${word("undo")}</button>
          <button type="button" data-part="clear" disabled>${icon("clear")}${word("clear")}</button>
        </div>
      </section>
      <section data-part="table" class="dp-table">
        <header><h3 data-word="upload"></h3></header>
        <div class="dp-drop">
          <button type="button" data-part="choose">${icon("upload")}<span data-part="chooseText"></span></button>
          <input data-part="file" type="file" accept=".csv,.tsv,.txt" hidden><p data-word="drop"></p>
        </div>
        <p data-part="tableAlert" class="dp-alert" role="alert"></p>
        <div data-part="preview" class="dp-preview" hidden>
          <p class="dp-file"><strong data-part="fileName"></strong> <span data-part="facts"></span></p>
          <canvas data-part="cloud" role="img"></canvas>
          <table><thead data-part="head"></thead><tbody data-part="rows"></tbody></table>
          <ul data-part="notes"></ul>
          <button type="button" data-part="use" class="dp-use"></button>
        </div>
      </section>
      <p data-part="status" class="dp-status" role="status"></p></div>
    </details>`;
  for (const part of root.querySelectorAll("[data-word]")) part.textContent = words[part.dataset.word];
  const parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  parts.summary.textContent = folded ?? "";
  parts.summary.hidden = !folded;
  parts.canvas.setAttribute("aria-label", words.pad);
  parts.cloud.setAttribute("aria-label", words.cloud);
  parts.chooseText.textContent = words.choose;
  return parts;
}
