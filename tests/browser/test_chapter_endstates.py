"""The chapter on where noise ends in a real Chromium, answered by the real experiment."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.experiments.endstates import endstates
from explainer.frames import decode
from explainer.noise_settings import NoiseDataSettings
from explainer.settings import CORRUPTION_NAMES
from explainer.ui.text.endstates import WORDS
from tests.browser.chapter_page import ChapterDesk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]


@cache
def answer(dataset: str, seed: int) -> bytes:
    return endstates({"dataset": dataset, "seed": seed})


def found(dataset: str = "s_curve", seed: int = 0) -> dict[str, Any]:
    return decode(answer(dataset, seed))[0]["kinds"]  # type: ignore[no-any-return]


class EndstatesDesk(ChapterDesk):
    """A page with this chapter."""

    def __init__(self, page: Page) -> None:
        super().__init__(
            page, "endstates", WORDS, NoiseDataSettings, lambda s: answer(s["dataset"], s["seed"])
        )

    @property
    def alert(self) -> Locator:
        return self.page.locator(".dc-error")

    def card(self, kind: str) -> Locator:
        heading = self.page.get_by_role("heading", name=WORDS["kinds"][kind], exact=True)
        return self.page.locator("section").filter(has=heading)

    def row(self, kind: str) -> Locator:
        header = self.page.get_by_role("rowheader", name=WORDS["kinds"][kind], exact=True)
        return self.page.get_by_role("row").filter(has=header).get_by_role("cell")

    def ready(self, **fields: Any) -> None:
        additive = found(**fields)["additive"]["correlation"]
        expect(self.told).to_contain_text(f"{additive:.2f} where noise was only added")

    def inked(self, kind: str, which: int) -> int:
        """Count the pixels with some ink on a small picture."""
        canvas = self.card(kind).locator("canvas").nth(which)
        count = canvas.evaluate(
            """(canvas) => {
              const { width, height } = canvas;
              const d = canvas.getContext("2d").getImageData(0, 0, width, height).data;
              let count = 0;
              for (let i = 3; i < d.length; i += 4) count += d[i] > 40;
              return count;
            }"""
        )
        return int(count)


@pytest.fixture
def desk(page: Page) -> EndstatesDesk:
    return EndstatesDesk(page)


def test_each_kind_says_what_its_end_is(desk: EndstatesDesk) -> None:
    desk.open()
    desk.ready()
    kinds = found()
    for kind in CORRUPTION_NAMES:
        card = desk.card(kind)
        expect(card).to_contain_text(WORDS["badges"][kind])
        expect(card.get_by_role("img")).to_have_count(2)
        expect(card).to_contain_text(WORDS["end"])
        second = WORDS["drawn"] if kinds[kind]["forgets"] else "other data end (Moons)"
        expect(card).to_contain_text(second)
    expect(desk.card("gaussian")).to_contain_text(f"end {kinds['gaussian']['own_box']:.3f} from it")
    expect(desk.card("salt_and_pepper")).to_contain_text("4 different points among 2,000")
    expect(desk.card("poisson")).to_contain_text("1 point for all")
    expect(desk.card("additive")).to_contain_text(f"{kinds['additive']['guess']:.3f} away")
    expect(desk.card("multiplicative")).to_contain_text("2 have not moved")
    (asked,) = desk.asked
    assert asked["seed"] == "0"


def test_the_table_has_the_measured_numbers(desk: EndstatesDesk) -> None:
    desk.open()
    desk.ready()
    for kind, facts in found().items():
        correlation = facts["correlation"]
        told = "–" if correlation is None else f"{correlation:.2f}".replace("-", "−")
        starts = "all 2,000" if facts["starts"] == 2000 else str(facts["starts"])
        distances = [f"{facts[name]:.3f}" for name in ("same_box", "own_box", "chance")]
        cells = desk.row(kind)
        expect(cells).to_have_text([WORDS["needs"][kind], told, *distances, starts])
        bold = [
            name
            for i, name in enumerate(("same_box", "own_box"))
            if cells.nth(2 + i).locator("strong").count()
        ]
        assert bold == [name for name in ("same_box", "own_box") if name in facts["apart"]]


def test_the_pictures_show_clouds_corners_and_one_point(desk: EndstatesDesk) -> None:
    desk.open()
    desk.ready()
    for kind in CORRUPTION_NAMES:
        for which in (0, 1):
            assert desk.inked(kind, which) > 8
    assert desk.inked("gaussian", 0) > 20 * desk.inked("poisson", 0)
    four, one = desk.inked("salt_and_pepper", 1), desk.inked("poisson", 1)
    assert 3 * one < four < 5 * one
    # Another theme draws them again, in its own colours.
    pixels = "c => c.toDataURL()"
    canvas = desk.card("gaussian").locator("canvas").first
    light = canvas.evaluate(pixels)
    desk.page.evaluate("document.body.classList.add('dark')")
    desk.page.wait_for_function(
        "([c, light]) => c.toDataURL() !== light", arg=[canvas.element_handle(), light]
    )


def test_other_data_are_asked_for_once_and_a_refusal_leaves_what_was_seen(
    desk: EndstatesDesk, errors: list[str]
) -> None:
    desk.open()
    desk.ready()
    desk.tell(dataset="moons", seed=2, steps=40)
    desk.ready(dataset="moons", seed=2)
    expect(desk.page.get_by_role("table")).to_contain_text("S-curve")
    desk.tell(dataset="moons", seed=2, steps=50)  # nothing that matters here
    desk.refusal = "These points are no longer here."
    desk.tell(dataset="circles")
    expect(desk.alert).to_have_text(desk.refusal)
    desk.ready(dataset="moons", seed=2)
    assert [asked.get("dataset") for asked in desk.asked] == [None, "moons", "circles"]
    assert all("422" in error for error in errors)
    errors.clear()


@pytest.mark.parametrize("width", [390, 1366])
def test_nothing_scrolls_the_page_sideways(desk: EndstatesDesk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.open()
    desk.ready()
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
