// The prior meter: a gauge from "as good as N(0, I)" to "far from it", why, and what to do about it.

import { loadStyles } from "../player/styles.js";
import { ask } from "./ask.js";

// Milliseconds without a change before more is asked for: the picture first, then the gauge, then
// what takes the server long. A slider being dragged passes many places.
const REST = 120;
const LONG_REST = 500;

function shell(root, words) {
  root.innerHTML = `<section class="dx-panel dx-meter">
    <h2></h2>
    <div class="dx-gauge" role="meter" aria-valuemin="0" aria-valuemax="100"><b></b></div>
    <div class="dx-gauge-names" aria-hidden="true"></div>
    <p class="dx-error" role="alert"></p>
    <p class="dx-verdict" aria-live="polite" tabindex="-1"></p>
    <div class="dx-ways-out" hidden><span></span></div>
    <dl></dl>
    <p class="dx-perfect"></p>
  </section>`;
  const find = (selector) => root.querySelector(selector);
  find("h2").textContent = words.title;
  find(".dx-gauge").setAttribute("aria-label", words.title);
  find(".dx-gauge-names").append(
    ...["good", "close", "far"].map((level) =>
      Object.assign(document.createElement("span"), { textContent: words[level] }),
    ),
  );
  find(".dx-ways-out span").textContent = words.ways_out;
  return {
    panel: find("section"),
    gauge: find(".dx-gauge"),
    error: find(".dx-error"),
    verdict: find(".dx-verdict"),
    ways: find(".dx-ways-out"),
    numbers: find("dl"),
    perfect: find(".dx-perfect"),
  };
}

const element = (tag, text, more = {}) =>
  Object.assign(document.createElement(tag), { textContent: text, ...more });

export async function mount(host, props, watch, trigger) {
  await loadStyles(new URL("meter.css", import.meta.url));
  const { words } = props;
  const parts = shell(host.querySelector("[data-meter]"), words);
  let wanted = null;

  const draw = ({ level, share, verdict, numbers, ways_out }) => {
    parts.panel.dataset.level = level;
    parts.gauge.style.setProperty("--dx-share", share);
    parts.gauge.setAttribute("aria-valuenow", Math.round(100 * share));
    parts.gauge.setAttribute("aria-valuetext", words[level]);
    if (parts.verdict.textContent !== verdict) parts.verdict.textContent = verdict;
    parts.numbers.replaceChildren(
      ...numbers.map(([name, value, note]) => {
        const row = element("div", "");
        row.append(element("dt", name), element("dd", value), element("dd", note));
        return row;
      }),
    );
    // Who took a way out by keyboard goes on from what it led to.
    if (parts.ways.contains(document.activeElement)) parts.verdict.focus();
    parts.ways.hidden = !ways_out.length;
    for (const old of parts.ways.querySelectorAll("button")) old.remove();
    for (const { label, alpha_bar, level: to, settings } of ways_out) {
      const button = element("button", `${label}: `, { type: "button" });
      button.append(element("small", words.leads_to.replace("{alpha_bar}", alpha_bar)));
      button.dataset.level = to;
      button.addEventListener("click", () => trigger("input", settings));
      parts.ways.append(button);
    }
  };

  const show = async () => {
    const { src, perfect, error } = props.value ?? {};
    if (!src || error) return; // the player beside it tells what is wrong
    // Whether something else comes to be wanted in the meantime.
    const passed = (rest) => new Promise((resolve) => setTimeout(() => resolve(src !== wanted), rest));
    const first = wanted === null;
    wanted = src;
    try {
      if (!first && (await passed(REST))) return;
      const found = await ask(src);
      if (src !== wanted) return;
      parts.error.textContent = "";
      draw(found);
      if (await passed(LONG_REST)) return;
      const { steps, from_prior, from_data } = await ask(perfect);
      if (src !== wanted) return;
      parts.perfect.textContent = words.perfect
        .replace("{steps}", steps)
        .replace("{from_prior}", from_prior)
        .replace("{from_data}", from_data);
    } catch (problem) {
      if (src === wanted) parts.error.textContent = problem.message;
    }
  };
  watch("value", show);
  show();
}
