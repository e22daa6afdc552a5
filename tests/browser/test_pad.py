"""The drawing pad and the upload in a real Chromium, on a page of their own."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

import explainer.ui
from explainer.folder import FOLDER_VARIABLE
from explainer.own import is_own, load_points
from explainer.ui.own_routes import own_routes

pytestmark = pytest.mark.browser

UI = Path(explainer.ui.__file__).parent
FOLDERS = {"page": UI / "static", "player": UI / "player"}
# Stands in for Gradio: mounts the pad and writes down what it fires.
PAGE = """<!doctype html><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body { margin: 12px }</style><div id="pad"><div data-pad></div></div>
<script type="module">
  import { mount } from "./static/page/pad.js";
  window.fired = [];
  const props = JSON.parse(new URLSearchParams(location.search).get("props") ?? "{}");
  const trigger = (event, data) => window.fired.push({ event, ...data });
  await mount(document.getElementById("pad"), props, trigger);
</script>"""
CIRCLE = [(math.cos(a), 2 * math.sin(a)) for a in np.linspace(0, 6, 40)]


async def page_itself(request: Request) -> Response:
    return HTMLResponse(PAGE)


async def static(request: Request) -> Response:
    return FileResponse(FOLDERS[request.path_params["folder"]] / request.path_params["name"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    routes = [
        Route("/", page_itself),
        Route("/static/{folder}/{name}", static),
        *own_routes(),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, log_level="warning", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(timeout=10)


class Desk:
    """The page, with hands and eyes for the pad."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, **props: Any) -> Desk:
        self.page.goto(f"{self.url}?props={json.dumps(props)}")
        self.page.locator(".dp-card").wait_for()
        return self

    @property
    def stage(self) -> Locator:
        return self.page.locator(".dp-stage")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where on the page a place of the pad is, given in [-1, 1], y upward."""
        box = self.stage.bounding_box()
        assert box
        return box["x"] + (1 + x) / 2 * box["width"], box["y"] + (1 - y) / 2 * box["height"]

    def draw(self, *way: tuple[float, float]) -> None:
        mouse = self.page.mouse
        mouse.move(*self.at(*way[0]))
        mouse.down()
        for place in way[1:]:
            mouse.move(*self.at(*place), steps=4)
        mouse.up()

    @property
    def count(self) -> Locator:
        return self.page.locator("output")

    def number(self) -> int:
        return int(re.sub(r"\D", "", self.count.inner_text()) or 0)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=re.compile(name))

    def upload(self, text: str | bytes, name: str = "mine.csv") -> None:
        data = text.encode() if isinstance(text, str) else text
        chosen = {"name": name, "mimeType": "text/csv", "buffer": data}
        self.page.locator("input[type=file]").set_input_files([chosen])  # type: ignore[list-item]

    def fired(self, number: int) -> dict[str, Any]:
        """Wait for so many events; return the last."""
        self.page.wait_for_function("number => window.fired.length >= number", arg=number)
        events = self.page.evaluate("window.fired")
        assert len(events) == number
        assert is_own(events[-1]["name"])
        return dict(events[-1])

    def alert(self) -> Locator:
        return self.page.get_by_role("alert").filter(has_text=re.compile("."))

    def ink(self, canvas: Locator) -> int:
        return int(
            canvas.evaluate(
                "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
                ".reduce((sum, value, i) => sum + (i % 4 === 3 && value > 60 ? 1 : 0), 0)"
            )
        )


@pytest.fixture
def desk(page: Page, url: str, folder: Path) -> Iterator[Desk]:
    desk = Desk(page, url)
    yield desk
    assert desk.complaints == []


def test_a_stroke_is_sprayed_counted_and_used(desk: Desk) -> None:
    desk.open()
    expect(desk.count).to_have_text("no points yet")
    expect(desk.button("Undo")).to_be_disabled()
    desk.draw((-0.8, -0.5), (0.8, -0.5))
    event = desk.fired(1)
    n = desk.number()
    assert n == pytest.approx(1.6 / 0.011, abs=4)
    assert event["event"] == "input"
    assert event["n"] == n
    assert event["label"] == f"My drawing · {n} points"
    expect(desk.page.get_by_text(f"In use: My drawing · {n} points.")).to_be_visible()
    points, color = load_points(event["name"])
    assert len(points) == n
    assert np.abs(points[:, 1] + 0.5).max() < 0.06  # the brush's radius is 0.05
    assert np.ptp(points[:, 1]) > 0.05
    assert np.corrcoef(points[:, 0], color)[0, 1] > 0.99
    assert desk.ink(desk.page.locator(".dp-stage canvas")) > 10 * n
    expect(desk.page.get_by_text("Draw here")).to_be_hidden()


def test_quick_strokes_are_one_drawing(desk: Desk) -> None:
    clock = desk.page.clock
    clock.install(time=0)
    desk.open()
    clock.pause_at(3_600_000)
    desk.draw((-0.5, 0), (0.5, 0))
    clock.run_for(200)
    desk.draw((0, -0.5), (0, 0.5))
    clock.run_for(200)
    assert desk.page.evaluate("window.fired") == []
    clock.run_for(100)
    clock.resume()
    assert desk.fired(1)["n"] == desk.number() == pytest.approx(2 / 0.011, abs=4)


def test_undo_takes_back_the_last_stroke_and_also_clearing(desk: Desk) -> None:
    desk.open()
    desk.draw((-0.5, 0), (0.5, 0))
    one = desk.fired(1)["n"]
    desk.draw((0, -0.5), (0, 0.5))
    assert desk.fired(2)["n"] == desk.number() > one
    desk.button("Undo").click()
    assert desk.fired(3)["n"] == desk.number() == one
    desk.button("Clear").click()
    expect(desk.count).to_have_text("no points yet")
    expect(desk.page.get_by_text("The picture keeps the points of before")).to_be_visible()
    desk.button("Undo").click()
    assert desk.fired(4)["n"] == one


def test_the_brush_can_be_wider_and_nothing_lies_past_the_pad(desk: Desk) -> None:
    desk.open()
    desk.page.get_by_label("Brush").fill("20")
    desk.draw((-0.9, 0.9), (0.9, 0.9), (1.5, 0.9))
    points, _ = load_points(desk.fired(1)["name"])
    assert np.abs(points).max() <= 1
    assert np.ptp(points[:, 1]) > 0.2


def test_a_tap_makes_a_dab_and_another_button_draws_nothing(desk: Desk) -> None:
    desk.open()
    desk.page.mouse.click(*desk.at(0.2, 0.2), button="right")
    expect(desk.count).to_have_text("no points yet")
    desk.page.mouse.click(*desk.at(0.2, 0.2))
    points, _ = load_points(desk.fired(1)["name"])
    assert len(points) == 10
    assert np.abs(points - 0.2).max() < 0.07


def test_a_finger_draws_and_the_page_does_not_scroll(browser: Any, url: str, folder: Path) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    desk = Desk(page, url).open()
    session = context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    touch("touchStart", desk.at(0, 0.6))
    for step in range(1, 13):
        touch("touchMove", desk.at(0, 0.6 - step / 10))
    touch("touchEnd")
    points, color = load_points(desk.fired(1)["name"])
    assert len(points) == pytest.approx(1.2 / 0.011, abs=6)
    assert np.corrcoef(points[:, 1], color)[0, 1] < -0.99
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert desk.complaints == []
    context.close()


@pytest.mark.parametrize(
    ("separator", "decimal", "says"),
    [
        (",", ".", "separated by commas"),
        (";", ".", "separated by semicolons"),
        (";", ",", "separated by semicolons, decimal commas"),
        ("\t", ",", "separated by tabs, decimal commas"),
    ],
)
def test_a_table_is_shown_and_then_used(
    desk: Desk, separator: str, decimal: str, says: str
) -> None:
    rows = [separator.join(f"{v:.2f}".replace(".", decimal) for v in point) for point in CIRCLE]
    desk.open().upload("\n".join([f"east{separator}north", *rows]))
    expect(desk.page.get_by_text(says, exact=True)).to_be_visible()
    expect(desk.page.get_by_role("columnheader")).to_have_text(["east", "north"])
    expect(desk.page.get_by_role("row")).to_have_count(6)
    expect(desk.page.get_by_role("cell").first).to_have_text(rows[0].split(separator)[0])
    assert desk.ink(desk.page.get_by_role("img", name="The points of the table")) > 200
    assert desk.page.evaluate("window.fired") == [], "only shown so far"
    desk.button("Use these 40 points").click()
    event = desk.fired(1)
    assert (event["event"], event["label"]) == ("input", "mine.csv · 40 points")
    np.testing.assert_allclose(load_points(event["name"])[0], CIRCLE, atol=0.006)


def test_what_is_wrong_is_said_and_what_was_there_stays(desk: Desk) -> None:
    desk.open().upload("1.5,2\n3,4\n5,\n")
    expect(desk.page.get_by_text("Line 3 lacks a number and was left out.")).to_be_visible()
    desk.upload("x,y\n1,2\nabc,3\n", "bad.csv")
    expect(desk.alert()).to_have_text("bad.csv: Line 3: 'abc' is not a number.")
    expect(desk.button("Use these 2 points")).to_be_visible()
    desk.upload("1,2,3\n4,5,6\n", "wide.csv")
    expect(desk.alert()).to_have_text("wide.csv: Line 1 has 3 columns, 2 are wanted.")
    desk.upload(b"1" * 2_000_001)
    expect(desk.alert()).to_have_text("The file is too large: at most 2 MB are read.")
    desk.upload("<b>x</b>,y\n1,2\n3,4.5\n", "<img src=x onerror=alert(1)>.csv")
    expect(desk.alert()).to_have_count(0)
    expect(desk.page.get_by_role("columnheader").first).to_have_text("<b>x</b>")


def test_a_file_can_be_dropped(desk: Desk) -> None:
    desk.open()
    desk.page.locator(".dp-pad").evaluate(
        """pad => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["1.5,2\\n3,4\\n"], "dropped.csv"));
          for (const kind of ["dragover", "drop"]) {
            const options = { dataTransfer, bubbles: true, cancelable: true };
            const passed = pad.dispatchEvent(new DragEvent(kind, options));
            if (passed) throw new Error(`the browser would open the file on ${kind}`);
          }
        }"""
    )
    expect(desk.page.get_by_text("dropped.csv")).to_be_visible()
    expect(desk.button("Use these 2 points")).to_be_visible()


def test_a_server_that_does_not_answer_is_said_and_the_drawing_stays(desk: Desk) -> None:
    desk.open()
    desk.page.route("**/api/own/drawing", lambda route: route.abort())
    desk.draw((-0.5, 0), (0.5, 0))
    expect(desk.alert()).to_contain_text("The server did not answer.")
    n = desk.number()
    desk.page.unroute("**/api/own/drawing")
    desk.draw((0, -0.5), (0, 0.5))
    assert desk.fired(1)["n"] > n > 50
    expect(desk.alert()).to_have_count(0)


def use_points(desk: Desk, drawn: bool) -> dict[str, Any]:
    """Draw a stroke, or upload two points and use them; return what the page is told."""
    desk.open()
    if drawn:
        desk.draw((-0.5, 0), (0.5, 0))
    else:
        desk.upload("größe;y\n1,5;2\n3;4\n".encode("latin-1"))
        desk.button("Use these 2 points").click()
    return desk.fired(1)


def let_the_server_forget(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize("forgotten", [False, True], ids=["kept", "forgotten by the server"])
@pytest.mark.parametrize("drawn", [True, False], ids=["drawing", "table"])
def test_a_reload_offers_the_points_again(
    desk: Desk, folder: Path, drawn: bool, forgotten: bool
) -> None:
    before = use_points(desk, drawn)
    if forgotten:
        let_the_server_forget(folder)
    desk.open(folded="Your own points")
    after = desk.fired(1)
    assert after == {**before, "event": "change"}
    assert len(load_points(after["name"])[0]) == after["n"]
    expect(desk.stage).to_be_hidden()
    desk.page.get_by_text("Your own points", exact=True).click()
    if drawn:
        expect(desk.count).to_have_text(f"{before['n']} points")
        assert desk.page.wait_for_function(
            "() => document.querySelector('.dp-stage canvas').width > 300"
        )
    else:
        expect(desk.page.get_by_text("mine.csv")).to_be_visible()
        desk.button("Use these 2 points").click()
        assert desk.fired(2)["name"] == before["name"]


@pytest.mark.parametrize("status", [429, 503, 507])
@pytest.mark.parametrize("drawn", [True, False], ids=["drawing", "table"])
def test_a_refusal_that_passes_forgets_nothing(
    desk: Desk, folder: Path, drawn: bool, status: int
) -> None:
    before = use_points(desk, drawn)
    let_the_server_forget(folder)
    posted = re.compile("/api/own/(drawing|table)$")
    busy = {"error": "Please try again in a minute."}
    desk.page.route(posted, lambda route: route.fulfill(status=status, json=busy))
    with desk.page.expect_response(posted):
        desk.open()
    desk.page.wait_for_load_state("networkidle")
    desk.page.unroute(posted)
    desk.open()
    assert desk.fired(1)["name"] == before["name"]


@pytest.mark.parametrize("status", [413, 415, 422])
def test_what_is_refused_for_good_is_forgotten(desk: Desk, folder: Path, status: int) -> None:
    use_points(desk, drawn=True)
    let_the_server_forget(folder)
    refusal = {"error": "This is not taken."}
    posted = "**/api/own/drawing"
    desk.page.route(posted, lambda route: route.fulfill(status=status, json=refusal))
    with desk.page.expect_response(posted):
        desk.open()
    desk.page.wait_for_function("localStorage.getItem('diffusion-explainer-own') === null")


def test_what_was_cleared_or_never_was_is_not_offered(desk: Desk) -> None:
    desk.open()
    desk.draw((-0.5, 0), (0.5, 0))
    desk.fired(1)
    desk.button("Clear").click()
    desk.open()
    for junk in ["7", "{", "null", '{"kind": "drawing", "content": 5}', '{"name": "own-x"}']:
        desk.page.evaluate("junk => localStorage.setItem('diffusion-explainer-own', junk)", junk)
        with desk.page.expect_response("**/pad.css"):
            desk.open()
        desk.page.wait_for_load_state("networkidle")
        assert desk.page.evaluate("window.fired") == []
        expect(desk.count).to_have_text("no points yet")
