"""The chapter on walks from the same start in a real Chromium, answered by its experiment."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from explainer.experiments.repeats import repeats
from explainer.frames import decode
from explainer.page_settings import SampleSettings
from explainer.ui.text.repeats import WORDS
from tests.browser.chapter_page import ABOVE, ChapterDesk, alike

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]


@pytest.fixture
def desk(page: Page) -> ChapterDesk:
    return ChapterDesk(page, "repeats", WORDS, SampleSettings, repeats)


def spread(**fields: object) -> float:
    shared = {name: ABOVE[name] for name in ("model", "seed", "spacing")}
    header, _ = decode(repeats({**shared, **fields}))
    found: float = header["spread"]["overall"]
    return found


def test_nothing_is_asked_before_it_is_opened_and_then_numbers_and_pictures_come(
    desk: ChapterDesk,
) -> None:
    desk.open()
    ddpm = spread(sampler="ddpm", steps=20)
    expect(desk.told.locator("b").first).to_have_text(f"{ddpm:.2f}")
    expect(desk.told.locator("b").nth(1)).to_have_text("0.00")
    expect(desk.told).to_contain_text("to the last bit")
    row = desk.page.get_by_role("row", name=re.compile("^all"))
    expect(row.get_by_role("cell")).to_have_text([f"{ddpm:.2f}", "0.00"])
    starts = desk.page.get_by_role("row", name=re.compile(r"^start\s[1-8]\s"))
    expect(starts).to_have_count(8)
    assert [asked["sampler"] for asked in desk.asked] == ["ddpm", "ddim"]
    # At first both show the eight starts alone: one colour each.
    first = [desk.colors(name) for name in ("DDPM", "DDIM")]
    assert first[0] == first[1]
    dots = desk.page.locator(".dw-swatch").evaluate_all(
        "dots => dots.map((dot) => getComputedStyle(dot).backgroundColor.match(/[0-9]+/g).join())"
    )
    assert len(set(dots)) == 8
    assert all(alike(dot, first[0]) for dot in dots)
    assert len(first[0]) == 8


def test_one_asks_only_once_it_is_open(desk: ChapterDesk) -> None:
    desk.open()
    expect(desk.told.locator("b")).to_have_count(3)
    desk.summary.click()
    desk.tell(seed=4)
    desk.page.wait_for_timeout(400)
    assert {asked["seed"] for asked in desk.asked} == {"0"}
    desk.summary.click()
    expect(desk.told.locator("b").first).to_have_text(
        f"{spread(sampler='ddpm', steps=20, seed=4):.2f}"
    )
    assert {asked["seed"] for asked in desk.asked} == {"0", "4"}


def test_the_dial_asks_for_ddim_alone_and_tells_what_it_finds(desk: ChapterDesk) -> None:
    desk.open()
    expect(desk.told.locator("b")).to_have_count(3)
    desk.asked.clear()
    dial = desk.page.get_by_role("slider", name=WORDS["eta"])
    dial.focus()
    for _ in range(6):  # faster than anybody answers
        desk.page.keyboard.press("ArrowRight")
    expect(desk.page.locator("output")).to_have_text("0.3")
    found = spread(sampler="ddim", steps=5, eta=0.3)
    assert found > 0.1
    expect(desk.told.locator("b").nth(1)).to_have_text(f"{found:.2f}")
    expect(desk.told).to_contain_text("η = 0.3")
    expect(desk.told).to_contain_text(WORDS["apart"])
    assert desk.asked[-1]["eta"] == "0.3"
    assert len(desk.asked) <= 2, "a dial on its way asks for nothing"
    assert {asked["sampler"] for asked in desk.asked} == {"ddim"}


def test_stepping_through_asks_for_nothing_and_both_go_along(desk: ChapterDesk) -> None:
    desk.open()
    expect(desk.told.locator("b")).to_have_count(3)
    desk.asked.clear()
    start = desk.colors("DDIM")
    desk.to_the_end()
    for name in ("DDPM", "DDIM"):
        expect(desk.player(name)).to_contain_text("t = 0 of 100")
        expect(desk.player(name).get_by_role("button", name="Trails")).to_have_attribute(
            "aria-pressed", "true"
        )
    assert desk.colors("DDIM") != start
    assert desk.asked == []


def test_the_dial_follows_the_one_above_and_is_ones_own_otherwise(desk: ChapterDesk) -> None:
    desk.open()
    dial = desk.page.get_by_role("slider", name=WORDS["eta"])
    dial.fill("0.5")
    desk.tell(seed=1)
    expect(desk.told).to_contain_text("η = 0.5")
    desk.tell(seed=1, eta=0.1)
    expect(dial).to_have_value("0.1")
    expect(desk.told).to_contain_text("η = 0.1")


def test_a_refusal_is_told_and_what_was_there_stays(desk: ChapterDesk, errors: list[str]) -> None:
    desk.open()
    expect(desk.told.locator("b")).to_have_count(3)
    before = desk.told.inner_text()
    desk.refusal = "Please wait: too many people are asking at once."
    desk.tell(seed=2)
    expect(desk.page.get_by_role("alert").filter(has_text=desk.refusal)).to_be_visible()
    assert desk.told.inner_text() == before
    assert desk.colors("DDIM")
    desk.refusal = ""
    desk.tell(seed=3)
    expect(desk.page.locator(".dc-error")).to_be_empty()
    ddpm = spread(sampler="ddpm", steps=20, seed=3)
    expect(desk.told.locator("b").first).to_have_text(f"{ddpm:.2f}")
    while errors:  # the browser itself complains of a refusal
        assert "422" in errors.pop()


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_cut_off(desk: ChapterDesk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.open()
    expect(desk.told.locator("b")).to_have_count(3)
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    box = desk.page.get_by_role("table").last.bounding_box()
    assert box
    assert box["x"] + box["width"] <= width


def test_in_the_dark_the_dots_are_those_of_dark_paper(desk: ChapterDesk) -> None:
    desk.open()
    expect(desk.told.locator("b")).to_have_count(3)
    color = "dot => getComputedStyle(dot).backgroundColor.match(/[0-9]+/g).join()"
    light = desk.page.locator(".dw-swatch").first.evaluate(color)
    desk.page.evaluate("document.body.classList.add('dark')")
    dark = desk.page.locator(".dw-swatch").first.evaluate(color)
    assert dark != light
    assert alike(dark, desk.colors("DDPM"))
    assert not alike(light, desk.colors("DDPM"))
