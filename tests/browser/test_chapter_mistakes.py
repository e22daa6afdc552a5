"""The chapter on mistakes in a real Chromium, answered by the real experiment."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from explainer.experiments.wrong import wrong_walk
from explainer.frames import decode
from explainer.page_settings import MistakeSettings
from explainer.ui.text.mistakes import MISTAKES, WORDS
from tests.browser.chapter_page import ABOVE, ChapterDesk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]
RIGHT, WRONG = WORDS["right_player"], WORDS["wrong_player"]
COMPLAINT = "Failed to load resource"  # Chromium's, of every refusal


@cache
def answer(query: str) -> bytes:
    pairs = dict(part.split("=") for part in query.split("&"))
    return wrong_walk(MistakeSettings.from_query(pairs).model_dump())


def header(mistake: str, *, wrong: bool, seed: int = 0) -> dict[str, Any]:
    steps = MISTAKES[mistake]["steps"]
    settings = MistakeSettings(
        mistake=mistake, wrong=wrong, steps=steps, model=ABOVE["model"], seed=seed
    )
    return decode(answer(settings.to_query()))[0]


class MistakesDesk(ChapterDesk):
    """A page with this chapter."""

    def __init__(self, page: Page) -> None:
        def answered(fields: dict[str, Any]) -> bytes:
            return answer(MistakeSettings(**fields).to_query())

        super().__init__(page, "mistakes", WORDS, MistakeSettings, answered)

    def choose(self, mistake: str) -> None:
        self.page.get_by_role("button", name=MISTAKES[mistake]["name"]).click()

    def button(self, effect: str) -> Locator:
        return self.page.get_by_role("button", name=WORDS["effects"][effect])

    @property
    def code(self) -> Locator:
        return self.page.locator("pre").first

    @property
    def verdict(self) -> Locator:
        return self.told.first

    @property
    def score(self) -> Locator:
        return self.page.locator("output")

    @property
    def next(self) -> Locator:
        return self.page.get_by_role("button", name=WORDS["next"])

    def table(self) -> list[list[str]]:
        rows = self.page.locator("tbody tr").filter(has=self.page.locator("td")).all()
        return [row.locator("td").all_inner_texts() for row in rows]


@pytest.fixture
def desk(page: Page) -> MistakesDesk:
    return MistakesDesk(page)


def few(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


def test_nothing_is_told_before_a_guess(desk: MistakesDesk) -> None:
    with desk.page.expect_response(lambda r: "wrong=true" in r.url):
        desk.open()
    mark = desk.page.locator("mark")
    expect(mark).to_have_text("    abar_prev = abar[t - 1]\n", use_inner_text=False)
    expect(desk.code).to_contain_text("5 apart")
    expect(desk.page.get_by_role("heading", name="DDIM, 20 steps")).to_be_visible()
    desk.page.wait_for_timeout(300)  # what came must not be shown
    for name in (RIGHT, WRONG):
        expect(desk.player(name)).to_be_hidden()
    expect(desk.page.get_by_text(WORDS["mended"])).to_be_hidden()
    expect(desk.verdict).to_be_empty()
    expect(desk.next).to_be_hidden()
    asked = [(one["mistake"], one["wrong"], one["steps"]) for one in desk.asked]
    assert sorted(asked) == [("neighbour", "false", "20"), ("neighbour", "true", "20")]


def test_a_right_guess_is_told_with_numbers_pictures_and_the_right_line(desk: MistakesDesk) -> None:
    desk.open()
    button = desk.button("scattered")
    button.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.verdict).to_contain_text("You foresaw it")
    right, wrong = (header("neighbour", wrong=w)["measured"] for w in (False, True))
    times = few(wrong["off"] / right["off"], 2)
    expect(desk.verdict).to_contain_text(f"{times:g} times as large")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_attribute("data-holds", "true")
    expect(button).to_be_focused()
    for name in (RIGHT, WRONG):
        expect(desk.player(name)).to_be_visible()
    expect(desk.page.locator("ins")).to_have_text(
        "abar_prev = abar[t_next] if t_next >= 0 else 1.0"
    )
    expect(desk.page.get_by_text("The walk jumps 5 levels at a time")).to_be_visible()
    found = [[float(text) for text in row] for row in desk.table()]
    expected = [[few(right[name]), few(wrong[name])] for name in ("swd", "off", "spread")]
    assert found == expected
    expect(desk.score).to_have_text("1 of 1 foreseen")
    # Nothing more is asked for: neither by guessing nor by looking through the frames.
    desk.to_the_end()
    expect(desk.player(WRONG)).to_have_attribute("data-frame", "20")
    assert len(desk.asked) == 2


def test_pictures_differ_at_the_end_though_not_at_the_start(desk: MistakesDesk) -> None:
    desk.open()
    desk.button("none").click()
    expect(desk.player(WRONG)).to_have_attribute("data-frame", "0")

    def drawn() -> list[str]:
        script = """async (c) => {
          for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
          return c.toDataURL();
        }"""
        return [
            desk.player(name).locator("canvas").first.evaluate(script) for name in (RIGHT, WRONG)
        ]

    first = drawn()
    assert first[0] == first[1]
    desk.to_the_end()
    last = drawn()
    assert last[0] != last[1]
    assert last[0] != first[0]


def test_a_wrong_guess_is_told_and_stays(desk: MistakesDesk) -> None:
    desk.open()
    desk.choose("one_more")
    expect(desk.code).to_contain_text("range(T - 1, -2, -5)")
    desk.button("none").click()
    expect(desk.verdict).to_contain_text("You guessed “Hardly any difference”")
    expect(desk.verdict).to_contain_text(WORDS["effects"]["one_place"])
    expect(desk.button("one_place")).to_have_attribute("data-holds", "true")
    expect(desk.button("none")).to_have_attribute("data-holds", "false")
    expect(desk.score).to_have_text("0 of 1 foreseen")
    desk.button("one_place").click(force=True)  # too late, which it says
    expect(desk.button("none")).to_have_attribute("aria-pressed", "true")
    expect(desk.button("one_place")).to_have_attribute("aria-pressed", "false")
    expect(desk.score).to_have_text("0 of 1 foreseen")
    # Another one, and back: the answer is still there.
    desk.choose("neighbour")
    expect(desk.verdict).to_be_empty()
    expect(desk.player(WRONG)).to_be_hidden()
    expect(desk.button("none")).to_have_attribute("aria-pressed", "false")
    desk.choose("one_more")
    expect(desk.verdict).to_contain_text("You guessed “Hardly any difference”")
    expect(desk.player(WRONG)).to_be_visible()


def test_all_six_one_after_the_other(desk: MistakesDesk) -> None:
    desk.open()
    foreseen = 0
    for i, mistake in enumerate(MISTAKES):
        expect(desk.page.locator("mark")).to_have_count(1)
        holds = header(mistake, wrong=True)["effect"]
        guess = "none" if i % 2 else holds
        foreseen += guess == holds
        desk.button(guess).click()
        expect(desk.score).to_have_text(f"{foreseen} of {i + 1} foreseen")
        line = MISTAKES[mistake]["right"].replace("{stride}", "5").strip()
        expect(desk.page.locator("ins")).to_have_text(line)
        assert "{" not in desk.page.locator(".dc-body").inner_text()
        assert "undefined" not in desk.page.locator(".dc-body").inner_text()
        if i < len(MISTAKES) - 1:
            desk.next.click()
            name = list(MISTAKES.values())[i + 1]["name"]
            chosen = desk.page.get_by_role("button", name=name)
            expect(chosen).to_have_attribute("aria-pressed", "true")
            expect(chosen).to_be_focused()
    expect(desk.next).to_be_hidden()  # there is none left


def test_other_settings_are_judged_anew_and_others_are_not_asked_for(desk: MistakesDesk) -> None:
    desk.open()
    desk.button("scattered").click()
    expect(desk.score).to_be_visible()
    before = desk.table()
    desk.tell(steps=50, ddpm_steps=7, eta=0.5, spacing="quadratic")  # not of this chapter
    desk.page.wait_for_timeout(300)
    assert len(desk.asked) == 2
    desk.tell(seed=3)
    measured = header("neighbour", wrong=True, seed=3)["measured"]
    expect(desk.page.locator("tbody td").nth(1)).to_have_text(f"{few(measured['swd']):g}")
    assert desk.table() != before
    assert {one["seed"] for one in desk.asked[2:]} == {"3"}
    expect(desk.verdict).to_contain_text("You foresaw it")


def test_a_refusal_is_told_and_asked_again(desk: MistakesDesk, errors: list[str]) -> None:
    desk.open()
    desk.button("scattered").click()
    expect(desk.player(WRONG)).to_be_visible()
    desk.refusal = "The server is busy."
    desk.tell(seed=4)
    expect(desk.page.get_by_role("alert").filter(has_text="busy")).to_be_visible()
    expect(desk.player(WRONG)).to_be_visible()  # what was there stays
    desk.choose("root")
    expect(desk.player(WRONG)).to_be_hidden()
    expect(desk.page.locator(".dc-error")).to_have_text("The server is busy.")
    desk.refusal = ""
    desk.button("none").click()
    expect(desk.verdict).to_contain_text(WORDS["effects"]["none"])
    expect(desk.page.locator(".dc-error")).to_be_empty()
    assert errors
    assert all(COMPLAINT in error for error in errors)
    errors.clear()


def test_on_a_phone_code_scrolls_but_the_page_does_not(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    desk = MistakesDesk(page)
    desk.open()
    for mistake in MISTAKES:
        desk.choose(mistake)
        desk.button("none").click()
        expect(desk.score).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
