"""What a person does on the page, by role and label."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

TABS = ["Forward process", "Schedule plots", "Train live", "DDPM vs DDIM", "Noise types"]
READY = re.compile("ready|playing")
# Counts pixels that are neither paper nor grey: points and lines are, axes and numbers are not.
COLOURED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const rgb = [data[i], data[i + 1], data[i + 2]];
    if (Math.max(...rgb) - Math.min(...rgb) > 60) count += 1;
  }
  return count;
}"""
PICTURE = "canvas => canvas.toDataURL()"


def visit(page: Page, app: str, tab: str, *, plays: bool = False) -> None:
    """Open the page and a tab; nothing plays by itself unless it is to."""
    # Or else it may begin to play just after it was told to pause.
    page.emulate_media(reduced_motion="no-preference" if plays else "reduce")
    page.goto(app)
    open_tab(page, tab)


def open_tab(page: Page, tab: str) -> None:
    """Open a tab; on a phone some are in a menu."""
    page.get_by_role("tab").first.wait_for()
    wanted = page.get_by_role("tab", name=tab)
    if not wanted.is_visible():
        page.locator(".overflow-menu > button").click()
        wanted = page.locator(".overflow-dropdown").get_by_role("button", name=tab)
    wanted.click()


def player(page: Page, name: str) -> Locator:
    found = page.get_by_role("group", name=name, exact=True)
    expect(found).to_have_attribute("data-state", READY)
    return found


def evaluations(of: Locator) -> Locator:
    """Return the first of the numbers that say what a sample cost."""
    return of.locator(".pc-cost").get_by_role("definition").first


def canvas(of: Locator) -> Locator:
    return of.get_by_role("img").first


def painted(of: Locator, least: int = 300) -> None:
    handle = canvas(of).element_handle()
    of.page.wait_for_function(f"canvas => ({COLOURED})(canvas) >= {least}", arg=handle)


def pause(of: Locator) -> None:
    button = of.get_by_role("button", name="Pause")
    if button.is_visible():
        button.click()


def choose(page: Page, label: str, option: str) -> None:
    """Choose from the dropdown of that label on the tab that is open."""
    expect(page.get_by_role("listbox")).to_have_count(0)  # the last one takes a moment to close
    page.get_by_label(label, exact=True).locator("visible=true").first.click()
    page.get_by_role("listbox").get_by_role("option", name=option, exact=True).click()


def opened_chapter(page: Page, title: str) -> Locator:
    """Open a chapter of the tab that is open."""
    heading = page.get_by_role("heading", name=title, exact=True)
    chapter = page.locator("details.dc-chapter").filter(has=heading)
    heading.scroll_into_view_if_needed()
    if chapter.get_attribute("open") is None:
        heading.click()
    return chapter
