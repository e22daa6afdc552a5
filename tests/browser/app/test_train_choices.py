"""The tab "Train live": what is chosen, what cannot be, and puzzles."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from explainer.ui.text.puzzles import PUZZLES
from explainer.ui.text.train import WORDS
from tests.browser.app.pages import choose, painted
from tests.browser.app.training import TITLE, Desk

pytestmark = pytest.mark.browser


def test_settings_changed_while_it_trains_are_those_of_the_next_run(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.pace("10 steps")
    desk.press("Start")
    desk.says("Training.")
    desk.set("Seed", "7")
    line = page.get_by_text("This run keeps its own settings.")
    expect(line).to_contain_text("seed 0 → 7")
    choose(page, "Data set", "Moons")
    expect(line).to_contain_text("data set S-curve → Moons")
    desk.open("Network")
    page.get_by_label("tanh").check()
    expect(line).to_contain_text("activation ReLU → tanh")
    desk.says(TITLE, "Training.")  # it goes on
    desk.beyond(desk.steps())
    desk.set("Seed", "0.5")
    expect(desk.alert).to_contain_text("seed")
    desk.press("Pause")
    desk.says("Paused.")
    expect(desk.alert).to_contain_text("seed")  # Start would still not do
    desk.set("Seed", "7")
    expect(desk.alert).to_have_count(0)
    desk.press("Resume")
    desk.pace("full")
    desk.done()
    desk.says(TITLE)
    expect(line).to_be_visible()
    desk.press("Start")
    desk.says("Moons · Fast, changed · seed 7")
    desk.done()
    expect(line).to_have_count(0)


def test_a_bad_setting_is_named_and_the_picture_stays(page: Page, app: str) -> None:
    desk = Desk(page, app)
    before = desk.picture()
    desk.set("Seed", "-5")
    desk.press("Start")
    expect(desk.alert).to_have_text("seed must be at least 0, not -5.")
    desk.press("Start")  # says it again
    desk.press("Reset")
    expect(desk.alert).to_have_text("seed must be at least 0, not -5.")
    assert desk.picture() == before
    desk.set("Seed", "0")
    expect(desk.alert).to_have_count(0)
    assert desk.runs == []


def test_a_puzzle_breaks_down_is_answered_and_mended(page: Page, app: str) -> None:
    """Race 65 too: a loss that diverges stops the run, which says why."""
    desk = Desk(page, app)
    puzzle = page.locator("[data-puzzle]")
    expect(puzzle).to_be_hidden()
    desk.recipe("Puzzle 1")
    told = PUZZLES["rate"]
    expect(puzzle.get_by_role("heading")).to_have_text(told["question"])
    answer = puzzle.get_by_text(told["answer"], exact=True)
    expect(answer).to_be_hidden()
    desk.press("Start")
    desk.says("Stopped.", re.compile(r"Training diverged at step \d+: the loss is"))
    painted(desk.view)  # the last good picture
    # From there it would only diverge again.
    expect(desk.transport.get_by_role("button", name=re.compile("^Go on"))).to_have_count(0)
    expect(desk.checkpoints.get_by_role("listitem")).to_have_count(1)  # and what it was drawn by
    expect(desk.compared.get_by_role("listitem")).to_contain_text("Puzzle 1")
    puzzle.get_by_role("button", name="Show the answer").click()
    expect(answer).to_be_visible()
    puzzle.get_by_role("button", name="Mend it and train again").click()
    desk.done()
    desk.says(TITLE)
    expect(puzzle).to_be_hidden()
    expect(page.get_by_role("radio", name="Fast", exact=True)).to_be_checked()
    desk.at_step(400)


def test_a_puzzle_does_not_tell_which_settings_it_has(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.press("Start")
    desk.done()
    desk.recipe("Puzzle 3")
    line = page.get_by_text("This run keeps its own settings.")
    expect(line).to_have_text(WORDS["posed"])
    desk.recipe("Fast")
    expect(line).to_have_count(0)
    desk.set("Seed", "5")
    expect(line).to_contain_text("seed 0 → 5")


def test_ones_own_run_is_not_lost_by_looking_at_another(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.set("Seed", "7")
    desk.press("Start")
    desk.done()
    desk.says("S-curve · Fast · seed 7")
    desk.recipe("Tutorial")
    desk.set("Seed", "0")
    desk.says("S-curve · Tutorial · seed 0", "A finished run")
    desk.open("Network")
    page.get_by_label("tanh").check()
    desk.says("A finished run")
    desk.press("Back to my run")
    desk.says("S-curve · Fast · seed 7", "Done.")
    desk.at_step(400)
    expect(page.get_by_text("This run keeps its own settings.")).to_be_visible()
    desk.press("Start")  # what was chosen is not lost either
    desk.says("S-curve · Tutorial, changed · seed 0", "Training.")
    desk.press("Stop")
    desk.says("Stopped.")
