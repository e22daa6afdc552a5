"""What a real page asks of the server, as a Chromium does it: the pattern that pupils repeat."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from benchmarks.pages import app_in_browser
from benchmarks.startup import PAINTED, PATIENCE

QUIET = 1500  # milliseconds without a question: the page has all that it wants
EVENT = "/gradio_api/run/predict"


@dataclass(frozen=True)
class Recording:
    """A page's questions.

    Attributes
    ----------
    opening : list of str
        What is fetched, in order, until the first tab has everything; but for the heartbeat.
    training : list of str
        What is fetched when the tab "Train live" is opened.
    choose, slide, start : dict
        The bodies of three events: other data, another T, and the press of Start.
    """

    opening: list[str]
    training: list[str]
    choose: dict[str, Any]
    slide: dict[str, Any]
    start: dict[str, Any]


class _Ear:
    """Hears what a page asks for."""

    def __init__(self, page: Page) -> None:
        self.page, self.heard = page, list[Request]()
        page.on("request", lambda request: self.heard.append(request))

    def during(self, act: Callable[[], object]) -> list[Request]:
        """Do something and return what it led to, once the page is quiet."""
        self.heard.clear()
        act()
        count = -1
        while count != len(self.heard):
            count = len(self.heard)
            self.page.wait_for_timeout(QUIET)
        return [*self.heard]


def _fetched(requests: list[Request]) -> list[str]:
    """Return the addresses of what was fetched, each once, as seen from the server's root."""
    found = []
    for request in requests:
        parts = urlsplit(request.url)
        if request.method == "GET" and parts.scheme == "http" and "heartbeat" not in parts.path:
            found.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return list(dict.fromkeys(found))


def _event(requests: list[Request]) -> dict[str, Any]:
    """Return the body of the first event among them."""
    for request in requests:
        if urlsplit(request.url).path == EVENT and request.post_data:
            body: dict[str, Any] = json.loads(request.post_data)
            return body
    raise SystemExit("The page sent no event: its controls must have changed.")


def record(chromium: str | None) -> Recording:
    """Open the app's page in a Chromium and use it as a pupil does."""
    with app_in_browser(chromium) as (browser, address):
        page = browser.new_context(viewport={"width": 1366, "height": 900}).new_page()
        ear = _Ear(page)

        def open_page() -> None:
            page.goto(address)
            painted = page.locator(PAINTED).first
            painted.wait_for(state="visible", timeout=1000 * PATIENCE)

        def choose() -> None:
            page.get_by_label("Data").first.click()
            page.get_by_role("option").nth(1).click()

        def slide() -> None:
            slider = page.locator("input[type=range][max='1000']").first
            slider.fill("250")

        opening = _fetched(ear.during(open_page))
        chosen, slid = _event(ear.during(choose)), _event(ear.during(slide))
        training = _fetched(ear.during(lambda: page.get_by_role("tab", name="Train live").click()))
        press = page.get_by_role("button", name="Start", exact=True).first
        start = _event(ear.during(press.click))
        return Recording(opening, training, chosen, slid, start)
