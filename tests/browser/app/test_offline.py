"""A machine without a network: every tab paints fully, and neither page nor server calls anyone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app.pages import READY, TABS, open_tab, painted
from tests.browser.app.server import serving

pytestmark = pytest.mark.browser

OVERHEARD = Path(__file__).parent / "overheard"
# What is drawn with a font that has not come is drawn in another one.
FONTS = """async () => {
  await document.fonts.ready;
  return [...document.fonts].filter((face) => face.status === "error").map((face) => face.family);
}"""
BROKEN = "[...document.images].filter((image) => image.complete && !image.naturalWidth).length"


@pytest.fixture(scope="module")
def overheard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An app whose processes are listened to: its address, and the list of whom they called."""
    calls = tmp_path_factory.mktemp("overheard") / "calls.txt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(OVERHEARD), *sys.path[1:]]))
        patch.setenv("OVERHEARD", str(calls))
        with serving() as (address, _):
            yield address, calls


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_asks_nobody_but_the_app(page: Page, overheard: tuple[str, Path], tab: str) -> None:
    address, calls = overheard
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    open_tab(page, tab)
    shown = page.locator("[data-state]:visible")
    expect(shown.first).to_have_attribute("data-state", READY)
    for state in shown.all():
        state.scroll_into_view_if_needed()
        expect(state).to_have_attribute("data-state", READY)
    clouds = page.locator(".pc-player:visible")
    if clouds.count():
        painted(clouds.first)
    text = page.locator("[role=tabpanel]:visible").first.inner_text()
    assert "$" not in text  # a formula that was not set
    assert page.evaluate(FONTS) == []
    assert page.evaluate(BROKEN) == 0
    here = urlsplit(address).netloc
    left = [url for url in asked if urlsplit(url).scheme not in ("data", "blob")]
    assert left
    assert [url for url in left if urlsplit(url).netloc != here] == []
    assert not calls.exists(), calls.read_text()


def test_a_call_would_be_overheard(tmp_path: Path) -> None:
    calls = tmp_path / "calls.txt"
    script = (
        "import socket\ntry: socket.create_connection(('192.0.2.1', 9), 0.01)\nexcept OSError: pass"
    )
    environment = {**os.environ, "PYTHONPATH": str(OVERHEARD), "OVERHEARD": str(calls)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    assert "192.0.2.1" in calls.read_text()
