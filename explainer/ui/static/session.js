// What this tab of the browser keeps over a reload.

// Where the runs of the tab "Train live" and of the chapter on undoing noise are kept.
export const LIVE_RUN = "diffusion-explainer-run";
export const UNDO_RUN = "diffusion-explainer-undo";

/** What was kept under a name, or null. */
export function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null; // storage may be forbidden, and what is there may not be ours
  }
}

/** Keep a value, or with null nothing. */
export function remember(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Forbidden or full: then a reload does not find it again.
  }
}
