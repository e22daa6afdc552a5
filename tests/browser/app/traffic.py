"""What a page has asked for, and whether it still waits for an answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request

# Longer than any rest that the page takes between an answer and what it asks next.
QUIET = 1500
LOOKS = 40
# Gradio's stream of signs of life, which lasts as long as the page.
HEARTBEAT = "/gradio_api/heartbeat/"


class Traffic:
    """The requests of one page, from before it opens.

    Parameters
    ----------
    page
        A page that has not yet asked for anything.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.waiting: set[Request] = set()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def within(self, milliseconds: int) -> list[str]:
        """Return the addresses that the page asks for in the next while."""
        before = len(self.asked)
        self.page.wait_for_timeout(milliseconds)
        return self.asked[before:]

    def at_rest(self) -> None:
        """Wait until what was opened has asked for all that it needs, and has it."""
        for _ in range(LOOKS):
            waited = bool(self.waiting)
            if not self.within(QUIET) and not waited:
                return
        pytest.fail(f"the page asks and asks; unanswered: {[one.url for one in self.waiting]}")

    def _begin(self, request: Request) -> None:
        self.asked.append(request.url)
        if HEARTBEAT not in request.url:
            self.waiting.add(request)

    def _end(self, request: Request) -> None:
        self.waiting.discard(request)
