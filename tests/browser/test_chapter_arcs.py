"""The chapter on an arc between two draws of noise in a real Chromium."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.experiments.arcs import arc
from explainer.frames import decode
from explainer.page_settings import SampleSettings
from explainer.ui.text.arcs import WORDS
from tests.browser.chapter_page import ABOVE, ChapterDesk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]
LABELS = (WORDS["ddim"], WORDS["ddpm"])


@pytest.fixture
def desk(page: Page) -> ChapterDesk:
    return ChapterDesk(page, "arcs", WORDS, SampleSettings, arc)


def found(**fields: Any) -> dict[str, Any]:
    shared = {name: ABOVE[name] for name in ("model", "seed", "spacing")}
    settings = {"sampler": "ddim", "steps": 5, "n": 200, **shared, **fields}
    told: dict[str, Any] = decode(arc(settings))[0]["arc"]
    return told


def cells(desk: ChapterDesk, row: str) -> Locator:
    return desk.page.get_by_role("row", name=re.compile(f"^{row}")).get_by_role("cell")


def place(desk: ChapterDesk) -> Locator:
    return desk.page.get_by_role("slider", name=WORDS["place"])


def reading(desk: ChapterDesk, label: str) -> str:
    """Return the numbers of the marked point."""
    return desk.player(label).locator(".pc-readout").inner_text()


def ready(desk: ChapterDesk) -> None:
    expect(desk.told.locator("b")).to_have_count(5)


def test_pictures_and_numbers_come(desk: ChapterDesk) -> None:
    desk.open()
    ready(desk)
    ddim, ddpm = found(), found(sampler="ddpm", steps=20)

    def near(text: str, value: float) -> None:
        assert float(text) == pytest.approx(value, rel=6e-3)

    numbers = desk.told.locator("b").all_inner_texts()
    near(numbers[0], ddim["start"]["gap"])
    near(numbers[1], ddim["end"]["gap"])
    near(numbers[2], ddpm["end"]["gap"])
    near(numbers[3], ddim["end"]["length"])
    near(numbers[4], ddpm["end"]["length"])
    expect(cells(desk, "DDIM, 5 steps")).to_have_text([numbers[1], numbers[3]])
    expect(cells(desk, "DDPM, 20 steps")).to_have_text([numbers[2], numbers[4]])
    expect(desk.page.get_by_role("table")).to_contain_text(f"{ddim['angle']:.0f}°")
    # The same arc on both sides, but for the way of the marked point over it.
    desk.player(LABELS[0]).focus()
    desk.page.keyboard.press("Escape")
    assert desk.colors(LABELS[0], 4) == desk.colors(LABELS[1], 4)
    assert len(desk.colors(LABELS[0], 4)) > 8
    assert len(desk.asked) == 2


def test_the_slider_marks_the_same_point_in_both_and_asks_for_nothing(desk: ChapterDesk) -> None:
    desk.open()
    ready(desk)
    expect(desk.page.locator("output")).to_have_text("0.50")
    desk.asked.clear()
    readings = []
    for share in ("0", "1"):
        place(desk).fill(share)
        expect(desk.page.locator("output")).to_have_text(f"{float(share):.2f}")
        desk.page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
        left, right = (reading(desk, label) for label in LABELS)
        assert left == right != ""  # both stand at the start of the walk
        readings.append(left)
    assert readings[0] != readings[1]
    desk.to_the_end()
    desk.page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
    assert reading(desk, LABELS[0]) != reading(desk, LABELS[1])
    assert desk.asked == []


def test_a_point_chosen_in_a_player_moves_the_slider(desk: ChapterDesk) -> None:
    desk.open()
    ready(desk)
    player = desk.player(LABELS[1])
    player.focus()
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("output")).to_have_text(WORDS["nowhere"])
    desk.page.keyboard.press("f")  # the first point
    expect(desk.page.locator("output")).to_have_text("0.00")
    expect(place(desk)).to_have_value("0")
    desk.page.keyboard.press("F")  # before the first comes the last
    expect(desk.page.locator("output")).to_have_text("1.00")
    expect(place(desk)).to_have_value("1")


def test_more_points_close_the_gaps_of_one_and_the_mark_stays_where_it_was(
    desk: ChapterDesk,
) -> None:
    desk.open()
    ready(desk)
    place(desk).fill("0.25")
    gaps = []
    for count in (50, 800):
        button = desk.page.get_by_role("button", name=str(count), exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(desk.page.get_by_role("table")).to_contain_text(f"{count} points")
        expect(desk.page.locator("output")).to_have_text(re.compile(r"^0\.2[4-6]$"))
        rows = (cells(desk, "DDIM, ").first, cells(desk, "DDPM, ").first)
        gaps.append([float(cell.inner_text()) for cell in rows])
    assert gaps[1][0] < gaps[0][0] / 4
    assert gaps[1][1] > gaps[0][1] / 2


def test_other_ends_are_asked_for_until_the_seed_above_is_another(desk: ChapterDesk) -> None:
    desk.open()
    ready(desk)
    table = desk.page.get_by_role("table")
    known = table.inner_text()
    button = desk.page.get_by_role("button", name=WORDS["others"])
    button.focus()
    desk.page.keyboard.press("Enter")
    expect(table).to_contain_text(f"{found(seed=1)['angle']:.0f}°")
    assert table.inner_text() != known
    assert [asked["seed"] for asked in desk.asked] == ["0", "0", "1", "1"]
    desk.tell(seed=7)
    expect(table).to_contain_text(f"{found(seed=7)['angle']:.0f}°")
    assert desk.asked[-1]["seed"] == "7"


def test_of_quick_changes_the_last_one_is_shown(desk: ChapterDesk) -> None:
    desk.open()
    ready(desk)
    for seed in range(1, 6):
        desk.tell(seed=seed)
    expect(desk.page.get_by_role("table")).to_contain_text(f"{found(seed=5)['angle']:.0f}°")
    desk.page.wait_for_timeout(300)
    expect(desk.page.get_by_role("table")).to_contain_text(f"{found(seed=5)['angle']:.0f}°")


def test_a_refusal_is_told_and_what_was_there_stays(desk: ChapterDesk, errors: list[str]) -> None:
    desk.open()
    ready(desk)
    before = desk.told.inner_text()
    desk.refusal = "Please wait: too many people are asking at once."
    others = desk.page.get_by_role("button", name=WORDS["others"])
    others.click()
    expect(desk.page.get_by_role("alert").filter(has_text=desk.refusal)).to_be_visible()
    assert desk.told.inner_text() == before
    desk.refusal = ""
    others.click()
    expect(desk.page.locator(".dc-error")).to_be_empty()
    expect(desk.page.get_by_role("table")).to_contain_text(f"{found(seed=2)['angle']:.0f}°")
    while errors:  # the browser itself complains of a refusal
        assert "422" in errors.pop()


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_cut_off(desk: ChapterDesk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.open()
    ready(desk)
    desk.tell(ddpm_steps=100)
    expect(desk.page.get_by_role("table")).to_contain_text("DDPM, 100 steps")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    box = desk.page.get_by_role("table").bounding_box()
    assert box
    assert box["x"] + box["width"] <= width
