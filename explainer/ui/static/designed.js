// A designed schedule: what it is called, what the server says of it, what the browser remembers.

import { ask } from "./ask.js";
import { STARTS } from "./curve.js";
import { fill } from "./text.js";

export const NAMES = { label: "my schedule", betasLabel: "my schedule, {T} betas" };

const MEMORY = "diffusion-explainer-schedule"; // what was designed last, offered again on a reload

/** What others call a schedule of T steps; one through handles has any number of them. */
export const called = (body, T, words) => fill(body.betas ? words.betasLabel : words.label, { T });

/**
 * Have the server make a schedule of `{ handles }` or `{ betas }`. Every failure is an Error whose
 * message is a sentence for the reader; a refusal has a status.
 */
export async function post(body, unreachable = "") {
  const headers = { "Content-Type": "application/json" };
  return ask("api/own/schedule", { unreachable, method: "POST", headers, body: JSON.stringify(body) });
}

/** Keep what was designed, or with null nothing. */
export function remember(body) {
  try {
    if (body) localStorage.setItem(MEMORY, JSON.stringify(body));
    else localStorage.removeItem(MEMORY);
  } catch {
    // Storage may be forbidden; then a reload begins anew.
  }
}

/** What was designed last, or null. */
export function recall() {
  try {
    const { handles, betas } = JSON.parse(localStorage.getItem(MEMORY));
    if (typeof betas === "string") return { betas };
    const sound = (handle) => handle.length === 2 && handle.every(Number.isFinite);
    return handles.length === STARTS.cosine.length && handles.every(sound) ? { handles } : null;
  } catch {
    return null; // nothing there, or not ours
  }
}
