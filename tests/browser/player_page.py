"""A page of players for the tests: server, containers, and hands and eyes for a player."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, expect

from explainer import frames

STATIC = Path(__file__).parents[2] / "explainer" / "ui" / "player"
FRAMES = 21
POINTS = {"value": {"src": "data/points"}}
NOISED = {"value": {"src": "data/noised"}}
TOO_MANY = "Please wait: too many people are asking at once."

# Stands in for Gradio: mounts players, tells them of new values, and looks at what they drew.
PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body { margin: 16px; width: 640px } .hidden { display: none }</style>
<!-- players -->
<script type="module">
  import { decode } from "./static/player/frames.js";
  import { mount } from "./static/player/player.js";
  Object.assign(window, { decode, mount, tell: {} });
  for (const element of document.querySelectorAll("[data-props]")) {
    const props = JSON.parse(element.dataset.props);
    mount(element, props, (name, callback) => {
      window.tell[element.id] = (src) => { props.value = { src }; callback(); };
    });
  }
</script>
<script>
  const pixels = (c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  window.checksum = (canvas) => pixels(canvas).reduce((sum, value) => (sum * 31 + value) | 0, 7);
  // How colourful a pixel is: paper, grid and numbers are grey, points are not.
  const chroma = (d, i) => Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]);
  window.ink = (canvas) => {
    const d = pixels(canvas);
    let [count, best, at] = [0, 60, -1];
    for (let i = 0; i < d.length; i += 4) {
      if (chroma(d, i) > 60) count += 1;
      if (chroma(d, i) > best) [best, at] = [chroma(d, i), i / 4];
    }
    const scale = canvas.clientWidth / canvas.width;
    return { count, x: (at % canvas.width) * scale, y: Math.floor(at / canvas.width) * scale };
  };
  // Where in a box of css pixels the colourful pixels are, or the grey ones that are darker than
  // the grid; how many, their middle, the highest one, and how light they are.
  window.spots = (canvas, [x0, y0, x1, y1], colourful) => {
    const d = pixels(canvas);
    const found = { count: 0, x: 0, y: 0, highest: [0, Infinity], light: 0 };
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) {
      const i = (y * canvas.width + x) * 4;
      if (colourful ? chroma(d, i) < 60 : chroma(d, i) > 25 || d[i] > 222) continue;
      found.count += 1;
      found.x += x;
      found.y += y;
      found.light += (d[i] + d[i + 1] + d[i + 2]) / 3;
      if (y < found.highest[1]) found.highest = [x, y];
    }
    for (const mean of ["x", "y", "light"]) found[mean] /= found.count || 1;
    return found;
  };
  window.asked = 0;
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => { window.asked += 1; return request(callback); };
  window.framesAskedFor = async (passing) => {
    const before = window.asked;
    for (let i = 0; i < passing; i++) await new Promise(request);
    return window.asked - before;
  };
</script>"""


@cache
def container(name: str = "points", count: int = FRAMES, points: int = 300) -> bytes:
    """Return points on a circle that turn by half, with everything a header may hold."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    turn = np.linspace(0, np.pi, count)[:, None]
    cloud = np.stack([np.cos(angle + turn), np.sin(angle + turn) * (1 + turn / 4)], axis=-1)
    limits = frames.limits_around(cloud)
    header = {
        "limits": limits,
        "labels": [f"{name} {i} of {count - 1}" for i in range(count)],
        "facts": {"β_t": [f"{i / 1000:.3f}" for i in range(count)]},
        "descriptions": [f"The circle has turned {i} times." for i in range(count)],
        "strip": {"indices": [0, 10, count - 1], "titles": ["q(x₀)", "half-way", "noise"]},
        "notes": ["Colour says where on the circle a point began."],
    }
    arrays = {
        "frames": frames.quantise(cloud, limits),
        "color": np.linspace(0, 255, points).astype(np.uint8),
        "background": frames.quantise(cloud[0], limits),
        "x0_hat": frames.quantise(cloud * 0.5, limits),
    }
    return frames.encode(header, arrays)


@cache
def noised(points: int = 300, count: int = FRAMES) -> bytes:
    """Return a circle turning to noise, with all that the layers over the points are made of."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    x_0 = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    eps = np.random.default_rng(0).standard_normal(x_0.shape)
    # Numbers that survive rounding, for the point that is looked at.
    x_0[0], eps[0] = (1.0, -0.5), (0.25, 1.5)
    quarter = np.linspace(0, np.pi / 2, count)
    signal, noise = np.cos(quarter), np.sin(quarter)
    mean, scale = np.array([1.0, -2.0]), np.array([2.0, 3.0])
    x_t = signal[:, None, None] * x_0 + noise[:, None, None] * eps
    cloud = (x_t * scale + mean).astype(np.float32)
    limits = frames.limits_around(cloud)
    standard = {"mean": mean.tolist(), "scale": scale.tolist()}
    header = {
        "limits": limits,
        "labels": [f"t = {i}" for i in range(count)],
        "prior": standard,
        "formula": {"signal": signal.tolist(), "noise": noise.tolist(), **standard},
        "table": {
            "title": "Theory and practice",
            "columns": ["theory", "jump"],
            "rows": [
                ["mean of x", [["0.00"] * count, [f"{i / 10:.1f}" for i in range(count)]]],
                ["variance", [["1.00"] * count, [f"−{i}" for i in range(count)]]],
            ],
        },
        "fields": [{"name": "exact", "address": "data/field"}],
    }
    return frames.encode(header, {"frames": frames.quantise(cloud, limits)})


@cache
def field(count: int = FRAMES) -> bytes:
    """Return arrows that turn."""
    places = np.stack(np.meshgrid(np.linspace(-2, 4, 17), np.linspace(-6, 2, 17)), axis=-1)
    turn = np.linspace(0, np.pi, count)
    arrows = np.tile(np.stack([np.cos(turn), np.sin(turn)], axis=-1)[:, None] * 0.4, (1, 289, 1))
    limits = frames.limits_around(places)
    return frames.encode(
        {"limits": limits, "caption": "Where the points are pushed."},
        {
            "origins": frames.quantise(places.reshape(-1, 2), limits),
            "arrows": arrows.astype(np.float32),
        },
    )


class Site:
    """A server with the player's files, containers, and pages made of players."""

    def __init__(self) -> None:
        self.body = ""
        self.slow = threading.Event()
        self.routes = {
            "/data/points": container(),
            "/data/others": container("others", count=11),
            "/data/slow": container("slow"),
            "/data/lone": container("lone", points=1),
            "/data/noised": noised(),
            "/data/field": field(),
        }
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                path = self.path
                status, kind, body = site.answer(path)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # the page cancelled the request: that is what one test is about

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/":
            return 200, "text/html", PAGE.replace("<!-- players -->", self.body).encode()
        if path == "/data/refused":
            return 429, "application/json", json.dumps({"error": TOO_MANY}).encode()
        if path == "/data/slow":
            self.slow.wait(timeout=20)
        if path in self.routes:
            return 200, "application/octet-stream", self.routes[path]
        file = STATIC / path.removeprefix("/static/player/")
        if path.startswith("/static/player/") and file.is_file():
            kind = {".js": "text/javascript", ".css": "text/css"}[file.suffix]
            return 200, kind, file.read_bytes()
        return 404, "text/plain", b""


class Desk:
    """A page with players on it, and hands and eyes for one of them."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self.site = page, site
        self.errors: list[str] = []  # of the page; a test that expects one takes it out
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else 0)

    def open(self, *players: dict[str, object], hidden: bool = False) -> Desk:
        self.site.body = "".join(
            f"<div id='p{i}' class='{'hidden' if hidden else ''}'"
            f" data-props='{json.dumps({'label': f'Player {i}'} | player)}'></div>"
            for i, player in enumerate(players)
        )
        self.page.goto(self.site.url)
        for i in range(len(players)):
            state = "empty|loading|ready|playing" if hidden else "ready|playing"
            selector = ",".join(f"#p{i}[data-state={name}]" for name in state.split("|"))
            self.page.locator(selector).wait_for(state="attached")
        return self

    def player(self, i: int = 0) -> Locator:
        return self.page.get_by_role("group", name=f"Player {i}")

    def canvas(self, i: int = 0) -> Locator:
        return self.page.get_by_role("img", name=f"Player {i}: point cloud")

    def picture(self, i: int = 0) -> int:
        return self.canvas(i).evaluate("canvas => checksum(canvas)")

    def painted(self, i: int = 0) -> int:
        """Wait until there are points to be seen; return what the picture is then."""
        canvas = self.canvas(i).element_handle()
        self.page.wait_for_function("canvas => ink(canvas).count > 20", arg=canvas)
        return self.picture(i)

    def repainted(self, before: int, i: int = 0) -> int:
        canvas = self.canvas(i).element_handle()
        self.page.wait_for_function(
            "([canvas, before]) => checksum(canvas) !== before", arg=[canvas, before]
        )
        return self.picture(i)

    def shows(self, picture: int, i: int = 0) -> None:
        canvas = self.canvas(i).element_handle()
        self.page.wait_for_function(
            "([canvas, picture]) => checksum(canvas) === picture", arg=[canvas, picture]
        )

    def chip(self, name: str, i: int = 0) -> Locator:
        return self.player(i).get_by_role("button", name=name, exact=True)

    def spots(self, box: list[int], colourful: bool = True) -> dict[str, Any]:
        """Say where in a box of pixels something is drawn, in colour or in grey."""
        found: dict[str, Any] = self.canvas().evaluate(
            "(canvas, [box, colourful]) => spots(canvas, box, colourful)", [box, colourful]
        )
        return found

    def in_first_half(self, i: int = 0) -> None:
        root = self.player(i).element_handle()
        self.page.wait_for_function("root => root.dataset.frame < 10", arg=root)

    def at(self, frame: int | str, i: int = 0) -> None:
        expect(self.player(i)).to_have_attribute("data-frame", str(frame))

    def state(self, state: str, i: int = 0) -> None:
        expect(self.player(i)).to_have_attribute("data-state", state)

    def tell(self, src: str, i: int = 0) -> None:
        """Hand a player a new value, as an event of the app does."""
        self.page.evaluate("([id, src]) => tell[id](src)", [f"p{i}", src])


@contextmanager
def at_desk(page: Page) -> Iterator[Desk]:
    """Serve a page of players; afterwards fail on whatever the page complained of."""
    site = Site()
    desk = Desk(page, site)
    try:
        yield desk
        assert desk.errors == []
    finally:
        site.slow.set()
        site.server.shutdown()
        site.server.server_close()
