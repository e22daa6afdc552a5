"""A page on which the page's own modules can be called, one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
KINDS = {".js": "text/javascript", ".css": "text/css"}
PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="here"></div>'


class Desk:
    """A page that calls what the modules export."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.route("http://page.test/**", self._serve)
        page.goto("http://page.test/")

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            return route.fulfill(body=PAGE, content_type="text/html")
        _, _, folder, name = path.split("/")
        file = FOLDERS[folder] / name
        return route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def call(self, module: str, body: str, *arguments: Any) -> Any:
        """Evaluate a function body with the module as ``m`` and the arguments as ``a``."""
        script = f"""async (a) => {{
          const m = await import("/static/{module}");
          const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
          {body}
        }}"""
        return self.page.evaluate(script, list(arguments))
