// Choices of which one holds, as buttons side by side.

import { isIdle, make } from "./dom.js";

/**
 * Buttons, of which `press(value)` presses one; `choose(value)` is told of another one. `options`
 * are pairs of a value and what stands on its button.
 */
export function choices(label, options, choose) {
  const buttons = options.map(([value, text]) => make("button", { type: "button", value }, text));
  for (const button of buttons) button.addEventListener("click", () => isIdle(button) || choose(button.value));
  const press = (value) => {
    for (const button of buttons) button.ariaPressed = button.value === value;
  };
  return { group: make("div", { className: "dc-choices", role: "group", ariaLabel: label }, ...buttons), buttons, press };
}

/** A control under its name. */
export const control = (label, ...content) =>
  make("div", { className: "dc-control" }, make("span", {}, label), ...content);
