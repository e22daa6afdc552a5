"""The app in a process of its own, and a Chromium beside it with pages of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.startup import PAINTED, PATIENCE, server


@contextmanager
def app_in_browser(chromium: str | None) -> Iterator[tuple[Browser, str]]:
    """Start the app and a Chromium beside it; yields the browser and the app's address."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        with server(errors=Path(folder) / "stderr.txt") as (address, _):
            yield browser, address
        browser.close()


def opened(browser: Browser, address: str, tab: str) -> Page:
    """Open a page of its own and a tab of it."""
    page = browser.new_context(viewport={"width": 1366, "height": 900}).new_page()
    page.goto(address)
    page.locator(PAINTED).first.wait_for(state="visible", timeout=1000 * PATIENCE)
    page.get_by_role("tab", name=tab).click()
    if tab == "Train live":
        page.locator('[data-transport][data-status="shipped"]').wait_for()
        page.wait_for_function(
            "document.querySelector('[data-live] .pc-player').player.data?.count"
        )
    return page
