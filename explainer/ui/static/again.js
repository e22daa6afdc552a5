// After a reload: the schedule of before is offered at once, wherever the page opens.

import { called, NAMES, post, recall, remember } from "./designed.js";

/** Have the server make again what was designed last, and tell the page of it as a "change". */
export async function mount(element, props, trigger) {
  const body = recall();
  if (!body) return;
  // What is designed meanwhile is newer.
  const newest = () => JSON.stringify(recall()) === JSON.stringify(body);
  try {
    const { name, T } = await post(body);
    if (newest()) trigger("change", { name, T, label: called(body, T, { ...NAMES, ...props.words }) });
  } catch (error) {
    if (error.status === 422 && newest()) remember(null); // whatever else is wrong may pass
  }
}
