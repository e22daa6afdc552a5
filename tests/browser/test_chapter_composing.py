"""The chapter on many small doses of noise in a real Chromium, answered by the real experiment."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.experiments.composing import composing
from explainer.frames import decode
from explainer.noise_settings import ComposingSettings
from explainer.ui.text.composing import WORDS
from tests.browser.chapter_page import URL, ChapterDesk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]
PLOTLY = str(files("plotly").joinpath("package_data/plotly.min.js"))
WAYS = (WORDS["walk"], WORDS["jump"])

# How many pixels of a picture are no greys.
COLOURED = """async (canvas) => {
  for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
  const { width, height } = canvas;
  const d = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let count = 0;
  for (let i = 0; i < d.length; i += 4) {
    const pixel = [d[i], d[i + 1], d[i + 2]];
    count += Math.max(...pixel) - Math.min(...pixel) > 60;
  }
  return count;
}"""


@cache
def answer(query: str) -> bytes:
    settings = ComposingSettings.from_query(dict(part.split("=") for part in query.split("&")))
    return composing(settings.model_dump())


def found(**fields: Any) -> dict[str, Any]:
    return decode(answer(ComposingSettings(**fields).to_query()))[0]


def told(kind: str = "gaussian", **fields: Any) -> str:
    """Return the sentence of a kind, with its numbers."""
    h = found(kind=kind, **fields)
    return (
        WORDS["told"][kind]
        .format(
            steps=h["steps"],
            amount=h["amount"],
            dose=f"{h['dose']:.3f}",
            walk=f"{h['measured']['walk']['variance']:.3f}",
            jump=f"{h['measured']['jump']['variance']:.3f}",
            walk_exact=f"{h['exact']['walk']['variance']:.3f}",
            jump_exact=f"{h['exact']['jump']['variance']:.3f}",
            walk_kurtosis=f"{h['measured']['walk']['kurtosis']:.2f}",
            swd=f"{h['swd']:.3f}",
            low=f"{h['chance'][0]:.3f}",
            high=f"{h['chance'][-1]:.3f}",
        )
        .replace("-0", "−0")
    )


class ComposingDesk(ChapterDesk):
    """A page with this chapter."""

    def __init__(self, page: Page) -> None:
        def answered(fields: dict[str, Any]) -> bytes:
            return answer(ComposingSettings(**fields).to_query())

        super().__init__(page, "composing", WORDS, ComposingSettings, answered)
        page.route(f"{URL}static/plotly.js", lambda route: route.fulfill(path=PLOTLY))

    @property
    def slider(self) -> Locator:
        return self.page.get_by_role("slider", name=WORDS["steps"])

    @property
    def first(self) -> Locator:
        return self.told.first

    @property
    def alert(self) -> Locator:
        return self.page.locator(".dc-error")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=WORDS["kinds"][name], exact=True)

    def row(self, name: str) -> Locator:
        return self.page.get_by_role("row", name=re.compile(f"^{WORDS[name]}")).get_by_role("cell")


@pytest.fixture
def desk(page: Page) -> ComposingDesk:
    return ComposingDesk(page)


def test_both_ways_end_alike_for_gaussian_noise(desk: ComposingDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told())
    expect(desk.button("gaussian")).to_have_attribute("aria-pressed", "true")
    desk.to_the_end()
    for way, label in zip(
        WAYS, ("after 50 of 50 doses", "one dose of the amount 0.990"), strict=True
    ):
        player = desk.player(way)
        expect(player).to_have_attribute("data-frames", "51")
        expect(player).to_contain_text(label)
        assert len(desk.colors(way)) > 5
    (asked,) = desk.asked
    assert (asked["kind"], asked["steps"], asked["seed"]) == ("gaussian", "50", "0")


def test_the_table_has_measured_and_exact_moments(desk: ComposingDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told())
    header = found()
    for name in ("mean", "variance", "kurtosis"):
        cells = [header[m][way][name] for way in ("walk", "jump") for m in ("measured", "exact")]
        texts = [f"{abs(v):.3f}" if round(abs(v), 3) == 0 else f"{v:.3f}" for v in cells]
        expect(desk.row(name)).to_have_text([text.replace("-", "−") for text in texts])


def test_uniform_doses_end_elsewhere(desk: ComposingDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told())
    desk.button("uniform").click()
    expect(desk.first).to_have_text(told("uniform"))
    expect(desk.button("uniform")).to_have_attribute("aria-pressed", "true")
    expect(desk.button("gaussian")).to_have_attribute("aria-pressed", "false")
    chart = desk.page.get_by_role("img", name=WORDS["chart"])
    expect(chart).to_have_attribute("data-state", "ready", timeout=20_000)
    drawn = chart.evaluate("c => c.data.map(({ y }) => y)")
    histogram = found(kind="uniform")["histogram"]
    assert drawn == [histogram["jump"], histogram["walk"], histogram["bell"]]
    # The walk's points cover fewer pixels than the box does.
    desk.to_the_end()
    pixels = [desk.player(way).locator("canvas").evaluate(COLOURED) for way in WAYS]
    assert pixels[0] < 0.5 * pixels[1]


def test_salt_and_pepper_adds_up_but_not_with_an_exact_count(desk: ComposingDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told())
    counted = desk.page.get_by_text("NP = SP (1 − SNR)")
    expect(counted).to_be_hidden()
    desk.button("salt_and_pepper").click()
    expect(desk.first).to_have_text(told("salt_and_pepper"))
    facts = found(kind="salt_and_pepper")["counted"]
    expect(counted).to_contain_text(f"{facts['fewest']} to {facts['most']} pixels")
    expect(counted).to_contain_text(f"{facts['mean']:.1f} on average")
    desk.button("gaussian").click()
    expect(counted).to_be_hidden()


def test_the_slider_asks_where_it_rests(desk: ComposingDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told())
    desk.slider.focus()
    desk.page.keyboard.press("Home")
    expect(desk.page.locator("output")).to_have_text("2")
    expect(desk.first).to_have_text(told(steps=2))
    expect(desk.player(WAYS[0])).to_have_attribute("data-frames", "3")
    for _ in range(8):
        desk.page.keyboard.press("ArrowRight")
    expect(desk.first).to_have_text(told(steps=10))
    assert [asked["steps"] for asked in desk.asked][:2] == ["50", "2"]
    assert len(desk.asked) < 6
    desk.tell(seed=3, dataset="moons")  # what was chosen here stays
    expect(desk.first).to_have_text(told(steps=10, seed=3, dataset="moons"))


def test_only_the_newest_answer_is_shown(desk: ComposingDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told())
    held: list[Any] = []
    desk.page.route(re.compile(r"api/composing\?kind=uniform"), lambda route: held.append(route))
    with desk.page.expect_request(re.compile("kind=uniform")):
        desk.button("uniform").click()
    desk.button("salt_and_pepper").click()
    expect(desk.first).to_have_text(told("salt_and_pepper"))
    assert len(held) == 1
    held[0].fulfill(body=answer(ComposingSettings(kind="uniform").to_query()))
    desk.page.wait_for_timeout(100)
    expect(desk.first).to_have_text(told("salt_and_pepper"))
    expect(desk.page.locator(".dc-pair").first).to_have_attribute("aria-busy", "false")


def test_a_refusal_is_told_and_what_was_seen_stays(desk: ComposingDesk, errors: list[str]) -> None:
    desk.open()
    expect(desk.first).to_have_text(told())
    desk.refusal = "These points are no longer here."
    desk.button("uniform").click()
    expect(desk.alert).to_have_text(desk.refusal)
    expect(desk.first).to_have_text(told())
    desk.refusal = ""
    desk.button("uniform").click()  # asking again may help
    expect(desk.first).to_have_text(told("uniform"))
    expect(desk.alert).to_be_empty()
    assert all("422" in error for error in errors)
    errors.clear()


def test_a_phone_has_nothing_to_scroll_sideways(desk: ComposingDesk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open()
    expect(desk.first).to_have_text(told())
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
