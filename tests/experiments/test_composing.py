"""Small doses of noise and a large one: the laws that they have, and the clouds that show them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import make_dataset
from explainer.experiments import composing as chapter
from explainer.experiments.noise_laws import box_of, distances
from explainer.frames import decode
from explainer.own import keep_points
from explainer.settings import MainCorruption

KINDS: tuple[MainCorruption, ...] = ("gaussian", "salt_and_pepper", "uniform")
A = chapter.TOTAL
SIDE = Box(torch.tensor(-1.5), torch.tensor(2.0))


def asked(**fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return decode(chapter.composing({"dataset": "moons", "steps": 10, **fields}))


@given(steps=st.integers(2, 100))
def test_all_doses_keep_as_much_as_the_jump(steps: int) -> None:
    assert (1 - chapter.dose(steps)) ** steps == pytest.approx(1 - A)
    assert chapter.dose(1) == pytest.approx(A)


@settings(deadline=None)
@given(steps=st.integers(2, 100), seed=st.integers(0, 99))
def test_gaussian_and_salt_and_pepper_doses_add_up_exactly(steps: int, seed: int) -> None:
    x_0 = torch.rand(50, generator=torch.Generator().manual_seed(seed)) * 3.5 - 1.5
    for kind in ("gaussian", "salt_and_pepper"):
        walk, jump = (chapter.law(kind, x_0, n, SIDE) for n in (steps, 1))  # type: ignore[arg-type]
        assert walk.mean == pytest.approx(jump.mean, abs=1e-9)
        assert walk.variance == pytest.approx(jump.variance)
        assert walk.kurtosis == pytest.approx(jump.kurtosis)


@given(steps=st.integers(2, 100))
def test_uniform_doses_shrink_and_become_a_bell(steps: int) -> None:
    a, span = chapter.dose(steps), 3.5
    walk = chapter.law("uniform", torch.zeros(1), steps, SIDE)
    # The sums of two geometric series.
    weights = a * (1 - (1 - A) ** 2) / (2 - a)
    fourth = a**4 * (1 - (1 - A) ** 4) / (1 - (1 - a) ** 4)
    assert walk.mean == pytest.approx(A * 0.25)
    assert walk.variance == pytest.approx(weights * span**2 / 12)
    assert walk.kurtosis == pytest.approx(-1.2 * fourth / weights**2)
    jump = chapter.law("uniform", torch.zeros(1), 1, SIDE)
    assert jump.variance == pytest.approx(A**2 * span**2 / 12)
    assert jump.kurtosis == pytest.approx(-1.2)
    assert walk.variance < jump.variance
    assert -1.2 < walk.kurtosis < 0


def test_the_jump_of_salt_and_pepper_has_its_own_moments() -> None:
    x_0 = torch.tensor([0.0, 1.0])
    found = chapter.law("salt_and_pepper", x_0, 1, SIDE)
    values = np.array([0.0, 1.0, -1.5, 2.0])
    chances = np.array([(1 - A) / 2, (1 - A) / 2, A / 2, A / 2])
    mean = float(values @ chances)
    variance = float((values - mean) ** 2 @ chances)
    assert found.mean == pytest.approx(mean)
    assert found.variance == pytest.approx(variance)
    assert found.kurtosis == pytest.approx(float((values - mean) ** 4 @ chances) / variance**2 - 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [2, 30])
def test_clouds_follow_their_laws(kind: MainCorruption, steps: int) -> None:
    header, _ = asked(kind=kind, steps=steps)
    n = 2000 * chapter.COPIES
    for way in ("walk", "jump"):
        measured, exact = header["measured"][way], header["exact"][way]
        sd = math.sqrt(exact["variance"])
        assert measured["mean"] == pytest.approx(exact["mean"], abs=5 * sd / n**0.5)
        assert measured["variance"] == pytest.approx(exact["variance"], rel=5 * (2 / n) ** 0.5)
        assert measured["kurtosis"] == pytest.approx(exact["kurtosis"], abs=5 * (24 / n) ** 0.5)


def test_walk_and_jump_are_apart_only_where_the_laws_are() -> None:
    for kind in KINDS:
        header, _ = asked(kind=kind, steps=50)
        low, middle, high = header["chance"]
        assert 0 < low < middle < high
        if kind == "uniform":
            assert header["swd"] > 10 * high
        else:
            assert header["swd"] < 1.5 * high


@pytest.mark.parametrize("steps", [2, 7, 100])
def test_a_value_is_spared_by_all_doses_as_often_as_by_the_jump(steps: int) -> None:
    marks, n = Box(torch.tensor(1.0), torch.tensor(2.0)), 40_000
    generator = torch.Generator().manual_seed(steps)
    *_, end = chapter.walk("salt_and_pepper", torch.zeros(n, 1), steps, generator, marks)
    shares = [(end == value).double().mean().item() for value in (0, 1, 2)]
    for share, exact in zip(shares, (1 - A, A / 2, A / 2), strict=True):
        assert share == pytest.approx(exact, abs=5 * (exact * (1 - exact) / n) ** 0.5)


@pytest.mark.parametrize("steps", [2, 50])
def test_what_the_first_dose_does(steps: int) -> None:
    a = chapter.dose(steps)
    data = make_dataset("moons", 2000, seed=0)
    gaussian = asked(kind="gaussian", steps=steps)[0]["first"]
    assert gaussian["share"] == 1
    # The data have variance 1 in each coordinate, and so has the noise.
    assert gaussian["far"] == pytest.approx(math.sqrt((1 - (1 - a) ** 0.5) ** 2 + a), rel=0.05)
    hit = asked(kind="salt_and_pepper", steps=steps)[0]["first"]
    assert hit["share"] == pytest.approx(a, abs=0.02)
    box = box_of(data.x)
    away = ((data.x - box.low).square() + (data.x - box.high).square()) / 2
    assert hit["far"] == pytest.approx(away.mean().sqrt().item(), rel=0.05)  # however small a is
    far = [asked(kind="uniform", steps=n)[0]["first"]["far"] for n in (2, steps)]
    assert far[1] == pytest.approx(far[0] * a / chapter.dose(2), rel=0.05)


@pytest.mark.parametrize("steps", [2, 20, 100])
def test_doses_of_an_exact_count_lead_to_the_law_of_filled_boxes(steps: int) -> None:
    found = chapter.counted(steps, torch.Generator().manual_seed(1))
    chances = np.zeros(chapter.PIXELS + 1)
    chances[0] = 1.0
    taken = np.arange(chapter.PIXELS + 1) / chapter.PIXELS
    for _ in range(steps):  # a dose hits a pixel that was hit, or another one
        again, new = chances * taken, chances * (1 - taken)
        chances = again + np.concatenate([[0.0], new[:-1]])
    counts = np.arange(chapter.PIXELS + 1)
    mean = float(chances @ counts)
    sd = math.sqrt(float(chances @ (counts - mean) ** 2))
    assert found["mean_exact"] == pytest.approx(mean, rel=1e-4)
    assert found["sd_exact"] == pytest.approx(sd, rel=1e-3)
    assert found["mean"] == pytest.approx(mean, abs=5 * sd / chapter.PICTURES**0.5)
    assert found["fewest"] < found["most"] <= min(steps, chapter.PIXELS)
    assert asked(kind="uniform")[0]["counted"] is None


def test_a_walk_is_the_corruption_again_and_again() -> None:
    x_0, box = (
        torch.tensor([[0.3, -0.2]]),
        Box(torch.tensor([-1.0, -1.0]), torch.tensor([1.0, 1.0])),
    )
    walked = list(chapter.walk("uniform", x_0, 3, torch.Generator().manual_seed(5), box))
    x, generator = x_0, torch.Generator().manual_seed(5)
    for cloud in walked[1:]:
        x = CORRUPTIONS["uniform"](x, chapter.dose(3), generator, box)
        assert torch.equal(x, cloud)
    assert len(walked) == 4


@pytest.mark.parametrize(("steps", "frames"), [(2, 3), (50, 51), (100, 51)])
def test_the_container_has_both_ways(steps: int, frames: int) -> None:
    header, arrays = asked(steps=steps)
    for way in ("walk", "jump"):
        assert arrays[way].shape == (frames, 2000, 2)
        assert len(header["labels"][way]) == frames
        assert all(len(values) == frames for values in header["facts"][way].values())
    assert (arrays["walk"][0] == arrays["jump"][0]).all()  # the data
    assert header["labels"]["walk"][-1] == f"after {steps} of {steps} doses"
    assert header["labels"]["jump"][-1] == "one dose of the amount 0.990"
    assert sum(header["histogram"]["walk"]) == pytest.approx(1, abs=1e-3)
    assert sum(header["histogram"]["jump"]) == pytest.approx(1, abs=1e-3)
    assert sum(header["histogram"]["bell"]) == pytest.approx(1, abs=0.02)


def test_the_same_settings_give_the_same_bytes_and_other_seeds_other_ones() -> None:
    fields = {"kind": "salt_and_pepper", "dataset": "moons", "steps": 5}
    assert chapter.composing(fields) == chapter.composing(fields)
    assert chapter.composing(fields) != chapter.composing({**fields, "seed": 1})


def test_distances_are_of_clouds() -> None:
    cloud = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
    same, moved = distances(cloud, [cloud, cloud + torch.tensor([3.0, 0.0])])
    assert same == 0
    assert moved == pytest.approx(3 * 2 / math.pi, rel=0.2)  # the mean of |cos| over directions


@pytest.mark.parametrize("kind", KINDS)
def test_points_on_a_line_are_no_trouble(kind: MainCorruption) -> None:
    name = keep_points(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]]), np.zeros(3))
    header, arrays = asked(kind=kind, dataset=name)
    assert arrays["walk"].shape[1] == 3
    assert header["exact"]["jump"]["variance"] > 0


@pytest.mark.parametrize(
    ("fields", "names"), [({"steps": 1}, "steps must be"), ({"kind": "poisson"}, "kind must be")]
)
def test_bad_settings_are_named(fields: dict[str, Any], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        asked(**fields)
