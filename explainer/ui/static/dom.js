// Elements: making them, and keeping the focus on those that have nothing to do for a while.

/** An element with properties and children; text stays text. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Say that a control does nothing now. Unlike a disabled one it keeps the focus: see `isIdle`. */
export function setIdle(element, whether) {
  element.setAttribute("aria-disabled", whether);
  if (element instanceof HTMLInputElement) element.readOnly = whether;
}

/** Whether a control does nothing now; whoever listens to it has to ask. */
export const isIdle = (element) => element.getAttribute("aria-disabled") === "true";

/** The two buttons that choose the scale of an axis, in a group; `choose(name)` is told. */
export function scaleChoice(className, words, chosen, choose) {
  const group = make("div", { className, role: "group", ariaLabel: words.scale });
  for (const name of ["linear", "log"]) {
    const button = make("button", { type: "button", name, ariaPressed: name === chosen }, words[name]);
    button.addEventListener("click", () => {
      for (const other of group.children) other.ariaPressed = other === button;
      choose(name);
    });
    group.append(button);
  }
  return group;
}
