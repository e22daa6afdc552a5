"""Where noise ends: what is left of the data there, and how many different starts there are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from explainer.corruptions import ADDITIVE_SIGMA, CORRUPTIONS, Box
from explainer.data import make_dataset
from explainer.experiments import endstates as chapter
from explainer.experiments.noise_laws import box_of
from explainer.frames import decode
from explainer.own import keep_points
from explainer.settings import CORRUPTION_NAMES, DATASET_NAMES

FORGETTING = ("gaussian", "salt_and_pepper", "uniform", "poisson")


def asked(dataset: str = "s_curve", seed: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    return decode(chapter.endstates({"dataset": dataset, "seed": seed}))


@pytest.fixture(scope="module")
def header() -> dict[str, Any]:
    return asked()[0]


def test_what_forgets_is_not_correlated_with_its_data(header: dict[str, Any]) -> None:
    values = 2 * 2000 * chapter.COPIES
    for kind, facts in header["kinds"].items():
        assert facts["forgets"] == CORRUPTIONS[kind].forgets == (kind in FORGETTING)
        if kind == "poisson":
            assert facts["correlation"] is None
        elif kind in FORGETTING:
            assert abs(facts["correlation"]) < 4 / math.sqrt(values)


def test_what_does_not_forget_is_correlated_as_its_formula_says(header: dict[str, Any]) -> None:
    # Data of variance 1 under noise of variance 9.
    additive = 1 / math.sqrt(1 + ADDITIVE_SIGMA**2)
    assert header["kinds"]["additive"]["correlation"] == pytest.approx(additive, abs=0.02)
    x = make_dataset("s_curve", 2000, seed=0).x.double()
    s = x - x.amin(dim=0)  # times an exponential g: E[g] = 1, E[g^2] = 2
    variance = s.var(dim=0, correction=0)
    ends = 2 * s.square().mean(dim=0) - s.mean(dim=0).square()
    speckle = float(variance.sum() / (variance.sum() * ends.sum()).sqrt())
    found = header["kinds"]["multiplicative"]["correlation"]
    assert found == pytest.approx(speckle, abs=0.02)


@pytest.mark.parametrize("dataset", DATASET_NAMES)
def test_only_the_gaussian_end_asks_neither_for_the_box_nor_for_the_data(dataset: str) -> None:
    kinds = asked(dataset)[0]["kinds"]
    apart = {kind: facts["apart"] for kind, facts in kinds.items()}
    assert apart["gaussian"] == []
    for kind in ("salt_and_pepper", "uniform", "poisson"):
        assert "same_box" not in apart[kind]
        assert "own_box" in apart[kind]
    assert "guess" in apart["additive"]
    assert "own_box" in apart["multiplicative"]


def test_noise_alone_is_as_far_from_added_noise_as_their_widths(header: dict[str, Any]) -> None:
    # Two round normal laws of widths 3 and sqrt(10), in any direction; the end is nearly one.
    far = (math.sqrt(ADDITIVE_SIGMA**2 + 1) - ADDITIVE_SIGMA) * math.sqrt(2 / math.pi)
    assert header["kinds"]["additive"]["guess"] == pytest.approx(far, abs=0.02)


def test_how_many_different_starts_there_are(header: dict[str, Any]) -> None:
    starts = {kind: facts["starts"] for kind, facts in header["kinds"].items()}
    assert starts == {
        "gaussian": 2000,
        "salt_and_pepper": 4,
        "uniform": 2000,
        "additive": 2000,
        "poisson": 1,
        "multiplicative": 2000,
    }


def test_black_stays_black_under_speckle(header: dict[str, Any]) -> None:
    assert header["kinds"]["multiplicative"]["held"] == 2  # the lowest x and the lowest y
    assert header["kinds"]["poisson"]["held"] == 2  # the others came there
    assert header["kinds"]["gaussian"]["held"] == 0
    assert header["kinds"]["additive"]["held"] == 0


def test_chance_is_small_against_the_data_and_nothing_is_drawn_twice(
    header: dict[str, Any],
) -> None:
    for kind, facts in header["kinds"].items():
        if kind == "poisson":
            assert facts["chance"] == 0
        else:
            assert 0 < facts["chance"] < 0.1


def test_data_moved_into_a_box_fill_it() -> None:
    box = Box(torch.tensor([-1.0, 0.0]), torch.tensor([2.0, 0.5]))
    x = make_dataset("moons", 300, seed=0).x
    moved = chapter.moved_into(x, box)
    torch.testing.assert_close(moved.amin(dim=0), box.low)
    torch.testing.assert_close(moved.amax(dim=0), box.high)
    own = box_of(x)
    inverse = (moved - box.low) / (box.high - box.low) * (own.high - own.low) + own.low
    torch.testing.assert_close(inverse, x)


def test_correlation_and_different_points() -> None:
    x = torch.tensor([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0]])
    assert chapter.correlation(2 * x + 5, x) == pytest.approx(1)
    assert chapter.correlation(-x, x) == pytest.approx(-1)
    assert math.isnan(chapter.correlation(torch.zeros(3, 2), x))
    assert chapter.distinct(x) == 2


def test_the_container_has_two_clouds_of_each_kind() -> None:
    header, arrays = asked("moons")
    assert header["other"] == "s_curve"
    assert asked()[0]["other"] == "moons"
    for kind in CORRUPTION_NAMES:
        for part in ("end", "drawn"):
            assert arrays[f"{part} {kind}"].shape == (chapter.SHOWN, 2)
    assert len(np.unique(arrays["drawn poisson"], axis=0)) == 1
    assert len(np.unique(arrays["drawn salt_and_pepper"], axis=0)) == 4
    assert (arrays["end poisson"] == arrays["drawn poisson"]).all()
    assert chapter.endstates({"dataset": "moons"}) == chapter.endstates({"dataset": "moons"})


def test_few_points_of_ones_own_on_a_line() -> None:
    name = keep_points(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]]), np.zeros(3))
    header, _ = asked(name)
    assert header["points"] == 3
    assert header["kinds"]["poisson"]["starts"] == 1
    assert header["kinds"]["salt_and_pepper"]["starts"] <= 3


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match="dataset must be"):
        asked("nothing")
