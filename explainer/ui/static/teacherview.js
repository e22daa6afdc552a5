// What the teacher sees: how many train, who, how busy the machine is; and the two things to do.

import { isIdle, make, setIdle } from "./dom.js";
import { fill } from "./text.js";
import { TeacherLoad } from "./teacherload.js";
import { TeacherRuns } from "./teacherruns.js";

/** A sentence for a number, of those for none, one and many. */
function counted(words, count) {
  return fill(words[["none", "one"][count]] ?? words.many, { count });
}

export class TeacherView {
  #state = null;

  /** `does` holds what the buttons do: `hold(whether)`, `stopAll()`, `leave()`. */
  constructor(words, does) {
    this.words = words;
    this.does = does;
    const button = (name, text, click) => {
      const element = make("button", { type: "button", className: `t-button ${name}` }, text);
      element.addEventListener("click", () => isIdle(element) || click(element));
      return element;
    };
    this.link = make("p", { className: "t-link", role: "status" });
    this.figures = Object.fromEntries(Object.keys(words.figures).map((name) => [name, make("dd", {})]));
    const figures = make("dl", { className: "t-figures" }, ...Object.entries(this.figures).map(([name, element]) =>
      make("div", { className: `t-figure t-${name}` }, element, make("dt", {}, words.figures[name]))));
    this.held = button("t-hold", words.hold, (element) => this.#hold(element));
    this.stop = button("t-stop", words.stopAll, () => this.#sure());
    this.told = make("p", { className: "t-told", role: "status" });
    this.holding = make("p", { className: "t-holding", role: "status" });
    this.runs = new TeacherRuns(words);
    this.load = new TeacherLoad(words);

    this.yes = button("t-stop", "", () => this.#stopAll());
    const no = button("", words.no, () => this.dialog.close()); // the first: it gets the focus
    this.dialog = make("dialog", { className: "t-dialog" },
      make("h2", { id: "t-sure" }, words.sure), make("p", {}, words.sureNote),
      make("div", { className: "t-buttons" }, no, this.yes),
    );
    this.dialog.setAttribute("aria-labelledby", "t-sure");

    this.root = make("div", { className: "t-view" },
      make("header", { className: "t-head" },
        make("div", {}, make("h1", {}, words.title), make("p", {}, words.app)),
        this.link, button("t-leave", words.leave, does.leave),
      ),
      make("main", { className: "t-main" },
        make("div", { className: "t-top" }, figures,
          make("div", { className: "t-acts" }, make("div", { className: "t-buttons" }, this.held, this.stop), this.told),
        ),
        this.holding,
        make("div", { className: "t-body" }, this.runs.root, this.load.root),
      ),
      this.dialog,
    );
  }

  show(state) {
    this.#state = state;
    this.root.hidden = false;
    this.root.classList.remove("t-lost");
    this.link.textContent = "";
    for (const [name, element] of Object.entries(this.figures)) {
      element.textContent = state.runs.filter((run) => run.status === name).length;
    }
    this.held.textContent = state.holding ? this.words.release : this.words.hold;
    this.held.classList.toggle("t-first", state.holding);
    const holding = state.holding ? this.words.holding : "";
    if (this.holding.textContent !== holding) this.holding.textContent = holding;
    setIdle(this.stop, state.runs.length === 0);
    this.#count();
    this.runs.show(state.runs);
    this.load.show(state);
  }

  /** The last news stay to be seen, but pale: they are old. */
  unreachable() {
    this.root.classList.add("t-lost");
    this.link.textContent = this.words.unreachable;
  }

  say(text) {
    this.told.textContent = text;
  }

  /** Show nothing any more. */
  close() {
    this.dialog.close();
    this.say("");
    this.root.hidden = true;
  }

  async #hold(element) {
    const hold = !this.#state.holding;
    setIdle(element, true);
    const answer = await this.does.hold(hold);
    setIdle(element, false);
    if (answer) this.say(answer.holding ? "" : this.words.released);
  }

  #sure() {
    this.say("");
    this.#count();
    this.dialog.showModal();
  }

  #count() {
    this.yes.textContent = counted(this.words.yes, this.#state.runs.length);
  }

  async #stopAll() {
    this.dialog.close();
    const answer = await this.does.stopAll();
    if (answer) this.say(counted(this.words.stopped, answer.stopped));
  }
}
