"""The app as a person starts it: python app.py; and one with little room."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
APP = [str(ROOT / "app.py")]
SMALL_APP = ["-m", "tests.browser.app.small_app"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_app(port: int, script: list[str] = APP) -> subprocess.Popen[str]:
    command = [sys.executable, *script, "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRADIO_")}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.STDOUT, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip


@contextmanager
def serving(script: list[str] = APP) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start an app, give its address and process, and end it; it may not have complained."""
    port = free_port()
    process = start_app(port, script)
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait_for(address + "healthz", process)
        yield address, process
    finally:
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=60)
    assert "Traceback" not in printed, printed


def _wait_for(address: str, process: subprocess.Popen[str], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            assert process.poll() is None, "the app ended at once"
            assert time.monotonic() < deadline, f"the app did not start within {seconds:.0f} s"
            time.sleep(0.1)
