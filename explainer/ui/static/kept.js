// The own points used last, as the browser keeps them: a reload finds them again.

const MEMORY = "diffusion-explainer-own";
const REMEMBERED = 1.5e6; // characters; a browser keeps some five million for a site

/** Strokes as the server reads them. */
export function asDrawing(strokes) {
  const flat = strokes.flat();
  return JSON.stringify({ points: flat.flatMap((x, i) => (i % 2 ? [] : [[x, flat[i + 1]]])) });
}

/** The bytes of a table as text, for a storage that holds nothing else; and back. */
export function toText(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

export const fromText = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Keep what is used, or with null nothing. */
export function remember(kept) {
  try {
    if (!kept) return localStorage.removeItem(MEMORY);
    const all = JSON.stringify(kept);
    const { content, ...rest } = kept;
    // Too many are found again by their name alone, while the server has them.
    localStorage.setItem(MEMORY, all.length <= REMEMBERED ? all : JSON.stringify(rest));
  } catch {
    // Forbidden or full: then a reload does not find the points again.
  }
}

/** What was kept, or null. */
export function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(MEMORY));
    const sound = kept.kind !== "drawing" || !kept.content || kept.content.every(Array.isArray);
    return sound && typeof kept.name === "string" ? kept : null;
  } catch {
    return null; // nothing there, or not ours
  }
}
