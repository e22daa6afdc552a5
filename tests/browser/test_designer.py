"""The designer of schedules in a real Chromium, on a page of its own with a pretended server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, Route, expect
from scipy.interpolate import PchipInterpolator

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
KINDS = {".js": "text/javascript", ".css": "text/css"}
MEMORY = "diffusion-explainer-schedule"
URL = "http://page.test/behind/a/proxy/"
REFUSAL = "Beta 3 is 1.5: every β must lie between 0 and 1."
UNREACHABLE = "The server did not answer. Is the app still running?"
COSINE = [[0.2, 0.899], [0.4, 0.647], [0.6, 0.341], [0.8, 0.094], [1, 0.00001]]
EARLY = [[0.06, 0.55], [0.15, 0.25], [0.3, 0.08], [0.6, 0.01], [1, 0.0001]]
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>body { margin: 12px }</style>
<div id="here"><div data-designer></div></div>
<script type="module">
  import { mount } from "./static/page/designer.js";
  window.told = [];
  const trigger = (event, data) => window.told.push([event, data]);
  await mount(document.querySelector("#here"), { words: { title: "My curve" } }, () => {}, trigger);
  document.body.dataset.ready = "yes";
</script>"""
# What offers the schedule of before, on a page without a designer.
AGAIN = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="here"></div>
<script type="module">
  import { mount } from "./static/page/again.js";
  window.told = [];
  const trigger = (event, data) => window.told.push([event, data]);
  await mount(document.querySelector("#here"), {}, trigger);
  document.body.dataset.ready = "yes";
</script>"""


class Desk:
    """A page with a designer, the answers that it gets, and what it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[dict[str, Any]] = []
        self.holding: list[Route] | None = None  # a list keeps answers back until a test gives them
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/behind/a/proxy/")
        if path == "":
            route.fulfill(body=PAGE, content_type="text/html")
        elif path == "again":
            route.fulfill(body=AGAIN, content_type="text/html")
        elif path == "api/own/schedule":
            self.asked.append(json.loads(route.request.post_data or ""))
            if self.holding is None:
                self.answer(route)
            else:
                self.holding.append(route)
        else:
            _, folder, name = path.split("/")
            file = FOLDERS[folder] / name
            route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def answer(self, route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        if "handles" in body:
            curve = np.array([[0, 1], *body["handles"]])
            T, u = None, np.linspace(0, 1, 101)
            alpha_bar = PchipInterpolator(*curve.T)(u)
        else:
            betas = np.array([float(cell) for cell in body["betas"].split()])
            if not ((betas > 0) & (betas < 1)).all():
                route.fulfill(status=422, json={"error": REFUSAL})
                return
            T, u = len(betas), np.arange(len(betas) + 1) / len(betas)
            alpha_bar = np.cumprod(1 - np.insert(betas, 0, 0))
        name = f"own-{len(self.asked)}"
        route.fulfill(json={"name": name, "T": T, "u": u.tolist(), "alpha_bar": alpha_bar.tolist()})

    def open(self, path: str = "", ready: bool = True) -> Desk:
        self.page.goto(URL + path)
        if ready:
            expect(self.page.locator("body")).to_have_attribute("data-ready", "yes")
        return self

    def held(self) -> Route:
        """Wait for a question that is kept without an answer."""
        while not self.holding:
            self.page.wait_for_timeout(10)
        return self.holding[0]

    def handle(self, number: int) -> Locator:
        return self.page.get_by_role("slider", name=f"Handle {number} of 5")

    def says(self, number: int, text: str) -> None:
        expect(self.handle(number)).to_have_attribute("aria-valuetext", text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def where(self, number: int) -> tuple[float, float]:
        box = self.handle(number).locator("circle").last.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def take(self, number: int) -> tuple[float, float]:
        x, y = self.where(number)
        self.page.mouse.move(x + 2, y - 2)
        self.page.mouse.down()
        return x + 2, y - 2

    def told(self, count: int) -> list[Any]:
        """Wait for that many events; return all."""
        self.page.wait_for_function("count => told.length >= count", arg=count)
        found: list[Any] = self.page.evaluate("told")
        assert len(found) == count
        return found

    def remember(self, body: dict[str, Any]) -> None:
        """Have the browser keep a schedule as if it had been designed last."""
        store = f"text => localStorage.setItem('{MEMORY}', text)"
        self.page.evaluate(store, json.dumps(body))

    def remembers(self) -> Any:
        """Return what the browser keeps of the schedule designed last."""
        return json.loads(self.page.evaluate(f"localStorage.getItem('{MEMORY}')") or "null")

    def rest(self) -> int:
        """Wait until nothing is on its way; return how often the page was told."""
        self.page.wait_for_timeout(300)  # twice the pause that a drag must make
        self.page.wait_for_function("count => told.length === count", arg=len(self.asked))
        return len(self.asked)

    def drawn(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return u and alpha_bar along the curve on screen, from its own path."""
        path = self.page.locator(".dx-design-line").get_attribute("d") or ""
        numbers = np.array(re.findall(r"-?[\d.]+(?:e-?\d+)?", path), dtype=np.float64)
        points = numbers.reshape(-1, 2)
        last = float(self.handle(5).get_attribute("aria-valuenow") or "nan")
        (x0, y0), (x1, y1) = points[0], points[-1]  # these are (0, 1) and (1, last)
        data = (points - [x0, y0]) / [x1 - x0, y1 - y0] * [1, last - 1] + [0, 1]
        if "C" not in path:
            return data[:, 0], data[:, 1]
        s = np.linspace(0, 1, 40)[:, None]
        pieces = []
        for a, b, c, d in (data[i : i + 4] for i in range(0, len(data) - 1, 3)):
            bend = 3 * (1 - s) ** 2 * s * b + 3 * (1 - s) * s**2 * c
            pieces.append((1 - s) ** 3 * a + bend + s**3 * d)
        return tuple(np.concatenate(pieces).T)  # type: ignore[return-value]


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def test_nothing_is_asked_before_anything_is_done(desk: Desk) -> None:
    desk.open()
    expect(desk.page.get_by_role("heading")).to_have_text("My curve")
    expect(desk.page.get_by_role("slider")).to_have_count(5)
    desk.says(2, "ᾱ 0.65 at t/T 0.40")
    desk.says(5, "ᾱ 0.00001 at t/T 1.00")
    desk.page.wait_for_timeout(300)
    assert desk.asked == []
    desk.told(0)


def test_a_handle_is_dragged_and_the_page_follows(desk: Desk) -> None:
    desk.open()
    x, y = desk.take(3)
    desk.page.mouse.move(x + 30, y - 25, steps=5)
    told = desk.told(desk.rest())  # at rest, but still held
    assert told[0] == ["input", {"name": "own-1", "T": None, "label": "my schedule"}]
    desk.page.mouse.move(x + 40, y - 30)
    desk.page.mouse.up()
    assert desk.rest() > len(told)
    sent = desk.asked[-1]["handles"]
    others = [i for i in range(5) if i != 2]
    assert [sent[i] for i in others] == [COSINE[i] for i in others]
    assert sent[2][0] > 0.6
    assert sent[2][1] > 0.341
    expect(desk.page.get_by_role("status")).to_have_text(
        "On this page as “my schedule”. It ends at ᾱ = 0.00001."
    )
    gone_x, gone_y = desk.where(3)  # exactly as far as the pointer, which held it off its middle
    assert gone_x == pytest.approx(x - 2 + 40, abs=0.6)
    assert gone_y == pytest.approx(y + 2 - 30, abs=0.6)


def test_a_release_after_a_rest_asks_nothing_new(desk: Desk) -> None:
    desk.open()
    x, y = desk.take(3)
    desk.page.mouse.move(x + 30, y - 25)
    assert desk.rest() == 1
    desk.page.mouse.up()
    assert desk.rest() == 1


def test_a_drag_ends_at_the_neighbours(desk: Desk) -> None:
    desk.open()
    far_down, far_up = 900, -900
    for number, way, end in [
        (3, far_down, [0.78, 0.0945]),
        (3, far_up, [0.42, 0.6465]),  # where two handles are close, the nearer one is meant
        (1, far_up, [0.02, 0.9999]),
        (5, far_up, [1, 0.0935]),
        (5, far_down, [1, 0.00001]),
    ]:
        x, y = desk.take(number)
        desk.page.mouse.move(x + way, y + way, steps=3)
        desk.page.mouse.up()
        desk.rest()
        assert desk.asked[-1]["handles"][number - 1] == end


def test_a_finger_drags_too(page: Page, desk: Desk) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    desk.open()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    x, y = desk.where(2)
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict[str, float]) -> None:
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    touch("touchStart", {"x": x + 8, "y": y + 8})
    for i in range(1, 6):
        touch("touchMove", {"x": x + 8, "y": y + 8 - 6 * i})
    touch("touchEnd")
    page.wait_for_function("told.length > 0")
    gone_x, gone_y = desk.where(2)
    assert gone_x == pytest.approx(x, abs=1)
    assert gone_y == pytest.approx(y - 30, abs=1)
    assert page.evaluate("scrollY") == 0


def test_keys_move_a_handle(desk: Desk) -> None:
    desk.open()
    desk.handle(2).focus()
    steps = [
        ("ArrowUp", "ᾱ 0.66 at t/T 0.40"),
        ("ArrowRight", "ᾱ 0.66 at t/T 0.41"),
        ("Shift+ArrowDown", "ᾱ 0.61 at t/T 0.41"),
        ("Shift+ArrowLeft", "ᾱ 0.61 at t/T 0.36"),
    ]
    for key, text in steps:
        desk.page.keyboard.press(key)
        desk.says(2, text)
    expect(desk.handle(2)).to_have_attribute("aria-valuenow", "0.607")
    desk.rest()
    assert desk.asked[-1]["handles"][1] == [0.36, 0.607]
    desk.handle(5).focus()
    for key, text in [("ArrowLeft", "ᾱ 0.00001 at t/T 1.00"), ("ArrowUp", "ᾱ 0.01 at t/T 1.00")]:
        desk.page.keyboard.press(key)
        desk.says(5, text)
    for key, text in [("End", "ᾱ 0.09 at t/T 1.00"), ("Home", "ᾱ 0.00001 at t/T 1.00")]:
        desk.page.keyboard.press(key)
        desk.says(5, text)


def test_a_burst_of_keys_is_one_question(desk: Desk) -> None:
    desk.open()
    press = """handle => { for (let i = 0; i < 8; i++)
        handle.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown" })); }"""
    desk.handle(2).evaluate(press)
    assert desk.rest() == 1
    desk.says(2, "ᾱ 0.57 at t/T 0.40")


def test_the_curve_is_scipys(desk: Desk) -> None:
    desk.open()
    for name in ("cosine", "linear in ᾱ", "tutorial-like", "drops early"):
        desk.button(name).click()
        desk.told(len(desk.asked))
        u, alpha_bar = desk.drawn()
        knots = np.array([[0, 1], *desk.asked[-1]["handles"]])
        np.testing.assert_allclose(alpha_bar, PchipInterpolator(*knots.T)(u), atol=1e-6)
    x, y = desk.take(2)  # an uneven one, as it is while being dragged
    desk.page.mouse.move(x + 20, y - 70, steps=4)
    desk.rest()
    u, alpha_bar = desk.drawn()
    knots = np.array([[0, 1], *desk.asked[-1]["handles"]])
    np.testing.assert_allclose(alpha_bar, PchipInterpolator(*knots.T)(u), atol=1e-6)
    assert (np.diff(alpha_bar) <= 1e-12).all()


def test_slopes_are_scipys_for_any_knots(desk: Desk) -> None:
    desk.open()
    script = """knots => import(new URL("static/page/curve.js", document.baseURI).href)
        .then(({ slopes }) => slopes(knots))"""
    random = np.random.default_rng(0)
    for _ in range(20):
        knots = np.column_stack([np.sort(random.random(6)), random.normal(size=6)])
        expected = PchipInterpolator(*knots.T).derivative()(knots[:, 0])
        np.testing.assert_allclose(desk.page.evaluate(script, knots.tolist()), expected, atol=1e-9)


def test_starts_and_the_way_back(desk: Desk) -> None:
    desk.open()
    desk.button("drops early").click()
    desk.told(1)
    assert desk.asked[-1] == {"handles": EARLY}
    desk.handle(1).press("ArrowDown")
    desk.told(2)
    assert desk.asked[-1]["handles"][0] == [0.06, 0.54]
    desk.button("Reset").click()
    desk.told(3)
    assert desk.asked[-1] == {"handles": EARLY}
    desk.says(1, "ᾱ 0.55 at t/T 0.06")


def test_pasted_betas_are_drawn_with_the_handles_on_them(desk: Desk) -> None:
    desk.open()
    betas = ["0.01"] * 10 + ["0.2"] * 5 + ["0.05"] * 10
    desk.page.get_by_label("Paste betas").fill(" ".join(betas))
    desk.button("Use these betas").click()
    event, data = desk.told(1)[0]
    assert (event, data["T"], data["label"]) == ("input", 25, "my schedule, 25 betas")
    alpha_bar = np.cumprod(1 - np.array([0, *map(float, betas)]))
    u, drawn = desk.drawn()
    np.testing.assert_allclose(drawn, alpha_bar, atol=1e-9)
    np.testing.assert_allclose(u, np.arange(26) / 25, atol=1e-9)
    for number in range(1, 6):
        value = float(desk.handle(number).get_attribute("aria-valuenow") or "nan")
        assert value == pytest.approx(alpha_bar[5 * number], abs=1e-9)
    desk.handle(3).press("ArrowUp")  # from now on it is a curve through the handles
    desk.told(2)
    assert set(desk.asked[-1]) == {"handles"}
    assert len(desk.drawn()[0]) > 100


@pytest.mark.parametrize("betas", ["1e-7 1e-7 1e-7 1e-7", "0.999999 0.5 0.5 0.5 0.5 0.5 0.5"])
def test_a_flat_sequence_still_gives_handles_that_fall(desk: Desk, betas: str) -> None:
    desk.open()
    desk.page.get_by_label("Paste betas").fill(betas)
    desk.button("Use these betas").click()
    desk.told(1)
    desk.handle(3).press("ArrowRight")
    desk.told(2)
    alpha_bar = [a for _, a in desk.asked[-1]["handles"]]
    assert alpha_bar[0] < 1
    assert (np.diff(alpha_bar) < -1e-5).all()


def test_a_refusal_is_told_and_all_stays(desk: Desk, errors: list[str]) -> None:
    desk.open()
    desk.button("drops early").click()
    desk.told(1)
    before = desk.drawn()
    box = desk.page.get_by_label("Paste betas")
    box.fill("0.1 0.2 1.5")
    box.press("Control+Enter")
    expect(desk.page.get_by_role("alert")).to_have_text(REFUSAL)
    np.testing.assert_array_equal(desk.drawn(), before)
    desk.told(1)
    expect(box).to_have_value("0.1 0.2 1.5")
    assert [("422" in error) for error in errors] == [True]
    errors.clear()
    box.fill("0.1 0.2 0.5")
    desk.button("Use these betas").click()
    expect(desk.page.get_by_role("alert")).to_be_hidden()
    desk.told(2)


def test_a_server_that_is_gone_is_told(desk: Desk, errors: list[str]) -> None:
    desk.open()
    desk.page.route("**/api/own/schedule", lambda route: route.abort())
    desk.button("linear in ᾱ").click()
    expect(desk.page.get_by_role("alert")).to_have_text(UNREACHABLE)
    desk.says(1, "ᾱ 0.80 at t/T 0.20")
    errors.clear()


def test_only_the_newest_answer_counts(desk: Desk) -> None:
    desk.open()
    desk.holding = held = []
    desk.page.get_by_label("Paste betas").fill("0.5 0.5")
    desk.button("Use these betas").click()
    desk.button("drops early").click()
    desk.page.wait_for_timeout(50)
    early, late = held[1], held[0]
    desk.answer(early)
    desk.told(1)
    before = desk.drawn()
    desk.answer(late)
    desk.page.wait_for_timeout(100)
    desk.told(1)
    np.testing.assert_array_equal(desk.drawn(), before)


def test_a_handle_taken_meanwhile_is_not_torn_away(desk: Desk) -> None:
    desk.open()
    desk.holding = held = []
    desk.page.get_by_label("Paste betas").fill("0.5 0.5")
    desk.button("Use these betas").click()
    desk.handle(1).press("ArrowDown")
    desk.answer(held[0])
    desk.page.wait_for_timeout(300)
    desk.told(0)
    desk.answer(held[1])
    desk.told(1)
    desk.says(1, "ᾱ 0.89 at t/T 0.20")


@pytest.mark.parametrize("kind", ["handles", "betas"])
def test_a_reload_shows_it_and_offers_it_without_switching_to_it(desk: Desk, kind: str) -> None:
    desk.open()
    if kind == "handles":
        desk.button("drops early").click()
    else:
        desk.page.get_by_label("Paste betas").fill("0.1 0.2 0.3")
        desk.button("Use these betas").click()
    made = desk.told(1)[0][1]
    before = desk.drawn()
    said = desk.page.get_by_role("status").inner_text().partition("It ends")[2]
    desk.open("again")
    event, data = desk.told(1)[0]
    assert event == "change"
    assert (data["T"], data["label"]) == (made["T"], made["label"])
    assert desk.asked[0] == desk.asked[1]
    desk.open()
    status = desk.page.get_by_role("status")
    expect(status).to_contain_text(f"of last time is on offer as “{made['label']}”.")
    expect(status).to_contain_text(said)
    np.testing.assert_allclose(desk.drawn(), before, atol=1e-9)
    desk.told(0)
    desk.button("Reset").click()  # back to what was shown at first
    desk.told(1)
    assert desk.asked[-1] == desk.asked[0]


def test_what_the_server_refuses_now_is_forgotten(desk: Desk, errors: list[str]) -> None:
    desk.open()
    desk.remember({"betas": "2 3"})
    desk.open("again")
    desk.told(0)
    assert desk.asked == [{"betas": "2 3"}]
    assert desk.remembers() is None
    assert [("422" in error) for error in errors] == [True]
    errors.clear()


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "unreachable"])
@pytest.mark.parametrize("path", ["again", ""], ids=["again", "designer"])
def test_a_failure_that_may_pass_is_silent_and_nothing_is_forgotten(
    desk: Desk, errors: list[str], path: str, busy: bool
) -> None:
    body = {"betas": "0.1 0.2"}
    desk.open()
    desk.remember(body)
    desk.holding = []
    desk.open(path, ready=False)
    route = desk.held()
    if busy:
        route.fulfill(status=429, json={"error": "Please wait."})
    else:
        route.abort()
    expect(desk.page.locator("body")).to_have_attribute("data-ready", "yes")
    desk.page.wait_for_timeout(100)
    desk.told(0)
    assert desk.remembers() == body
    expect(desk.page.locator(".dx-error").filter(has_text=re.compile("."))).to_have_count(0)
    errors.clear()  # the browser's own, about the request


@pytest.mark.parametrize("accepted", [True, False])
def test_what_was_designed_meanwhile_is_newer(
    desk: Desk, errors: list[str], accepted: bool
) -> None:
    desk.open()
    desk.remember({"handles": EARLY})
    desk.holding = []
    desk.open("again", ready=False)
    route = desk.held()
    newer = {"betas": "0.1 0.2"}
    desk.remember(newer)
    if accepted:
        desk.answer(route)
    else:
        route.fulfill(status=422, json={"error": REFUSAL})
    expect(desk.page.locator("body")).to_have_attribute("data-ready", "yes")
    desk.told(0)
    assert desk.remembers() == newer
    errors.clear()


@pytest.mark.parametrize(
    "junk", ["", "{", "7", "null", '{"handles": [[0, "x"]]}', '{"handles": [1, 2, 3, 4, 5]}', "[]"]
)
@pytest.mark.parametrize("path", ["", "again"])
def test_what_storage_holds_is_not_trusted(desk: Desk, junk: str, path: str) -> None:
    desk.page.add_init_script(f"localStorage.setItem('{MEMORY}', {json.dumps(junk)})")
    desk.open(path)
    desk.page.wait_for_timeout(100)
    assert desk.asked == []
    desk.told(0)
    if not path:
        desk.says(2, "ᾱ 0.65 at t/T 0.40")


def test_it_works_where_storage_is_forbidden(desk: Desk) -> None:
    forbid = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    desk.page.add_init_script(forbid)
    desk.open("again")
    desk.told(0)
    desk.open()
    desk.button("cosine").click()
    desk.told(1)
