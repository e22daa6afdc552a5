"""The point-cloud player in a real Chromium, on a page of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from explainer import frames

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[2] / "explainer" / "ui" / "player"
FRAMES = 21
LAST = str(FRAMES - 1)
TOO_MANY = "Please wait: too many people are asking at once."

# Stands in for Gradio: mounts players, tells them of new values, and looks at what they drew.
PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body { margin: 16px; width: 640px } .hidden { display: none }</style>
<!-- players -->
<script type="module">
  import { mount } from "./static/player/player.js";
  window.tell = {};
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


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.slow.set()
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def errors(page: Page) -> Iterator[list[str]]:
    """Whatever the page complains of; a test that expects a complaint takes it out."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else 0)
    yield found
    assert found == []


class Desk:
    """A page with players on it, and hands and eyes for one of them."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self.site = page, site

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


@pytest.fixture
def desk(page: Page, site: Site, errors: list[str]) -> Desk:
    return Desk(page, site)


POINTS = {"value": {"src": "data/points"}}


def test_it_paints_and_says_where_it_is(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    desk.at(0)
    expect(desk.player()).to_have_attribute("data-frames", str(FRAMES))
    expect(desk.player()).to_contain_text("points 0 of 20")
    expect(desk.player()).to_contain_text("0.000")
    expect(desk.player()).to_contain_text("The circle has turned 0 times.")
    expect(desk.player()).to_contain_text("Colour says where")


def test_start_names_the_first_frame(desk: Desk) -> None:
    header, arrays = frames.decode(container())
    desk.site.routes["/data/points"] = frames.encode({**header, "start": 7}, arrays)
    desk.open(POINTS)
    desk.at(7)
    expect(desk.player()).to_contain_text("points 7 of 20")


def test_scrubbing_changes_the_picture_and_asks_no_server(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    requests: list[str] = []
    desk.page.on("request", lambda request: requests.append(request.url))
    slider = desk.player().get_by_role("slider", name="Frame")
    slider.fill("13")
    desk.at(13)
    desk.repainted(before)
    expect(slider).to_have_attribute("aria-valuetext", "points 13 of 20")
    expect(desk.player()).to_contain_text("0.013")
    slider.fill("0")
    desk.shows(before)
    assert requests == []


def test_the_slider_can_be_dragged(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    box = desk.player().get_by_role("slider").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    desk.page.mouse.move(box["x"] + 8, middle)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    desk.page.mouse.up()
    desk.at(10)


def test_keys(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.player().focus()
    for key, frame in [("ArrowRight", 1), ("End", LAST), ("ArrowLeft", 19), ("ArrowRight", LAST)]:
        desk.page.keyboard.press(key)
        desk.at(frame)
    desk.page.keyboard.press("ArrowRight")
    desk.at(LAST)
    desk.page.keyboard.press("Home")
    desk.at(0)
    desk.shows(before)
    desk.page.keyboard.press("Space")
    desk.state("playing")
    desk.page.keyboard.press("Space")
    desk.state("ready")


def test_keys_on_the_slider_step_once(desk: Desk) -> None:
    desk.open(POINTS)
    desk.player().get_by_role("slider").focus()
    desk.page.keyboard.press("ArrowRight")
    desk.at(1)
    desk.page.keyboard.press("ArrowRight")
    desk.at(2)


def test_play_runs_to_the_end_and_stays(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    player = desk.player()
    player.get_by_label("Speed").select_option("4×")
    player.get_by_role("button", name="Play").click()
    desk.state("playing")
    desk.repainted(before)
    desk.state("ready")
    desk.at(LAST)
    expect(player).to_contain_text("The circle has turned 20 times.")
    player.get_by_label("Speed").select_option("0.25×")
    player.get_by_role("button", name="Play").click()
    desk.in_first_half()
    player.get_by_role("button", name="Pause").click()
    desk.state("ready")


def test_a_loop_starts_again(desk: Desk) -> None:
    desk.open(POINTS)
    player = desk.player()
    player.get_by_label("Speed").select_option("4×")
    player.get_by_role("button", name="Loop").click()
    expect(player.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    player.get_by_role("slider").fill(LAST)
    player.get_by_role("button", name="Step back").click()
    desk.at(19)
    player.get_by_role("button", name="Play").click()
    desk.in_first_half()
    desk.state("playing")


def test_paused_and_hidden_players_cost_no_animation_frames(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    assert desk.page.evaluate("framesAskedFor(20)") == 0
    player = desk.player()
    player.get_by_label("Speed").select_option("0.25×")
    player.get_by_role("button", name="Play").click()
    assert desk.page.evaluate("framesAskedFor(20)") > 5
    desk.page.evaluate("document.querySelector('#p0').classList.add('hidden')")
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) === 0")
    assert desk.page.evaluate("framesAskedFor(20)") == 0
    desk.page.evaluate("document.querySelector('#p0').classList.remove('hidden')")
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) > 2")
    player.get_by_role("button", name="Pause").click()
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) === 0")


def test_linked_players_move_together(desk: Desk) -> None:
    others = {"value": {"src": "data/others"}, "group": "a", "controls": False}
    desk.open({**POINTS, "group": "a"}, others)
    first, second = desk.painted(0), desk.painted(1)
    expect(desk.player(1).get_by_role("slider")).to_be_hidden()
    desk.player(0).get_by_role("slider").fill("10")
    desk.at(10, 0)
    desk.at(5, 1)  # half-way as well, of eleven frames
    desk.repainted(first, 0)
    desk.repainted(second, 1)
    desk.player(0).get_by_role("button", name="Play").click()
    desk.state("playing", 1)
    desk.player(0).get_by_role("button", name="Pause").click()
    desk.state("ready", 1)


def test_players_without_a_group_are_on_their_own(desk: Desk) -> None:
    desk.open(POINTS, POINTS)
    desk.player(0).get_by_role("slider").fill("10")
    desk.at(10, 0)
    desk.at(0, 1)


def test_a_thumbnail_shows_its_frame(desk: Desk) -> None:
    desk.open({**POINTS, "strip": True})
    before = desk.painted()
    thumbnail = desk.player().get_by_role("button", name="half-way")
    canvas = thumbnail.locator("canvas").element_handle()
    desk.page.wait_for_function("canvas => ink(canvas).count > 20", arg=canvas)
    thumbnail.click()
    desk.at(10)
    desk.repainted(before)
    expect(thumbnail).to_have_attribute("aria-current", "true")
    desk.player().get_by_role("button", name="noise").press("Enter")
    desk.at(LAST)
    expect(thumbnail).to_have_attribute("aria-current", "false")


def test_no_strip_unless_asked_for(desk: Desk) -> None:
    desk.open(POINTS)
    expect(desk.player().get_by_role("button", name="half-way")).to_have_count(0)


def test_ghosts_are_drawn_when_wanted(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.player().get_by_role("button", name="predicted clean data").click()
    desk.repainted(before)


def test_no_ghosts_to_choose_without_data_for_them(desk: Desk) -> None:
    header, arrays = frames.decode(container())
    del arrays["x0_hat"]
    desk.site.routes["/data/points"] = frames.encode(header, arrays)
    desk.open(POINTS)
    desk.painted()
    expect(desk.player().get_by_role("button", name="Loop")).to_be_visible()
    expect(desk.player().get_by_role("button", name="predicted clean data")).to_have_count(0)


def test_a_point_can_be_followed(desk: Desk) -> None:
    desk.open({"value": {"src": "data/lone"}})
    desk.page.wait_for_function("canvas => ink(canvas).x > 0", arg=desk.canvas().element_handle())
    before = desk.picture()
    spot = desk.canvas().evaluate("canvas => ink(canvas)")
    desk.canvas().click(position={"x": spot["x"], "y": spot["y"]})
    expect(desk.player()).to_contain_text("x \u20071.00  y \u20070.00")
    with_trail = desk.repainted(before)
    desk.player().get_by_role("slider").fill(LAST)
    expect(desk.player()).to_contain_text("x −1.00")
    desk.repainted(with_trail)
    desk.player().get_by_role("slider").fill("0")
    desk.player().press("Escape")
    expect(desk.player()).not_to_contain_text("x \u20071.00")
    desk.canvas().click(position={"x": spot["x"], "y": spot["y"]})
    expect(desk.player()).to_contain_text("x \u20071.00")
    desk.canvas().click(position={"x": 20, "y": 20})
    expect(desk.player()).not_to_contain_text("x \u20071.00")


def test_dark_mode_changes_the_pixels(desk: Desk) -> None:
    desk.open(POINTS)
    corner = "canvas => canvas.getContext('2d').getImageData(3, 3, 1, 1).data[0]"
    before = desk.painted()
    assert desk.canvas().evaluate(corner) > 200
    desk.page.evaluate("document.body.classList.add('dark')")
    desk.repainted(before)
    assert desk.canvas().evaluate(corner) < 60
    assert desk.painted() != before


def test_what_was_hidden_paints_when_shown(desk: Desk) -> None:
    desk.open(POINTS, hidden=True)
    root = desk.page.locator("#p0")
    expect(root).to_have_attribute("data-state", "ready")
    desk.page.evaluate("document.querySelector('#p0').classList.remove('hidden')")
    desk.painted()


def test_a_narrower_page_gets_a_smaller_picture(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    desk.page.evaluate("document.body.style.width = '300px'")
    canvas = desk.canvas().element_handle()
    desk.page.wait_for_function("canvas => canvas.width < 310", arg=canvas)
    desk.painted()
    root = desk.page.locator("#p0")
    assert root.evaluate("root => root.scrollWidth <= root.clientWidth")


def test_a_refusal_is_told_and_the_picture_stays(desk: Desk, errors: list[str]) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.tell("data/refused")
    expect(desk.page.get_by_role("alert")).to_have_text(TOO_MANY)
    desk.state("error")
    assert desk.picture() == before
    assert "429" in errors.pop()  # the browser's own line about the status
    desk.tell("data/others")
    desk.state("ready")
    expect(desk.page.get_by_role("alert")).to_have_count(0)
    expect(desk.player()).to_contain_text("others 0 of 10")


def test_bytes_that_are_no_frames_are_told(desk: Desk) -> None:
    desk.site.routes["/data/others"] = b"<html>not what was asked for</html>"
    desk.open(POINTS)
    desk.tell("data/others")
    expect(desk.page.get_by_role("alert")).to_contain_text("not a set of frames")


def test_the_newest_request_wins(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.tell("data/slow")
    desk.state("loading")
    assert desk.picture() == before
    desk.tell("data/others")
    expect(desk.player()).to_contain_text("others 0 of 10")
    desk.site.slow.set()
    desk.state("ready")
    assert "slow" not in desk.player().inner_text()


def test_new_data_of_the_same_length_keep_the_place(desk: Desk) -> None:
    desk.open(POINTS)
    desk.player().get_by_role("slider").fill("12")
    desk.site.slow.set()
    desk.tell("data/slow")
    expect(desk.player()).to_contain_text("slow 12 of 20")


def test_frames_can_be_added_while_one_looks(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    add = """root => root.player.append(
        { points: root.player.data.frames[3].slice(), label: "live", facts: { loss: "0.5" } })"""
    desk.player().get_by_role("slider").fill(LAST)
    desk.player().evaluate(add)
    desk.at(FRAMES)
    expect(desk.player()).to_contain_text("live")
    expect(desk.player()).to_contain_text("loss")
    desk.player().get_by_role("slider").fill("0")
    desk.player().evaluate(add)
    expect(desk.player()).to_have_attribute("data-frames", str(FRAMES + 2))
    desk.at(0)
    desk.player().evaluate("root => root.player.clear()")
    desk.state("empty")
    desk.repainted(before)
    desk.player().evaluate("root => root.player.append({ points: new Uint16Array(8), label: 'a' })")
    desk.state("ready")
    desk.at(0)


def test_it_plays_by_itself_when_asked(desk: Desk) -> None:
    desk.open({**POINTS, "autoplay": True})
    desk.state("playing")


def test_it_never_plays_by_itself_for_who_wants_less_motion(desk: Desk) -> None:
    desk.page.emulate_media(reduced_motion="reduce")
    desk.open({**POINTS, "autoplay": True})
    desk.painted()
    desk.state("ready")
    desk.at(0)


def test_a_destroyed_player_leaves_nothing_behind(desk: Desk) -> None:
    desk.open({**POINTS, "group": "a"}, {**POINTS, "group": "a"})
    desk.player(0).get_by_role("button", name="Play").click()
    desk.player(1).evaluate("root => root.player.destroy()")
    desk.state("playing", 0)
    desk.player(0).evaluate("root => { root.player.destroy(); root.remove(); }")
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) === 0")


def test_touch_targets_are_large_enough_on_a_phone(
    browser: object, site: Site, browser_context_args: dict[str, object]
) -> None:
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**{**browser_context_args, **phone})  # type: ignore[attr-defined]
    try:
        desk = Desk(context.new_page(), site).open({**POINTS, "strip": True})
        for control in [
            *desk.player().get_by_role("button").all(),
            desk.player().get_by_label("Speed"),
        ]:
            box = control.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 36
        desk.player().get_by_role("button", name="Step forward").tap()
        desk.at(1)
    finally:
        context.close()
