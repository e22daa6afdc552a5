"""The chapter on the way there and back in a real Chromium, answered by the real experiments."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from explainer.experiments.roundtrip import roundtrip, roundtrip_errors
from explainer.frames import decode
from explainer.page_settings import ModelSettings, WalkSettings
from explainer.ui.text.roundtrip import WORDS
from tests.browser.chapter_page import ABOVE, URL, ChapterDesk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]
PLOTLY = str(files("plotly").joinpath("package_data/plotly.min.js"))
COMPLAINT = "Failed to load resource"  # Chromium's, of every refusal


@cache
def walk(steps: int) -> bytes:
    return roundtrip(WalkSettings(model=ABOVE["model"], steps=steps, n=1000).model_dump())


@cache
def found() -> dict[str, Any]:
    return roundtrip_errors(ModelSettings(model=ABOVE["model"]).model_dump())


class RoundtripDesk(ChapterDesk):
    """A page with this chapter."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "roundtrip", WORDS, WalkSettings, lambda s: walk(s["steps"]))
        self.errors_asked: list[dict[str, str]] = []
        self.errors_refusal = ""
        page.route(f"{URL}static/plotly.js", lambda route: route.fulfill(path=PLOTLY))
        page.route(f"{URL}api/roundtrip-errors?**", self._errors)

    def _errors(self, route: Route) -> None:
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        ModelSettings.from_query(query)
        self.errors_asked.append(query)
        if self.errors_refusal:
            return route.fulfill(status=503, json={"error": self.errors_refusal})
        return route.fulfill(json=found())

    @property
    def chart(self) -> Locator:
        return self.page.get_by_role("img", name=WORDS["chart"])

    @property
    def sentence(self) -> Locator:
        return self.page.locator(".dc-told").nth(1)

    def drawn(self) -> Any:
        """Wait for the chart; what it shows, and where it is marked."""
        expect(self.chart).to_have_attribute("data-state", "ready", timeout=20_000)
        return self.chart.evaluate(
            "c => ({ lines: c.data.map(({ x, y }) => [x, y]), mark: c.layout.shapes[0].x0 })"
        )


@pytest.fixture
def desk(page: Page) -> RoundtripDesk:
    return RoundtripDesk(page)


def test_the_player_goes_to_noise_and_back_and_says_by_how_much_it_missed(
    desk: RoundtripDesk,
) -> None:
    desk.open()
    player = desk.player(WORDS["player"])
    header, arrays = decode(walk(5))
    expect(player).to_contain_text(header["notes"][0])
    expect(player).to_contain_text(header["labels"][0])
    desk.to_the_end()
    expect(player).to_contain_text("back at the data · t = 0 of 100")
    assert len(arrays["frames"]) == 11
    (asked,) = desk.asked
    assert (asked["steps"], asked["n"], asked["spacing"]) == ("5", "1000", "trailing")
    assert "seed" not in asked  # there is no chance in it


def test_rings_show_where_the_points_started(desk: RoundtripDesk) -> None:
    desk.open()
    desk.to_the_end()
    canvas = desk.player(WORDS["player"]).locator("canvas").first
    script = """async (c) => {
      for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
      return c.toDataURL();
    }"""
    before = canvas.evaluate(script)
    rings = desk.page.get_by_role("button", name=WORDS["starts_note"])
    rings.click()
    expect(rings).to_have_attribute("aria-pressed", "true")
    assert canvas.evaluate(script) != before


def test_the_chart_shows_the_errors_and_first_order_through_the_last(desk: RoundtripDesk) -> None:
    desk.open()
    drawn = desk.drawn()
    errors = found()
    q90, mean, order = drawn["lines"]
    assert mean == [errors["steps"], pytest.approx(errors["mean"])]
    assert q90 == [errors["steps"], pytest.approx(errors["q90"])]
    last = errors["mean"][-1]
    assert order[1] == pytest.approx([last * 100 / n for n in errors["steps"]])
    assert drawn["mark"] == 5
    expect(desk.sentence).to_have_text(
        WORDS["told"].format(
            few=5,
            mean_few=f"{errors['mean'][0]:.2g}",
            many=100,
            mean_many=f"{last:.2g}",
            ratio=f"{2 ** errors['slope']:.2f}",
        )
    )
    # The mark stands where its steps are, on an axis that is a logarithm.
    place = desk.chart.evaluate(
        """c => {
          const at = (element) => element.getBoundingClientRect();
          const line = at(c.querySelector(".shapelayer path"));
          const first = at(c.querySelectorAll(".scatterlayer .points path")[0]);
          return [line.x + line.width / 2, first.x + first.width / 2];
        }"""
    )
    assert place[0] == pytest.approx(place[1], abs=2)


def test_other_steps_move_the_mark_and_the_player_alone(desk: RoundtripDesk) -> None:
    desk.open()
    desk.drawn()
    desk.tell(steps=20, seed=9, eta=0.5, ddpm_steps=50)
    expect(desk.player(WORDS["player"])).to_contain_text(decode(walk(20))[0]["notes"][0])
    desk.page.wait_for_function(
        "document.querySelector('.js-plotly-plot').layout.shapes[0].x0 === 20"
    )
    assert len(desk.errors_asked) == 1
    assert [one["steps"] for one in desk.asked] == ["5", "20"]


def test_another_model_asks_anew(desk: RoundtripDesk) -> None:
    desk.open()
    desk.drawn()
    with desk.page.expect_response(lambda r: "roundtrip-errors" in r.url):
        desk.tell(model="exact-moons", schedule="cosine")
    assert desk.errors_asked[-1] == {"model": "exact-moons", "schedule": "cosine"}


def test_a_refusal_is_told_and_what_was_there_stays(desk: RoundtripDesk, errors: list[str]) -> None:
    desk.open()
    desk.drawn()
    sentence = desk.sentence.inner_text()
    desk.errors_refusal = "All calculators are busy."
    desk.tell(model="circles-fast")
    expect(desk.page.locator(".dc-error")).to_have_text("All calculators are busy.")
    expect(desk.sentence).to_have_text(sentence)
    desk.errors_refusal = ""
    desk.tell(model="circles-fast", steps=10)
    expect(desk.page.locator(".dc-error")).to_be_empty()
    assert errors
    assert all(COMPLAINT in error for error in errors)
    errors.clear()


def test_on_a_phone_nothing_scrolls_sideways(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    desk = RoundtripDesk(page)
    desk.open()
    desk.drawn()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    player, chart = desk.player(WORDS["player"]).bounding_box(), desk.chart.bounding_box()
    assert player
    assert chart
    assert chart["y"] > player["y"] + player["height"] - 1
    page.close()
