// The teacher's page: the token, and asking for news for as long as somebody looks.

import { make } from "./dom.js";
import { TeacherView } from "./teacherview.js";

const KEY = "diffusion-explainer-teacher";
const EVERY = 1500; // milliseconds from an answer to the next question
const LATER = 3000; // after none
const PATIENCE = 10_000;

/** What this browser tab keeps: the token, and a name that lets it in while others guess. */
class Kept {
  #value = { token: "", page: crypto.getRandomValues(new Uint32Array(4)).join("-") };

  constructor() {
    try {
      Object.assign(this.#value, JSON.parse(sessionStorage.getItem(KEY)));
    } catch {
      // Storage may be forbidden; then the page itself remembers.
    }
  }

  get token() {
    return this.#value.token;
  }

  set token(token) {
    this.#value.token = token;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#value));
    } catch {
      // As above.
    }
  }

  get headers() {
    // A header takes bytes, one a character.
    const bytes = String.fromCharCode(...new TextEncoder().encode(this.token));
    return { Authorization: `Bearer ${bytes}`, "Teacher-Page": this.#value.page };
  }
}

/** Take the token out of the address, where it would be seen on a projector; null if none is there. */
function fromAddress() {
  const found = /^#token=(.*)$/s.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    return decodeURIComponent(found[1]).trim();
  } catch {
    return found[1].trim();
  }
}

class Teacher {
  #kept = new Kept();
  #timer = 0;
  #asking = false;

  constructor(words) {
    this.words = words;
    this.field = make("input", { type: "password", autocomplete: "off", required: true, maxLength: 200 });
    this.refused = make("p", { className: "t-refused", role: "alert" });
    this.door = make("form", { className: "t-door", hidden: true },
      make("h1", {}, words.title),
      make("label", {}, make("span", {}, words.token), this.field),
      make("p", { className: "t-note" }, words.tokenNote),
      this.refused,
      make("button", { className: "t-button t-first" }, words.enter),
    );
    this.door.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter(this.field.value.trim());
    });
    this.view = new TeacherView(words, {
      hold: (hold) => this.#tell("hold", { hold }),
      stopAll: () => this.#tell("stop-all", {}),
      leave: () => this.#close(""),
    });
    this.view.root.hidden = true;
    document.body.append(this.door, this.view.root);
    document.addEventListener("visibilitychange", () => this.#ask());
    addEventListener("hashchange", () => this.#enter(fromAddress()));
    this.#enter(fromAddress() ?? this.#kept.token);
  }

  #enter(token) {
    if (token === null) return;
    this.#kept.token = token;
    if (token) this.#ask();
    else this.#close("");
  }

  /** Show the way in, with the reason if there is one. */
  #close(reason) {
    clearTimeout(this.#timer);
    this.#kept.token = "";
    this.field.value = "";
    this.refused.textContent = reason;
    this.view.close();
    this.door.hidden = false;
    this.field.focus();
  }

  async #fetch(path, options = {}) {
    const response = await fetch(new URL(`api/teacher${path}`, document.baseURI), {
      ...options,
      headers: this.#kept.headers,
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const answer = await response.json();
    if (response.status === 401 || response.status === 429) this.#close(answer.error);
    else if (!response.ok) throw new Error(answer.error);
    return response.ok ? answer : null;
  }

  /** Ask for news, and again after a while; nobody asks for a page that is hidden. */
  async #ask() {
    clearTimeout(this.#timer);
    if (document.hidden || !this.#kept.token || this.#asking) return;
    this.#asking = true;
    let wait = EVERY;
    try {
      const state = await this.#fetch("");
      if (state && this.#kept.token) {
        this.door.hidden = true;
        this.refused.textContent = "";
        this.view.show(state);
      }
    } catch {
      wait = LATER;
      this.view.unreachable();
      this.refused.textContent = this.words.unreachable;
    }
    this.#asking = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), wait);
  }

  /** Tell the server something; the answer, or null after saying why there is none. */
  async #tell(path, body) {
    try {
      const answer = await this.#fetch(`/${path}`, { method: "POST", body: JSON.stringify(body) });
      this.#ask();
      return answer;
    } catch (error) {
      // What the browser itself throws is not for a teacher to read.
      this.view.say(error.constructor === Error && error.message ? error.message : this.words.failed);
      return null;
    }
  }
}

new Teacher(JSON.parse(document.body.dataset.words));
