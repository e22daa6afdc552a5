"""The chapter on DDPM's formula in a real Chromium, answered by the real experiment."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.experiments.closedform import AMOUNTS, closed_form
from explainer.frames import decode
from explainer.noise_settings import NoiseDataSettings
from explainer.ui.text.closedform import WORDS
from tests.browser.chapter_page import URL, ChapterDesk
from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]
PLOTLY = str(files("plotly").joinpath("package_data/plotly.min.js"))
HALF, END = AMOUNTS.index(0.5), len(AMOUNTS) - 1


@cache
def answer(dataset: str, seed: int) -> bytes:
    return closed_form({"dataset": dataset, "seed": seed})


def found(kind: str = "salt_and_pepper", dataset: str = "s_curve", seed: int = 0) -> dict[str, Any]:
    return decode(answer(dataset, seed))[0]["kinds"][kind]  # type: ignore[no-any-return]


def told(kind: str, at: int, which: str, **fields: Any) -> str:
    facts = found(kind, **fields)
    values = {
        "name": WORDS["kinds"][kind],
        "amount": f"{AMOUNTS[at]:.2f}",
        "kurtosis": f"{facts['exact'][at]['kurtosis']:.2f}".replace("-", "−"),
        "apart": f"{facts['apart'][at]:.3f}",
        "chance": f"{facts['chance'][at]:.3f}",
        "factor": f"{facts['times'][at]:.1f}",
    }
    law = "gaussian" if kind in ("gaussian", "additive") else "other"
    return f"{WORDS['told']} {WORDS[which][law]}".format(**values)


class ClosedFormDesk(ChapterDesk):
    """A page with this chapter."""

    def __init__(self, page: Page) -> None:
        super().__init__(
            page, "closedform", WORDS, NoiseDataSettings, lambda s: answer(s["dataset"], s["seed"])
        )
        page.route(f"{URL}static/plotly.js", lambda route: route.fulfill(path=PLOTLY))

    @property
    def first(self) -> Locator:
        return self.told.first

    @property
    def alert(self) -> Locator:
        return self.page.locator(".dc-error")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=WORDS["kinds"][name], exact=True)

    def chart(self, name: str) -> Locator:
        chart = self.page.get_by_role("img", name=WORDS[name], exact=True)
        expect(chart).to_have_attribute("data-state", "ready", timeout=20_000)
        return chart


@pytest.fixture
def desk(page: Page) -> ClosedFormDesk:
    return ClosedFormDesk(page)


def test_half_of_salt_and_pepper_is_looked_at_first(desk: ClosedFormDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told("salt_and_pepper", HALF, "fails"))
    for part in ("truth", "made"):
        player = desk.player(WORDS[part])
        expect(player).to_have_attribute("data-frames", str(len(AMOUNTS)))
        expect(player).to_have_attribute("data-frame", str(HALF))
        expect(player).to_contain_text("amount 0.50")
        assert len(desk.colors(WORDS[part])) > 5
    pictures = [
        desk.player(WORDS[part]).locator("canvas").evaluate("c => c.toDataURL()")
        for part in ("truth", "made")
    ]
    assert pictures[0] != pictures[1]
    exact, measured = (found()[name][HALF] for name in ("exact", "measured"))
    for name, formula in (
        ("mean", exact["mean"]),
        ("variance", exact["variance"]),
        ("kurtosis", 0),
    ):
        cells = [f"{v:.3f}".replace("-", "−") for v in (exact[name], measured[name], formula)]
        row = desk.page.get_by_role("row", name=re.compile(f"^{WORDS[name]}"))
        expect(row.get_by_role("cell")).to_have_text(cells)


def test_scrubbing_tells_of_the_amount_and_asks_for_nothing(desk: ClosedFormDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told("salt_and_pepper", HALF, "fails"))
    desk.to_the_end()
    expect(desk.first).to_have_text(told("salt_and_pepper", END, "fails"))
    expect(desk.player(WORDS["made"])).to_have_attribute("data-frame", str(END))
    header, arrays = decode(answer("s_curve", 0))
    law = desk.chart("law")
    shares = law.evaluate("c => [c.data[0].y, c.data[1].y]")
    assert shares[0] == pytest.approx(arrays["law salt_and_pepper"][END].tolist())
    assert shares[1] == header["bell"]
    distances = desk.chart("distances")
    desk.page.wait_for_function("c => c.layout.shapes[0].x0 === 1", arg=distances.element_handle())
    lines = distances.evaluate("c => c.data.map(({ name, y }) => [name, y])")
    assert dict(lines)[WORDS["kinds"]["uniform"]] == found("uniform")["times"]
    assert dict(lines)[WORDS["by_chance"]] == [1, 1]
    desk.page.keyboard.press("Home")
    expect(desk.first).to_have_text(WORDS["nothing_yet"])
    assert len(desk.asked) == 1


def test_the_formula_holds_for_gaussian_noise(desk: ClosedFormDesk) -> None:
    desk.open()
    expect(desk.first).to_have_text(told("salt_and_pepper", HALF, "fails"))
    for kind in ("gaussian", "additive"):
        desk.button(kind).click()
        expect(desk.first).to_have_text(told(kind, HALF, "holds"))
        expect(desk.button(kind)).to_have_attribute("aria-pressed", "true")
        expect(desk.player(WORDS["truth"])).to_have_attribute("data-frame", str(HALF))
    desk.button("poisson").click()
    desk.to_the_end()
    expect(desk.first).to_have_text(WORDS["nothing_left"])
    assert len(desk.asked) == 1


def test_other_data_and_a_refusal(desk: ClosedFormDesk, errors: list[str]) -> None:
    desk.open()
    expect(desk.first).to_have_text(told("salt_and_pepper", HALF, "fails"))
    desk.to_the_end()
    desk.tell(dataset="moons", seed=1)
    expect(desk.first).to_have_text(told("salt_and_pepper", END, "fails", dataset="moons", seed=1))
    desk.refusal = "These points are no longer here."
    desk.tell(dataset="circles")
    expect(desk.alert).to_have_text(desk.refusal)
    expect(desk.first).to_have_text(told("salt_and_pepper", END, "fails", dataset="moons", seed=1))
    assert all("422" in error for error in errors)
    errors.clear()


def test_a_phone_has_nothing_to_scroll_sideways(desk: ClosedFormDesk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open()
    expect(desk.first).to_have_text(told("salt_and_pepper", HALF, "fails"))
    desk.chart("law")
    desk.chart("distances")
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    ("times", "wanted"), [(0.9, "holds"), (1.29, "holds"), (1.3, "doubtful"), (2, "fails")]
)
def test_the_verdict_is_of_the_number(page: Page, times: float, wanted: str) -> None:
    assert Desk(page).call("page/closedform.js", "return m.verdict(...a)", times) == wanted
