"""The panel "This very step" in a real Chromium, on a page of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from explainer.frames import quantise
from explainer.ui.text.belief import STEP_WORDS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
KINDS = {".js": "text/javascript", ".css": "text/css"}
LIMITS, T = (-4.0, 4.0, -4.0, 4.0), 100
GREEN, BLUE = "#009e73", "#0080c8"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body { margin: 12px } .dark { background: #000; --background-fill-primary: #0f172a }</style>
<div id="here"></div>
<script type="module">
  import { StepPanel } from "./static/page/step.js";
  window.panel = new StepPanel(document.querySelector("#here"), WORDS);
</script>
<script>
  // What is written on the picture, and the large dots with their colours: where, from 0 to 1,
  // y upward.
  const { fillText, clearRect, arc, fill } = CanvasRenderingContext2D.prototype;
  const at = (canvas, x, y) => [x / canvas.width, 1 - y / canvas.height];
  Object.assign(window, { written: [], marks: [] });
  let last = null;
  Object.assign(CanvasRenderingContext2D.prototype, {
    clearRect(...box) {
      Object.assign(window, { written: [], marks: [] });
      clearRect.apply(this, box);
    },
    fillText(text, x, y) {
      window.written.push([text, ...at(this.canvas, x, y)]);
      fillText.call(this, text, x, y);
    },
    arc(x, y, radius, ...angles) {
      last = radius > 4 ? at(this.canvas, x, y) : null;
      arc.call(this, x, y, radius, ...angles);
    },
    fill() {
      if (last) window.marks.push([this.fillStyle, ...last]);
      fill.call(this);
    },
  });
  const pixels = (c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  window.checksum = (canvas) => pixels(canvas).reduce((sum, value) => (sum * 31 + value) | 0, 7);
</script>"""


def step(n: int = 60, **more: Any) -> dict[str, Any]:
    """Return a step over n points; the first eight are in the table, with t falling."""
    random = np.random.default_rng(1)
    t = np.concatenate([[98, 84, 70, 56, 42, 28, 14, 0], random.integers(0, T, n - 8)])
    x_0 = random.uniform(-1, 1, (n, 2))
    eps = random.normal(size=(n, 2))
    share = ((t + 1) / T)[:, None]
    x_t = np.sqrt(1 - share) * x_0 + np.sqrt(share) * eps
    guess = x_0 + np.array([0.5, -0.5])
    rows = [
        {
            "t": int(t[i]) + 1,
            "x_0": x_0[i].tolist(),
            "eps": eps[i].tolist(),
            "x_t": x_t[i].tolist(),
            "prediction": (eps[i] / 2).tolist(),
            "target": eps[i].tolist(),
            "error": float(np.square(eps[i] / 2).mean()),
        }
        for i in range(8)
    ]
    detail = {"objective": "eps", "loss": 0.5312, "learning_rate": 0.0098, "batch": 1000, "step": 7}
    return {
        "detail": {**detail, "rows": rows, **more},
        "places": np.stack([x_0, x_t, guess]),
        "t": (t / (T - 1) * 255).round().astype(int).tolist(),
    }


class Desk:
    """A page with the panel."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            body = PAGE.replace("WORDS", json.dumps(STEP_WORDS))
            return route.fulfill(body=body, content_type="text/html")
        _, _, folder, name = path.split("/")
        file = FOLDERS[folder] / name
        return route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def open(self) -> Desk:
        self.page.goto("http://page.test/")
        self.page.wait_for_function("window.panel")
        styled = (
            "getComputedStyle(document.querySelector('.dt-panel')).getPropertyValue('--dt-miss')"
        )
        self.page.wait_for_function(styled)
        return self

    def show(self, step: dict[str, Any], *, picture: bool = True) -> Desk:
        points = quantise(step["places"], LIMITS).ravel().tolist()
        self.page.evaluate(
            """([detail, points, t, limits, T]) => panel.show(
              detail, points && Uint16Array.from(points), t && Uint8Array.from(t), limits, T
            )""",
            [step["detail"], points if picture else None, step["t"], LIMITS, T],
        )
        self.settled()
        return self

    def settled(self) -> None:
        """Wait for observers to have told of changes, and for the drawing that follows."""
        self.page.evaluate(
            "async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame); }"
        )

    @property
    def panel(self) -> Locator:
        return self.page.locator("#here")

    @property
    def picture(self) -> Locator:
        return self.page.get_by_role("img", name=STEP_WORDS["picture"])

    def cells(self, row: int) -> list[str]:
        return self.page.locator("tbody tr").nth(row).locator("td").all_inner_texts()

    def button(self, number: int) -> Locator:
        return self.page.get_by_role("button", name=f"Show example {number} in the picture")

    def marks(self) -> dict[str, list[float]]:
        """Return where the three marks are, by colour."""
        self.settled()
        return {color: [x, y] for color, x, y in self.page.evaluate("marks")}

    def names(self) -> set[str]:
        self.settled()
        return {text for text, _, _ in self.page.evaluate("written")}


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def test_it_is_hidden_until_there_is_a_step(desk: Desk) -> None:
    desk.open()
    expect(desk.panel).to_be_hidden()
    desk.show(step())
    expect(desk.panel).to_be_visible()
    desk.page.evaluate("panel.clear()")
    expect(desk.panel).to_be_hidden()
    desk.show(step())
    assert desk.names() == {"x₀", "xₜ", "x̂₀"}


def test_the_step_reads_as_a_sentence(desk: Desk) -> None:
    desk.open().show(step())
    expect(desk.page.locator(".dt-sentence")).to_have_text(
        "Step 7: 1,000 points, each with its own t and noise → the network guesses → mean squared "
        "error = loss 0.531 → every weight moves a little (learning rate 0.0098)"
    )
    expect(desk.page.locator(".dt-sentence b")).to_have_text(["7", "1,000", "0.531", "0.0098"])
    expect(desk.page.locator(".dt-hint")).to_contain_text("8 of the 1,000, in the network's units")


def test_the_table_runs_from_little_noise_to_much(desk: Desk) -> None:
    drawn = step()
    rows = drawn["detail"]["rows"]
    desk.open().show(drawn)
    heads = desk.page.get_by_role("columnheader")
    expect(heads.locator("span")).to_have_text(["#", "t", "x₀", "ε", "xₜ", "ε̂", "ε", "(ε̂ − ε)²"])
    assert desk.page.locator("th[scope=col]").count() == 8
    expect(desk.page.get_by_role("rowheader")).to_have_count(8)
    for at, row in enumerate(reversed(rows)):
        t, *pairs, error = desk.cells(at)
        assert t == str(row["t"])
        assert [pair.split() for pair in pairs] == [
            [signed(value) for value in row[name]]
            for name in ("x_0", "eps", "x_t", "prediction", "target")
        ]
        assert error == signed(row["error"])


@pytest.mark.parametrize(
    ("objective", "said", "meant"), [("eps", "ε̂", "ε"), ("x0", "x̂₀", "x₀"), ("v", "v̂", "v")]
)
def test_the_header_names_the_objective(desk: Desk, objective: str, said: str, meant: str) -> None:
    desk.open().show(step(objective=objective))
    heads = desk.page.get_by_role("columnheader").locator("span").all_inner_texts()
    assert heads[5:] == [said, meant, f"({said} − {meant})²"]


def test_numbers_that_run_away_stay_short_and_zero_has_no_sign(desk: Desk) -> None:
    drawn = step(loss=123456.0, learning_rate=1e-7)
    drawn["detail"]["rows"][7].update(prediction=[-54321.0, -0.001], error=1e9)
    desk.open().show(drawn)
    expect(desk.page.locator(".dt-sentence b")).to_have_text(["7", "1,000", "1.2e+5", "1e−7"])
    assert desk.cells(0)[4].split() == ["−5.4e+4", "0.00"]
    assert desk.cells(0)[6] == "1.0e+9"


def test_the_bars_have_one_scale(desk: Desk) -> None:
    drawn = step()
    for row, error in zip(drawn["detail"]["rows"], [0.5, 0.25, *[0.0] * 6], strict=True):
        row["error"] = error
    desk.open().show(drawn)
    bars = desk.page.locator("td.dt-error i")
    lengths = bars.evaluate_all("all => all.map((bar) => bar.getBoundingClientRect().width)")
    assert lengths[7] == pytest.approx(2 * lengths[6], rel=0.05)
    # Errors below 1 do not fill the bar: it can be seen that they shrink as training goes on.
    drawn["detail"]["rows"][1]["error"] = 2.0
    desk.show(drawn)
    after = bars.evaluate_all("all => all.map((bar) => bar.getBoundingClientRect().width)")
    assert after[6] == pytest.approx(2 * lengths[7], rel=0.05)
    assert after[7] == pytest.approx(lengths[7] / 2, rel=0.05)


def test_the_chosen_example_is_shown_in_its_three_places(desk: Desk) -> None:
    drawn = step()
    desk.open().show(drawn)
    # The table is the other way round: the fifth row is the fourth example.
    expect(desk.button(5)).to_have_attribute("aria-pressed", "true")
    x_0, guess = drawn["places"][0], drawn["places"][2]
    # The view holds all of x_0 and x_t: the same square on both axes.
    low, high = drawn["places"][:2].min(), drawn["places"][:2].max()
    for row in (5, 1, 8):
        desk.button(row).focus()
        expect(desk.button(row)).to_have_attribute("aria-pressed", "true")
        expect(desk.page.locator("button[aria-pressed=true]")).to_have_count(1)
        example = 8 - row
        assert desk.names() == {"x₀", "xₜ", "x̂₀"}
        marks = desk.marks()
        assert len(marks) == 3
        for places, color in ((x_0, GREEN), (guess, BLUE)):
            wanted = (places[example] - low) / (high - low)
            assert marks[color] == pytest.approx(wanted, abs=0.025)  # there is a little edge


def test_hover_and_tap_choose_too(desk: Desk) -> None:
    desk.open().show(step())
    seen = desk.picture.evaluate("checksum")
    desk.page.locator("tbody tr").nth(1).hover()
    expect(desk.button(2)).to_have_attribute("aria-pressed", "true")
    desk.settled()
    hovered = desk.picture.evaluate("checksum")
    assert hovered != seen
    desk.page.locator("tbody tr").nth(6).dispatch_event("click")
    expect(desk.button(7)).to_have_attribute("aria-pressed", "true")
    desk.settled()
    assert desk.picture.evaluate("checksum") not in (seen, hovered)


def test_the_next_step_keeps_choice_and_focus_and_the_view(desk: Desk) -> None:
    first = step()
    desk.open().show(first)
    desk.button(2).focus()
    desk.page.keyboard.press("Tab")
    expect(desk.button(3)).to_be_focused()
    before = desk.marks()[GREEN]
    second = step(step=8)
    second["places"][1] = second["places"][0]  # nothing far out: the view does not close in
    desk.show(second)
    expect(desk.page.locator(".dt-sentence")).to_contain_text("Step 8:")
    expect(desk.button(3)).to_be_focused()
    expect(desk.button(3)).to_have_attribute("aria-pressed", "true")
    assert desk.marks()[GREEN] == pytest.approx(before, abs=0.001)


def test_what_is_outside_is_told_and_not_drawn(desk: Desk) -> None:
    drawn = step()
    drawn["places"][2, :8] = [40.0, 0.0]
    desk.open().show(drawn)
    assert desk.names() == {"x₀", "xₜ", "x̂₀ is outside"}
    assert len(desk.marks()) == 2
    # Where all of the plane is seen, what stands on its edge is outside too.
    drawn["places"][1, 8:10] = [[-3.999, -3.999], [3.999, 3.999]]
    drawn["places"][1, :8] = [0.0, -40.0]
    desk.show(drawn)
    assert desk.names() == {"x₀", "xₜ is outside", "x̂₀ is outside"}
    assert set(desk.marks()) == {GREEN}
    assert all(0 < share < 1 for _, *at in desk.page.evaluate("written") for share in at)


def test_the_dots_have_the_colour_of_their_noise(desk: Desk) -> None:
    desk.open().show(step())
    colors = desk.page.locator("td.dt-t i").evaluate_all(
        "all => all.map((dot) => getComputedStyle(dot).backgroundColor)"
    )
    assert len(set(colors)) == 8
    light = [sum(map(int, color[4:-1].split(","))) for color in colors]
    assert light == sorted(light, reverse=True)  # away from the paper: little noise is pale
    expect(desk.page.locator(".dt-key-x_t")).to_have_text("xₜ, with noise:t = 1t = 100")
    assert "gradient" in desk.page.locator(".dt-ramp").evaluate(
        "ramp => getComputedStyle(ramp).backgroundImage"
    )
    desk.page.evaluate("document.body.classList.add('dark')")
    desk.settled()
    dark = desk.page.locator("td.dt-t i").evaluate_all(
        "all => all.map((dot) => getComputedStyle(dot).backgroundColor)"
    )
    assert set(dark).isdisjoint(colors)


def test_without_points_the_table_stands_alone(desk: Desk) -> None:
    desk.open().show(step(), picture=False)
    expect(desk.picture).to_be_hidden()
    expect(desk.page.get_by_role("rowheader")).to_have_count(8)


def test_on_a_phone_the_table_scrolls_in_its_own_box(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    desk = Desk(page).open().show(step())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.get_by_role("region", name=STEP_WORDS["table"])
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.evaluate("box => (box.scrollLeft = 400)")
    first = desk.button(1).bounding_box()
    assert first
    assert 0 < first["x"] < 60  # stays while the numbers pass
    picture, table = desk.picture.bounding_box(), box.bounding_box()
    assert picture
    assert table
    assert table["y"] > picture["y"] + picture["height"]
    page.close()


def test_where_there_is_room_the_table_stands_beside_the_picture(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1200, "height": 800})
    desk.open().show(step())
    box = desk.page.get_by_role("region", name=STEP_WORDS["table"])
    assert box.evaluate("box => box.scrollWidth === box.clientWidth")
    picture, table = desk.picture.bounding_box(), box.bounding_box()
    assert picture
    assert table
    assert table["x"] > picture["x"] + picture["width"]
