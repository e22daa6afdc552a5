// The furniture of the list of checkpoints: markup, and one line of the list.

import { make } from "./dom.js";
import { counted, MOST } from "./models.js";
import { fill } from "./text.js";

const UPLOAD = '<path d="M12 16V4m0 0L7 9m5-5 5 5"/><path d="M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"/>';
const SHELL = `
  <div class="dc-head"><h2 data-word="title"></h2>
    <label class="dc-keep"><span data-word="keep"></span><input type="number" min="1" max="${MOST}" step="1"></label></div>
  <p class="dc-explain" data-word="explain"></p>
  <form><input type="text" maxlength="60" autocomplete="off"><button type="submit" class="dc-main" data-word="save"></button></form>
  <p class="dc-wait" data-word="wait"></p>
  <p class="dc-alert" role="alert"></p>
  <p class="dc-status"><span role="status"></span> <button type="button" data-word="undo" hidden></button></p>
  <ul></ul>
  <div class="dc-drop"><button type="button"><svg viewBox="0 0 24 24" aria-hidden="true">${UPLOAD}</svg
    ><span data-word="upload"></span></button><input type="file" accept=".safetensors" hidden><p data-word="drop"></p></div>`;

/** Fill `root` with the panel's markup and return its parts by name. */
export function buildShell(root, words) {
  root.classList.add("dc-panel");
  root.innerHTML = SHELL;
  for (const part of root.querySelectorAll("[data-word]")) part.textContent = words[part.dataset.word];
  const part = (selector) => root.querySelector(selector);
  const name = part("form input");
  name.placeholder = name.ariaLabel = words.name;
  return {
    name,
    form: part("form"),
    keep: part(".dc-keep input"),
    save: part(".dc-main"),
    wait: part(".dc-wait"),
    alert: part(".dc-alert"),
    status: part("[role=status]"),
    undo: part(".dc-status button"),
    list: part("ul"),
    drop: part(".dc-drop"),
    upload: part(".dc-drop button"),
    file: part(".dc-drop input"),
  };
}

function factsOf({ config = {}, step, steps, has_state: state, gone, held }, words) {
  if (gone && !held) return words.gone;
  const dataset = words.datasets[config.dataset] ?? words.ownPoints;
  const values = { step: counted(step ?? 0), steps: counted(steps ?? 0) };
  const trained = fill(step < steps ? words.of : words.finished, values);
  return [dataset, trained, state ? "" : words.weights, gone ? words.held : ""].filter(Boolean).join(" · ");
}

/** A line of the list; `told` has what its buttons do, by their names. */
export function itemOf(entry, words, told) {
  const ariaLabel = (name) => `${words[name]}: ${entry.title}`;
  const button = (name, text = words[name]) => {
    const element = make("button", { type: "button", name, ariaLabel: ariaLabel(name) }, text);
    element.addEventListener("click", () => told[name](entry, element));
    return element;
  };
  const query = new URLSearchParams({ name: entry.title });
  const href = new URL(`api/models/${entry.name}?${query}`, document.baseURI);
  const link = make("a", { href, name: "download", download: "", ariaLabel: ariaLabel("download") }, words.download);
  const restore = Object.assign(button("restore"), { title: words.restoreTitle });
  const remove = Object.assign(button("remove", "×"), { title: words.remove });
  const usable = !entry.gone || entry.held;
  const acts = [...(entry.has_state ? [restore] : []), button("use")];
  const buttons = [...(usable ? acts : []), ...(entry.gone ? [] : [link])];
  const said = [make("strong", {}, entry.title), make("span", {}, factsOf(entry, words))];
  const item = make(
    "li",
    { className: usable ? "" : "dc-gone" },
    make("div", { className: "dc-said" }, ...said),
    make("div", { className: "dc-do" }, ...buttons),
    remove,
  );
  item.dataset.name = entry.name;
  return item;
}
