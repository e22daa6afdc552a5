"""What keeps an event until there is a server: the loop, on made-up answers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.modules import Desk

pytestmark = pytest.mark.browser
ASK = """
  const patiently = window.setTimeout;
  window.setTimeout = (action) => patiently(action, 0);
  const kinds = {
    silence: () => Promise.reject(new TypeError("Failed to fetch")),
    gateway: () =>
      new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }),
    refusal: () => Response.json({ error: "Busy." }, { status: 503 }),
    answer: () => Response.json({ data: [] }),
    fault: () => new Response("Internal Server Error", { status: 500 }),
  };
  const [told, left] = [[], [...a[0]]];
  const response = await m.reached(async () => kinds[left.shift()](), (away) => told.push(away));
  return [response.status, told, left];
"""


@pytest.mark.parametrize(
    ("answers", "status", "told"),
    [
        (["answer"], 200, []),
        (["silence", "answer"], 200, [True, False]),
        (["silence", "gateway", "silence", "answer"], 200, [True, False]),
        (["refusal"], 503, []),  # the app's own
        (["gateway", "refusal"], 503, [True, False]),
        (["fault"], 500, []),
    ],
)
def test_only_what_the_app_itself_answers_counts(
    page: Page, answers: list[str], status: int, told: list[Any]
) -> None:
    assert Desk(page).call("page/reach.js", ASK, answers) == [status, told, []]
