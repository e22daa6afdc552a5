"""The chapters of the tab "Noise types" in the app itself, as a learner uses them."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from explainer.ui.chapters import NOISE_CHAPTERS
from tests.browser.app.pages import opened_chapter, visit

pytestmark = pytest.mark.browser

TAB = "Noise types"


def chapter(page: Page, app: str, name: str) -> Locator:
    visit(page, app, TAB)
    return opened_chapter(page, NOISE_CHAPTERS[name]["title"])


def portrait() -> bytes:
    """Return a picture file that is no picture of the app's: a slope of brightness."""
    file = BytesIO()
    slope = np.tile(np.linspace(0, 255, 90).astype(np.uint8), (60, 1))
    Image.fromarray(slope).save(file, "PNG")
    return file.getvalue()


def test_a_picture_of_ones_own_is_corrupted_and_scrubbed_without_the_server(
    page: Page, app: str
) -> None:
    pictures = chapter(page, app, "pictures")
    quality = pictures.get_by_text(re.compile(r"^At amount 0\.30 the median filter"))
    expect(quality).to_be_visible()
    of_the_temple = quality.inner_text()
    chosen = {"name": "slope.png", "mimeType": "image/png", "buffer": portrait()}
    pictures.locator("input[type=file]").set_input_files(chosen)
    expect(quality).not_to_have_text(of_the_temple, use_inner_text=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    pictures.get_by_role("slider").fill("0")
    told = pictures.get_by_text(re.compile(r"^At amount 0\.00"))
    expect(told.or_(pictures.get_by_text("∞ dB")).first).to_be_visible()
    pictures.get_by_role("slider").fill("10")
    expect(pictures.get_by_text(re.compile(r"^At amount 0\.50"))).to_be_visible()
    assert [url for url in asked if "/api/picture" in url] == []


def test_a_text_called_png_is_refused_and_the_picture_stays(page: Page, app: str) -> None:
    pictures = chapter(page, app, "pictures")
    told = pictures.get_by_text(re.compile(r"^At amount 0\.30 the median filter"))
    expect(told).to_be_visible()
    before = told.inner_text()
    text = {"name": "notes.png", "mimeType": "image/png", "buffer": b"These are notes.\n" * 40}
    pictures.locator("input[type=file]").set_input_files(text)
    expect(pictures.get_by_role("alert").filter(has_text="PNG")).to_be_visible()
    assert told.inner_text() == before


def test_three_networks_are_trained_and_measured(page: Page, app: str) -> None:
    undo = chapter(page, app, "undo")
    expect(undo).to_contain_text("These three networks come with the app")
    undo.get_by_role("button", name="Train all three").click()
    # Three times 800 steps, at the lowest priority beside whatever the tests do.
    done = undo.get_by_text(re.compile(r"^S-curve · MLP: Done after|Done after"))
    expect(done).to_be_visible(timeout=180_000)
    undo.get_by_role("button", name="40", exact=True).click()
    row = undo.get_by_role("row", name=re.compile("^DDIM"))
    five, forty = (float(text) for text in row.get_by_role("cell").all_inner_texts()[:2])
    assert 0 < forty < five < 0.03  # of pure noise it is 0.02


@pytest.mark.parametrize("name", ["composing", "endstates", "closedform"])
def test_every_other_chapter_finds_something(page: Page, app: str, name: str) -> None:
    opened = chapter(page, app, name)
    expect(opened.locator("b").first).to_have_text(re.compile(r"\d"))
    expect(opened.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_have_count(0)
