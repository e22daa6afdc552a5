"""Right and wrong beside each other, as the page gets them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from explainer.data import make_dataset
from explainer.experiments.reverse import sample_path
from explainer.experiments.wrong import Look, effect, look, wrong_walk
from explainer.frames import decode
from explainer.metrics import sliced_wasserstein
from explainer.quality import reference
from explainer.settings import MistakeName
from explainer.ui.text.mistakes import WORDS
from tests.experiments.clouds import clouds

CASES: dict[MistakeName, str] = {
    "neighbour": "scattered",
    "root": "none",
    "square": "crowded",
    "last_noise": "scattered",
    "one_more": "one_place",
    "prior": "crowded",
}


def pair(mistake: str, **more: Any) -> list[tuple[dict[str, Any], dict[str, Any], torch.Tensor]]:
    fields = {"mistake": mistake, "steps": WORDS["mistakes"][mistake]["steps"], **more}
    return [clouds(wrong_walk({**fields, "wrong": wrong})) for wrong in (False, True)]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("mistake", "expected"), CASES.items())
def test_what_the_page_says_of_each_mistake_is_measured(
    mistake: str, expected: str, seed: int
) -> None:
    """On the model that is shown first, and well off the lines that are drawn."""
    (right, _, _), (wrong, _, _) = pair(mistake, seed=seed)
    assert right["effect"] == wrong["effect"] == expected
    assert not wrong["far"]
    r, w = right["measured"], wrong["measured"]
    spread, off, more = w["spread"] / r["spread"], w["off"] / r["off"], w["swd"] - r["swd"]
    if expected == "one_place":
        assert spread < 0.05
        return
    assert spread > 0.8
    if expected == "scattered":
        assert off > 1.5
        return
    assert off < 1.35
    if expected == "crowded":
        assert more > 0.011  # of the data's spread, 0.156 in these units, 7 percent
        assert w["swd"] > 3 * r["swd"]
    else:
        assert abs(more) < 0.003  # 2 percent; real data are at 0.004
    assert right["measured"]["real"] == wrong["measured"]["real"] < 0.005


def test_noise_at_the_end_is_not_seen_by_the_distance() -> None:
    """The text says so: what it does to the shape is told by the distance from the data alone."""
    (right, _, _), (wrong, _, _) = pair("last_noise")
    assert wrong["measured"]["swd"] < 1.05 * right["measured"]["swd"]


def test_with_many_steps_noise_at_the_end_hardly_shows() -> None:
    """It is of the last beta, which is the smaller the more steps there are."""
    off = []
    for steps in (8, 20, 100):
        (right, _, _), (wrong, _, _) = pair("last_noise", steps=steps)
        off.append(wrong["measured"]["off"] / right["measured"]["off"])
    assert off[0] > off[1] > off[2]
    assert off[2] < 1.1


@pytest.mark.parametrize("model", ["moons-fast", "circles-fast", "swiss_roll-fast", "spiral-fast"])
def test_other_shapes_show_the_same(model: str) -> None:
    for mistake, expected in CASES.items():
        steps = WORDS["mistakes"][mistake]["steps"]
        fields = {"mistake": mistake, "steps": steps, "model": model, "wrong": True}
        assert decode(wrong_walk(fields))[0]["effect"] == expected, mistake


@pytest.mark.parametrize("mistake", CASES)
def test_a_pair_can_be_compared(mistake: str) -> None:
    (right, r, x), (wrong, w, y) = pair(mistake, n=200, steps=5)
    assert right["limits"] == wrong["limits"]
    assert (r["color"] == w["color"]).all()
    assert (r["background"] == w["background"]).all()
    assert (len(x), len(y)) == (6, 7 if mistake == "one_more" else 6)
    assert right["measured"]["evaluations"] == 5
    if mistake == "prior":
        assert (x[0] - y[0]).abs().max() > 0.5
    else:
        torch.testing.assert_close(x[0], y[0])  # the same x_T
    assert (x[-1] - y[-1]).abs().max() > 0.02


def test_the_right_one_is_the_sampler_of_the_page() -> None:
    fields = {"steps": 10, "n": 300}
    ours = clouds(wrong_walk({**fields, "mistake": "neighbour", "wrong": False}))
    theirs = clouds(sample_path({**fields, "sampler": "ddim"}))
    torch.testing.assert_close(ours[2][-1], theirs[2][-1], atol=1e-3, rtol=0)
    assert ours[0]["measured"]["swd"] == pytest.approx(theirs[0]["cost"]["swd"], abs=1e-5)
    assert ours[0]["labels"] == theirs[0]["labels"]
    ddpm = clouds(wrong_walk({**fields, "mistake": "last_noise", "wrong": False}))
    page = clouds(sample_path({**fields, "sampler": "ddpm"}))
    torch.testing.assert_close(ddpm[2][-1], page[2][-1], atol=1e-3, rtol=0)


def test_one_step_more_is_told() -> None:
    (right, _, _), (wrong, _, _) = pair("one_more", n=50)
    assert right["labels"][-1] == "t = 0 of 100"
    assert wrong["labels"][-2:] == ["t = 0 of 100", "one step after t = 0"]


def test_the_start_is_that_of_the_tutorial() -> None:
    """Divided by ten, the data stop at a standard deviation of less than a half."""
    (right, _, x), (wrong, _, y) = pair("prior")
    data = make_dataset("s_curve", 2000, seed=0, scaling="tutorial")
    expected = (0.778 * data.x.var(dim=0).mean() + 0.222).sqrt().item()
    assert right["measured"]["abar"] == pytest.approx(0.778, abs=5e-4)
    assert right["measured"]["start"] == pytest.approx(expected, rel=0.03)
    assert expected < 0.5
    assert wrong["measured"]["start"] == pytest.approx(1, rel=0.03)
    # It starts where it says, in data units ten times as large.
    inside = [
        (abs(cloud[0]) < header["limits"][1] * 0.99).all(dim=1)
        for header, _, cloud in ((right, _, x), (wrong, _, y))
    ]
    assert inside[0].sum() > 1.5 * inside[1].sum()
    assert wrong["measured"]["spread"] > right["measured"]["spread"]


@pytest.mark.parametrize("mistake", ["neighbour", "one_more", "prior"])
def test_what_starts_outside_the_picture_is_told(mistake: str) -> None:
    for header, arrays, _ in pair(mistake, n=500):
        first = arrays["frames"][0]
        outside = int(((first == 0) | (first == 65535)).any(axis=1).sum())
        assert header["notes"] == [f"{outside} of 500 points start outside this picture"]
        low, high = header["limits"][2:]
        assert (low, high) == pytest.approx((-4.5, 4.5), abs=0.4)  # the S is from -2 to 2


def test_what_is_measured_of_a_cloud() -> None:
    data = make_dataset("s_curve", 2000, seed=0)
    fresh = make_dataset("s_curve", 1000, seed=5)
    points = fresh.to_data_units(fresh.x.double())
    x = ((points - data.mean) / data.scale).float()
    found = look(x, data, "s_curve")
    assert found.swd == pytest.approx(
        10 * sliced_wasserstein(points.float() / 10, reference("s_curve", 10_000)), rel=1e-3
    )
    assert found.spread == pytest.approx(math.sqrt(points.var(dim=0, correction=0).sum()), rel=1e-4)
    assert 0 < found.off < 0.02
    # The S is one unit from the middle of its holes.
    hole = ((torch.tensor([[0.0, 1.0], [0.0, -1.0]]) - data.mean) / data.scale).float()
    assert look(hole, data, "s_curve").off == pytest.approx(0.7, abs=0.12)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (Look(swd=0.1, off=0.01, spread=1.5), "none"),
        (Look(swd=0.2, off=0.01, spread=1.5), "crowded"),
        (Look(swd=0.2, off=0.02, spread=1.5), "scattered"),
        (Look(swd=0.9, off=0.02, spread=0.1), "one_place"),
    ],
)
def test_effects_are_told_apart(wrong: Look, expected: str) -> None:
    assert effect(Look(swd=0.1, off=0.01, spread=1.5), wrong, of_data=1.5) == expected


def test_an_untrained_model_is_told_to_be_far_from_the_data() -> None:
    for wrong in (False, True):
        fields = {"model": "s_curve-tutorial-0000", "mistake": "root", "steps": 5, "wrong": wrong}
        header, _ = decode(wrong_walk({**fields, "n": 100}))
        assert header["far"]
