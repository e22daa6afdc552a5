"""The charts in a real Chromium, on a page of their own with a pretended server."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
PLOTLY = files("plotly").joinpath("package_data/plotly.min.js")
KINDS = {".js": "text/javascript", ".css": "text/css"}
URL = "http://page.test/behind/a/proxy/"
REFUSAL = "schedules must name at least one schedule."
BUSY = "Please wait: too many people are asking at once."
WORDS = {"betas": ["The betas", "variance of a step"], "snr": ["SNR", "data against noise"]}
PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="static/page/page.css"><style>body { margin: 12px }</style>
<div id="here"><div data-charts></div></div>
<script type="module">
  import { mount } from "./static/page/panels.js";
  const props = PROPS;
  await mount(document.querySelector("#here"), props, (name, callback) => {
    window.tell = (value) => { props.value = value; callback(); };
  });
</script>
<script>
  // How often each panel was told to show values, by its title.
  window.hovers = {};
  window.countHovers = () => {
    const { hover } = Plotly.Fx;
    Plotly.Fx.hover = (root, ...rest) => {
      const title = root.closest("section").querySelector("h2").textContent;
      window.hovers[title] = (window.hovers[title] ?? 0) + 1;
      return hover(root, ...rest);
    };
  };
</script>"""


def figure(*names: str, log: bool = False, x: str = "t", low: float = 1e-3, **meta: Any) -> Any:
    """Return a figure of lines that rise from ``low`` to 1, as JSON."""
    t = list(range(1, 101))
    data = [
        {
            "x": t,
            "y": np.geomspace(low, 1, 100).tolist(),
            "name": name,
            "mode": "lines",
            "line": {"color": "#0080C8", "dash": "dot"},
            "hovertemplate": "%{y:.4g}",
        }
        for name in names
    ]
    layout = {
        "height": 200,
        "hovermode": "x unified",
        "showlegend": False,
        "margin": {"l": 46, "r": 8, "t": 8, "b": 36},
        "xaxis": {"title": {"text": x}},
        "yaxis": {"type": "log" if log else "linear"},
        "meta": meta or None,
    }
    return {"data": data, "layout": layout}


class Desk:
    """A page with charts, and the answers that it gets."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.held: list[Route] = []
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/behind/a/proxy/")
        if path == "":
            props = {"value": self.value, "words": WORDS | {"csv": "Take the numbers home"}}
            page = PAGE.replace("PROPS", json.dumps(props))
            route.fulfill(body=page, content_type="text/html")
        elif path == "static/plotly.js":
            route.fulfill(path=str(PLOTLY), content_type="text/javascript")
        elif path.startswith("static/"):
            _, folder, name = path.split("/")
            file = FOLDERS[folder] / name
            route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
        else:
            self.asked.append(path)
            if path.endswith("held"):
                self.held.append(route)
            elif path in self.answers:
                route.fulfill(json=self.answers[path])
            else:
                route.fulfill(status=422, json={"error": REFUSAL})

    def open(self, figures: dict[str, Any], **value: Any) -> Desk:
        self.answers["api/first"] = figures
        self.value = {"src": "api/first", **value}
        self.page.goto(URL)
        self.drawn(*figures)
        return self

    def drawn(self, *names: str) -> None:
        for name in names:
            chart = self.panel(name).locator("[role=img]")
            expect(chart).to_have_attribute("data-state", "ready", timeout=20_000)

    def panel(self, name: str) -> Locator:
        title = WORDS.get(name, [name])[0]
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.locator(".dx-panel").filter(has=heading)

    def titles(self) -> list[str]:
        return self.page.get_by_role("heading").all_inner_texts()

    def tell(self, src: str, figures: dict[str, Any] | None = None, **more: Any) -> None:
        """Hand over a new value, as an event of the app does."""
        if figures is not None:
            self.answers[src] = figures
        self.page.evaluate(f"tell({json.dumps({'src': src, **more})})")

    def point_at(self, name: str, share: float) -> None:
        """Move the pointer over a chart, at that share of its width."""
        box = self.panel(name).locator(".nsewdrag").bounding_box()
        assert box is not None
        at = box["x"] + share * box["width"], box["y"] + box["height"] / 2
        self.page.mouse.move(at[0] - 3, at[1])
        self.page.mouse.move(*at, steps=2)

    def tip(self, name: str) -> Locator:
        return self.panel(name).locator(".hoverlayer .legend")


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def test_titles_notes_and_a_legend_without_doubles(desk: Desk) -> None:
    hidden = {**figure("mean")["data"][0], "showlegend": False}
    first = figure("linear", "cosine", "linear", note="from 0.001 to 1")
    first["data"].append(hidden)
    desk.open({"betas": first, "snr": figure("linear", add="0 is not shown."), "x": figure("a")})
    assert desk.titles() == ["The betas", "SNR", "x"]
    expect(desk.panel("betas").locator("p")).to_have_text("from 0.001 to 1")
    expect(desk.panel("snr").locator("p")).to_have_text("data against noise. 0 is not shown.")
    expect(desk.page.locator(".dx-legend li")).to_have_text(["linear", "cosine"])
    swatch = desk.page.locator(".dx-legend line").first
    expect(swatch).to_have_attribute("stroke", "#0080C8")
    expect(swatch).to_have_attribute("stroke-dasharray", "2 4")


def test_a_wide_figure_has_a_row_of_its_own(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1000, "height": 900})
    desk.open({"betas": figure("a"), "snr": figure("a"), "x": figure("a", wide=True)})
    widths = {}
    for name in ("betas", "snr", "x"):
        box = desk.panel(name).bounding_box()
        assert box
        widths[name] = box["width"]
    assert widths["x"] > widths["betas"] + widths["snr"]
    desk.tell("api/next", {"betas": figure("a"), "snr": figure("a"), "x": figure("a")})
    expect(desk.panel("x")).not_to_have_class("dx-panel dx-wide")


def test_the_numbers_can_be_taken_home(desk: Desk) -> None:
    desk.open({"betas": figure("a")}, csv="api/schedules.csv?T=100", csvName="mine.csv")
    link = desk.page.get_by_role("link", name="Take the numbers home")
    expect(link).to_have_attribute("href", URL + "api/schedules.csv?T=100")
    expect(link).to_have_attribute("download", "mine.csv")
    desk.tell("api/first", csv="api/other.csv")
    expect(link).to_have_attribute("download", "schedules.csv")
    desk.tell("api/first")
    expect(link).to_be_hidden()


def test_panels_come_and_go_in_the_order_of_the_answer(desk: Desk) -> None:
    desk.open({"a": figure("one"), "b": figure("one"), "c": figure("one")})
    desk.panel("b").evaluate("panel => { panel.mark = 'same' }")
    desk.tell("api/next", {"d": figure("two"), "c": figure("two"), "b": figure("two")})
    desk.drawn("d")
    assert desk.titles() == ["d", "c", "b"]
    assert desk.panel("b").evaluate("panel => panel.mark") == "same"
    expect(desk.panel("b").locator(".scatterlayer .trace")).to_have_count(1)
    expect(desk.page.locator(".dx-legend li")).to_have_text(["two"])


def test_a_zoom_stays_until_the_axis_changes_its_kind(desk: Desk) -> None:
    read = "panel => panel.querySelector('[role=img]')._fullLayout.yaxis.range"
    zoom = """panel => Plotly.relayout(panel.querySelector('[role=img]'),
        { "yaxis.range[0]": 0.2, "yaxis.range[1]": 0.4 })"""
    desk.open({"a": figure("one")})
    desk.panel("a").evaluate(zoom)
    desk.tell("api/next", {"a": figure("one", "two")})
    expect(desk.panel("a").locator(".scatterlayer .trace")).to_have_count(2)
    assert desk.panel("a").evaluate(read) == [0.2, 0.4]
    desk.tell("api/log", {"a": figure("one", log=True)})
    expect(desk.panel("a").locator(".scatterlayer .trace")).to_have_count(1)
    low, high = desk.panel("a").evaluate(read)
    assert low < -2.9
    assert high > 0


@pytest.mark.parametrize("low", [0.2, 0.1, 0.03, 1e-3, 1e-12])
def test_a_logarithmic_axis_can_be_read(desk: Desk, low: float) -> None:
    desk.open({"a": figure("one", log=True, low=low)})
    labels = desk.panel("a").locator(".yaxislayer-above .ytick text")
    boxes = [box for box in (label.bounding_box() for label in labels.all()) if box]
    middles = sorted(box["y"] + box["height"] / 2 for box in boxes)
    assert 3 <= len(middles) <= 8
    assert np.diff(middles).min() > 10


def test_pointing_at_one_panel_shows_the_same_t_in_all(desk: Desk) -> None:
    other = figure("one", x="log SNR")
    desk.page.set_viewport_size({"width": 1100, "height": 600})
    tall = figure("one", wide=True)
    tall["layout"]["height"] = 900
    shown = {"a": figure("one"), "b": figure("one", log=True), "other": other}
    desk.open({**shown, "tall": tall, "far below": figure("one")})
    desk.page.evaluate("countHovers()")
    desk.point_at("a", 0.5)
    for name in ("a", "b"):
        expect(desk.tip(name)).to_contain_text("t = 5")
    expect(desk.tip("b")).to_have_text(desk.tip("a").text_content() or "")
    desk.point_at("a", 0.8)
    expect(desk.tip("b")).to_contain_text("t = 8")
    expect(desk.tip("other")).to_have_count(0)
    before = desk.page.evaluate("hovers")
    desk.page.wait_for_timeout(300)
    assert desk.page.evaluate("hovers") == before  # they do not set each other off
    assert "far below" not in before  # out of sight
    assert "other" not in before
    assert "a" not in before  # shows by itself
    desk.point_at("b", 0.2)
    expect(desk.tip("a")).to_contain_text("t = 2")
    desk.page.mouse.move(2, 2)
    for name in ("a", "b"):
        expect(desk.tip(name)).to_have_count(0)


def test_many_moves_are_one_hover_a_frame(desk: Desk) -> None:
    desk.open({"a": figure("one"), "b": figure("one")})
    desk.page.evaluate("countHovers()")
    count = """async panel => {
      const chart = panel.querySelector("[role=img]");
      await new Promise(requestAnimationFrame);
      for (let i = 1; i <= 50; i++) chart.emit("plotly_hover", { points: [{ x: i }] });
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return hovers;
    }"""
    assert desk.panel("a").evaluate(count) == {"b": 1}


def test_a_slow_figure_comes_later(desk: Desk) -> None:
    desk.open({"betas": figure("one")}, later={"snr": "api/snr/held"})
    line = desk.panel("snr").locator("p")
    expect(line).to_have_text("Computing …")
    expect(desk.panel("snr")).to_have_attribute("aria-busy", "true")
    assert desk.titles() == ["The betas", "SNR"]
    assert desk.asked == ["api/first", "api/snr/held"]
    desk.held[0].fulfill(json=figure("one", note="mean 0.42", wide=True))
    desk.drawn("snr")
    expect(line).to_have_text("mean 0.42")
    expect(desk.panel("snr")).to_have_attribute("aria-busy", "false")
    with desk.page.expect_response("**/api/first"):  # nothing new: the slow one is there already
        desk.tell("api/first", later={"snr": "api/snr/held"})
    desk.page.wait_for_timeout(100)
    expect(line).to_have_text("mean 0.42")
    desk.tell("api/last", {"betas": figure("one")})
    expect(desk.page.get_by_role("heading")).to_have_text(["The betas"])
    assert len(desk.held) == 1


def test_of_two_slow_figures_the_newest_is_shown(desk: Desk) -> None:
    desk.open({"betas": figure("one")}, later={"snr": "api/one/held"})
    expect(desk.panel("snr").locator("p")).to_have_text("Computing …")
    desk.answers["api/two"] = figure("one", "two", note="the second")
    desk.tell("api/first", later={"snr": "api/two"})
    desk.drawn("snr")
    desk.held[0].fulfill(json=figure("one", note="the first"))
    desk.page.wait_for_timeout(100)
    expect(desk.panel("snr").locator("p")).to_have_text("the second")
    expect(desk.panel("snr").locator(".scatterlayer .trace")).to_have_count(2)


def test_a_slow_figure_that_fails_says_so_in_its_panel(desk: Desk, errors: list[str]) -> None:
    desk.open({"betas": figure("one")}, later={"snr": "api/snr/held"})
    expect(desk.panel("snr").locator("p")).to_have_text("Computing …")
    desk.held[0].fulfill(status=429, json={"error": BUSY})
    expect(desk.panel("snr").locator(".dx-error")).to_have_text(BUSY)
    expect(desk.panel("betas").locator("p")).to_have_text("variance of a step")
    assert ["429" in error for error in errors] == [True]
    errors.clear()
    desk.tell("api/first", later={"snr": "api/snr/held"})  # asked again, though it is the same
    expect(desk.panel("snr").locator("p")).to_have_text("Computing …")
    desk.held[1].fulfill(json=figure("one"))
    expect(desk.panel("snr").locator("p")).to_have_text("data against noise")
    desk.drawn("snr")


def test_a_refusal_is_told_and_the_charts_stay(desk: Desk, errors: list[str]) -> None:
    desk.open({"betas": figure("one")})
    desk.tell("api/refused")
    expect(desk.page.get_by_role("alert")).to_have_text(REFUSAL)
    assert ["422" in error for error in errors] == [True]
    errors.clear()
    expect(desk.panel("betas").locator(".scatterlayer .trace")).to_have_count(1)
    desk.tell("api/first")
    expect(desk.page.get_by_role("alert")).to_be_hidden()


def test_only_the_newest_answer_is_drawn(desk: Desk) -> None:
    desk.open({"betas": figure("one")})
    desk.tell("api/old/held")
    desk.tell("api/new", {"snr": figure("two")})
    desk.drawn("snr")
    desk.held[0].fulfill(json={"betas": figure("one")})
    desk.page.wait_for_timeout(100)
    assert desk.titles() == ["SNR"]
