"""The panel "What the network believes" in a real Chromium, on a page of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, Route, expect

from explainer.frames import quantise
from explainer.ui.text.belief import BELIEF_WORDS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
KINDS = {".js": "text/javascript", ".css": "text/css"}
LIMITS, SIDE, LEVELS = (-2.0, 2.0, -2.0, 2.0), 15, [1, 21, 41, 60, 80, 100]
LEARNED, EXACT, DIFFERENCE = range(3)
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body { margin: 12px } .dark { background: #000; --background-fill-primary: #0f172a }</style>
<div style="height: SPACEpx"></div><div id="here"></div>
<script type="module">
  import { Belief } from "./static/page/belief.js";
  window.belief = new Belief(document.querySelector("#here"), WORDS);
  window.bytes = (list) => Uint8Array.from(list);
</script>
<script>
  window.draws = 0;
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    window.draws += 1;
    clearRect.apply(this, box);
  };
  // What is coloured about a pixel, whatever paper it is blended with.
  const chroma = ([r, g, b]) => [r - (r + g + b) / 3, g - (r + g + b) / 3, b - (r + g + b) / 3];
  window.ink = (canvas, tone) => {
    const { width, height } = canvas;
    const d = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const wanted = chroma(tone);
    const found = { count: 0, purest: 0, x: [1, 0], y: [1, 0], dots: 0 };
    for (let i = 0; i < d.length; i += 4) {
      if (d[i + 3] < 10) continue;
      const pixel = chroma(d.slice(i, i + 3));
      const strong = Math.hypot(...pixel);
      const along = pixel.reduce((sum, value, at) => sum + value * wanted[at], 0);
      if (strong < 15) found.dots += 1;
      if (strong < 30 || along < 0.95 * strong * Math.hypot(...wanted)) continue;
      const x = ((i / 4) % width) / width;
      const y = 1 - Math.floor(i / 4 / width) / height;
      found.count += 1;
      const pure = d[i + 3] > 200 && strong > found.purest;
      if (pure) Object.assign(found, { purest: strong, tone: [...d.slice(i, i + 3)] });
      found.x = [Math.min(found.x[0], x), Math.max(found.x[1], x)];
      found.y = [Math.min(found.y[0], y), Math.max(found.y[1], y)];
    }
    return found;
  };
</script>"""
TONES = [[0x00, 0x80, 0xC8], [0x00, 0x9E, 0x73], [0xD5, 0x5E, 0x00]]


def field(vector: Callable[[int, float, float], tuple[float, float]]) -> list[int]:
    """Return the bytes of a field, given at a level's index and a place in [0, 1]²."""
    share = (np.arange(SIDE) + 0.5) / SIDE
    v = np.array([[[vector(i, x, y) for y in share] for x in share] for i in range(len(LEVELS))])
    written: list[int] = np.rint(127.5 + 127 * v).astype(np.uint8).ravel().tolist()
    return written


INWARD = field(lambda i, x, y: (0.6 * np.sign(0.5 - x), 0.0))
NOTHING = field(lambda i, x, y: (0.0, 0.0))


class Desk:
    """A page with the panel."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.space = 0  # css pixels above the panel
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            body = PAGE.replace("SPACE", str(self.space)).replace("WORDS", json.dumps(BELIEF_WORDS))
            return route.fulfill(body=body, content_type="text/html")
        _, _, folder, name = path.split("/")
        file = FOLDERS[folder] / name
        return route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def open(self) -> Desk:
        self.page.goto("http://page.test/")
        self.page.wait_for_function("window.belief")
        styled = (
            "getComputedStyle(document.querySelector('.dt-panel')).getPropertyValue('--dt-miss')"
        )
        self.page.wait_for_function(styled)
        return self

    def truth(
        self,
        exact: list[int] = INWARD,
        background: NDArray[np.uint16] | None = None,
        levels: list[int] = LEVELS,
        **more: Any,
    ) -> Desk:
        settings = {"limits": LIMITS, "side": SIDE, "levels": levels, **more}
        points = None if background is None else background.ravel().tolist()
        self.page.evaluate(
            """([settings, exact, points]) => belief.setTruth({
              ...settings, field: bytes(exact), background: points && Uint16Array.from(points)
            })""",
            [settings, exact, points],
        )
        return self

    def learned(self, found: list[int] | None) -> None:
        self.page.evaluate("found => belief.show(found && bytes(found))", found)

    @property
    def canvases(self) -> Locator:
        return self.page.locator("canvas")

    @property
    def slider(self) -> Locator:
        return self.page.get_by_role("slider", name=BELIEF_WORDS["level"])

    def ink(self, kind: int) -> Any:
        """Return how much of its tone a picture shows, where, from 0 to 1, and how many dots."""
        self.settled()
        return self.canvases.nth(kind).evaluate("ink", TONES[kind])

    def settled(self) -> None:
        """Wait for observers to have told of changes, and for the drawing that follows."""
        self.page.evaluate(
            "async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame); }"
        )

    def draws(self) -> int:
        self.settled()
        found: int = self.page.evaluate("draws")
        return found


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def test_three_pictures_say_what_they_are(desk: Desk) -> None:
    desk.open().truth()
    desk.learned(INWARD)
    expect(desk.page.get_by_role("heading", level=2)).to_have_text(BELIEF_WORDS["title"])
    for kind in ("learned", "exact", "difference"):
        expect(desk.page.get_by_role("img", name=BELIEF_WORDS[f"{kind}Label"])).to_be_visible()
    expect(desk.page.locator("figcaption b")).to_have_text(["learned", "exact", "difference"])
    expect(desk.page.locator(".dt-explain")).to_have_text(BELIEF_WORDS["explain"])


def test_arrows_stand_where_the_grid_has_them_and_y_points_up(desk: Desk) -> None:
    """One arrow alone: in the left half, high up, pointing down."""

    def one(i: int, x: float, y: float) -> tuple[float, float]:
        return (0.0, -1.0) if abs(x - 2.5 / 15) < 0.01 and abs(y - 12.5 / 15) < 0.01 else (0.0, 0.0)

    desk.open().truth(field(one))
    found = desk.ink(EXACT)
    assert found["count"] > 15
    assert found["x"] == pytest.approx([2.5 / 15, 2.5 / 15], abs=0.035)
    low, high = found["y"]
    assert high == pytest.approx(12.5 / 15, abs=0.03)
    assert low == pytest.approx((12.5 - 1.1) / 15, abs=0.03)


def test_a_noise_of_one_is_shorter_on_the_shorter_axis(desk: Desk) -> None:
    def both(i: int, x: float, y: float) -> tuple[float, float]:
        return (0.7, 0.7) if abs(x - 0.5) < 0.01 and abs(y - 0.5) < 0.01 else (0.0, 0.0)

    desk.open().truth(field(both), scale=[1, 0.5])
    found = desk.ink(EXACT)
    (left, right), (low, high) = found["x"], found["y"]
    assert (right - left) == pytest.approx(0.7 * 1.1 / 15, abs=0.015)
    assert (high - low) == pytest.approx(0.35 * 1.1 / 15, abs=0.02)


def test_the_difference_is_learned_minus_exact(desk: Desk) -> None:
    desk.open().truth()
    desk.learned(INWARD)
    reading = desk.page.locator(".dt-reading")
    expect(reading.locator("b")).to_have_text("0.00")
    assert desk.ink(LEARNED)["count"] > 500
    assert desk.ink(EXACT)["count"] > 500
    assert desk.ink(DIFFERENCE)["count"] == 0
    desk.learned(NOTHING)
    # Off by the whole length of the exact arrows, but where x = 0.5 there is none: 14 / 15 of them.
    expect(reading.locator("b")).to_have_text("0.56")
    expect(reading).to_contain_text("0.56 is one that never sees any noise")
    assert desk.ink(LEARNED)["count"] == 0
    found = desk.ink(DIFFERENCE)
    assert found["count"] > 500
    # Away from the middle: past the outermost places, at 0.5 / 15 of the side.
    assert found["x"][0] < 0.03
    assert found["x"][1] > 0.97


def test_one_slider_chooses_t_for_all(desk: Desk) -> None:
    # Arrows at the last level alone.
    late = field(lambda i, x, y: (0.8, 0.0) if i == len(LEVELS) - 1 else (0.0, 0.0))
    desk.open().truth(late)
    desk.learned(late)
    expect(desk.slider).to_have_attribute("aria-valuetext", "t = 41 of 100")
    expect(desk.page.locator("output")).to_have_text("t = 41 of 100")
    assert desk.ink(LEARNED)["count"] == desk.ink(EXACT)["count"] == 0
    desk.slider.focus()
    desk.page.keyboard.press("End")
    expect(desk.slider).to_have_attribute("aria-valuetext", "t = 100 of 100")
    assert desk.page.evaluate("[belief.index, belief.t]") == [5, 100]
    assert desk.ink(LEARNED)["count"] > 500
    assert desk.ink(EXACT)["count"] > 500
    desk.page.evaluate("belief.index = 0")
    expect(desk.slider).to_have_value("0")
    expect(desk.slider).to_have_attribute("aria-valuetext", "t = 1 of 100")
    assert desk.ink(EXACT)["count"] == 0


def test_another_truth_keeps_the_share_of_t(desk: Desk) -> None:
    desk.open().truth()
    desk.page.evaluate("belief.index = 5")
    half = len(INWARD) // 2
    desk.page.evaluate("belief.setTruth(null)")
    desk.truth(INWARD[:half], levels=[1, 500, 1000])
    assert desk.page.evaluate("[belief.index, belief.t]") == [2, 1000]
    expect(desk.slider).to_have_attribute("aria-valuetext", "t = 1000 of 1000")


def test_without_a_network_the_exact_field_stands_alone(desk: Desk) -> None:
    desk.open()
    expect(desk.page.locator(".dt-reading")).to_have_text(BELIEF_WORDS["waiting"])
    expect(desk.slider).to_be_disabled()
    desk.truth()
    expect(desk.page.locator(".dt-reading")).to_have_text(BELIEF_WORDS["none"])
    expect(desk.slider).to_be_enabled()
    assert desk.ink(EXACT)["count"] > 500
    assert desk.ink(LEARNED)["count"] == desk.ink(DIFFERENCE)["count"] == 0
    desk.learned(NOTHING)
    assert desk.ink(DIFFERENCE)["count"] > 500
    desk.learned(None)
    expect(desk.page.locator(".dt-reading b")).to_be_empty()
    assert desk.ink(DIFFERENCE)["count"] == 0


def test_a_field_may_come_before_the_truth(desk: Desk) -> None:
    desk.open().learned(INWARD)
    desk.truth()
    expect(desk.page.locator(".dt-reading b")).to_have_text("0.00")
    desk.page.evaluate("belief.setTruth(null)")
    expect(desk.page.locator(".dt-reading")).to_have_text(BELIEF_WORDS["waiting"])
    assert desk.ink(EXACT)["count"] == 0
    desk.page.evaluate("belief.refuse('Nobody answers.')")
    expect(desk.page.locator(".dt-reading")).to_have_text("Nobody answers.")
    desk.truth()
    expect(desk.page.locator(".dt-reading b")).to_have_text("0.00")


def test_the_data_lie_behind_but_not_what_is_outside(desk: Desk) -> None:
    random = np.random.default_rng(0)
    inside = quantise(random.uniform(-1.9, 1.9, (400, 2)), LIMITS)
    outside = np.zeros_like(inside)
    desk.open().truth(NOTHING, inside)
    assert desk.ink(EXACT)["dots"] > 300
    desk.truth(NOTHING, outside)
    assert desk.ink(EXACT)["dots"] == 0


def test_light_and_dark(desk: Desk) -> None:
    desk.open().truth()
    light = desk.ink(EXACT)
    desk.page.evaluate("document.body.classList.add('dark')")
    dark = desk.ink(EXACT)
    assert light["tone"] == pytest.approx(TONES[EXACT], abs=20)
    assert dark["tone"] == pytest.approx([0x2F, 0xC7, 0x9C], abs=20)  # lighter on dark paper
    desk.page.evaluate("document.body.classList.remove('dark')")
    assert desk.ink(EXACT) == light


def test_many_pictures_make_one_drawing_a_frame(desk: Desk) -> None:
    desk.open().truth()
    before = desk.draws()
    desk.page.evaluate(
        "field => { for (let i = 0; i < 50; i++) belief.show(bytes(field)); }", INWARD
    )
    assert desk.draws() == before + 3  # one of each canvas
    assert desk.draws() == before + 3  # and none without news


def test_nothing_is_drawn_while_nobody_sees_it(desk: Desk) -> None:
    desk.space = 5000
    desk.open().truth()
    desk.learned(INWARD)
    assert desk.draws() == 0
    desk.canvases.first.scroll_into_view_if_needed()
    assert desk.ink(LEARNED)["count"] > 500


@pytest.mark.parametrize("ratio", [1, 3])
def test_on_a_phone_two_pictures_stand_beside_each_other(browser: Browser, ratio: int) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=ratio)
    desk = Desk(page).open().truth()
    desk.learned(NOTHING)
    assert desk.ink(EXACT)["count"] > 300
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    learned, exact, difference = (canvas.bounding_box() for canvas in desk.canvases.all())
    reading = page.locator(".dt-reading").bounding_box()
    assert learned
    assert exact
    assert difference
    assert reading
    assert learned["y"] == exact["y"] < difference["y"]
    assert learned["width"] > 140
    assert reading["x"] > difference["x"] + difference["width"]  # the fourth of two by two
    css, device = desk.canvases.first.evaluate("c => [c.clientWidth, c.width]")
    assert device == min(2, ratio) * css
    page.close()


def test_where_there_is_room_all_three_stand_in_a_row(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1200, "height": 800})
    desk.open().truth()
    assert len({box["y"] for c in desk.canvases.all() if (box := c.bounding_box())}) == 1
    wide = desk.ink(EXACT)
    desk.page.set_viewport_size({"width": 620, "height": 800})
    narrow = desk.ink(EXACT)
    assert 300 < narrow["count"] < wide["count"]
    assert len({box["y"] for c in desk.canvases.all() if (box := c.bounding_box())}) == 1
