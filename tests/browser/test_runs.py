"""The comparison of finished runs in a real Chromium, on a page of its own."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from explainer.config import TrainConfig
from explainer.ui.text.runs import FIELD_WORDS, RUNS_WORDS, VALUE_WORDS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

UI = Path(__file__).parents[2] / "explainer" / "ui"
FOLDERS = {"page": UI / "static", "player": UI / "player"}
PLOTLY = files("plotly").joinpath("package_data/plotly.min.js")
KINDS = {".js": "text/javascript", ".css": "text/css"}
URL = "http://page.test/behind/a/proxy/"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body { margin: 12px; font-family: system-ui }
  .dark { background: #000; color: #f1f5f9; --background-fill-primary: #0f172a;
    --body-text-color: #f1f5f9; --body-text-color-subdued: #94a3b8;
    --border-color-primary: #334155 }</style>
<div id="here"></div>
<script type="module">
  import * as compared from "./static/page/compared.js";
  import * as runs from "./static/page/runs.js";
  const module = { ...compared, ...runs };
  const words = WORDS;
  window.runs = new module.Runs(document.querySelector("#here"), words);
  Object.assign(window, { module, words });
</script>"""


def run(
    id: str,
    *,
    title: str = "S-curve, fast recipe",
    count: int = 200,
    shift: float = 0.0,
    status: str = "done",
    diverged: bool = False,
    floor: float = 0.25,
    outcome: dict[str, float | None] | None = None,
    **config: Any,
) -> dict[str, Any]:
    """Return a finished run whose loss falls to 0.26 plus ``shift``, as JSON."""
    rng = np.random.default_rng(0)
    step = np.linspace(0, 400, count)
    fall = floor + 0.01 + shift + 0.7 * np.exp(-step / (60 + 200 * shift))
    if diverged:
        fall = np.exp(step / 20)
    loss = fall * (1 + 0.05 * rng.standard_normal(count))
    swd = 0.002 + shift / 20 + 0.3 * np.exp(-step / 50)
    rare = np.where(np.arange(count) % 10 == 9, swd, np.nan)
    curves = {"loss": loss, "smooth": fall * 1.01, "shown": loss, "validation": fall, "swd": rare}
    ended = {"loss": loss[-1], "validation": fall[-1], "swd": swd[-1], "seconds": 0.7 + shift}
    return {
        "id": id,
        "title": title,
        "config": TrainConfig(**config).model_dump(mode="json"),
        "outcome": {"floor": floor, "status": status, **ended, **(outcome or {})},
        "series": {
            "step": step.tolist(),
            **{
                name: [None if np.isnan(value) else value for value in values.tolist()]
                for name, values in curves.items()
            },
        },
        "floor": floor,
        "diverged": diverged,
    }


class Desk:
    """A page with the panel, and eyes for it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.route("http://page.test/**", self._serve)

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/behind/a/proxy/")
        if path == "":
            page = PAGE.replace("WORDS", json.dumps(RUNS_WORDS))
            route.fulfill(body=page, content_type="text/html")
        elif path == "static/plotly.js":
            route.fulfill(path=str(PLOTLY), content_type="text/javascript")
        else:
            _, folder, name = path.split("/")
            file = FOLDERS[folder] / name
            route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    def open(self) -> Desk:
        self.page.goto(URL)
        self.page.wait_for_function("window.runs")
        return self

    def offer(self, *runs: dict[str, Any]) -> Desk:
        for offered in runs:
            self.page.evaluate(f"runs.offer({json.dumps(offered)})")
        return self

    def call(self, function: str, *arguments: Any) -> Any:
        """Call what the module exports; ``words`` stands for the words."""
        said = ", ".join("words" if a is RUNS_WORDS else json.dumps(a) for a in arguments)
        return self.page.evaluate(f"module.{function}({said})")

    def chip(self, letter: str) -> Locator:
        return self.page.locator(f"[name='show {letter}']")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def kept(self) -> list[str]:
        found: list[str] = self.page.evaluate("runs.runs.map((run) => run.letter + run.id)")
        return found

    @property
    def verdict(self) -> Locator:
        return self.page.locator(".dr-verdict")

    def rows(self) -> dict[str, list[str]]:
        """Return the table's rows by their name, the best values between asterisks."""
        read = """rows => rows.map((row) => [...row.children].map((cell) =>
          cell.querySelector("strong") ? `*${cell.textContent}*` : cell.textContent))"""
        rows = self.page.locator("tbody tr").evaluate_all(read)
        return {name: values for name, *values in rows}

    def drawn(self, count: int) -> None:
        """Wait until both charts show so many lines."""
        for chart in self.page.locator("figure").all():
            expect(chart.locator(".scatterlayer .trace")).to_have_count(count, timeout=20_000)

    def axis(self) -> str:
        """Return what the axis of the loss is like."""
        read = "chart => chart._fullLayout.yaxis.type"
        found: str = self.page.locator("[data-chart]").first.evaluate(read)
        return found


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def config(**changes: Any) -> dict[str, Any]:
    return TrainConfig(**changes).model_dump(mode="json")


def test_there_are_words_for_every_field_and_every_choice() -> None:
    assert list(FIELD_WORDS) == list(TrainConfig.model_fields)
    for name, field in TrainConfig.model_fields.items():
        if get_origin(field.annotation) is Literal:
            assert set(VALUE_WORDS[name]) == set(get_args(field.annotation)), name


def test_differences(desk: Desk) -> None:
    desk.open()

    def differences(*configs: dict[str, Any]) -> Any:
        return desk.call("differences", configs)

    assert differences() == differences(config()) == differences(config(), config()) == []
    changed = config(seed=3, learning_rate=0.1, width=64)
    assert differences(config(), changed) == ["width", "learning_rate", "seed"]
    # Weight decay is AdamW's alone.
    assert differences(config(), config(weight_decay=0.5)) == []
    assert differences(config(), config(optimizer="adamw", weight_decay=0.5)) == ["optimizer"]
    two = [config(optimizer="adamw", weight_decay=decay) for decay in (0, 0.5)]
    assert differences(config(), *two) == ["optimizer", "weight_decay"]
    # How a run is watched counts only where nothing else differs.
    watched = config(preview_steps=5, snapshot_every=1)
    assert differences(config(), watched) == ["snapshot_every", "preview_steps"]
    assert differences(config(), watched, config(seed=1)) == ["seed"]


def test_curves_are_thinned_without_losing_their_ends_or_rare_values(desk: Desk) -> None:
    desk.open()
    count = 4001
    step = list(range(count))
    rare = [i if i % 1000 == 500 else None for i in step]
    thin = desk.call("thinned", {"step": step, "loss": step, "rare": rare}, 300)
    assert {len(values) for values in thin.values()} == {300}
    assert (thin["step"][0], thin["step"][-1]) == (0, count - 1)
    assert np.diff(thin["step"]).max() <= 14
    assert thin["loss"] == thin["step"]
    assert [value for value in thin["rare"] if value is not None] == [500, 1500, 2500, 3500]
    places = [thin["step"][i] for i, value in enumerate(thin["rare"]) if value is not None]
    assert np.abs(np.subtract(places, [500, 1500, 2500, 3500])).max() <= 14
    short = {"step": [7], "loss": [None]}
    assert desk.call("thinned", short) == short


def test_the_best_is_the_lowest_as_it_is_shown(desk: Desk) -> None:
    desk.open()
    for values, won in [
        ([0.3, 0.2, 0.25], [False, True, False]),
        ([0.20001, 0.2, 0.25], [True, True, False]),
        ([0.2, 0.2], [False, False]),
        ([None, 0.2], [False, False]),
        ([None, 0.3, 0.2], [False, False, True]),
        ([], []),
    ]:
        assert desk.call("best", values) == won, values


def test_values_are_said_as_a_person_does(desk: Desk) -> None:
    desk.open()
    for field, value, said in [
        ("dataset", "s_curve", "S-curve"),
        ("dataset", "own-3fa2000000000000", "My points (3fa2)"),
        ("schedule", "own-00bc000000000000", "my schedule (00bc)"),
        ("activation", "silu", "SiLU"),
        ("zero_terminal_snr", True, "on"),
        ("clip_norm", None, "off"),
        ("clip_norm", 1, "1"),
        ("learning_rate", 0.0123456, "0.01235"),
        ("steps", 316_000, "316,000"),
        ("weight_decay", 1e-4, "0.0001"),
    ]:
        assert desk.call("spoken", field, value, RUNS_WORDS) == said


def test_the_verdict_tells_what_the_differences_are_worth(desk: Desk) -> None:
    desk.open()

    def verdict(*configs: dict[str, Any]) -> Any:
        return desk.call("verdict", configs, RUNS_WORDS)

    assert verdict() == RUNS_WORDS["none_kept"]
    assert verdict(config()) == RUNS_WORDS["one_kept"]
    assert verdict(config(), config()) == RUNS_WORDS["same"]
    assert verdict(config(), config(seed=1)) == RUNS_WORDS["chance"]
    assert verdict(config(), config(T=50)).startswith("One setting differs: noise steps T.")
    assert verdict(config(), config(T=50, seed=1)).startswith("2 settings differ.")


def test_traces(desk: Desk) -> None:
    desk.open()
    series = {"step": [0, 1, 2], "smooth": [3, 2, 1], "swd": [None, 0.5, None]}
    look = {"letter": "A", "color": "#123456", "dash": "dot", "hidden": False}
    first = {"title": "<b>one</b>", "series": {**series, "validation": [9, None, 7]}, **look}
    second = {"title": "two", "series": {**series, "validation": [None] * 3}, **look}
    gone = {**first, "hidden": True}
    one, two = desk.call("lossTraces", [first, gone, second], RUNS_WORDS)
    assert (one["x"], one["y"]) == ([0, 2], [9, 7])
    assert one["name"] == "A · &lt;b&gt;one&lt;/b&gt;"  # plotly would make it bold
    assert (one["line"]["color"], one["line"]["dash"]) == ("#123456", "dot")
    assert (two["x"], two["y"]) == ([0, 1, 2], [3, 2, 1])  # no validation: the training loss
    (distance,) = desk.call("distanceTraces", [first], RUNS_WORDS)
    assert (distance["x"], distance["y"], distance["mode"]) == ([1], [0.5], "markers")


def test_the_looks_are_none_of_the_run_that_goes_on(desk: Desk) -> None:
    places = desk.open().page.evaluate("module.PLACES")
    assert [place["letter"] for place in places] == ["A", "B", "C", "D"]
    colors = {place["color"] for place in places}
    assert len(colors | {"#0080C8", "#D55E00", "#009E73"}) == 7
    assert len({place["dash"] for place in places}) == 4


def test_the_first_run_is_kept_and_the_second_compared_with_it(desk: Desk) -> None:
    desk.open()
    expect(desk.verdict).to_have_text(RUNS_WORDS["none_kept"])
    desk.offer(run("1", title="first"))
    expect(desk.verdict).to_have_text(RUNS_WORDS["one_kept"])
    expect(desk.page.locator("table")).to_be_hidden()
    desk.offer(run("2", title="second", shift=0.1, learning_rate=1e-3))
    desk.drawn(2)
    expect(desk.page.get_by_role("heading", level=3)).to_have_text(
        [RUNS_WORDS["loss"], RUNS_WORDS["distance"]]
    )
    expect(desk.page.get_by_role("columnheader")).to_have_text(["Afirst", "Bsecond"])
    rows = desk.rows()
    assert list(rows) == ["learning rate", *RUNS_WORDS["outcomes"].values()]
    assert rows["learning rate"] == ["0.01", "0.001"]
    assert rows["validation loss"] == ["*0.261*", "0.365"]
    assert rows["lowest possible loss"] == ["0.25", "0.25"]
    assert rows["distance to the data"] == ["*0.0021*", "0.0071"]
    assert rows["seconds"] == ["*0.7*", "0.8"]
    assert desk.kept() == ["A1", "B2"]


def test_the_lowest_possible_loss_may_be_known_later(desk: Desk) -> None:
    desk.open().offer(run("1", outcome={"floor": None}), run("2"))
    assert desk.rows()["lowest possible loss"] == ["–", "0.25"]
    desk.chip("A").click()
    desk.page.evaluate("runs.learn('1', 0.2); runs.learn('elsewhere', 3)")
    assert desk.rows()["lowest possible loss"] == ["0.2", "0.25"]
    expect(desk.chip("A")).to_have_attribute("aria-pressed", "false")


def test_a_run_that_comes_again_takes_its_own_place(desk: Desk) -> None:
    desk.open().offer(run("1"), run("2"), run("1", title="trained on"))
    assert desk.kept() == ["A1", "B2"]
    expect(desk.chip("A")).to_have_text("Atrained on")
    desk.offer(run("3") | {"series": {"step": [], "loss": []}})  # stopped before its first step
    assert desk.kept() == ["A1", "B2"]


def test_the_fifth_run_asks_for_a_place(desk: Desk) -> None:
    desk.open().offer(*(run(id) for id in "1234"))
    question = desk.page.locator(".dr-ask")
    expect(question).to_be_empty()
    desk.offer(run("5", title="the fifth"))
    expect(question).to_contain_text("“the fifth”")
    assert desk.kept() == ["A1", "B2", "C3", "D4"]
    desk.page.locator("[name='replace C']").click()
    assert desk.kept() == ["A1", "B2", "C5", "D4"]
    expect(question).to_be_empty()
    desk.offer(run("6"))
    desk.press(RUNS_WORDS["leave"])
    assert desk.kept() == ["A1", "B2", "C5", "D4"]
    expect(question).to_be_empty()
    desk.offer(run("7", title="seventh"))
    desk.press("Remove A · S-curve, fast recipe")
    assert desk.kept() == ["A7", "B2", "C5", "D4"]
    expect(question).to_be_empty()


def test_a_removed_run_leaves_the_others_as_they_are(desk: Desk) -> None:
    desk.open().offer(*(run(id) for id in "123"))
    desk.press("Remove B · S-curve, fast recipe")
    assert desk.kept() == ["A1", "C3"]
    expect(desk.page.get_by_role("heading", level=2)).to_be_focused()  # not lost to the page
    desk.drawn(2)
    desk.offer(run("4"))
    assert desk.kept() == ["A1", "B4", "C3"]
    desk.press(RUNS_WORDS["clear"])
    assert desk.kept() == []
    expect(desk.page.get_by_role("button")).to_have_count(0)
    expect(desk.verdict).to_have_text(RUNS_WORDS["none_kept"])


def test_lines_can_be_hidden(desk: Desk) -> None:
    desk.open().offer(run("1"), run("2", shift=0.1))
    desk.drawn(2)
    toggle = desk.page.get_by_role("button", name="Curves of A · S-curve, fast recipe")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.focus()
    desk.page.keyboard.press("Space")
    desk.drawn(1)
    expect(toggle).to_have_attribute("aria-pressed", "false")
    expect(toggle).to_be_focused()
    assert desk.page.evaluate("runs.runs.map((run) => run.hidden)") == [True, False]
    assert len(desk.rows()["seconds"]) == 2  # the table is about all
    desk.page.keyboard.press("Space")
    desk.drawn(2)


def test_the_axis_of_the_loss(desk: Desk) -> None:
    desk.open().offer(run("1"), run("2"))
    desk.drawn(2)
    assert desk.axis() == "linear"
    blown = {"loss": 1.234e9, "validation": None, "swd": None}
    desk.offer(run("3", diverged=True, outcome=blown, learning_rate=10))
    desk.drawn(3)
    assert desk.axis() == "log"  # on a linear one the others would be flat
    expect(desk.page.get_by_role("columnheader").last).to_contain_text("diverged")
    assert desk.rows()["training loss at the end"][2] == "1.2e9"
    assert desk.rows()["distance to the data"][2] == "–"
    desk.press("linear")
    desk.page.wait_for_function(
        "document.querySelector('[data-chart]')._fullLayout.yaxis.type === 'linear'"
    )
    expect(desk.page.get_by_role("button", name="linear", exact=True)).to_be_focused()


def test_what_is_not_measured_alike_is_not_ranked(desk: Desk) -> None:
    desk.open().offer(run("1"), run("2", shift=0.1, objective="x0", floor=0.01))
    rows = desk.rows()
    assert rows["what is predicted"] == ["velocity v", "data x₀"]
    assert not any("*" in value for value in rows["validation loss"])
    assert rows["lowest possible loss"] == ["0.25", "0.01"]  # nobody's merit
    assert "*" in rows["distance to the data"][0]
    note = desk.page.locator(".dr-notes")
    expect(note).to_contain_text("(what is predicted)")
    desk.offer(run("3", preview_steps=5))
    assert not any("*" in value for value in desk.rows()["distance to the data"])
    expect(note).to_contain_text("(sampling steps of a picture)")


def test_who_stopped_early_is_not_quick(desk: Desk) -> None:
    desk.open().offer(run("1"), run("2", status="stopped", outcome={"seconds": 0.1}))
    assert desk.rows()["seconds"] == ["0.7", "0.1"]
    expect(desk.page.get_by_role("columnheader").last).to_contain_text("stopped")
    desk.offer(run("3", shift=0.1))
    assert desk.rows()["seconds"] == ["*0.7*", "0.1", "0.8"]


def test_a_reload_finds_the_runs_again(desk: Desk) -> None:
    desk.open().offer(run("1", count=5000), run("2"), run("3"))
    desk.press("Remove B · S-curve, fast recipe")
    desk.chip("A").click()
    stored = "sessionStorage.getItem('diffusion-explainer-runs')"
    assert desk.page.evaluate(f"{stored}.length") < 100_000
    desk.open()
    assert desk.kept() == ["A1", "C3"]
    expect(desk.chip("A")).to_have_attribute("aria-pressed", "false")
    desk.drawn(1)
    desk.offer(run("4"))
    assert desk.kept() == ["A1", "B4", "C3"]


@pytest.mark.parametrize("stored", ["nonsense", "null", "[1, {}]", "{}"])
def test_what_is_not_ours_is_not_read(desk: Desk, stored: str) -> None:
    desk.open().page.evaluate("text => sessionStorage['diffusion-explainer-runs'] = text", stored)
    desk.open().offer(run("1"))
    assert desk.kept() == ["A1"]


def test_without_storage_it_works_all_the_same(desk: Desk) -> None:
    desk.page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    desk.open().offer(run("1"), run("2"))
    desk.drawn(2)


def test_a_title_is_text(desk: Desk) -> None:
    evil = "<img src=x onerror=alert(1)><b>bold</b> {letter}"
    desk.open().offer(*(run(id, title=evil) for id in "12345"))
    desk.drawn(4)
    expect(desk.page.locator("img, .dr-runs b b")).to_have_count(0)
    expect(desk.chip("A")).to_have_text("A" + evil)
    expect(desk.page.get_by_role("columnheader").first).to_have_text("A" + evil)
    expect(desk.page.locator(".dr-ask p")).to_contain_text(evil)
    expect(desk.page.get_by_role("button", name=f"Remove A · {evil}")).to_be_visible()


def test_on_a_phone_nothing_is_wider_than_the_screen(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    long = "S-curve, fast recipe, learning rate 0.001, seed 0, and more besides"
    changes = [{}, {"width": 64}, {"time_embedding": "none"}, {"objective": "eps"}]
    desk.open().offer(*(run(str(i), title=long, **changed) for i, changed in enumerate(changes)))
    desk.offer(run("5", title=long))
    desk.drawn(4)
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 390
    for cross in desk.page.locator("[name^=remove]").all():
        expect(cross).to_be_in_viewport()
