// What the controls of a training run show, kept by this tab of the browser over a reload.

import { recall, remember } from "./session.js";
import { visitor } from "./visitor.js";

const MEMORY = "diffusion-explainer-settings";

export class Chosen {
  #before = recall(MEMORY);

  /** The controls show these settings now. */
  keep({ preset, config }) {
    remember(MEMORY, { preset, config });
  }

  /** What to ask the server for so that they show what they did before a reload, or null. */
  again(plan) {
    const { preset, config } = this.#before ?? {};
    if (!config || JSON.stringify(config) === JSON.stringify(plan.config)) return null;
    return { do: "again", visitor: visitor(), recipe: preset, config };
  }
}
