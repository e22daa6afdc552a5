"""A chapter on a page of its own, whose questions are answered by the experiments themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page, Route

from explainer.settings import Settings
from tests.browser.modules import FOLDERS, KINDS

URL = "http://page.test/behind/a/proxy/"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body { margin: 12px; font-family: system-ui }
  .dark { background: #000; color: #f1f5f9; --background-fill-primary: #0f172a;
    --body-text-color: #f1f5f9; --border-color-primary: #334155 }</style>
<div id="here"><div data-chapter></div></div>
<script type="module">
  import { mount } from "./static/page/NAME.js";
  const props = PROPS;
  await mount(document.querySelector("#here"), props, (name, callback) => {
    window.tell = (value) => { props.value = value; callback(); };
  });
  window.mounted = true;
</script>"""
# What the controls above the chapters say.
ABOVE = {
    "model": "moons-fast",
    "schedule": None,
    "seed": 0,
    "spacing": "trailing",
    "ddpm_steps": 20,
    "steps": 5,
    "eta": 0.0,
    "T": 100,
}

Answer = Callable[[dict[str, Any]], bytes]


class ChapterDesk:
    """A page with one chapter, and what it asked for."""

    def __init__(
        self, page: Page, name: str, words: Mapping[str, str], kind: type[Settings], answer: Answer
    ) -> None:
        self.page, self.name, self.words, self.kind, self.answer = page, name, words, kind, answer
        self.asked: list[dict[str, str]] = []
        self.refusal = ""
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        path = url.path.removeprefix("/behind/a/proxy/")
        if path == "":
            props = json.dumps({"words": self.words, "value": ABOVE, "open": False})
            page = PAGE.replace("NAME", self.name).replace("PROPS", props)
            return route.fulfill(body=page, content_type="text/html")
        if path.startswith("api/"):
            self.asked.append({"address": path, **dict(parse_qsl(url.query))})
            if self.refusal:
                return route.fulfill(status=422, json={"error": self.refusal})
            settings = self.kind.from_query(dict(parse_qsl(url.query)))
            body = self.answer(settings.model_dump())
            return route.fulfill(body=body, content_type="application/octet-stream")
        _, folder, file_name = path.split("/")
        file = FOLDERS[folder] / file_name
        return route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def open(self) -> ChapterDesk:
        """Load the page and open the chapter."""
        self.page.emulate_media(reduced_motion="reduce")  # nothing plays by itself
        self.page.goto(URL)
        self.page.wait_for_function("window.mounted")
        self.summary.click()
        return self

    def tell(self, **changes: Any) -> None:
        """Change the controls above."""
        self.page.evaluate("value => tell(value)", {**ABOVE, **changes})

    @property
    def summary(self) -> Locator:
        return self.page.locator("summary", has_text=self.words["title"])

    @property
    def told(self) -> Locator:
        return self.page.locator(".dc-told")

    def player(self, label: str) -> Locator:
        return self.page.get_by_role("group", name=label, exact=True)

    def to_the_end(self) -> None:
        """Go to the last frame, as a person does by keyboard."""
        player = self.page.locator(".pc-player").first
        player.focus()
        self.page.keyboard.press("End")

    def colors(self, label: str, least: int = 12) -> set[str]:
        """Return the colours, no greys, that cover some pixels of a picture, as "r,g,b"."""
        canvas = self.player(label).locator("canvas")
        found = canvas.evaluate(
            """async (canvas, least) => {
              for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
              const { width, height } = canvas;
              const d = canvas.getContext("2d").getImageData(0, 0, width, height).data;
              const counts = new Map();
              for (let i = 0; i < d.length; i += 4) {
                const pixel = [d[i], d[i + 1], d[i + 2]];
                if (Math.max(...pixel) - Math.min(...pixel) < 60) continue;
                counts.set(String(pixel), (counts.get(String(pixel)) ?? 0) + 1);
              }
              return [...counts].filter(([, count]) => count >= least).map(([pixel]) => pixel);
            }""",
            least,
        )
        return set(found)


def alike(color: str, colors: set[str]) -> bool:
    """Whether a colour is among some, but for what blending rounds."""
    channels = [[int(value) for value in text.split(",")] for text in (color, *colors)]
    return any(
        max(abs(a - b) for a, b in zip(channels[0], other, strict=True)) <= 2
        for other in channels[1:]
    )
