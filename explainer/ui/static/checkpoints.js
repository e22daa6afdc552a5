// The list of checkpoints: save, keep the last few, restore, use, download, upload.

import { loadStyles } from "../player/styles.js";
import { ask } from "./ask.js";
import { buildShell, itemOf } from "./checkpointshell.js";
import { isIdle, setIdle } from "./dom.js";
import { bounded, giveBack, hold, lookUp, MEMORY, MOST, recall, remember, shortened } from "./models.js";
import { fill } from "./text.js";

const MAX_BYTES = 32e6;

/**
 * `onsave(title)` saves the run, which ends in a call of `add`; `onrestore(entry)` goes on from one.
 * Both may return a promise, whose error is shown. `onuse(entries, use)` is told of all that the
 * server has whenever the list changes; with `use` the first of them was asked for.
 */
export class Checkpoints {
  #entries = []; // the newest first
  #keep;
  #undo = null; // the entries that come back
  #saveable = false;
  #saving = false;

  constructor(root, words, told) {
    Object.assign(this, { root, words, told, suggestion: "" });
    loadStyles(new URL("checkpoints.css", import.meta.url));
    this.parts = buildShell(root, words);
    const { form, keep, undo, upload, file } = this.parts;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    keep.addEventListener("change", () => this.#limit());
    undo.addEventListener("click", () => this.#bringBack());
    upload.addEventListener("click", () => isIdle(upload) || file.click());
    file.addEventListener("change", () => this.#upload(file.files[0]));
    this.#takeDrops();
    addEventListener("storage", ({ key }) => key === MEMORY && this.#again()); // from another window
    this.saveable = false;
    this.#again();
  }

  /** Whether there is a run that can be saved. */
  get saveable() {
    return this.#saveable;
  }

  set saveable(whether) {
    this.#saveable = whether;
    this.#tellWhether();
  }

  #tellWhether() {
    const { name, save, wait } = this.parts;
    for (const control of [name, save]) setIdle(control, !this.#saveable || this.#saving);
    wait.hidden = this.#saveable;
  }

  /**
   * Take in a checkpoint that the server has; the oldest beyond the last few are dropped. One that
   * nobody asked for is `auto`: it gives no other title to what is there already.
   */
  add(entry, sentence = this.words.saved) {
    const known = this.#entries.find(({ name }) => name === entry.name);
    const auto = Boolean(entry.auto && (known?.auto ?? true));
    const title = (entry.auto && known?.title) || shortened(entry.title ?? "") || this.words.untitled;
    const others = this.#entries.filter((other) => other !== known);
    this.#trim([{ ...entry, title, auto, gone: false }, ...others], this.#told(sentence, [{ title }]));
    hold(entry);
  }

  /** Say that a run goes on from the entry of that name. */
  restored(name) {
    const entry = this.#entries.find((other) => other.name === name);
    if (entry) this.#say(this.#told(this.words.restored, [entry]));
  }

  #told(sentence, entries) {
    const titles = entries.map(({ title }) => fill(this.words.quoted, { title })).join(", ");
    return fill(sentence, { titles, keep: this.#keep });
  }

  /** Keep the last few of some entries, and say which are dropped. */
  #trim(entries, sentence = "") {
    // What is gone first, then what nobody asked for; sorting leaves the oldest in front.
    const worth = ({ gone, held, auto }) => (gone && !held ? 0 : auto ? 1 : 2);
    const order = [...entries].reverse().sort((a, b) => worth(a) - worth(b));
    const dropped = new Set(order.slice(0, Math.max(0, entries.length - this.#keep)));
    const also = dropped.size ? this.#told(this.words.dropped, [...dropped].reverse()) : "";
    const kept = entries.filter((entry) => !dropped.has(entry));
    const said = dropped.has(entries[0]) ? "" : sentence; // the new one had to go itself
    this.#change(kept, [said, also].filter(Boolean).join(" "), dropped.size ? entries : null);
  }

  #change(entries, sentence, undo = null) {
    this.#entries = entries;
    this.#undo = undo?.length <= MOST ? undo : null;
    remember(this.#keep, entries);
    this.#say(sentence);
    this.#draw();
    this.told.onuse?.(this.#present(), false);
  }

  #present() {
    return this.#entries.filter((entry) => !entry.gone);
  }

  #say(sentence, wrong = "") {
    const { alert, status, undo } = this.parts;
    status.textContent = sentence;
    alert.textContent = wrong;
    undo.hidden = !this.#undo;
  }

  /** Do what takes a while; what is wrong is said in one line. */
  async #attempt(button, doing, action) {
    const text = button.querySelector("span") ?? button;
    const before = text.textContent;
    this.#undo = null;
    this.#say("");
    setIdle(button, true);
    text.textContent = doing;
    try {
      await action();
    } catch (error) {
      this.#say("", error.message || this.words.unreachable);
    }
    text.textContent = before;
    setIdle(button, false);
  }

  async #save() {
    const { name, save } = this.parts;
    if (isIdle(save)) return;
    this.#saving = true;
    this.#tellWhether();
    const title = shortened(name.value) || shortened(this.suggestion);
    await this.#attempt(save, this.words.saving, async () => {
      await this.told.onsave?.(title);
      name.value = "";
    });
    this.#saving = false;
    this.#tellWhether(); // the run may have ended meanwhile
  }

  #limit() {
    const { keep } = this.parts;
    this.#keep = bounded(keep.value, this.#keep);
    keep.value = this.#keep;
    this.#trim(this.#entries);
  }

  #bringBack() {
    const entries = this.#undo;
    this.#keep = Math.max(this.#keep, entries.length);
    this.#change(entries, "");
    this.parts.keep.focus(); // the button is gone
  }

  #remove(entry) {
    const others = this.#entries.filter((other) => other !== entry);
    this.#change(others, this.#told(this.words.removed, [entry]), this.#entries);
    this.parts.undo.focus();
  }

  /** The entry as the server has it: what it lost it gets again from the browser. */
  async #returned(entry) {
    if (!entry.gone) return entry;
    const back = await giveBack(entry, this.words.unreachable);
    this.#change(this.#entries.map((other) => (other === entry ? back : other)), "");
    return back;
  }

  async #use(entry, button) {
    if (isIdle(button)) return;
    if (!entry.gone) return this.#used(entry);
    await this.#attempt(button, this.words.use, async () => this.#used(await this.#returned(entry)));
  }

  #used(entry) {
    this.#undo = null;
    this.#say(this.#told(this.words.used, [entry]));
    this.told.onuse?.([entry, ...this.#present().filter((other) => other !== entry)], true);
  }

  #restore(entry, button) {
    if (isIdle(button)) return;
    return this.#attempt(button, this.words.restore, async () => this.told.onrestore?.(await this.#returned(entry)));
  }

  async #upload(file) {
    const { parts, words } = this;
    parts.file.value = ""; // the same file may be chosen again
    if (!file || isIdle(parts.upload)) return;
    if (file.size > MAX_BYTES) return this.#say("", words.large);
    await this.#attempt(parts.upload, words.uploading, async () => {
      const { unreachable } = words;
      const facts = await ask("api/models", { method: "POST", body: file, unreachable }).catch((error) => {
        throw new Error(`${shortened(file.name)}: ${error.message}`);
      });
      const known = this.#entries.find(({ name }) => name === facts.name);
      this.add({ ...facts, title: known?.title ?? file.name.replace(/\.safetensors$/i, "") }, words.uploaded);
    });
  }

  #takeDrops() {
    const { root, parts } = this;
    root.addEventListener("dragover", (event) => {
      event.preventDefault(); // else the browser would leave the page for the file
      parts.drop.classList.add("dc-over");
    });
    root.addEventListener("dragleave", () => parts.drop.classList.remove("dc-over"));
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      parts.drop.classList.remove("dc-over");
      this.#upload(event.dataTransfer.files[0]);
    });
  }

  /** Show what was remembered, and then what the server says of it. */
  async #again() {
    const { keep, entries } = recall();
    this.#keep = keep;
    this.#entries = entries;
    this.#draw();
    if (!entries.length) return;
    const found = new Map((await Promise.all(entries.map(lookUp))).map((entry) => [entry.name, entry]));
    // Some may have been saved or removed meanwhile.
    this.#entries = this.#entries.map((entry) => (entries.includes(entry) ? found.get(entry.name) : entry));
    this.#draw();
    this.told.onuse?.(this.#present(), false);
  }

  #draw() {
    const { parts } = this;
    parts.keep.value = this.#keep;
    const told = {
      restore: (entry, button) => this.#restore(entry, button),
      use: (entry, button) => this.#use(entry, button),
      remove: (entry) => this.#remove(entry),
    };
    const held = parts.list.contains(document.activeElement) ? document.activeElement : null;
    const of = held?.closest("li").dataset.name;
    parts.list.replaceChildren(...this.#entries.map((entry) => itemOf(entry, this.words, told)));
    // The list is new: who was in it by keyboard is there again.
    if (held) parts.list.querySelector(`[data-name="${of}"] [name="${held.name}"]`)?.focus();
  }
}
