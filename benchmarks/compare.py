"""How soon both samplers are painted again after a change of seed, eta or steps.

``python app.py`` in a process of its own, and one Chromium on the same machine as the server.
"""

from __future__ import annotations

from statistics import median, quantiles

from playwright.sync_api import Page

from benchmarks.pages import app_in_browser, opened
from benchmarks.report import Cell, Report, Table, browser_command_line

MOVES = 21
ASKED = 400  # milliseconds

# From a change to the new pictures, painted, of as many players as it concerns.
CHANGE = """async ({ label, value, sides }) => {
  const players = ["DDPM", "DDIM"].map(
    (name) => document.querySelector(`.pc-player[aria-label="${name}"]`).player,
  );
  const before = players.map((player) => player.data);
  const input = [...document.querySelectorAll("input[type=number]")].find(
    (one) => one.offsetParent && one.closest(".block").textContent.includes(label),
  );
  const started = performance.now();
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  input.dispatchEvent(new Event("blur"));
  while (sides.some((i) => players[i].data === before[i])) {
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  const spent = performance.now() - started;
  await new Promise((resolve) => setTimeout(resolve, 500)); // a person looks before moving on
  return spent;
}"""
# What is changed, by what its control is called, to what, and which of the players follow.
CHANGES: dict[str, tuple[str, list[float], list[int]]] = {
    "seed: both sides": ("Seed", [1 + i for i in range(MOVES)], [0, 1]),
    "eta: DDIM": ("η of DDIM", [0.05 * (1 + i % 20) for i in range(MOVES)], [1]),
    "steps of DDPM": ("DDPM steps", [99 - i for i in range(MOVES)], [0]),
    "steps of DDIM": ("DDIM steps", [21 + i for i in range(MOVES)], [1]),
}


def timed_changes(page: Page) -> list[dict[str, Cell]]:
    """Make every change some times after a first one, and time each."""
    rows: list[dict[str, Cell]] = []
    for name, (label, values, sides) in CHANGES.items():
        times = [
            page.evaluate(CHANGE, {"label": label, "value": round(value, 2), "sides": sides})
            for value in values
        ][1:]
        rows.append(
            {
                "changed": name,
                "p50, ms": median(times),
                "p95, ms": quantiles(times, n=20)[-1],
                "worst, ms": max(times),
                "asked for": f"at most {ASKED}",
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    options = browser_command_line("compare", __doc__).parse_args()
    report = Report(options.json)
    with app_in_browser(options.chromium) as (browser, address):
        page = opened(browser, address, "DDPM vs DDIM")
        page.wait_for_function(
            "document.querySelectorAll('.pc-player').length > 1 &&"
            " document.querySelector('.pc-player[aria-label=DDIM]')?.player.data?.count"
        )
        page.wait_for_timeout(3000)
        title = "From a change to the new pictures of 2,000 points, painted"
        note = f"{MOVES - 1} changes each after a first; DDPM in 100 steps, DDIM in 20."
        report.add(Table(title, timed_changes(page), note))


if __name__ == "__main__":
    main()
