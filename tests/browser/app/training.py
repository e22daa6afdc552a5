"""The tab "Train live" as a person uses it: what to press there, and what to look at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.app.pages import canvas, open_tab, painted, player, visit

TAB = "Train live"
TITLE = "S-curve · Fast · seed 0"
LOSS, BY_T = "Loss", "Loss by noise level"
DISTANCE = "Distance of the samples to the data"
LEARNED = "The noise that the network would take away, as arrows over the data"
RUN = re.compile(r"/api/runs/([\w-]+)\?")


class Desk:
    """A page with the tab open."""

    def __init__(self, page: Page, app: str) -> None:
        self.page, self.app = page, app
        self.runs: list[str] = []  # whatever the page has followed
        page.on("response", self._note)
        visit(page, app, TAB)
        self.transport = page.locator("[data-transport]")
        self.status = self.transport.get_by_role("status")
        self.alert = self.transport.get_by_role("alert")
        self.checkpoints = page.locator("[data-checkpoints]")
        self.compared = page.locator("[data-runs]")
        self.step_panel = page.locator("[data-step]")
        self.view = player(page, "What the network draws now")

    def _note(self, response: Response) -> None:
        found = RUN.search(response.url)
        if found and found[1] not in self.runs:
            self.runs.append(found[1])

    def button(self, name: str) -> Locator:
        return self.transport.get_by_role("button", name=name, exact=True)

    def press(self, *names: str) -> None:
        for name in names:
            self.button(name).click()

    def pace(self, name: str) -> None:
        self.transport.get_by_text(name, exact=True).click()

    def recipe(self, name: str) -> None:
        self.page.get_by_role("radio", name=name, exact=True).check()

    def open(self, group: str) -> None:
        """Unfold a group of controls."""
        self.page.get_by_role("button", name=group).filter(has_text=group).first.click()

    def set(self, label: str, value: str) -> None:
        """Type a number into the control of that label."""
        field = self.page.get_by_role("spinbutton", name=label)
        field.fill(value)
        field.blur()

    def says(self, *texts: str | re.Pattern[str]) -> None:
        for text in texts:
            expect(self.status).to_contain_text(text)

    def fact(self, name: str) -> Locator:
        """Find what is said of "step", "seconds" and so on."""
        pair = self.transport.locator(".dl-facts > div")
        return pair.filter(has=self.page.get_by_text(name, exact=True)).get_by_role("definition")

    def at_step(self, step: int, of: int = 400) -> None:
        expect(self.fact("step")).to_have_text(f"{step:,} of {of:,}")
        expect(self.view).to_contain_text(f"step {step:,} of {of:,}")

    def steps(self) -> int:
        return int(self.fact("step").inner_text().split(" of ")[0].replace(",", ""))

    def beyond(self, step: int) -> None:
        """Wait until more steps are done."""
        until(self.fact("step"), f"e => parseInt(e.textContent.replaceAll(',', '')) > {step}")

    def rewind(self, frame: int) -> None:
        self.view.get_by_role("slider").fill(str(frame))
        expect(self.view).to_have_attribute("data-frame", str(frame))

    def start_slowly(self, until_beyond: int = 10) -> None:
        """Train ten steps at a time."""
        self.pace("10 steps")
        self.press("Start")
        self.says("Training.")
        self.beyond(until_beyond)

    def settled(self) -> int:
        """Wait until a paused run has told all that it had to tell; return its step."""
        told: list[int] = []
        while len(told) < 4 or len(set(told[-4:])) > 1:
            assert len(told) < 100, "it does not rest"
            self.page.wait_for_event("response", lambda response: RUN.search(response.url))
            told.append(self.steps())
        return told[-1]

    @property
    def last(self) -> int:
        """The number of the latest picture."""
        return int(self.view.get_by_role("slider").get_attribute("max") or 0)

    def chart(self, name: str) -> Locator:
        return self.page.get_by_role("img", name=name, exact=True)

    def lines(self, name: str) -> dict[str, dict[str, list[float]]]:
        """Return what a chart was given, by the names of its lines."""
        read = "e => e.data.map(({ name, x, y }) => [name, { x: [...x], y: [...y] }])"
        return dict(self.chart(name).evaluate(read))

    def drawn(self, name: str, line: str, count: int) -> None:
        """Wait until a chart's line has at least so many values."""
        has = f"e => e.data?.find(({{ name }}) => name === {line!r})?.y.length >= {count}"
        until(self.chart(name), has)

    def learned(self) -> Locator:
        return self.page.get_by_role("img", name=LEARNED)

    def picture(self) -> str:
        """Return the point cloud as pixels, with nothing under the pointer."""
        self.page.mouse.move(0, 0)
        painted(self.view)
        return pixels(canvas(self.view))

    def reload(self) -> None:
        self.page.reload()
        open_tab(self.page, TAB)

    def done(self) -> None:
        expect(self.status).to_contain_text("Done.", timeout=90_000)
        expect(self.transport.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")

    def no_wider_than(self, width: int) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width


def until(of: Locator, condition: str, *arguments: Any) -> None:
    """Wait for a function of an element, in JavaScript, to be true."""
    of.page.wait_for_function(
        f"([element, ...more]) => ({condition})(element, ...more)",
        arg=[of.element_handle(), *arguments],
    )


def pixels(of: Locator) -> str:
    """Return a canvas as it is painted once nothing moves any more."""
    read = """async (canvas) => {
      const frame = () => new Promise(requestAnimationFrame);
      for (let before = "", now = canvas.toDataURL(); ; before = now, now = canvas.toDataURL()) {
        if (before === now) return now;
        await frame(); await frame();
      }
    }"""
    found: str = of.evaluate(read)
    return found


def differ(pictures: Iterable[str]) -> bool:
    """Whether no two are the same."""
    seen = list(pictures)
    return len(set(seen)) == len(seen)
