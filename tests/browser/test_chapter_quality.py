"""The chapter on quality against steps in a real Chromium, with answers made by the test."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Route, expect

from explainer.experiments.quality_steps import known_quality
from explainer.ui.text.quality import WORDS
from tests.browser import modules

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
PLOTLY = files("plotly").joinpath("package_data/plotly.min.js")
KINDS = {".js": "text/javascript", ".css": "text/css"}
URL = "http://page.test/behind/a/proxy/"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body { margin: 12px; font-family: system-ui; --body-text-color: #111 }
  .dark { background: #0b0f19; --body-text-color: #f1f5f9; --body-text-color-subdued: #9aa4b2;
    --border-color-primary: #334155; --background-fill-primary: #0f172a }</style>
<div id="here"><div data-chapter></div></div>
<script type="module">
  import { mount } from "./static/page/quality.js";
  const props = PROPS;
  await mount(document.querySelector("#here"), props, (name, callback) => {
    window.tell = (value) => { props.value = { ...props.value, ...value }; callback(); };
  });
</script>"""
VALUE = {
    "model": "s_curve-fast", "schedule": None, "seed": 0, "spacing": "trailing",
    "ddpm_steps": 100, "steps": 20, "eta": 0.0, "T": 100,
}  # fmt: skip
REAL = [0.002, 0.0018, 0.0025, 0.0021, 0.0019]
OWN = "own-0123456789abcdef"


def unknown(*counts: int, model: str = OWN) -> dict[str, Any]:
    """Return what is told of a model of which nothing is known: three lines."""
    samplers = ["ddpm", "ddim", "dpm"]
    return {
        "lines": [
            {"name": name, "perfect": False, "swd": {}} for name in ("ddpm", "ddim 0", "dpm")
        ],
        "todo": [
            {
                "line": i,
                "steps": steps,
                "ask": {"model": model, "sampler": sampler, "steps": steps, "n": 2000},
            }
            for steps in counts
            for i, sampler in enumerate(samplers)
        ],
        "steps": list(counts),
        "too_many": [],
        "real": REAL,
        "exact": False,
        "n": 2000,
        "left": 0.0001,
    }


class Desk:
    """A page with the chapter, and the answers that it gets."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.quality: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, str]] = []  # cells
        self.held: list[Route] = []
        self.hold = False
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        path = url.path.removeprefix("/behind/a/proxy/")
        query = dict(parse_qsl(url.query))
        if path == "":
            props = {"value": VALUE | self.value, "words": WORDS, "open": True}
            page = PAGE.replace("PROPS", json.dumps(props))
            route.fulfill(body=page, content_type="text/html")
        elif path == "static/plotly.js":
            route.fulfill(path=str(PLOTLY), content_type="text/javascript")
        elif path.startswith("static/"):
            _, folder, name = path.split("/")
            file = FOLDERS[folder] / name
            route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
        elif path == "api/quality":
            route.fulfill(json=self.quality[query["model"]])
        else:
            assert path == "api/quality-cell"
            self.asked.append(query)
            self.held.append(route)
            if not self.hold:
                self.answer()

    def answer(self) -> None:
        """Answer the cell that was asked for last: the more steps, the nearer."""
        steps = int(self.asked[-1]["steps"])
        self.held.pop().fulfill(json={"swd": [0.08 / steps, 0.1 / steps, 0.11 / steps]})

    def asks(self, count: int) -> None:
        """Wait until so many cells were asked for, and see that no more are."""
        for _ in range(200):
            if len(self.asked) >= count:
                break
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(200)
        assert len(self.asked) == count

    def open(self, **value: Any) -> Desk:
        self.value = value
        self.page.goto(URL)
        self.page.wait_for_function("typeof window.tell === 'function'")
        return self

    def drawn(self) -> Desk:
        expect(self.chart).to_have_attribute("data-state", "ready", timeout=20_000)
        return self

    def tell(self, **value: Any) -> None:
        self.page.evaluate(f"tell({json.dumps(value)})")

    @property
    def chart(self) -> Locator:
        return self.page.get_by_role("img", name="Chart: distance of the samples")

    @property
    def told(self) -> Locator:
        return self.page.locator(".dc-told")

    @property
    def progress(self) -> Locator:
        return self.page.get_by_role("progressbar", name=WORDS["progressLabel"])

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=WORDS[name])

    def cell(self, line: str, steps: int) -> Locator:
        """Return a cell of the table, which may be folded."""
        row = self.page.locator("tr").filter(has=self.page.locator(f"th:text-is('{line}')"))
        heads = self.page.locator("thead th").all_text_contents()
        return row.locator("td").nth(heads.index(f"{steps} steps") - 1)

    def marks(self) -> list[str]:
        return self.page.locator(".annotation-text").all_text_contents()

    def lines(self) -> list[str]:
        """Return the names of the lines in the chart, in the legend's order."""
        return self.page.locator(".legendtext").all_text_contents()


@pytest.fixture
def desk(page: Page) -> Desk:
    page.set_viewport_size({"width": 1200, "height": 1000})
    return Desk(page)


def short(value: float) -> str:
    return f"{value:#.2g}"


def ready(desk: Desk) -> dict[str, Any]:
    found = json.loads(json.dumps(known_quality({"model": "s_curve-fast"})))
    desk.quality["s_curve-fast"] = found
    return {line["name"]: line["swd"] for line in found["lines"] if not line["perfect"]}


def test_a_number_has_the_digits_that_count(page: Page) -> None:
    values = [0, 0.003, 0.01999, 0.0156, 9.96, 314, 0.00001, 1_234_567]
    body = "return a[0].map((value) => [m.told(value), m.told(value, 1)])"
    told = modules.Desk(page).call("page/qualitychart.js", body, values)
    assert [list(pair) for pair in zip(*told, strict=True)] == [
        ["0", "0.0030", "0.020", "0.016", "10", "310", "1.0 · 10⁻⁵", "1.2 · 10⁶"],
        ["0", "0.003", "0.02", "0.02", "10", "300", "1 · 10⁻⁵", "1 · 10⁶"],
    ]


def test_what_is_known_is_shown_at_once(desk: Desk) -> None:
    swd = ready(desk)
    real = desk.quality["s_curve-fast"]["real"]
    desk.open().drawn()
    middle = {name: short(median(cells["20"])) for name, cells in swd.items()}
    expect(desk.told).to_contain_text(
        f"At 20 steps DDPM is at {middle['ddpm']}, DDIM is at {middle['ddim 0']} and "
        f"DPM-Solver++ is at {middle['dpm']}; real data against other real data are at "
        f"{short(min(real))} to {short(max(real))}."
    )
    names = [WORDS["lines"][name] for name in swd]
    perfect = [f"perfect network, {name}" for name in ("DDPM", "DDIM, η = 0")]
    assert desk.lines() == [WORDS["real"], *names, *perfect]
    assert desk.marks() == ["DDPM above: 100", "DDIM above: 20"]
    expect(desk.progress).to_be_hidden()
    assert desk.asked == []
    notes = desk.page.locator(".dc-note").all_inner_texts()
    assert any("2,000 samples" in note and "5 walks" in note for note in notes)


def test_the_sentence_says_who_gets_near_with_how_few_steps(desk: Desk) -> None:
    found = unknown(5, 10, 20)
    found["todo"] = []
    near = {"ddpm": [0.009, 0.007, 0.0041], "ddim 0": [0.01, 0.0041, 0.003], "dpm": [0.004] * 3}
    for line in found["lines"]:
        values = zip((5, 10, 20), near[line["name"]], strict=True)
        line["swd"] = {str(steps): [value] * 3 for steps, value in values}
    desk.quality[OWN] = found
    desk.open(model=OWN, steps=11).drawn()
    expect(desk.told).to_have_text(  # twice 0.002 is enough
        "At 10 steps DDPM is at 0.0070, DDIM is at 0.0041 and DPM-Solver++ is at 0.0040; real data "
        "against other real data are at 0.0018 to 0.0025. To come within twice the distance of "
        "real data, DPM-Solver++ needs 5 steps, DDIM needs 20 steps and DDPM is not good enough "
        "even with 20."
    )
    assert desk.told.locator("b").first.inner_text() == "0.0070"


def test_a_schedule_that_ends_too_early_is_told_to_be_the_reason(desk: Desk) -> None:
    desk.quality["s_curve-tutorial-4000"] = json.loads(
        json.dumps(known_quality({"model": "s_curve-tutorial-4000"}))
    )
    ready(desk)
    desk.open(model="s_curve-tutorial-4000").drawn()
    expect(desk.told).to_contain_text("DDIM is not good enough even with 100")
    left = desk.quality["s_curve-tutorial-4000"]["left"]
    assert left > 0.5
    expect(desk.told).to_contain_text(f"this schedule ends at ᾱₜ = {left:.3f}")
    desk.tell(model="s_curve-fast")
    expect(desk.told).not_to_contain_text("schedule")


def test_other_steps_move_their_marks_and_ask_nothing(desk: Desk) -> None:
    ready(desk)
    desk.open().drawn()
    at = "marks => marks.map((mark) => mark.getBoundingClientRect().x)"
    before = desk.page.locator(".shapelayer path").evaluate_all(at)
    desk.page.evaluate("() => { window.fetch = () => { throw new Error('asked') } }")
    desk.tell(steps=8, ddpm_steps=30)
    expect(desk.page.locator(".annotation-text").first).to_have_text("DDPM above: 30")
    assert desk.marks() == ["DDPM above: 30", "DDIM above: 8"]
    after = desk.page.locator(".shapelayer path").evaluate_all(at)
    assert len(before) == len(after) == 2
    assert all(a < b - 20 for a, b in zip(after, before, strict=True))
    expect(desk.told).to_contain_text("At 10 steps")


def test_pointing_shows_the_values(desk: Desk) -> None:
    swd = ready(desk)["ddim 0"]["5"]
    desk.open().drawn()
    box = desk.chart.locator(".nsewdrag").bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + 14, box["y"] + 60)
    desk.page.mouse.move(box["x"] + 18, box["y"] + 60, steps=3)
    tip = desk.page.locator(".hoverlayer .legend")
    expect(tip).to_contain_text("steps = 5")
    expect(tip).to_contain_text(
        f"DDIM, η = 0 : {short(median(swd))} ({short(min(swd))} to {short(max(swd))})"
    )
    assert desk.asked == []


def test_error_bars_go_from_the_best_to_the_worst(desk: Desk) -> None:
    swd = ready(desk)["dpm"]["5"]
    desk.open().drawn()
    read = """chart => chart.data.find(({ name }) => name === "DPM-Solver++ 2M")"""
    trace = desk.chart.evaluate(read)
    bar = trace["error_y"]
    assert trace["y"][0] == median(swd)
    assert trace["y"][0] + bar["array"][0] == pytest.approx(max(swd))
    assert trace["y"][0] - bar["arrayminus"][0] == pytest.approx(min(swd))
    expect(desk.page.locator(".errorbar path.yerror").first).to_be_attached()


def test_the_table_has_the_same_numbers(desk: Desk) -> None:
    swd = ready(desk)["ddim 0.5"]["50"]
    desk.open().drawn()
    desk.page.get_by_text(WORDS["table"]).click()
    expect(desk.cell("DDIM, η = 0.5", 50)).to_be_visible()
    expect(desk.cell("DDIM, η = 0.5", 50)).to_have_text(
        f"{short(median(swd))} ({short(min(swd))} to {short(max(swd))})"
    )
    expect(desk.page.get_by_role("rowheader", name=WORDS["real"])).to_be_visible()


def test_cells_are_asked_for_one_after_the_other(desk: Desk) -> None:
    desk.quality[OWN] = unknown(5, 20)
    desk.hold = True
    desk.open(model=OWN)
    expect(desk.told).to_have_text(WORDS["waiting"])
    expect(desk.page.get_by_text("0 of 6 measured")).to_be_visible()
    for done, (steps, sampler) in enumerate(
        [(s, sampler) for s in (5, 20) for sampler in ("ddpm", "ddim", "dpm")]
    ):
        expect(desk.progress).to_have_attribute("aria-valuenow", str(done))
        desk.asks(done + 1)
        assert desk.asked[-1] == {
            "model": OWN, "sampler": sampler, "steps": str(steps), "n": "2000",
        }  # fmt: skip
        desk.answer()
    expect(desk.progress).to_be_hidden()
    expect(desk.told).to_contain_text("At 20 steps DDPM is at 0.0050, ")
    desk.drawn()
    assert desk.lines() == [WORDS["real"], "DDPM", "DDIM, η = 0", "DPM-Solver++ 2M"]
    assert desk.cell("DDPM", 5).text_content() == "0.020 (0.016 to 0.022)"


def test_stop_and_go_on(desk: Desk) -> None:
    desk.quality[OWN] = unknown(5, 20)
    desk.hold = True
    desk.open(model=OWN)
    expect(desk.progress).to_have_attribute("aria-valuemax", "6")
    desk.asks(1)
    desk.button("stop").press("Enter")
    desk.answer()  # what is under way still counts
    expect(desk.progress).to_have_attribute("aria-valuenow", "1")
    expect(desk.button("goOn")).to_be_focused()
    desk.tell(steps=9)
    desk.asks(1)
    desk.hold = False
    desk.button("goOn").click()
    expect(desk.progress).to_be_hidden()
    assert len(desk.asked) == 6


def test_another_model_ends_the_asking_for_this_one(desk: Desk) -> None:
    ready(desk)
    desk.quality[OWN] = unknown(5, 20)
    desk.hold = True
    desk.open(model=OWN)
    expect(desk.page.get_by_text("0 of 6 measured")).to_be_visible()
    desk.asks(1)
    desk.tell(model="s_curve-fast")
    expect(desk.told).to_contain_text("At 20 steps")
    before = desk.told.inner_text()
    with suppress(Error):  # nobody waits for it any more
        desk.answer()
    desk.asks(1)
    expect(desk.progress).to_be_hidden()
    assert desk.told.inner_text() == before
    desk.hold = False
    desk.tell(model=OWN)
    expect(desk.told).to_contain_text("At 20 steps DDPM is at 0.0050, ")
    expect(desk.progress).to_be_hidden()
    assert len(desk.asked) == 7


def test_a_closed_chapter_asks_nothing(desk: Desk) -> None:
    desk.quality[OWN] = unknown(5, 20)
    desk.hold = True
    desk.open(model=OWN)
    expect(desk.page.get_by_text("0 of 6 measured")).to_be_visible()
    desk.asks(1)
    summary = desk.page.get_by_role("heading", name=WORDS["title"])
    summary.click()
    expect(desk.told).to_be_hidden()
    desk.page.wait_for_timeout(200)
    desk.answer()
    expect(desk.page.locator(".dcq-live")).to_contain_text("1 of 6")
    desk.asks(1)
    desk.hold = False
    summary.click()
    expect(desk.told).to_contain_text("At 20 steps")
    expect(desk.progress).to_be_hidden()
    assert len(desk.asked) == 6


def test_what_cannot_be_measured_is_told_and_left_out(desk: Desk, errors: list[str]) -> None:
    desk.quality[OWN] = unknown(5, 20)
    desk.hold = True
    desk.open(model=OWN)
    expect(desk.page.get_by_text("0 of 6 measured")).to_be_visible()
    desk.asks(1)
    desk.held.pop().fulfill(status=422, json={"error": "These samples are no numbers."})
    expect(desk.page.get_by_role("alert")).to_have_text("These samples are no numbers.")
    expect(desk.progress).to_have_attribute("aria-valuenow", "1")
    desk.asks(2)
    desk.hold = False
    desk.answer()
    expect(desk.progress).to_be_hidden()
    expect(desk.page.get_by_role("alert")).to_have_text("These samples are no numbers.")
    assert desk.cell("DDPM", 5).text_content() == WORDS["unknown"]
    expect(desk.told).to_contain_text("At 20 steps DDPM is at 0.0050, ")
    assert len(errors) == 1  # the browser's own word on the status
    errors.clear()


def test_a_server_that_is_busy_is_left_alone_until_told(desk: Desk, errors: list[str]) -> None:
    desk.quality[OWN] = unknown(5)
    desk.hold = True
    desk.open(model=OWN)
    expect(desk.page.get_by_text("0 of 3 measured")).to_be_visible()
    desk.asks(1)
    desk.held.pop().fulfill(status=503, json={"error": "Many people are asking."})
    expect(desk.page.get_by_role("alert")).to_have_text("Many people are asking.")
    desk.asks(1)
    desk.hold = False
    desk.button("goOn").click()
    expect(desk.progress).to_be_hidden()
    expect(desk.page.get_by_role("alert")).to_be_hidden()
    assert [cell["sampler"] for cell in desk.asked] == ["ddpm", "ddpm", "ddim", "dpm"]
    errors.clear()


def test_a_hidden_line_stays_hidden_while_numbers_come(desk: Desk) -> None:
    desk.quality[OWN] = unknown(5, 20)
    desk.hold = True
    desk.open(model=OWN)
    for done in range(3):
        expect(desk.progress).to_have_attribute("aria-valuenow", str(done))
        desk.asks(done + 1)
        if done < 2:
            desk.answer()
    desk.drawn()
    drawn = desk.page.locator(".scatterlayer .trace .points path")
    expect(drawn).to_have_count(2)
    desk.page.locator(".legendtoggle").nth(1).click()
    expect(drawn).to_have_count(1)
    desk.hold = False
    desk.answer()
    expect(desk.progress).to_be_hidden()
    expect(drawn).to_have_count(4)  # two lines of two points


def test_a_failure_leaves_what_was_on_screen(desk: Desk, errors: list[str]) -> None:
    ready(desk)
    desk.open().drawn()
    before = desk.told.inner_text()
    desk.page.route(
        "**/api/quality?*",
        lambda route: route.fulfill(status=422, json={"error": "This model is gone."}),
    )
    desk.tell(model="own-fedcba9876543210")
    expect(desk.page.get_by_role("alert")).to_have_text("This model is gone.")
    assert desk.told.inner_text() == before
    assert len(desk.lines()) == 8
    errors.clear()


def test_dark_and_light(desk: Desk) -> None:
    ready(desk)
    desk.open().drawn()
    color = "() => getComputedStyle(document.querySelector('.legendtext')).fill"
    light = desk.page.evaluate(color)
    desk.page.evaluate("document.body.classList.add('dark')")
    desk.page.wait_for_function(f"({color})() !== {json.dumps(light)}")
    assert re.findall(r"\d+", desk.page.evaluate(color)) == ["154", "164", "178"]


def test_a_phone_does_not_scroll_sideways(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    desk = Desk(page)
    ready(desk)
    desk.open().drawn()
    page.get_by_text(WORDS["table"]).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    plot = desk.chart.locator(".nsewdrag").bounding_box()
    assert plot
    assert plot["width"] > 230
    assert plot["height"] > 200
    page.close()
