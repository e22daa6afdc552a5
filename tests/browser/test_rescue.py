"""What the browser keeps of a run, with a clock and a server that are made up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

# Gives `rescue` news of a run at some moments, and says what is kept after each of them.
HEAR = """
  let now = 0;
  performance.now = () => now;
  const vault = await import("/static/page/vault.js");
  const { visitor } = await import("/static/page/visitor.js");
  const rescue = new m.Rescue();
  rescue.begin("a");
  const found = [];
  for (const [seconds, seq] of a[0]) {
    now = 1000 * seconds;
    rescue.heard({ has_result: true, seq });
    await rescue.ended({ status: "stopped" }, false); // waits for what is on its way
    found.push((await vault.kept(vault.RUN + visitor()))?.step ?? null);
  }
  return found;
"""
READ = """
  const entry = (text) => ({ bytes: new TextEncoder().encode(text).buffer });
  const read = async (key) => {
    const { bytes } = (await m.kept(key)) ?? {};
    return bytes ? new TextDecoder().decode(bytes) : null;
  };
"""


def checkpoint(step: int) -> bytes:
    header = json.dumps({"__metadata__": {"info": json.dumps({"step": step})}}).encode()
    return len(header).to_bytes(8, "little") + header


class Server:
    """Gives a checkpoint for each question in turn; None is a failure."""

    def __init__(self, page: Page, *steps: int | None) -> None:
        self.steps = list(steps)
        self.desk = Desk(page)
        page.route("**/api/runs/a/checkpoint", self._answer)

    def _answer(self, route: Route) -> None:
        step = self.steps.pop(0)
        if step is None:
            return route.fulfill(status=503, json={"error": "Busy."})
        route.fulfill(body=checkpoint(step), content_type="application/octet-stream")

    def kept_after(self, *news: tuple[float, int]) -> Any:
        return self.desk.call("page/rescue.js", HEAR, news)


def test_a_checkpoint_is_kept_now_and_then(page: Page) -> None:
    server = Server(page, 10, 40)
    assert server.kept_after((1, 1), (4, 2), (9, 3), (15, 4), (40, 4)) == [None, 10, 10, 40, 40]
    assert server.steps == []


def test_where_nothing_is_learnt_yet_nothing_is_kept_but_soon(page: Page) -> None:
    server = Server(page, 0, 20)
    assert server.kept_after((4, 2), (5, 3), (7, 3)) == [None, None, 20]


def test_one_that_did_not_come_is_fetched_again(page: Page, errors: list[str]) -> None:
    server = Server(page, None, 40)
    assert server.kept_after((4, 2), (5, 2), (15, 2)) == [None, None, 40]
    assert all("503" in error for error in errors)
    errors.clear()


def test_after_a_failure_the_store_is_opened_again(page: Page) -> None:
    body = """
      const open = indexedDB.open.bind(indexedDB);
      IDBFactory.prototype.open = () => {
        const request = {};
        setTimeout(() => request.onerror());
        return request;
      };
      await m.keep("a", entry("one"));
      const before = await read("a");
      IDBFactory.prototype.open = open;
      await m.keep("a", entry("two"));
      return [before, await read("a")];
    """
    assert Desk(page).call("page/vault.js", READ + body) == [None, "two"]


def test_another_page_may_delete_the_store_and_it_is_opened_again(page: Page) -> None:
    body = """
      await m.keep("a", entry("one"));
      const before = await read("a");
      const blocked = await new Promise((resolve) => {
        const deleting = indexedDB.deleteDatabase("diffusion-explainer");
        deleting.onblocked = () => resolve(true);
        deleting.onsuccess = () => resolve(false);
      });
      const gone = await read("a");
      await m.keep("a", entry("two"));
      return [before, blocked, gone, await read("a")];
    """
    found = Desk(page).call("page/vault.js", READ + body)
    assert found == ["one", False, None, "two"]
