// Keeps the runs of before a reload alive until they are shown again.
//
// The server stops a run that no page asks for. What asks for it stands in a tab, and Gradio mounts
// what is in a tab only when that is opened.

import { isFollowed, LIVE, statusOf } from "./feed.js";
import { LIVE_RUN, recall, UNDO_RUN } from "./session.js";

const EVERY = 20000; // milliseconds: some seven times within a lease

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function keepAlive(run) {
  while (!isFollowed(run)) {
    const status = await statusOf(run);
    if (status !== "" && !LIVE.has(status)) return; // it is over, or the server has lost it
    await pause(EVERY);
  }
}

/** Done once no run is left to be asked for. */
export async function mount() {
  const kept = [LIVE_RUN, UNDO_RUN].map((name) => recall(name) ?? {});
  await Promise.all(kept.map(({ run, over }) => run && !over && keepAlive(run)));
}
