"""DDPM's formula against other noise: right where the noise is Gaussian, and only there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import make_dataset
from explainer.experiments import closedform as chapter
from explainer.experiments.noise_laws import box_of
from explainer.frames import decode
from explainer.own import keep_points
from explainer.settings import CORRUPTION_NAMES, CorruptionName

HALF, END = chapter.AMOUNTS.index(0.5), -1


def asked(dataset: str = "s_curve", seed: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    return decode(chapter.closed_form({"dataset": dataset, "seed": seed}))


@pytest.fixture(scope="module")
def answer() -> tuple[dict[str, Any], dict[str, Any]]:
    return asked()


def test_for_gaussian_noise_the_formula_is_the_noise() -> None:
    x_0 = make_dataset("moons", 100, seed=0).x
    box = box_of(x_0)
    for kind in ("gaussian", "additive"):
        made = chapter.formula(kind, x_0, 0.4, torch.Generator().manual_seed(3), box)  # type: ignore[arg-type]
        truth = CORRUPTIONS[kind](x_0, 0.4, torch.Generator().manual_seed(3), box)  # type: ignore[index]
        torch.testing.assert_close(made, truth)


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
def test_the_formula_has_the_right_mean_and_variance(kind: CorruptionName) -> None:
    n, x_0 = 20_000, torch.tensor([0.4, -0.7])
    box = Box(torch.tensor([-1.0, -2.0]), torch.tensor([2.0, 1.0]))
    clouds = [
        draw(x_0.expand(n, 2), 0.6, torch.Generator().manual_seed(1), box)
        for draw in (CORRUPTIONS[kind], lambda *a: chapter.formula(kind, *a))
    ]
    spread = clouds[0].std(dim=0)
    for moment in (torch.mean, torch.std):
        values = [moment(cloud, dim=0) / spread for cloud in clouds]
        torch.testing.assert_close(*values, atol=0.06, rtol=0)


def test_it_holds_for_gaussian_noise_and_fails_for_others(
    answer: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    kinds = answer[0]["kinds"]
    for kind in ("gaussian", "additive"):
        assert all(0.5 < times < 1.5 for times in kinds[kind]["times"][1:])
    for kind, least in (("salt_and_pepper", 5), ("uniform", 1.7), ("multiplicative", 3)):
        assert kinds[kind]["times"][END] > least
    assert kinds["poisson"]["times"][END - 1] > 5
    # Photons by the dozen are nearly a bell; the last few are not.
    assert kinds["poisson"]["times"][2] < 1.5
    assert kinds["salt_and_pepper"]["times"][1] > 3  # from the first


def test_distances_of_the_ends_have_closed_forms(
    answer: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """Of one coordinate that is uniform, or in two places, from a bell of its variance."""
    header, _ = answer
    data = make_dataset("s_curve", 2000, seed=0)
    box = box_of(data.x)
    n = 200_000
    u = torch.from_numpy((np.arange(n) + 0.5) / n)
    bell = torch.special.ndtri(u)
    angles = np.linspace(0, np.pi, 64, endpoint=False)
    half = ((box.high - box.low) / 2).double()
    rng = torch.Generator().manual_seed(0)
    shuffled = u[torch.randperm(n, generator=rng)]
    laws = {
        "uniform": (torch.stack([2 * u - 1, 2 * shuffled - 1]), 3),
        "salt_and_pepper": (torch.stack([(2 * u - 1).sign(), (2 * shuffled - 1).sign()]), 1),
    }
    for kind, (noise, part) in laws.items():
        far = []
        for angle in angles:
            along = torch.tensor([math.cos(angle), math.sin(angle)]).double() * half
            width = math.sqrt(float(along.square().sum()) / part)
            far.append(float(((along @ noise).sort().values - width * bell).abs().mean()))
        assert header["kinds"][kind]["apart"][END] == pytest.approx(np.mean(far), abs=0.03)


def test_nothing_happens_at_amount_0_and_no_chance_is_left_without_photons(
    answer: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    header, arrays = answer
    for kind in CORRUPTION_NAMES:
        found = header["kinds"][kind]
        assert found["apart"][0] == pytest.approx(0, abs=1e-6)
        assert found["times"][0] is None
        assert found["exact"][0]["kurtosis"] is None
        np.testing.assert_allclose(
            arrays[f"truth {kind}"][0].astype(int), arrays[f"made {kind}"][0], atol=1
        )
    photons = header["kinds"]["poisson"]
    assert photons["apart"][END] == 0
    assert photons["exact"][END]["variance"] == 0


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
def test_one_value_is_measured_as_its_law_says(
    kind: CorruptionName, answer: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    found = answer[0]["kinds"][kind]
    n = chapter.COPIES
    for exact, measured in list(zip(found["exact"], found["measured"], strict=True))[1:]:
        if exact["kurtosis"] is None:
            continue
        spread = math.sqrt(exact["variance"])
        assert measured["mean"] == pytest.approx(exact["mean"], abs=5 * spread / n**0.5)
        heavy = math.sqrt((exact["kurtosis"] + 2 + 1e-3) / n)  # of the measured variance
        assert measured["variance"] == pytest.approx(exact["variance"], rel=5 * heavy + 1e-3)
        if exact["kurtosis"] < 1:
            assert measured["kurtosis"] == pytest.approx(exact["kurtosis"], abs=0.15)


def test_bars_are_shares_and_the_bell_is_the_normal_law(
    answer: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    header, arrays = answer
    bell = np.array(header["bell"])
    assert bell.sum() == pytest.approx(1, abs=1e-4)
    assert (bell @ np.square(header["bins"])) == pytest.approx(1, abs=0.01)
    for kind in CORRUPTION_NAMES:
        law = arrays[f"law {kind}"]
        assert law.shape == (len(chapter.AMOUNTS), len(bell))
        assert law[HALF].sum() == pytest.approx(1, abs=1e-3)
        assert law[0].sum() == 0
    assert np.abs(arrays["law gaussian"][HALF] - bell).max() < 0.006
    assert (arrays["law salt_and_pepper"][HALF] > 0.2).sum() == 3  # what it was, salt, pepper


def test_the_chosen_value_is_one_of_the_data(
    answer: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    data = make_dataset("s_curve", 2000, seed=0)
    box = box_of(data.x)
    x = data.x[:, 0]
    assert answer[0]["x_0"] == pytest.approx(x[chapter.chosen(data, box)].item(), rel=1e-4)
    along = (answer[0]["x_0"] - box.low[0]) / (box.high[0] - box.low[0])
    assert along.item() == pytest.approx(chapter.ALONG, abs=0.01)


@given(apart=st.floats(0, 10), chance=st.floats(0, 10))
def test_times_as_far_as_by_chance(apart: float, chance: float) -> None:
    found = chapter.times(apart, chance)
    if chance <= chapter.NO_CHANCE:
        assert found is None
    else:
        assert found == pytest.approx(apart / chance, rel=1e-4)


def test_the_same_settings_give_the_same_bytes() -> None:
    fields = {"dataset": "moons", "seed": 2}
    assert chapter.closed_form(fields) == chapter.closed_form(fields)


def test_few_points_of_ones_own_on_a_line() -> None:
    name = keep_points(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]]), np.zeros(3))
    header, arrays = asked(name)
    assert header["points"] == 3
    assert arrays["truth poisson"].shape == (len(chapter.AMOUNTS), 3, 2)


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match="dataset must be"):
        asked("nothing")
