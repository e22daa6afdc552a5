// What the page asks of the server at an event waits while the server cannot be reached.
//
// Gradio gives up on an event whose request finds no server: from then on it passes on no event at
// all, and once the server is back it loads the page anew, with the settings and the open tab
// forgotten. So it is not told: its request is repeated until there is an answer. All settings go
// with each request, so that of several the last one is enough, and it is sent when the others are.

import { loadStyles } from "../player/styles.js";

const EVENT = /\/gradio_api\/run\/predict\/?$/;
const RETRY = 2000; // milliseconds
const PATIENCE = 30000; // a connection that says nothing for so long is dead
const GATEWAYS = [502, 503, 504]; // what stands before the server says that there is none

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Whether something answered in the server's place: its own refusals are JSON. */
const isForeign = (response) =>
  GATEWAYS.includes(response.status) && !(response.headers.get("content-type") ?? "").includes("json");

/** The response of the server, however long that takes; `onaway(whether)` is told how it stands. */
export async function reached(ask, onaway) {
  for (let away = false; ; ) {
    const response = await ask().catch(() => null);
    if (response && !isForeign(response)) {
      if (away) onaway(false);
      return response;
    }
    if (!away) onaway((away = true));
    await pause(RETRY);
  }
}

/** Say at the foot of the page that the server cannot be reached, as long as that is so. */
export async function mount(element, props) {
  await loadStyles(new URL("reach.css", import.meta.url));
  const line = Object.assign(document.createElement("p"), { className: "dx-away", role: "status" });
  // Not where Gradio renders: what it renders again would be without it.
  document.body.append(line);
  let waiting = 0;
  const tell = (away) => {
    waiting += away ? 1 : -1;
    line.textContent = waiting ? props.words.away : "";
  };
  const fetchAs = window.fetch;
  window.fetch = (resource, options) => {
    const address = new URL(resource instanceof Request ? resource.url : resource, document.baseURI);
    if (!EVENT.test(address.pathname) || resource instanceof Request) return fetchAs(resource, options);
    return reached(() => fetchAs(resource, { ...options, signal: AbortSignal.timeout(PATIENCE) }), tell);
  };
}
