"""The rows of clouds in a real Chromium, on a page of their own with a pretended server."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from explainer import frames

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
KINDS = {".js": "text/javascript", ".css": "text/css"}
URL = "http://page.test/behind/a/proxy/"
REFUSAL = "T must be at least 2, not 1."
VERDICTS = {
    "tutorial": ("far", "Far from N(0, I): 78 % of the data's power is left at T."),
    "linear": ("close", "Close to N(0, I)."),
    "cosine": ("good", "As good as N(0, I)."),
}
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body { margin: 12px } .dark { background: #000; --background-fill-primary: #0f172a }</style>
<div style="height: SPACEpx"></div><div id="here"><div data-rows></div></div>
<script type="module">
  import { mount } from "./static/page/rows.js";
  const props = { value: { src: "api/clouds" }, label: "What is left", words: { good: "fine" } };
  await mount(document.querySelector("#here"), props, (name, callback) => {
    window.tell = (value) => { props.value = value; callback(); };
  });
</script>
<script>
  const pixels = (c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  window.paper = (canvas) => [...pixels(canvas).slice(0, 3)];
  window.checksum = (canvas) => pixels(canvas).reduce((sum, value) => (sum * 31 + value) | 0, 7);
  // Paper is grey or nearly so; points are not.
  window.ink = (canvas) => {
    const d = pixels(canvas);
    let count = 0;
    for (let i = 0; i < d.length; i += 4) {
      if (Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 60) count += 1;
    }
    return count;
  };
  window.watching = 0; // observers that have begun and not ended
  for (const name of ["ResizeObserver", "MutationObserver", "IntersectionObserver"]) {
    window[name] = class extends window[name] {
      observe(target, options) {
        super.observe(target, options);
        this.ours = target.matches?.("body, [data-rows]") ? 1 : 0; // others' are not counted
        window.watching += this.ours;
      }
      disconnect() {
        super.disconnect();
        window.watching -= this.ours;
      }
    };
  }
</script>"""


@cache
def container(*names: str) -> bytes:
    """Return rows of a ring that swells to the right as it turns to noise."""
    random = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 400)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    noise = random.normal(size=ring.shape)
    clouds = [ring * (1 - i / 4) + noise * i / 4 for _ in names for i in range(5)]
    limits = frames.limits_around(*clouds)
    rows = [
        {
            "name": name,
            "label": f"{name} one",
            "color": "#009E73",
            "dash": "dash" if name == "linear" else "solid",
            "titles": ["t = 0", "25", "50", "75", "100"],
            "verdict": VERDICTS[name][1],
            "level": VERDICTS[name][0],
            "numbers": [["ᾱ at T", "0.7780"], ["KL", "0.123"]],
        }
        for name in names
    ]
    color = np.linspace(0, 255, len(ring)).astype(np.uint8)
    arrays = {"frames": frames.quantise(np.stack(clouds), limits), "color": color}
    return frames.encode({"limits": limits, "rows": rows}, arrays)


class Desk:
    """A page with rows of clouds, and the answers that it gets."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.held: list[Route] = []
        self.space = 0  # css pixels above the rows
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/behind/a/proxy/")
        if path == "":
            route.fulfill(body=PAGE.replace("SPACE", str(self.space)), content_type="text/html")
        elif path == "api/clouds":
            self.give(route, *VERDICTS)
        elif path == "api/refused":
            route.fulfill(status=422, json={"error": REFUSAL})
        elif path == "api/held":
            self.held.append(route)
        elif path.startswith("api/"):
            self.give(route, path.removeprefix("api/"))
        else:
            _, folder, name = path.split("/")
            file = FOLDERS[folder] / name
            route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def give(self, route: Route, *names: str) -> None:
        route.fulfill(body=container(*names), content_type="application/octet-stream")

    def open(self) -> Desk:
        self.page.goto(URL)
        expect(self.page.get_by_role("img")).to_have_count(15)
        return self

    def row(self, number: int) -> Locator:
        return self.page.get_by_role("listitem").nth(number)

    def painted(self, number: int = 0) -> list[int]:
        """Wait until all clouds of a row are painted; return what they show."""
        clouds = self.row(number).locator("canvas")
        for i in range(5):
            handle = clouds.nth(i).element_handle()
            self.page.wait_for_function("canvas => ink(canvas) > 100", arg=handle)
        found: list[int] = clouds.evaluate_all("all => all.map(checksum)")
        return found

    def tell(self, value: dict[str, str]) -> None:
        """Hand over a new value, as an event of the app does."""
        self.page.evaluate(f"tell({json.dumps(value)})")

    def theme(self, dark: bool) -> None:
        self.page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def test_each_schedule_has_five_clouds_and_a_verdict(desk: Desk) -> None:
    desk.open()
    expect(desk.page.get_by_role("heading", level=2)).to_have_text("What is left")
    names = ["tutorial one", "linear one", "cosine one"]
    expect(desk.page.get_by_role("heading", level=3)).to_have_text(names)
    for number, (level, verdict) in enumerate(VERDICTS.values()):
        pictures = desk.painted(number)
        assert len(set(pictures)) == 5
        row = desk.row(number)
        expect(row.locator(".dx-badge")).to_have_text({"good": "fine"}.get(level, level))
        expect(row.locator(".dx-badge svg")).to_be_visible()
        expect(row).to_contain_text(verdict)
        expect(row.locator("figcaption")).to_have_text(["t = 0", "25", "50", "75", "100"])
        expect(row.get_by_role("term")).to_have_text(["ᾱ at T", "KL"])
        expect(row.get_by_role("definition")).to_have_text(["0.7780", "0.123"])
    expect(desk.page.get_by_role("img", name="cosine one, 75")).to_be_visible()
    line = desk.row(1).locator("line")
    expect(line).to_have_attribute("stroke", "#009E73")
    expect(line).to_have_attribute("stroke-dasharray", "8 5")


def test_light_and_dark(desk: Desk) -> None:
    desk.open()
    light = desk.painted()
    canvas = desk.row(0).locator("canvas").first
    assert canvas.evaluate("paper") == [255, 255, 255]
    desk.theme(dark=True)
    handle = canvas.element_handle()
    desk.page.wait_for_function("canvas => paper(canvas)[0] < 40", arg=handle)
    assert canvas.evaluate("paper") == [0x0F, 0x17, 0x2A]
    assert set(desk.painted()).isdisjoint(light)
    desk.theme(dark=False)
    desk.page.wait_for_function("canvas => paper(canvas)[0] === 255", arg=handle)
    assert desk.painted() == light


@pytest.mark.parametrize("ratio", [1, 2])
def test_on_a_phone_five_crisp_clouds_stand_in_a_row(browser: object, ratio: int) -> None:
    page = browser.new_page(  # type: ignore[attr-defined]
        viewport={"width": 390, "height": 844}, device_scale_factor=ratio
    )
    desk = Desk(page).open()
    desk.painted()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [canvas.bounding_box() for canvas in desk.row(0).locator("canvas").all()]
    assert len({box["y"] for box in boxes if box}) == 1
    size = desk.row(0).locator("canvas").first.evaluate("c => [c.clientWidth, c.width, c.height]")
    assert size[0] > 50
    assert size[1] == size[2] == ratio * size[0]
    verdict = desk.row(0).locator(".dx-row-verdict").bounding_box()
    assert verdict
    assert boxes[0]
    assert verdict["y"] > boxes[0]["y"] + boxes[0]["height"]
    page.close()


def test_a_new_size_is_painted_anew(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1200, "height": 800})
    desk.open()
    wide = desk.painted()
    canvas = desk.row(0).locator("canvas").first
    before = canvas.evaluate("c => c.width")
    desk.page.set_viewport_size({"width": 500, "height": 800})
    desk.page.wait_for_function(
        "([c, before]) => c.width < before && c.width === c.clientWidth",
        arg=[canvas.element_handle(), before],
    )
    assert desk.painted() != wide


def test_other_schedules_take_their_place(desk: Desk) -> None:
    desk.open()
    desk.painted()
    desk.tell({"src": "/api/cosine"})
    expect(desk.page.get_by_role("listitem")).to_have_count(1)
    desk.painted()
    expect(desk.page.get_by_role("alert")).to_be_hidden()


def test_a_refusal_is_told_and_the_picture_stays(desk: Desk, errors: list[str]) -> None:
    desk.open()
    before = desk.painted()
    alert = desk.page.get_by_role("alert")
    desk.tell({"error": "schedules must name at least one schedule."})
    expect(alert).to_have_text("schedules must name at least one schedule.")
    desk.tell({"src": "api/refused"})
    expect(alert).to_have_text(REFUSAL)
    assert desk.painted() == before
    assert ["422" in error for error in errors] == [True]
    errors.clear()
    desk.page.route("**/api/gone", lambda route: route.abort())
    desk.tell({"src": "api/gone"})
    expect(alert).to_have_text("The clouds could not be loaded. Is the app still running?")
    errors.clear()
    desk.tell({"src": "api/cosine"})
    expect(alert).to_be_hidden()


def test_only_the_newest_answer_is_shown(desk: Desk) -> None:
    desk.open()
    desk.tell({"src": "api/held"})
    expect(desk.page.locator("[data-rows]")).to_have_attribute("aria-busy", "true")
    desk.tell({"src": "api/cosine"})
    expect(desk.page.get_by_role("listitem")).to_have_count(1)
    for route in desk.held:
        desk.give(route, *VERDICTS)
    desk.page.wait_for_timeout(100)
    expect(desk.page.get_by_role("listitem")).to_have_count(1)
    expect(desk.page.get_by_role("alert")).to_be_hidden()


def test_nothing_is_painted_far_below(desk: Desk) -> None:
    desk.space = 4000
    desk.open()
    desk.page.wait_for_timeout(200)
    first = desk.row(0).locator("canvas").first
    assert first.evaluate("ink") == 0
    first.scroll_into_view_if_needed()
    desk.painted()


def test_its_observers_end_with_it(desk: Desk) -> None:
    desk.open()
    desk.painted()
    assert desk.page.evaluate("watching") == 3
    desk.page.evaluate("document.querySelector('#here').remove()")
    desk.page.wait_for_function("watching === 0", timeout=6000)
