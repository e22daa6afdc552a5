"""The riddle about a broken run in a real Chromium, on a page of its own."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from explainer.ui.text.runs import PUZZLE_WORDS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
KINDS = {".js": "text/javascript", ".css": "text/css"}
URL = "http://page.test/behind/a/proxy/"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body { margin: 12px; font-family: system-ui }
  .dark { background: #000; color: #f1f5f9; --background-fill-primary: #0f172a;
    --body-text-color: #f1f5f9; --border-color-primary: #334155 }</style>
<div id="here"></div>
<script type="module">
  import { Puzzle } from "./static/page/puzzle.js";
  window.told = [];
  window.puzzle = new Puzzle(document.querySelector("#here"), WORDS, {
    onreveal: (shown) => told.push(shown),
    onmend: () => told.push("mend"),
  });
</script>"""
RATE = {
    "name": "rate",
    "question": "What is wrong here?",
    "look": "Look at the first steps of the loss.",
    "answer": "The learning rate is far too large: every step overshoots the valley it aims at.",
    "mend": "learning rate 0.01",
}
TINY = {**RATE, "name": "tiny", "answer": "The network is too small.", "mend": "64 units"}


class Desk:
    """A page with the card, and eyes for it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/behind/a/proxy/")
        if path == "":
            page = PAGE.replace("WORDS", json.dumps(PUZZLE_WORDS))
            route.fulfill(body=page, content_type="text/html")
        else:
            _, folder, name = path.split("/")
            file = FOLDERS[folder] / name
            route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def open(self) -> Desk:
        self.page.goto(URL)
        self.page.wait_for_function("window.puzzle")
        return self

    def show(self, puzzle: dict[str, str] | None) -> Desk:
        self.page.evaluate(f"puzzle.show({json.dumps(puzzle)})")
        return self

    def told(self) -> list[bool | str]:
        found: list[bool | str] = self.page.evaluate("told")
        return found

    @property
    def toggle(self) -> Locator:
        return self.page.locator("[name=answer]")

    @property
    def answer(self) -> Locator:
        return self.page.locator(".dq-answer")

    @property
    def mend(self) -> Locator:
        return self.page.get_by_role("button", name=PUZZLE_WORDS["mend"])


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def test_the_question_comes_without_its_answer(desk: Desk) -> None:
    desk.open()
    expect(desk.page.locator("#here")).to_be_hidden()
    desk.show(RATE)
    expect(desk.page.get_by_role("heading")).to_have_text(RATE["question"])
    expect(desk.page.get_by_text(RATE["look"])).to_be_visible()
    expect(desk.answer).to_be_hidden()
    expect(desk.mend).to_be_hidden()
    expect(desk.toggle).to_have_text(PUZZLE_WORDS["show"])
    expect(desk.toggle).to_have_attribute("aria-expanded", "false")
    assert desk.told() == []


def test_the_answer_comes_and_goes(desk: Desk) -> None:
    desk.open().show(RATE)
    desk.toggle.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.answer).to_have_text(RATE["answer"])
    expect(desk.answer).to_be_visible()
    expect(desk.toggle).to_have_text(PUZZLE_WORDS["hide"])
    expect(desk.toggle).to_have_attribute("aria-expanded", "true")
    expect(desk.toggle).to_be_focused()
    expect(desk.toggle).to_have_attribute("aria-controls", desk.answer.get_attribute("id") or "")
    desk.toggle.click()
    expect(desk.answer).to_be_hidden()
    expect(desk.mend).to_be_hidden()
    assert desk.told() == [True, False]


def test_mending_says_what_it_changes(desk: Desk) -> None:
    desk.open().show(RATE)
    desk.toggle.click()
    expect(desk.mend).to_contain_text(RATE["mend"])
    desk.mend.click()
    assert desk.told() == [True, "mend"]
    expect(desk.answer).to_be_visible()


def test_which_answers_were_revealed_is_remembered(desk: Desk) -> None:
    desk.open().show(RATE)
    desk.toggle.click()
    desk.show(TINY)
    expect(desk.answer).to_be_hidden()
    desk.show(RATE)
    expect(desk.answer).to_have_text(RATE["answer"])
    expect(desk.answer).to_be_visible()
    desk.show(None)
    expect(desk.page.locator("#here")).to_be_hidden()
    assert desk.told() == [True, False, True, False]
    desk.show(None)
    assert len(desk.told()) == 4


def test_its_sentences_are_text(desk: Desk) -> None:
    evil = {name: f"<b>{text}</b>" for name, text in RATE.items()}
    desk.open().show(evil)
    desk.toggle.click()
    expect(desk.page.get_by_role("heading")).to_have_text(evil["question"])
    expect(desk.answer).to_have_text(evil["answer"])
    expect(desk.mend).to_contain_text(evil["mend"])


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_it_stays_within_the_screen(desk: Desk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.open().show({**RATE, "mend": "linear schedule with 1,000 steps and a smaller rate"})
    desk.toggle.click()
    expect(desk.mend).to_be_in_viewport()
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
