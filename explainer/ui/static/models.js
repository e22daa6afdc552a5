// The checkpoints that a learner has saved, as the browser remembers them. The server has the files.

import { ask } from "./ask.js";
import { fill } from "./text.js";
import { bytesAt, keep as lay, kept } from "./vault.js";

export const MEMORY = "diffusion-explainer-checkpoints"; // a reload finds them again
export const MOST = 8;
const USUAL = 2;
const LONGEST = 60; // characters of a title, and of a label
const NAME = /^own-[0-9a-f]{16}$/;

/** A number as the page's language writes it. */
export const counted = (number) => number.toLocaleString(document.documentElement.lang || "en");

/** A text of at most `longest` characters, none of them cut in two. */
export const shortened = (text, longest = LONGEST) => [...text.trim()].slice(0, longest).join("").trim();

/** How many are kept, from whatever was typed. */
export function bounded(number, otherwise = USUAL) {
  const whole = Math.round(Number(number));
  return whole ? Math.min(MOST, Math.max(1, whole)) : otherwise;
}

/** What was remembered: how many are kept, and the entries, the newest first. */
export function recall() {
  try {
    const { keep, entries } = JSON.parse(localStorage.getItem(MEMORY));
    const sound = entries.filter(({ name, title }) => NAME.test(name) && typeof title === "string");
    return { keep: bounded(keep), entries: sound.slice(0, MOST) };
  } catch {
    return { keep: USUAL, entries: [] }; // nothing there, or not ours
  }
}

export function remember(keep, entries) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify({ keep, entries }));
  } catch {
    // Forbidden or full: then a reload does not find them again.
  }
}

/**
 * An entry with what the server says of it; one that it no longer has is `gone`, and `held` where
 * the browser has it.
 */
export async function lookUp(entry) {
  try {
    return { ...entry, ...(await ask(`api/models/${entry.name}/facts`)), gone: false };
  } catch (error) {
    // Whatever else is wrong may pass.
    if (error.status !== 404) return entry;
    return { ...entry, gone: true, held: Boolean(await kept(entry.name)) };
  }
}

/** Have the browser keep what the server has, so that it outlives the server. */
export async function hold({ name }) {
  if (await kept(name)) return;
  const bytes = await bytesAt(`api/models/${name}`);
  if (bytes) await lay(name, { bytes });
}

/** Give the server what the browser has held; the entry as it is then. */
export async function giveBack(entry, unreachable) {
  const { bytes } = (await kept(entry.name)) ?? {};
  const facts = await ask("api/models", { method: "POST", body: bytes, unreachable });
  return { ...entry, ...facts, gone: false };
}

/** What an entry is called in a list of models; an early one says how early, as titles repeat. */
export function labelOf({ title, step, steps }, words) {
  if (!(step < steps)) return shortened(title);
  const early = ` · ${fill(words.step, { step: counted(step) })}`;
  return shortened(title, LONGEST - early.length) + early;
}

/** The data of the event that offers entries among the models. */
export function offer(entries, words) {
  const present = entries.filter((entry) => !entry.gone);
  return { models: present.map((entry) => ({ name: entry.name, label: labelOf(entry, words) })) };
}

/** After a reload: offer the checkpoints of before at once, whatever tab is open. */
export async function mount(element, props, trigger) {
  const { entries } = recall();
  if (!entries.length) return;
  const found = await Promise.all(entries.map(lookUp));
  const still = new Set(recall().entries.map(({ name }) => name)); // some may have been removed meanwhile
  trigger("change", offer(found.filter(({ name }) => still.has(name)), props.words));
}
