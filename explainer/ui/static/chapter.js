// A chapter under the two samplers: a question that opens, and what answers it. Nothing is built or
// asked for before somebody has it open and on screen.

import { loadStyles } from "../player/styles.js";
import { make } from "./dom.js";

/** The address of a question, relative to the page; what is undefined or null is left out. */
export function question(name, settings) {
  const known = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null);
  return `api/${name}?${new URLSearchParams(known)}`;
}

/**
 * Fill a component with a chapter. `build(body, words)` returns what has `show(value)`, which is
 * called with the settings above whenever they are new and the chapter is open.
 */
export async function chapter(host, props, watch, build) {
  await loadStyles(new URL("chapters.css", import.meta.url));
  const { words } = props;
  const body = make("div", { className: "dc-body" });
  const heading = make("summary", {}, make("h2", {}, words.title), make("p", {}, words.question));
  const details = make("details", { className: "dc-chapter", open: props.open }, heading, body);
  host.querySelector("[data-chapter]").replaceChildren(details);
  let content = null;
  let shown = "";
  let onScreen = false;

  const show = () => {
    const { value } = props;
    // What is wrong with a setting is told above, and what is here stays.
    if (!details.open || !onScreen || !value || JSON.stringify(value) === shown) return;
    shown = JSON.stringify(value);
    content ??= build(body, words);
    content.show(value);
  };
  const sight = new IntersectionObserver((entries) => {
    onScreen = entries.at(-1).isIntersecting;
    show();
  }, { rootMargin: "400px" });
  sight.observe(details);
  details.addEventListener("toggle", show);
  watch("value", show);
}
