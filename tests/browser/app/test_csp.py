"""The page under its Content-Security-Policy: all of it works, and nothing foreign runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app.pages import TABS, open_tab, visit

pytestmark = pytest.mark.browser

# Chromium itself says most violations in the console; this says all of them.
LISTEN = """window.violations = [];
addEventListener("securitypolicyviolation", event => {
  violations.push(`${event.effectiveDirective}: ${event.blockedURI}`);
  console.error(`violation of ${violations.at(-1)} ${event.sourceFile}`);
});"""
INJECT = """() => {
  const script = document.createElement("script");
  script.textContent = "window.injected = 1";
  document.head.append(script);
  const nonced = document.createElement("script");
  nonced.nonce = "NONCE";
  nonced.textContent = "window.injected = 2";
  document.head.append(nonced);
  const link = document.createElement("a");
  link.setAttribute("onclick", "window.injected = 3");
  document.body.append(link);
  link.click();
  return window.injected ?? "nothing";
}"""


def nonce(page: Page, app: str) -> str:
    response = page.goto(app)
    assert response is not None
    found = re.search(r"'nonce-([\w-]{22})'", response.headers["content-security-policy"])
    assert found is not None
    return found[1]


def test_every_tab_and_the_settings_keep_to_the_policy(page: Page, app: str) -> None:
    page.add_init_script(LISTEN)
    visit(page, app, TABS[0])
    for tab in TABS:
        open_tab(page, tab)
        shown = page.get_by_role("tabpanel").filter(visible=True)
        expect(shown.locator("canvas, svg.main-svg").filter(visible=True).first).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_text("Display Theme")).to_be_visible()
    assert page.evaluate("violations") == []


def test_what_is_injected_does_not_run(page: Page, app: str, errors: list[str]) -> None:
    page.add_init_script(LISTEN)
    visit(page, app, TABS[0])
    expect(page.get_by_role("tab")).to_have_text(TABS)
    assert errors == []
    assert page.evaluate(INJECT) == "nothing"
    page.wait_for_function("violations.length >= 3")
    heard = page.evaluate("violations.sort()")
    assert heard == ["script-src-attr: inline", *["script-src-elem: inline"] * 2]
    complaints = len(errors)
    errors.clear()
    assert complaints >= len(heard)


def test_the_nonce_is_new_with_every_load_and_hidden_from_the_page(page: Page, app: str) -> None:
    first, second = nonce(page, app), nonce(page, app)
    assert first != second
    # Nothing that gets into the page can read it off the scripts.
    assert page.evaluate("[...document.scripts].map(s => s.getAttribute('nonce')).join('')") == ""
