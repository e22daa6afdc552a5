"""The tab "DDPM vs DDIM": two players, and the chapters under them, as a learner uses them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.ui.chapters import COMPARE_CHAPTERS
from tests.browser.app.pages import (
    canvas,
    choose,
    evaluations,
    opened_chapter,
    painted,
    pause,
    player,
    visit,
)

pytestmark = pytest.mark.browser

# Of the players and the particle; the chapter that is open may still be asking for what is its own.
QUESTION = re.compile(r"/api/(sample|particle|derivation)")


def opened(page: Page, name: str) -> Locator:
    return opened_chapter(page, COMPARE_CHAPTERS[name]["title"])


def typed(page: Page, label: str, value: str) -> None:
    box = page.get_by_label(f"number input for {label}")
    box.fill(value)
    box.press("Enter")


def test_spacing_says_which_levels_are_visited(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    right = player(page, "DDIM")
    expect(evaluations(right)).to_have_text("20")
    pause(right)
    right.get_by_role("slider").fill("0")
    expect(right).to_contain_text("t = 100 of 100")
    choose(page, "Which noise levels are visited", "evenly, to 1 (leading: starts below T)")
    expect(right).to_contain_text("t = 96 of 100")
    expect(player(page, "DDPM")).to_contain_text("t = 100 of 100")  # all 100 are visited anyhow


def test_arrows_of_the_model_of_a_perfect_one_and_of_its_mistakes(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    left, right = player(page, "DDPM"), player(page, "DDIM")
    pause(left)
    left.get_by_role("slider").fill("60")
    left.get_by_role("button", name="Arrows").click()
    seen = []
    for whose, says in (
        ("learned", "The arrows are −ε̂ of this model"),
        ("exact", "−ε̂ of a perfect network"),
        ("difference", "its mistakes"),
    ):
        left.get_by_label("Whose arrows").select_option(whose)
        for side in (left, right):
            expect(side).to_contain_text(says)
        seen.append(canvas(right).evaluate("canvas => canvas.toDataURL()"))
    assert len(set(seen)) == 3


def test_what_cannot_be_is_told_and_nothing_is_lost(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    right = player(page, "DDIM")
    painted(canvas(right).locator("xpath=ancestor::*[@role='group'][1]"))
    pause(right)
    seed = page.get_by_label("Seed", exact=True)
    seed.fill("-3")
    seed.press("Enter")
    for name in ("DDPM", "DDIM"):
        side = page.get_by_role("group", name=name, exact=True)
        expect(side.get_by_role("alert")).to_contain_text("seed must be")
        painted(side)
    seed.fill("4")
    seed.press("Enter")
    expect(right.get_by_role("alert")).to_have_count(0)


def test_every_chapter_opens_and_follows_the_model(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    player(page, "DDIM")
    numbers = re.compile(r"\d\.\d")
    for name in COMPARE_CHAPTERS:
        chapter = opened(page, name)
        if name == "mistakes":  # its numbers come after the guess
            chapter.get_by_role("button", name="All points in one place").click()
        expect(
            chapter.locator(".dc-told, .dc-body p, td").filter(has_text=numbers).first
        ).to_be_visible()
        expect(chapter.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)
    solver = opened(page, "solver").get_by_role("group", name=re.compile("DPM-Solver"))
    expect(solver).to_have_attribute("data-state", re.compile("ready|playing"))
    before = solver.locator(".pc-cost").inner_text()
    choose(page, "Model", "Moons · fast")
    opened(page, "solver")  # on screen again: what nobody sees asks for nothing
    expect(solver.locator(".pc-cost")).not_to_have_text(before, use_inner_text=True)
    for name in COMPARE_CHAPTERS:
        expect(
            opened(page, name).get_by_role("alert").filter(has_text=re.compile("."))
        ).to_have_count(0)


def test_scrubbing_and_stepping_never_ask_the_server(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    right = player(page, "DDIM")
    pause(right)
    particle = opened(page, "particle")
    step = particle.get_by_role("slider")
    expect(step).to_be_enabled()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for at in ("0", "7", "20"):
        right.get_by_role("slider").fill(at)
        expect(right).to_have_attribute("data-frame", at)
    table = particle.get_by_role("table")
    before = table.inner_text()
    step.press("ArrowRight")
    expect(table).not_to_have_text(before, use_inner_text=True)
    assert [url for url in asked if QUESTION.search(url)] == []
