"""The chapter on networks that undo noise on a page of its own, and a server that is made up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from playwright.sync_api import Locator, Page, Route, expect

from explainer.frames import encode
from explainer.ui.text.undo import WORDS
from tests.browser.chapter_page import PAGE, URL
from tests.browser.modules import FOLDERS, KINDS
from tests.browser.undo_looks import look

PLOTLY = Path(str(files("plotly").joinpath("package_data/plotly.min.js")))
ABOVE = {"dataset": "s_curve", "seed": 3}  # what the controls above the chapters say
BYTES = "application/octet-stream"
RUN = "run-1"


class UndoDesk:
    """A page with the chapter, what it asked for, and what it is told of a run."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[dict[str, str]] = []  # shipped networks
        self.posted: list[dict[str, Any]] = []  # what was to be trained
        self.told: list[str] = []  # what runs were told to do
        self.polls = 0
        self.refusal = ""
        self.shipped: Mapping[str, bytes] = {}  # by data set, where it is not what is made here
        self.known = True  # whether the server knows the run
        self.news: list[tuple[dict[str, Any], list[bytes]]] = []  # header and pictures
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        path = url.path.removeprefix("/behind/a/proxy/")
        query = dict(parse_qsl(url.query))
        if path == "":
            props = json.dumps({"words": WORDS, "value": ABOVE, "open": True})
            page = PAGE.replace("NAME", "undo").replace("PROPS", props)
            return route.fulfill(body=page, content_type="text/html")
        if path == "static/plotly.js":
            return route.fulfill(path=PLOTLY, content_type="text/javascript")
        if path == "api/undo":
            self.asked.append(query)
            return self._answer(route, query)
        if path == "api/undo/start":
            if self.refusal:
                return route.fulfill(status=422, json={"error": self.refusal})
            self.posted.append(route.request.post_data_json)
            return route.fulfill(json={"run": RUN, "steps": 400})
        if path.startswith("api/runs/"):
            return self._run(route, path.split("/")[2:], query)
        _, folder, name = path.split("/")
        file = FOLDERS[folder] / name
        return route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def _answer(self, route: Route, query: dict[str, str]) -> None:
        if self.refusal:
            return route.fulfill(status=422, json={"error": self.refusal})
        dataset = query["dataset"]
        body = self.shipped.get(dataset) or look(dataset, query["network"])
        return route.fulfill(body=body, content_type=BYTES)

    def _run(self, route: Route, path: list[str], query: dict[str, str]) -> None:
        if not self.known:
            return route.fulfill(status=404, json={"error": "There is no such run."})
        if len(path) == 2:
            self.told.append(path[1])
            return route.fulfill(json={"status": "stopped"})
        self.polls += 1
        since = int(query["since"])
        fresh = self.news[since:]
        said = (fresh or self.news)[-1][0]
        names = {name for news, _ in fresh for name in news["series"]}
        series = {
            name: [value for news, _ in fresh for value in news["series"].get(name, [])]
            for name in names
        }
        pictures = [picture for _, found in fresh for picture in found]
        arrays = {f"frame {i}": np.frombuffer(data, np.uint8) for i, data in enumerate(pictures)}
        body = encode({**said, "series": series, "seq": len(self.news)}, arrays)
        return route.fulfill(body=body, content_type=BYTES)

    def hear(self, status: str, *pictures: bytes, step: int = 0, **more: Any) -> None:
        """Have the run say something new."""
        series: dict[str, list[float]] = {}
        if step:
            series = {"step": [step], "shown": [step]} if pictures else {"step": [step]}
            for i, kind in enumerate(WORDS["kinds"]):
                series[f"loss {kind}"] = [0.9 / (i + 1) + 10 / step]
                series[f"smooth {kind}"] = [0.8 / (i + 1) + 10 / step]
                if pictures:
                    series[f"validation {kind}"] = [0.8 / (i + 1) + 10 / step]
        header = {
            "status": status,
            "queue_position": 0,
            "progress": step / 400,
            "note": "",
            "error": "",
            "seconds": step / 100,
            "has_result": False,
            "series": series,
        }
        self.news.append((header | more, list(pictures)))

    def open(self) -> UndoDesk:
        """Load the page; the chapter is open."""
        look()  # made now, nobody waits for it
        self.page.goto(URL)
        return self

    def train(self) -> None:
        """Start the first run and wait for its first news; plotly.js, large, comes meanwhile."""
        self.page.locator(".du-train").click()
        expect(self.status).not_to_be_empty()
        expect(self.status).not_to_contain_text(WORDS["statuses"]["starting"], timeout=20000)

    def tell(self, **changes: Any) -> None:
        """Change the controls above."""
        self.page.evaluate("value => tell(value)", {**ABOVE, **changes})

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def choice(self, group: str, name: str) -> Locator:
        buttons = self.page.get_by_role("group", name=group, exact=True)
        return buttons.get_by_role("button", name=name, exact=True)

    def image(self, name: str) -> Locator:
        return self.page.get_by_role("img", name=name, exact=True)

    @property
    def slider(self) -> Locator:
        return self.page.get_by_role("slider", name=WORDS["slider"])

    @property
    def readout(self) -> Locator:
        return self.page.locator(".du-slide output")

    @property
    def current(self) -> Locator:
        """The step of the history that the columns show."""
        return self.page.locator("[aria-current=step]")

    @property
    def story(self) -> Locator:
        """Where the networks on screen come from."""
        return self.page.locator(".du-body > [aria-live]")

    @property
    def status(self) -> Locator:
        return self.page.locator(".du-run [role=status]")

    @property
    def alert(self) -> Locator:
        return self.page.locator(".dc-error:not(:empty)")

    def pixels(self, name: str) -> str:
        """Return a picture as it is, for comparing."""
        found: str = self.image(name).evaluate("canvas => canvas.toDataURL()")
        return found

    def changes(self, name: str, before: str) -> None:
        """Wait until a picture is another one."""
        self.page.wait_for_function(
            "([name, before]) => document.querySelector(`canvas[aria-label='${name}']`)"
            ".toDataURL() !== before",
            arg=[name, before],
        )
