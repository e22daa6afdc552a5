"""The parts of the tab "Train live" that hold no element: its numbers and figures."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from explainer.config import TrainConfig
from explainer.ui.text import train as text
from explainer.ui.text.runs import RUNS_WORDS
from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

WORDS = {**text.WORDS, "runs": RUNS_WORDS}
EMPTY = {name: [] for name in ("step", "loss", "smooth", "shown", "validation", "drawn", "swd")}


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def test_numbers_that_come_in_pieces_are_joined_and_put_on_one_row(desk: Desk) -> None:
    news = [
        {"shown": [0], "validation": [1.0], "swd": [0.5], "seen": [1000]},
        {"step": [1, 2], "loss": [3, 4], "smooth": [3, 3.5], "saved": [2]},
        {
            "step": [3],
            "loss": [5],
            "smooth": [4],
            "shown": [3, 4],
            "validation": [6, 7],
            "swd": [8],
            "seen": [3000],
        },
    ]
    joined = """const series = m.emptySeries();
      for (const news of a[0]) m.grow(series, news);"""
    series = desk.call("page/series.js", joined + "return series;", news)
    assert series == {
        "step": [1, 2, 3],
        "loss": [3, 4, 5],
        "smooth": [3, 3.5, 4],
        "shown": [0, 3, 4],
        "validation": [1, 6, 7],
        "drawn": [0, 3, 4],
        "swd": [0.5, 8],
        "seen": [1000, 3000],
        "diverged": [],
    }
    assert desk.call("page/series.js", joined + "return m.ended(series);", news) == 4
    assert desk.call("page/series.js", "return m.ended(m.emptySeries());") == 0
    assert desk.call("page/series.js", joined + "return m.aligned(series);", news) == {
        "step": [0, 1, 2, 3, 4],
        "loss": [None, 3, 4, 5, None],
        "smooth": [None, 3, 3.5, 4, None],
        "shown": [0, 1, 2, 3, 4],
        "validation": [1, None, None, 6, 7],
        "drawn": [0, 1, 2, 3, 4],
        "swd": [0.5, None, None, 8, None],
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (999.6, "1,000"), (99_999, "99,999"), (1e5, "1.0 · 10⁵"), (1.46e10, "1.5 · 10¹⁰")],
)
def test_large_numbers_are_said_as_a_person_does(desk: Desk, value: float, said: str) -> None:
    assert desk.call("page/transport.js", "return m.large(a[0]);", value) == said


def test_what_a_run_has_cost(desk: Desk) -> None:
    facts = {"step": 150, "steps": 400, "seconds": 0.5, "batch": 1000, "work": 3e7}
    facts |= {"rate": 300, "live": True}

    def costs(**changed: Any) -> dict[str, str]:
        return dict(desk.call("page/transport.js", "return m.costs(a[0]);", {**facts, **changed}))

    assert costs() == {
        "step": "150 of 400",
        "rate": "300",
        "seconds": "0.5",
        "left": "0.8 s",
        "samples": "1.5 · 10⁵",
        "work": "4.5 · 10⁹",
    }
    seen = costs(seen=75_000)  # no step had more than half of what it might have had
    assert (seen["samples"], seen["work"]) == ("75,000", "2.3 · 10⁹")
    over = costs(rate=None, live=False, first=50)  # the steps before were not done in these seconds
    assert (over["rate"], over["left"]) == ("200", "–")
    begun = costs(step=0, seconds=0, rate=None)
    assert (begun["rate"], begun["left"], begun["work"]) == ("–", "–", "0")
    assert costs(live=False)["left"] == "–"
    assert costs(steps=316_000, step=1000, rate=25 / 3)["left"] == "10 h 30 min"
    assert costs(steps=4000, step=1000, rate=10)["left"] == "5 min"


@pytest.mark.parametrize(
    ("marks", "rate"),
    [
        ([], None),
        ([[0, 1.0]], None),
        ([[0, 1.0], [5, 1.1]], None),  # too short to tell
        ([[0, 1.0], [100, 2.0]], 100),
        ([[0, 0], [10, 5], [1010, 8], [2010, 10]], 400),  # what was long ago does not count
        ([[0, 0], [900, 9], None, [910, 10], [912, 11]], 2),  # nor what was at another pace
    ],
)
def test_how_fast_a_run_goes(desk: Desk, marks: list[list[float] | None], rate: float) -> None:
    body = """const rate = new m.Rate();
      for (const mark of a[0]) mark ? rate.add(...mark) : rate.reset();
      return rate.value;"""
    assert desk.call("page/rate.js", body, marks) == rate


def figure(desk: Desk, name: str, *arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the lines of a figure by their name, and its layout."""
    made = desk.call("page/curves.js", f"return m.{name}Figure(...a);", *arguments)
    return {line["name"]: line for line in made["data"]}, made["layout"]


def test_the_figure_of_the_losses(desk: Desk) -> None:
    series = {
        **EMPTY,
        "step": [1, 2, 3, 4, 5],
        "loss": [5, 4, 3, 2, 1],
        "smooth": [5, 4.5, 4, 3, 2],
        "shown": [0, 5],
        "validation": [6, 2],
    }
    options = {"words": WORDS, "scale": "log", "revision": "run 1"}
    lines, layout = figure(desk, "loss", series, 0.9, options)
    assert list(lines) == ["training", "training, smoothed", "held-out data", "lowest possible"]
    assert (lines["training"]["x"], lines["training"]["y"]) == (series["step"], series["loss"])
    assert lines["training, smoothed"]["y"] == series["smooth"]
    assert (lines["held-out data"]["x"], lines["held-out data"]["y"]) == ([0, 5], [6, 2])
    assert (lines["lowest possible"]["x"], lines["lowest possible"]["y"]) == ([0, 5], [0.9, 0.9])
    assert lines["training"]["mode"] == "lines"
    assert "markers" in lines["held-out data"]["mode"]  # two values hardly make a line
    colors = {line["line"]["color"] for line in lines.values()}
    assert len(colors) == 3
    assert layout["yaxis"]["type"] == "log"
    assert layout["uirevision"] == "run 1"
    assert layout["shapes"] == []
    options |= {"at": 3, "hidden": ["validation"], "scale": "linear"}
    lines, layout = figure(desk, "loss", series, None, options)
    assert list(lines) == ["training", "training, smoothed"]
    assert [(shape["x0"], shape["x1"]) for shape in layout["shapes"]] == [(3, 3)]
    # Of a shipped run there is a smoothed loss alone: it is what there is.
    lines, _ = figure(desk, "loss", {**series, "loss": []}, None, options)
    assert list(lines) == ["training"]
    assert lines["training"]["y"] == series["smooth"]


def test_the_figure_of_the_noise_levels(desk: Desk) -> None:
    truth = {"levels_by_t": [1, 4], "per_t": [0.1, 0.2, 0.3, 0.4]}
    options = {"words": WORDS, "revision": ""}
    lines, _ = figure(desk, "level", [0.5, 0.6], truth, options)
    assert (lines["now"]["x"], lines["now"]["y"]) == ([1, 4], [0.5, 0.6])
    assert (lines["lowest possible"]["x"], lines["lowest possible"]["y"]) == (
        [1, 2, 3, 4],
        truth["per_t"],
    )
    assert list(figure(desk, "level", None, truth, options)[0]) == ["lowest possible"]
    assert figure(desk, "level", [0.5, 0.6], None, options)[0] == {}


def test_the_figure_of_the_distances(desk: Desk) -> None:
    series = {**EMPTY, "drawn": [0, 20, 40, 60, 80], "swd": [0.3, 0.1, 0.01, 0.01, 0.005]}
    options = {"words": WORDS, "revision": "", "at": 20}
    lines, layout = figure(desk, "distance", series, 0.004, options)
    assert (lines["samples"]["x"], lines["samples"]["y"]) == (series["drawn"], series["swd"])
    assert (lines["real data"]["x"], lines["real data"]["y"]) == ([0, 80], [0.004, 0.004])
    assert layout["yaxis"]["type"] == "log"
    assert layout["shapes"][0]["x0"] == 20
    lines, _ = figure(desk, "distance", {**EMPTY, "drawn": [0], "swd": [0.3]}, None, options)
    assert list(lines) == ["samples"]
    assert "markers" in lines["samples"]["mode"]


def test_what_differs_is_said_in_a_sentence(desk: Desk) -> None:
    def differing(shown: dict[str, Any] | None, next: dict[str, Any] | None) -> str:
        made = [config and TrainConfig(**config).model_dump() for config in (shown, next)]
        return str(desk.call("page/changes.js", "return m.differing(...a);", *made, WORDS))

    settings = {"dataset": "s_curve"}
    assert differing(None, settings) == differing(settings, None) == ""
    assert differing(settings, settings) == ""
    assert differing(settings, settings | {"snapshot_every": 7}) == ""  # what is learnt is the same
    said = differing(settings, settings | {"width": 64, "clip_norm": 1})
    assert said == text.WORDS["differs"].format(
        changes="units in a layer 128 → 64, gradient clipped at off → 1"
    )
    many = {"width": 64, "depth": 2, "seed": 1, "T": 50, "ema": 0.0}
    assert "2 more" in differing(settings, settings | many)
