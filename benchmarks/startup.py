"""How long ``python app.py`` takes to serve and to paint the first tab, and what it imports.

Each start is a fresh process. The browser is running before; its page opens when the server
answers. A tab is painted when its first player stands or plays.
"""

from __future__ import annotations

import collections
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks.report import Cell, Report, Table, browser_command_line

ROOT = Path(__file__).parent.parent
PATIENCE = 120.0  # seconds
PAINTED = '[data-state="ready"], [data-state="playing"]'
IMPORT_TIME = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|\s*(\S+)")


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    """Say whether the server is up: /healthz, or the page itself where there is none."""
    for path in ("/healthz", "/"):
        try:
            with urllib.request.urlopen(address + path, timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError:
            continue
        except OSError:
            return False
    return False


@contextmanager
def running(
    *flags: str, errors: Path, **variables: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the app in a process of its own; yields its address and the process, and ends it.

    Parameters
    ----------
    *flags : str
        Of the interpreter.
    errors : Path
        Where what it complains of is written.
    **variables : str
        Set in its environment.
    """
    port = free_port()
    command = [sys.executable, *flags, "app.py", "--port", str(port)]
    environment = {**os.environ, **variables}
    started = time.perf_counter()
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr, env=environment
        )
    try:
        address = f"http://127.0.0.1:{port}"
        while not answers(address):
            if process.poll() is not None or time.perf_counter() - started > PATIENCE:
                raise SystemExit(f"app.py did not start:\n{errors.read_text()[-2000:]}")
            time.sleep(0.02)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def server(*flags: str, errors: Path) -> Iterator[tuple[str, float]]:
    """Start the app in a process of its own; yields its address and the seconds it took."""
    started = time.perf_counter()
    with running(*flags, errors=errors) as (address, _):
        yield address, time.perf_counter() - started


def seconds_to_paint(browser: Browser, address: str) -> float:
    """Open the page without a cache and wait for the first painted player."""
    context = browser.new_context()
    page = context.new_page()
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(PAINTED).first.wait_for(state="visible", timeout=1000 * PATIENCE)
    seconds = time.perf_counter() - started
    context.close()
    return seconds


def starts(browser: Browser, times: int, errors: Path) -> Table:
    """Start the app several times and time it."""
    rows: list[dict[str, Cell]] = []
    for i in range(times):
        with server(errors=errors) as (address, up):
            first = seconds_to_paint(browser, address)
            again = seconds_to_paint(browser, address)
        rows.append(
            {
                "start": str(i + 1),
                "server answers, s": up,
                "page opened to painted, s": first,
                "start to painted, s": up + first,
                "second visitor, s": again,
            }
        )
    names = [name for name in rows[0] if name != "start"]
    middle = {name: median(float(row[name] or 0) for row in rows) for name in names}
    return Table("Startup of python app.py", [*rows, {"start": "median", **middle}])


def imports(errors: Path, most: int = 12) -> Table:
    """Find the packages whose modules take longest to import until the server answers."""
    with server("-X", "importtime", errors=errors):
        lines = errors.read_text().splitlines()
    own: collections.Counter[str] = collections.Counter()
    modules: collections.Counter[str] = collections.Counter()
    for line in lines:
        if match := IMPORT_TIME.search(line):
            package = match[3].split(".")[0]
            own[package] += int(match[1])
            modules[package] += 1
    total = sum(own.values())
    rows: list[dict[str, Cell]] = [
        {"package": package, "modules": modules[package], "own s": microseconds / 1e6}
        for package, microseconds in own.most_common(most)
    ]
    rows.append({"package": "all", "modules": sum(modules.values()), "own s": total / 1e6})
    return Table(
        "What the server and the workers' forkserver import until it answers, side by side",
        rows,
        "-X importtime, which itself slows importing; seconds in a package's own modules.",
    )


def main() -> None:
    """Measure and print."""
    parser = browser_command_line("startup", __doc__)
    parser.add_argument("--starts", type=int, default=3)
    options = parser.parse_args()
    if not (ROOT / "app.py").exists():
        raise SystemExit("There is no app.py to start.")
    report = Report(options.json)
    with tempfile.TemporaryDirectory() as folder:
        errors = Path(folder) / "stderr.txt"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=options.chromium, args=["--no-sandbox"]
            )
            report.add(starts(browser, options.starts, errors))
            browser.close()
        report.add(imports(errors))


if __name__ == "__main__":
    main()
