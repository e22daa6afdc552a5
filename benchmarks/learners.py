"""How quick the page is for one learner who trains, and for another while two trainings run.

``python app.py`` in a process of its own, and one Chromium with a page for each learner, on the
same machine as the server: all of them share its cores.
"""

from __future__ import annotations

import threading
import urllib.request
from statistics import median, quantiles

from playwright.sync_api import Browser, Page

from benchmarks.pages import app_in_browser, opened
from benchmarks.report import Cell, Report, Table, browser_command_line
from benchmarks.startup import PATIENCE
from explainer.frames import decode

STARTS = 7
WATCHED = 5.0  # seconds in which what is new is counted
SLIDES = 30
FIRST = 11  # tens of T that the slider begins with: beyond the page's own 100
SETTLED = 2000  # milliseconds until closing a page is over

# From the press of Start to the first picture that was not there before, painted.
START = """async () => {
  const root = document.querySelector("[data-live] .pc-player");
  const before = root.player.data;
  const started = performance.now();
  document.querySelector("[data-live] button[name=start]").click();
  while (root.player.data === before) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - started;
}"""
# Pictures and values of the loss that came within some seconds, and how often anything came.
WATCH = """async (seconds) => {
  const { player } = document.querySelector("[data-live] .pc-player");
  const step = document.querySelector("[data-live] .dl-facts dd");
  const end = performance.now() + 1000 * seconds;
  let [renewed, pictures, told, count] = [0, 0, step.textContent, player.data.count];
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    if (step.textContent !== told) renewed += 1;
    pictures += Math.max(0, player.data.count - count);
    [told, count] = [step.textContent, player.data.count];
  }
  return { renewed: renewed / seconds, pictures: pictures / seconds };
}"""
# From a move of the slider to the picture of another T, painted; no T is asked for twice.
SLIDE = """async (values) => {
  const { player } = document.querySelector(".pc-player");
  const labelled = [...document.querySelectorAll("input[type=range]")];
  const slider = labelled.find((input) => input.max === "1000");
  const times = [];
  for (const value of values) {
    const before = player.data;
    const started = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (player.data === before) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 300)); // a person looks before moving on
  }
  return times;
}"""


def chosen(page: Page, recipe: str) -> None:
    """Choose a recipe and wait until the page knows it."""
    page.get_by_label(recipe, exact=True).click()
    page.wait_for_timeout(1500)


def trains(page: Page) -> Table:
    """Time Start and count what is renewed, for one learner alone."""
    starts = []
    for _ in range(STARTS):
        starts.append(page.evaluate(START))
        page.locator('[data-transport][data-status="done"]').wait_for(timeout=1000 * PATIENCE)
    rows: list[dict[str, Cell]] = [
        {
            "measured": "Start to the first renewed picture, ms",
            "median": median(starts[1:]),
            "worst": max(starts[1:]),
            "asked for": "at most 700",
        }
    ]
    for recipe in ("Fast", "Tutorial"):
        chosen(page, recipe)
        if recipe == "Fast":
            page.get_by_text("Training", exact=True).first.click()
            steps = page.get_by_label("Training steps")
            steps.fill("20000")
            steps.press("Tab")
            page.wait_for_timeout(1000)
        page.evaluate(START)
        told = page.evaluate(WATCH, WATCHED)
        page.get_by_role("button", name="Stop", exact=True).click()
        rows += [
            {
                "measured": f"{recipe}: renewals a second",
                "median": told["renewed"],
                "asked for": "at least 4",
            },
            {"measured": f"{recipe}: pictures a second", "median": told["pictures"]},
        ]
    return Table("One learner trains", rows, f"{STARTS - 1} starts after a first one.")


def slides(page: Page, first: int) -> dict[str, Cell]:
    """Move a slider some times after a first one, and time each move to its picture."""
    times = page.evaluate(SLIDE, [10 * i for i in range(first, first + SLIDES + 1)])[1:]
    return {
        "p50, ms": median(times),
        "p95, ms": quantiles(times, n=20)[-1],
        "worst, ms": max(times),
    }


def left_running(browser: Browser, address: str) -> str:
    """Start a long run, close its page, and return the run's id."""
    page = opened(browser, address, "Train live")
    chosen(page, "Tutorial")
    page.evaluate(START)
    run = page.evaluate("JSON.parse(sessionStorage.getItem('diffusion-explainer-run')).run")
    page.context.close()
    return str(run)


def follow(address: str, run: str, ended: threading.Event) -> None:
    """Ask for the news of a run as its page does."""
    since = 0
    while not ended.wait(0.18):
        with urllib.request.urlopen(f"{address}/api/runs/{run}?since={since}") as response:
            header, _ = decode(response.read())
        since = header["seq"]


def learns_beside(browser: Browser, address: str) -> Table:
    """Time one learner's slider, alone and while two others train."""
    looking = opened(browser, address, "Forward process")
    rows: list[dict[str, Cell]] = [{"while": "nobody trains", **slides(looking, FIRST)}]
    ended = threading.Event()
    runs = [left_running(browser, address) for _ in range(2)]
    others = [threading.Thread(target=follow, args=(address, run, ended)) for run in runs]
    for thread in others:
        thread.start()
    looking.wait_for_timeout(SETTLED)  # the others' pages were opened and closed in this browser
    rows.append({"while": "two others train", **slides(looking, FIRST + SLIDES + 1)})
    ended.set()
    for thread in others:
        thread.join()
    rows[1]["asked for, p95"] = "under 150"
    return Table(
        "The slider of a learner who looks at the forward process",
        rows,
        f"From the move to the new picture, painted; {SLIDES} moves after a first, no T asked for "
        "before. This learner's browser runs beside the server; the two others' pages ask for "
        "their runs' news but draw nothing, as on machines of their own.",
    )


def main() -> None:
    """Measure and print."""
    options = browser_command_line("learners", __doc__).parse_args()
    report = Report(options.json)
    with app_in_browser(options.chromium) as (browser, address):
        page = opened(browser, address, "Train live")
        report.add(trains(page))
        page.context.close()
        report.add(learns_beside(browser, address))


if __name__ == "__main__":
    main()
