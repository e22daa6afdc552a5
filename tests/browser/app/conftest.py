"""The app, once for all tests of it, and pages that must not complain."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.app.server import SMALL_APP, serving

# A learner would have gone away; but the machine that runs the tests may have others to serve.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    with serving() as (address, _):
        yield address


@pytest.fixture(scope="session")
def small_app() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """An app with room for a single run: its address and its process."""
    with serving(SMALL_APP) as started:
        yield started


@pytest.fixture(autouse=True)
def errors(context: BrowserContext) -> Iterator[list[str]]:
    """Fail on whatever a page complains of, and on any request that leaves the machine."""
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))

    def listen(kind: str, text: str) -> None:
        # The browser itself writes down every refusal; what the page makes of it is tested.
        if kind == "error" and "status of 422" not in text:
            complaints.append(text)

    context.on("console", lambda message: listen(message.type, message.text))

    def watch(url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:")):
            complaints.append(f"asked for {url}")

    context.on("request", lambda request: watch(request.url))
    yield complaints
    assert complaints == []
