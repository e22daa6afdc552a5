"""The app, once for all tests of it, and a page that must not complain."""

from __future__ import annotations

import signal
import time
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.app.server import free_port, start_app


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    port = free_port()
    process = start_app(port)
    address = f"http://127.0.0.1:{port}/"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(address + "healthz", timeout=5).close()
            break
        except OSError:
            assert process.poll() is None, process.stdout and process.stdout.read()
            assert time.monotonic() < deadline, "the app did not start within a minute"
            time.sleep(0.1)
    yield address
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=10)
    assert process.stdout is not None
    printed = process.stdout.read()
    process.stdout.close()
    assert "Traceback" not in printed, printed


@pytest.fixture(autouse=True)
def errors(page: Page, app: str) -> Iterator[list[str]]:
    """Fail on whatever the page complains of, and on any request that leaves the app."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def listen(kind: str, text: str) -> None:
        # The browser itself writes down every refusal; what the page makes of it is tested.
        if kind == "error" and "status of 422" not in text:
            complaints.append(text)

    page.on("console", lambda message: listen(message.type, message.text))

    def watch(url: str) -> None:
        if not url.startswith((app, "data:", "blob:")):
            complaints.append(f"asked for {url}")

    page.on("request", lambda request: watch(request.url))
    yield complaints
    assert complaints == []
