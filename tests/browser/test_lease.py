"""What keeps the runs of before a reload alive, on made-up answers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route

from explainer.frames import encode
from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]
LIVE, UNDO = "diffusion-explainer-run", "diffusion-explainer-undo"
# No test waits for twenty seconds: what is to happen later happens next.
MOUNT = """
  const patiently = window.setTimeout;
  window.setTimeout = (action, wait) => patiently(action, wait === 20000 ? 0 : wait);
  sessionStorage.setItem(a[0], JSON.stringify(a[1]));
  await m.mount();
"""
FOLLOW = """
  const root = document.getElementById("here");
  new m.Feed(root, { onnews() {}, onlost() {}, onsilence() {} }).follow("a");
"""


class Runs:
    """A server that says in turn how a run stands, the last of it again and again."""

    def __init__(self, page: Page, *answers: str) -> None:
        self.answers, self.asked = list(answers), 0
        self.desk = Desk(page)
        page.route("**/api/runs/a?since=9007199254740991", self._answer)

    def _answer(self, route: Route) -> None:
        self.asked += 1
        status = self.answers.pop(0)
        if status == "away":
            return route.fulfill(status=502, content_type="text/html", body="<html>")
        if status == "unknown":
            return route.fulfill(status=404, json={"error": "There is no such run."})
        route.fulfill(body=encode({"status": status}, {}))

    def load_again(self, memory: str, **value: Any) -> int:
        """Mount what asks, until it asks no more; return how often it did."""
        self.desk.call("page/lease.js", MOUNT, memory, value)
        return self.asked


@pytest.mark.parametrize("memory", [LIVE, UNDO])
@pytest.mark.parametrize("end", ["done", "stopped", "failed", "unknown"])
def test_a_run_is_asked_for_until_it_is_over(
    page: Page, errors: list[str], memory: str, end: str
) -> None:
    answers = ["queued", "running", "away", "paused", end]
    assert Runs(page, *answers).load_again(memory, run="a") == len(answers)
    errors.clear()  # the browser itself writes down every refusal


def test_a_run_that_is_followed_is_left_to_what_follows_it(page: Page) -> None:
    runs = Runs(page)
    page.route("**/api/runs/a?since=0", lambda route: route.fulfill(status=204))
    runs.desk.call("page/feed.js", FOLLOW)
    assert runs.load_again(LIVE, run="a") == 0


@pytest.mark.parametrize("value", [{"run": "a", "over": True}, {"plan": {}}])
def test_without_a_live_run_nothing_is_asked(page: Page, value: dict[str, Any]) -> None:
    assert Runs(page).load_again(LIVE, **value) == 0
