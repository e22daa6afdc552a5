"""How quick the point-cloud player is in a real browser, on the page and off the server.

The data are the first tab's, 101 frames, and the page is 640 css pixels wide. What is painted is
seen by wrapping the browser's own requestAnimationFrame and putImageData. A hidden page is a page
that is told so: a headless browser hides none.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.report import Cell, Report, Table, browser_command_line
from explainer.experiments.field import forward_field
from explainer.experiments.forward import forward_process

STATIC = Path(__file__).parent.parent / "explainer" / "ui" / "player"
KINDS = {".js": "text/javascript", ".css": "text/css"}
SIZES = (2_000, 10_000)
STEPS = 100
SECONDS = 4.0  # of playing, a little less than once through
SCRUBS = 60
QUIET = 2.0  # seconds in which nothing is to be asked for
WARM_UP = 10  # loads before memory is first read
MB = 1e6
PLAYER = {"label": "Player", "value": {"src": "data"}, "strip": True, "height": 500}

ASKED_FOR = {
    "payload, MB": "at most 4.5",
    "data complete to first paint, ms": "at most 300",
    "frames a second, playing": "at least 50",
    "scrub to painted p50, ms": "at most 20",
    "scrub to painted p95, ms": "at most 20",
    "animation frames asked for, paused": "0",
    "animation frames asked for, hidden": "0",
}

# Stands in for Gradio, as in tests/browser/test_player.py.
PAGE = f"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body {{ margin: 0 auto; width: 640px }}</style>
<div id="here"></div>
<script type="module">
  import {{ mount }} from "./static/player/player.js";
  const props = {json.dumps(PLAYER)};
  mount(document.getElementById("here"), props, (name, callback) => {{
    window.tell = (src) => {{ props.value = {{ src }}; callback(); }};
  }});
</script>"""

# Runs before the page's own scripts. A paint is an animation frame that drew on the picture: the
# browser's time of the frame, and when our part of it began and ended.
PROBE = """
const probe = (window.probe = { asked: 0, paints: [], cloud: null, onpaint: null });
let drew = false;
const request = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (callback) => {
  probe.asked += 1;
  return request((frame) => {
    const start = performance.now();
    drew = false;
    callback(frame);
    if (!drew) return;
    probe.paints.push({ frame, start, end: performance.now() });
    probe.onpaint?.();
  });
};
// Paper, grid and numbers are grey, points are not.
const colourful = (d) => d.some((_, i) => i % 4 === 0 && Math.abs(d[i] - d[i + 2]) > 60);
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (image, ...place) {
  put.call(this, image, ...place);
  if (this.canvas.getAttribute("role") !== "img") return; // a thumbnail
  drew = true;
  const now = performance.now();
  if (probe.cloud === null && colourful(image.data)) probe.cloud = now;
};
probe.wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
"""

ARRIVED = """() => {
  const [entry] = performance.getEntriesByName(new URL("data", document.baseURI).href);
  return { end: entry.responseEnd, size: entry.encodedBodySize };
}"""

PAINTS = """async (milliseconds) => {
  probe.paints = [];
  await probe.wait(milliseconds);
  return probe.paints;
}"""

ASKED = """async (milliseconds) => {
  await probe.wait(200);
  const before = probe.asked;
  await probe.wait(milliseconds);
  return probe.asked - before;
}"""

# The pauses put each scrub at another moment between two frames of the browser.
SCRUB = """async ([slider, times]) => {
  const spent = [];
  while (spent.length < times) {
    await probe.wait(30 + 40 * Math.random());
    const value = String(Math.floor(Math.random() * (Number(slider.max) + 1)));
    if (value === slider.value) continue;
    const painted = new Promise((resolve) => (probe.onpaint = resolve));
    const start = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await painted;
    spent.push(probe.paints.at(-1).end - start);
  }
  probe.onpaint = null;
  return spent;
}"""

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""

LOAD = """async ([root, times]) => {
  for (let i = 0; i < times; i++) {
    const before = root.player.data;
    tell(`data?${i}`);
    while (root.player.data === before) await probe.wait(5);
  }
  probe.paints = [];
}"""


@dataclass(frozen=True)
class Paint:
    """One painted frame: the browser's time of it, and when drawing began and ended, in ms."""

    frame: float
    start: float
    end: float


def frames_a_second(paints: Sequence[Paint]) -> float:
    """Return the rate of painted frames; two paints for one frame of the browser are one."""
    shown = sorted({paint.frame for paint in paints})
    return 1000 * (len(shown) - 1) / (shown[-1] - shown[0]) if len(shown) > 1 else 0.0


def p95(values: Sequence[float]) -> float:
    """Return what 19 of 20 stay under."""
    return quantiles(values, n=20)[-1]


@contextmanager
def site(files: Mapping[str, bytes]) -> Iterator[str]:
    """Serve the page, the player's own files, and what is given by path; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            file = STATIC / path.removeprefix("/static/player/")
            if path in files:
                kind, body = "application/octet-stream", files[path]
            elif path == "/":
                kind, body = "text/html", PAGE.encode()
            elif path.startswith("/static/player/") and file.suffix in KINDS:
                kind, body = KINDS[file.suffix], file.read_bytes()
            else:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class Visit:
    """A page with one player, looked at as a person would."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.add_init_script(PROBE)
        page.goto(address)
        self.player = page.get_by_role("group", name="Player")
        page.wait_for_function("probe.cloud !== null")

    def button(self, name: str) -> Locator:
        """Find a button by its name."""
        return self.player.get_by_role("button", name=name, exact=True)

    def first_paint(self) -> tuple[float, float]:
        """Return ms from the last byte of the data to points in the picture, and MB sent."""
        arrived = self.page.evaluate(ARRIVED)
        return self.page.evaluate("probe.cloud") - arrived["end"], arrived["size"] / MB

    def playing(self) -> list[Paint]:
        """Play from the start for a while and return what was painted."""
        self.player.get_by_role("slider").fill("0")
        self.button("Play").click()
        paints = self.page.evaluate(PAINTS, 1000 * SECONDS)
        self.button("Pause").click()
        return [Paint(**paint) for paint in paints]

    def scrubbing(self) -> list[float]:
        """Move the slider to many places; return ms until each was painted."""
        slider = self.player.get_by_role("slider").element_handle()
        spent: list[float] = self.page.evaluate(SCRUB, [slider, SCRUBS])
        return spent

    def asked(self, *, hidden: bool) -> int:
        """Count the animation frames asked for when paused, or when playing on a hidden page."""
        if not hidden:
            return int(self.page.evaluate(ASKED, 1000 * QUIET))
        self.button("Loop").click()
        self.button("Play").click()
        self.page.evaluate(HIDE, True)
        asked = int(self.page.evaluate(ASKED, 1000 * QUIET))
        self.page.evaluate(HIDE, False)
        if not self.page.evaluate(ASKED, 300):
            raise SystemExit("The player does not go on when its page is shown again.")
        self.button("Pause").click()
        self.button("Loop").click()
        return asked

    def memory(self) -> tuple[float, float]:
        """Return MB of the page's JS heap and of its arrays' bytes, after collecting garbage."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        usage: dict[str, Any] = session.send("Runtime.getHeapUsage")
        session.detach()
        return usage["usedSize"] / MB, usage["backingStorageSize"] / MB

    def growth(self, loads: int) -> tuple[float, float]:
        """Load the data many times; return how much the two figures of memory grew."""
        root = self.player.element_handle()
        self.page.evaluate(LOAD, [root, WARM_UP])
        before = self.memory()
        self.page.evaluate(LOAD, [root, loads])
        after = self.memory()
        return after[0] - before[0], after[1] - before[1]

    def views(self) -> list[str]:
        """Name what can be switched on in the picture."""
        toggles = self.player.locator("button[aria-pressed]").all()
        names = [toggle.inner_text() for toggle in toggles if toggle.is_visible()]
        return [name for name in names if name]  # Loop has an icon only


def measure(
    browser: Browser, address: str, *, times: int, loads: int, ratio: float
) -> tuple[dict[str, Cell], list[dict[str, Cell]]]:
    """Measure one size of cloud.

    Returns
    -------
    figures : dict
        By name; :data:`ASKED_FOR` says what some of them should be.
    views : list of dict
        Playing with each view switched on, the plain one first.
    """
    opened = []
    for _ in range(times):
        page = browser.new_page(device_scale_factor=ratio)
        visit = Visit(page, address)
        opened.append(visit.first_paint())
        if len(opened) < times:
            page.close()

    def played(view: str) -> dict[str, Cell]:
        runs = [visit.playing() for _ in range(times)]
        spent = [[paint.end - paint.start for paint in run] for run in runs]
        return {
            "view": view,
            "frames a second": median(map(frames_a_second, runs)),
            "paint, ms": median(map(median, spent)),
            "paint p95, ms": median(map(p95, spent)),
        }

    plain = played("points")
    scrubs = [visit.scrubbing() for _ in range(times)]
    figures: dict[str, Cell] = {
        "payload, MB": opened[0][1],
        "data complete to first paint, ms": median(spent for spent, _ in opened),
        "frames a second, playing": plain["frames a second"],
        "paint of a frame, ms": plain["paint, ms"],
        "paint of a frame p95, ms": plain["paint p95, ms"],
        "scrub to painted p50, ms": median(map(median, scrubs)),
        "scrub to painted p95, ms": median(map(p95, scrubs)),
        "animation frames asked for, paused": visit.asked(hidden=False),
        "animation frames asked for, hidden": visit.asked(hidden=True),
    }
    views = [plain]
    for name in visit.views():
        visit.button(name).click()
        visit.page.wait_for_timeout(300)  # arrows are fetched when first wanted
        views.append(played(name))
        visit.button(name).click()
    heap, arrays = visit.growth(loads)
    figures["JS heap grown, MB"] = heap
    figures["arrays' bytes grown, MB"] = arrays
    visit.page.close()
    return figures, views


def main() -> None:
    """Measure and print."""
    parser = browser_command_line("player", __doc__)
    parser.add_argument("--times", type=int, default=3, help="repetitions; medians are printed")
    parser.add_argument("--loads", type=int, default=200, help="of the data, to see memory grow")
    parser.add_argument("--ratio", type=float, default=1.0, help="device pixels per css pixel")
    options = parser.parse_args()
    report = Report(options.json)
    busy = os.getloadavg()[0]
    figures: dict[str, dict[str, Cell]] = {}
    views: list[dict[str, Cell]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox"]
        )
        for n in SIZES:
            asked = {"n": n, "T": STEPS}
            files = {"/data": forward_process(asked), "/api/field": forward_field(asked)}
            with site(files) as address:
                figures[f"{n:,} points"], rows = measure(
                    browser, address, times=options.times, loads=options.loads, ratio=options.ratio
                )
            views += [{"points": n, **row} for row in rows]
        browser.close()
    names = list(next(iter(figures.values())))
    report.add(
        Table(
            f"The player, {STEPS + 1} frames",
            [
                {
                    "figure": name,
                    **{size: cells[name] for size, cells in figures.items()},
                    "asked": ASKED_FOR.get(name),
                }
                for name in names
            ],
            f"Medians of {options.times}; {SCRUBS} scrubs each, at any moment between two of the "
            f"browser's frames; frames asked for in {QUIET:.0f} s; memory over {options.loads} "
            f"loads, after collecting garbage. Load of the machine before: {busy:.1f}.",
        )
    )
    report.add(Table("Playing, with each view switched on", views))


if __name__ == "__main__":
    main()
