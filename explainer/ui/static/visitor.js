// The name of a browser tab, so that each has one live run; it survives a reload.

const KEY = "diffusion-explainer-visitor";

let known = null;

export function visitor() {
  known ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
  try {
    known = sessionStorage.getItem(KEY) ?? known;
    sessionStorage.setItem(KEY, known);
  } catch {
    // Storage may be forbidden; then the page itself remembers.
  }
  return known;
}
