"""What the player costs: nothing when nobody looks, and nothing that grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.player_page import NOISED, POINTS, Desk, at_desk

pytestmark = pytest.mark.browser

# Players are made and destroyed, or only taken out of the page, as Gradio does.
MOUNT = """async ([times, destroys]) => {
  for (let i = 0; i < times; i++) {
    const element = document.body.appendChild(document.createElement("div"));
    const value = { src: i % 2 ? "data/points" : "data/noised" };
    const props = { label: `Passing ${i}`, value, strip: true, group: i % 3 ? "" : "passing" };
    const player = await mount(element, props, () => {});
    player.timeline.set({ density: true, trails: true, arrows: true, ghosts: true });
    if (i % 5 === 0) {
      while (!player.data) await new Promise((resolve) => setTimeout(resolve, 5));
      player.play();
      await framesAskedFor(2);
    }
    if (destroys) player.destroy();
    element.remove();
  }
}"""
LOAD = """async (times) => {
  const { player } = document.querySelector("#p0");
  const [one, other] = await Promise.all(
    ["data/points", "data/noised"].map(async (url) => (await fetch(url)).arrayBuffer()));
  for (let i = 0; i < times; i++) {
    player.load(decode((i % 2 ? one : other).slice(0)));
    player.append({ points: player.data.frames[0].slice(), label: "more", facts: { loss: "1" } });
    if (i % 5 === 0) await framesAskedFor(2);
  }
}"""


@pytest.fixture
def desk(page: Page) -> Iterator[Desk]:
    with at_desk(page) as desk:
        yield desk


@pytest.fixture
def counted(page: Page) -> Callable[[], dict[str, float]]:
    """Return a function that says what the page holds once its garbage is collected."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def count() -> dict[str, float]:
        page.wait_for_timeout(200)
        for _ in range(3):
            devtools.send("HeapProfiler.collectGarbage")
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        names = ("JSHeapUsedSize", "JSEventListeners", "Nodes")
        return {m["name"]: m["value"] for m in metrics if m["name"] in names}

    return count


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in before}


def test_players_come_and_go_and_leave_nothing(desk: Desk, counted: Callable[..., dict]) -> None:
    desk.open({**POINTS, "strip": True})
    desk.painted()
    desk.page.evaluate(MOUNT, [40, True])
    before = counted()
    desk.page.evaluate(MOUNT, [200, True])
    growth = grown(before, counted())
    assert growth["JSEventListeners"] <= 0
    assert growth["Nodes"] <= 40  # less than one player's
    assert growth["JSHeapUsedSize"] < 300_000  # one player's data are 50 kB


def test_players_taken_out_of_the_page_end_by_themselves(
    desk: Desk, counted: Callable[..., dict]
) -> None:
    desk.open(POINTS)
    desk.painted()
    desk.page.evaluate(MOUNT, [5, True])
    before = counted()
    desk.page.evaluate(MOUNT, [20, False])
    desk.page.wait_for_timeout(2500)
    growth = grown(before, counted())
    assert growth["JSEventListeners"] <= 0
    assert growth["Nodes"] <= 40


def test_hundreds_of_updates_leave_nothing(desk: Desk, counted: Callable[..., dict]) -> None:
    desk.open({**NOISED, "strip": True})
    desk.painted()
    desk.player().get_by_role("button", name="Density").click()
    desk.player().get_by_role("button", name="Trails").click()
    desk.page.evaluate(LOAD, 50)
    before = counted()
    desk.page.evaluate(LOAD, 400)
    growth = grown(before, counted())
    assert growth["JSEventListeners"] <= 0
    assert growth["Nodes"] <= 10
    assert growth["JSHeapUsedSize"] < 300_000


def test_a_hidden_window_asks_for_no_animation_frames(desk: Desk) -> None:
    desk.open({**POINTS, "group": "a"}, {**NOISED, "group": "a"})
    desk.player(0).get_by_label("Speed").select_option("0.25×")
    desk.player(0).get_by_role("button", name="Loop").click()
    desk.player(0).get_by_role("button", name="Play").click()
    desk.state("playing", 1)
    # Headless Chromium shows every page for ever: only the page's own view of it can be changed.
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    desk.page.evaluate(hide, True)
    desk.page.evaluate("framesAskedFor(2)")  # the one that was under way
    frame = desk.player(0).get_attribute("data-frame")
    assert desk.page.evaluate("framesAskedFor(30)") == 0
    desk.at(frame or "", 0)
    desk.page.evaluate(hide, False)
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) > 2")
    desk.state("playing", 0)
