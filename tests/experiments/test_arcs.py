"""An arc between two draws of noise, and what becomes of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from explainer.experiments import arcs
from explainer.experiments.common import load_model
from explainer.experiments.walks import walk
from explainer.latents import slerp
from explainer.page_settings import SampleSettings
from explainer.schedules import make_schedule
from explainer.spacing import timesteps
from tests.experiments.clouds import clouds, in_network_units
from tests.experiments.linear import LinearDenoiser, linear_walk


def asked(**fields: Any) -> tuple[dict[str, Any], dict[str, Any], torch.Tensor]:
    settings = {"model": "moons-fast", "sampler": "ddim", "steps": 20, "n": 100, **fields}
    return clouds(arcs.arc(settings), exact=True)


def gap(**fields: Any) -> float:
    found: float = asked(**fields)[0]["arc"]["end"]["gap"]
    return found


def test_ends_have_a_real_arc_between_them_and_belong_to_the_seed() -> None:
    known = set()
    for seed in range(200):
        a, b = arcs.arc_ends(torch.Generator().manual_seed(seed))
        assert 75 <= math.degrees(arcs.angle(a, b)) <= 150
        assert min(a.norm(), b.norm()) >= 0.8
        again = arcs.arc_ends(torch.Generator().manual_seed(seed))
        assert torch.equal(torch.stack([a, b]), torch.stack(again))
        known.add(tuple(a.tolist()))
    assert len(known) == 200


@pytest.mark.parametrize(("b", "degrees"), [((0.0, 3.0), 90), ((-2.0, 0.0), 180), ((5.0, 0.0), 0)])
def test_angles(b: tuple[float, float], degrees: float) -> None:
    found = arcs.angle(torch.tensor([2.0, 0.0]), torch.tensor(b))
    assert math.degrees(found) == pytest.approx(degrees)


def test_slerp_keeps_its_ends_and_the_length_of_what_has_one_length() -> None:
    a, b = torch.tensor([1.2, 0.5]), torch.tensor([-0.5, 1.2])  # of length 1.3, at 90 degrees
    x = slerp(a, b, torch.linspace(0, 1, 50))
    torch.testing.assert_close(x[[0, -1]], torch.stack([a, b]))
    torch.testing.assert_close(x.norm(dim=1), torch.full((50,), 1.3))
    jumps = (x[1:] - x[:-1]).norm(dim=1)
    torch.testing.assert_close(jumps, torch.full((49,), 2 * 1.3 * math.sin(math.pi / 4 / 49)))


def test_the_arc_starts_at_its_ends_and_is_measured_as_it_is_drawn() -> None:
    header, arrays, x = asked()
    drawn = {name: arcs.along(x[index].numpy()) for name, index in (("start", 0), ("end", -1))}
    for name, path in drawn.items():
        assert header["arc"][name]["gap"] == pytest.approx(path["gap"], abs=5e-4)
        assert header["arc"][name]["length"] == pytest.approx(path["length"], rel=0.01)
    assert header["arc"]["points"] == x.shape[1] == 100
    assert arrays["color"].tolist() == np.linspace(0, 255, 100).round().astype(int).tolist()
    assert header["facts"]["largest gap"][-1] == f"{header['arc']['end']['gap']:.3g}"


def test_the_points_start_on_the_arc_and_not_on_a_straight_line() -> None:
    header, _, x = asked(seed=5)
    start = in_network_units(x[0], load_model("moons-fast")[2])
    a, b = arcs.arc_ends(torch.Generator().manual_seed(5))
    torch.testing.assert_close(start, slerp(a, b, torch.linspace(0, 1, 100)), atol=2e-4, rtol=0)
    assert math.degrees(arcs.angle(start[0], start[-1])) == pytest.approx(
        header["arc"]["angle"], abs=0.05
    )
    straight = (start[0] + start[-1]) / 2
    assert start[49].norm() > 1.1 * straight.norm()


def test_more_points_close_the_gaps_of_ddim_but_not_those_of_ddpm() -> None:
    ddim = [gap(n=n) for n in (50, 200, 800)]
    # On smooth stretches four times as many points have a quarter of the gap.
    assert ddim[0] / 2 > ddim[1] > 2 * ddim[2]
    ddpm = [gap(n=n, sampler="ddpm") for n in (50, 200, 800)]
    assert min(ddpm) > 20 * ddim[1]
    assert ddpm[0] < ddpm[1] < ddpm[2]  # more points, more chances


def test_ddim_has_a_path_and_ddpm_a_cloud() -> None:
    lengths = {
        (sampler, n): asked(sampler=sampler, n=n)[0]["arc"]["end"]["length"]
        for sampler in ("ddim", "ddpm")
        for n in (200, 400)
    }
    assert lengths["ddim", 400] == pytest.approx(lengths["ddim", 200], rel=0.01)
    assert lengths["ddpm", 400] > 1.7 * lengths["ddpm", 200] > 50 * lengths["ddim", 200]


@pytest.mark.parametrize(("n", "points"), [(2, 2), (300, 300), (801, 800), (10_000, 800)])
def test_the_number_of_points_is_bounded(n: int, points: int) -> None:
    assert asked(n=n, steps=2)[0]["arc"]["points"] == points


@pytest.mark.parametrize("steps", [5, 100])
def test_on_gaussian_data_the_arc_is_scaled_and_nothing_else(steps: int) -> None:
    schedule = make_schedule("cosine", 100)
    denoiser = LinearDenoiser(0.6, schedule)
    s = SampleSettings(model="exact-moons", sampler="ddim", steps=steps)
    generator = torch.Generator().manual_seed(0)
    x = slerp(*arcs.arc_ends(generator), torch.linspace(0, 1, 50))
    end = walk(denoiser, schedule, s, x, generator)[-1].x
    factor, variance = linear_walk(denoiser, timesteps(100, steps), eta=0)
    assert variance == 0
    torch.testing.assert_close(end, factor * x, atol=1e-5, rtol=1e-5)
    # With many steps the factor is the data's own width: N(0, 1) is carried to N(0, 0.36).
    assert factor == pytest.approx(0.6, abs=0.05 if steps == 100 else 0.3)


def test_measured_in_order() -> None:
    corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0], [3.0, 5.0]])
    assert arcs.along(corner) == {"gap": 4.0, "length": 8.0}
