// Offers the models that a learner keeps to the other tabs, whatever tab is open.

import { mount as offerThoseOfBefore, offer } from "./models.js";

const EVENT = "diffusion-explainer-models";

/** Tell the page of all entries of the list of checkpoints; `use`: the first was asked for. */
export function announce(entries, use = false) {
  document.dispatchEvent(new CustomEvent(EVENT, { detail: { entries, use } }));
}

/** Fire `input` or `change` of a component that lies outside the tabs, from its mounting on. */
export function mount(element, props, trigger) {
  document.addEventListener(EVENT, ({ detail: { entries, use } }) =>
    trigger(use ? "input" : "change", offer(entries, props.words)),
  );
  return offerThoseOfBefore(element, props, trigger);
}
