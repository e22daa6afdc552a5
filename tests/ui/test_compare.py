"""The tab "DDPM vs DDIM": what a choice of model does to the other controls."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from explainer.own import keep_model
from explainer.ui.chapters import COMPARE_CHAPTERS
from explainer.ui.tabs.compare import TRAINED, _chosen, _ddim, _ddpm, _walks
from tests.made_models import SMALL, model_bytes

GONE = "own-0123456789abcdef"


def kept(T: int) -> str:
    return keep_model(model_bytes(SMALL.replace(T=T)))


@pytest.mark.parametrize(
    ("T", "ends", "before", "after"),
    [
        (1000, (5, 1000), 100, 100),
        (100, (5, 100), 20, 20),
        (20, (5, 20), 100, 20),
        (20, (5, 20), 7, 7),
        (5, (4, 5), 20, 5),
        (2, (1, 2), 100, 2),
    ],
)
def test_the_sliders_end_where_the_model_does(
    T: int, ends: tuple[int, int], before: int, after: int
) -> None:
    model = kept(T)
    schedule, slider, other = _chosen(model, before, 10**9)
    assert (slider["minimum"], slider["maximum"]) == ends
    assert slider["value"] == after
    assert (other["maximum"], other["value"]) == (ends[1], ends[1])
    assert schedule["interactive"] is False
    # The players may ask before the sliders have moved.
    for answer in (
        _ddpm(model, TRAINED, before, "trailing", 0),
        _ddim(model, TRAINED, before, 0, "trailing", 0),
    ):
        assert f"steps={after}&" in answer["src"]


def test_a_model_with_more_levels_gives_the_sliders_their_ends_back() -> None:
    _, slider, _ = _chosen("s_curve-fast", 2, 2)
    assert (slider["minimum"], slider["maximum"], slider["value"]) == (5, 100, 5)
    assert _chosen("exact-moons", 20, 20)[0]["interactive"] is True


def test_what_no_slider_ever_had_is_refused_by_name() -> None:
    said = _ddpm(kept(20), TRAINED, 5000, "trailing", 0)["error"]
    assert said.startswith("steps must be at most 1000")


@pytest.mark.parametrize("junk", [None, True, "x", [["x"]], {"a": []}, GONE])
def test_nonsense_leaves_the_sliders_as_they_were(junk: Any) -> None:
    assert _chosen(junk, junk, 20)[1:] == [gr.skip(), gr.skip()]


CHOSEN: list[Any] = ["s_curve-fast", TRAINED, 100, 20, 0.5, "quadratic", 3]


def test_the_chapters_get_what_was_chosen() -> None:
    answers = _walks(*CHOSEN)
    assert len(answers) == len(COMPARE_CHAPTERS)
    for value in answers:
        assert value == {
            "model": "s_curve-fast",
            "schedule": None,
            "ddpm_steps": 100,
            "steps": 20,
            "eta": 0.5,
            "spacing": "quadratic",
            "seed": 3,
            "T": 100,
        }
    exact = _walks("exact-moons", "linear", *CHOSEN[2:])[0]
    assert (exact["schedule"], exact["T"]) == ("linear", 100)


@pytest.mark.parametrize(
    ("at", "junk"),
    [(0, GONE), (0, None), (2, 0), (2, float("nan")), (3, 5000), (4, 1.5), (5, "x"), (6, -1)],
)
def test_what_cannot_be_leaves_the_chapters_as_they_were(at: int, junk: Any) -> None:
    values = [*CHOSEN]
    values[at] = junk
    assert _walks(*values) == [gr.skip()] * len(COMPARE_CHAPTERS)


@pytest.mark.parametrize("eta", [1.5, -0.1, float("nan"), None, "x"])
def test_eta_is_refused_by_name(eta: Any) -> None:
    assert _ddim("s_curve-fast", TRAINED, 20, eta, "trailing", 0)["error"].startswith("eta must be")


@pytest.mark.parametrize("spacing", ["even", None, 3])
def test_spacing_is_refused_by_name(spacing: Any) -> None:
    said = _ddpm("s_curve-fast", TRAINED, 20, spacing, 0)["error"]
    assert said.startswith("spacing must be")
