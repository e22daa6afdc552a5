"""Walks from the same start: what they end in, and how far apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from explainer.experiments import repeats
from explainer.page_settings import SampleSettings
from explainer.schedules import make_schedule
from explainer.spacing import timesteps
from explainer.ui.text.repeats import WORDS
from tests.experiments.clouds import clouds
from tests.experiments.linear import LinearDenoiser, linear_walk

N = repeats.STARTS * repeats.WALKS


def asked(**fields: Any) -> tuple[dict[str, Any], dict[str, Any], torch.Tensor]:
    return clouds(repeats.repeats({"model": "moons-fast", "steps": 10, **fields}), exact=True)


@pytest.mark.parametrize("model", ["moons-fast", "exact-moons"])
def test_without_noise_all_walks_from_a_start_end_in_the_same_bits(model: str) -> None:
    header, _, x = asked(model=model, sampler="ddim")
    assert header["spread"]["same"] is True
    assert header["spread"]["overall"] == 0
    assert header["spread"]["starts"] == [0] * repeats.STARTS
    ends = x[-1].reshape(repeats.STARTS, repeats.WALKS, 2)
    assert torch.equal(ends, ends[:, :1].expand_as(ends))
    assert len(set(map(tuple, ends[:, 0].tolist()))) == repeats.STARTS


def test_with_noise_they_spread_like_the_data() -> None:
    header, _, x = asked(sampler="ddpm", steps=50)
    spread = header["spread"]
    assert spread["same"] is False
    assert spread["overall"] > 0.8 * spread["data"] > 0.5
    # What is told is what is drawn, up to the sixteen bits of a picture.
    ends = x[-1].reshape(repeats.STARTS, repeats.WALKS, 2)
    squared = (ends - ends.mean(dim=1, keepdim=True)).square().sum(dim=2).mean(dim=1)
    assert spread["starts"] == pytest.approx(squared.sqrt().tolist(), abs=1e-3)
    assert spread["overall"] == pytest.approx(math.sqrt(float(squared.mean())), abs=1e-3)


def test_more_of_the_noise_spreads_more() -> None:
    spreads = [
        asked(sampler="ddim", eta=eta)[0]["spread"]["overall"] for eta in (0, 0.1, 0.3, 0.6, 1)
    ]
    assert spreads == sorted(spreads)
    assert spreads[-1] > 3 * spreads[1] > 0


def test_ddim_with_all_of_the_noise_is_ddpm() -> None:
    ddim, ddpm = asked(sampler="ddim", eta=1), asked(sampler="ddpm")
    assert ddim[0]["spread"]["starts"] == pytest.approx(ddpm[0]["spread"]["starts"], rel=1e-3)


def test_the_starts_are_the_first_points_of_the_clouds_above() -> None:
    header, arrays, x = asked(sampler="ddpm", seed=3)
    noise = torch.randn(2000, 2, generator=torch.Generator().manual_seed(3))[: repeats.STARTS]
    settings = SampleSettings(seed=3)
    starts = repeats.starting_points(settings, torch.Generator().manual_seed(3))
    assert {tuple(point) for point in starts.tolist()} == {tuple(p) for p in noise.tolist()}
    direction = torch.atan2(starts[:, 1], starts[:, 0])
    assert torch.equal(direction, direction.sort().values)
    assert len(set(map(tuple, x[0].tolist()))) == repeats.STARTS
    assert x.shape == (11, N, 2)
    assert header["facts"]["spread"][0] == "0"
    # One colour for each start, all different, and alike ones never side by side.
    colors = arrays["color"].reshape(repeats.STARTS, repeats.WALKS).astype(int)
    assert (colors == colors[:, :1]).all()
    assert colors[:, 0].tolist() == header["colors"]
    assert sorted(header["colors"]) == [36 * i for i in range(8)]
    apart = np.abs(np.diff([*header["colors"], header["colors"][0]]))
    assert apart.min() > 2 * 36


def test_both_players_show_the_same_part_of_the_plane() -> None:
    settings = ({"sampler": "ddpm"}, {"sampler": "ddim"}, {"sampler": "ddim", "eta": 0.5})
    limits = [asked(**fields)[0]["limits"] for fields in settings]
    assert limits[0] == limits[1] == limits[2]


def test_spread_is_the_root_mean_square_distance_from_the_mean() -> None:
    square = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    assert repeats.spread(square, 4) == pytest.approx([math.sqrt(2)])
    assert repeats.spread(np.concatenate([square, 1e9 + 3 * square]), 4) == pytest.approx(
        [math.sqrt(2), 3 * math.sqrt(2)]
    )
    assert repeats.spread(np.full((20, 2), 0.1), 20).tolist() == [0]
    assert repeats.overall(np.array([3.0, 4.0])) == pytest.approx(math.sqrt(12.5))


@pytest.mark.parametrize("eta", [0, 0.25, 0.5, 1])
@pytest.mark.parametrize("steps", [5, 20])
def test_on_gaussian_data_the_spread_has_a_closed_form(eta: float, steps: int) -> None:
    schedule = make_schedule("cosine", 100)
    denoiser = LinearDenoiser(0.6, schedule)
    s = SampleSettings(model="exact-moons", sampler="ddim", steps=steps, eta=eta)
    starts = torch.tensor([[1.0, -0.5], [-2.0, 0.3]])
    count = 20_000
    generator = torch.Generator().manual_seed(0)
    states = repeats.walks(denoiser, schedule, s, starts, count, generator)
    factor, variance = linear_walk(denoiser, timesteps(100, steps), eta)
    end = states[-1].x.double()
    # The squared distance in two coordinates has a relative deviation of 1 / sqrt(count).
    assert repeats.spread(end.numpy(), count) == pytest.approx(
        [math.sqrt(2 * variance)] * 2, rel=0.02, abs=1e-6
    )
    assert (variance == 0) == (eta == 0)
    means = end.reshape(2, count, 2).mean(dim=1)
    torch.testing.assert_close(means, factor * starts.double(), atol=0.02, rtol=0)


def test_the_question_names_the_counts() -> None:
    assert f"sent back {repeats.WALKS} times" in WORDS["question"]
    assert f"the {repeats.WALKS} walks" in WORDS["question"]
    assert repeats.STARTS == 8
    assert WORDS["question"].startswith("Eight points")


@pytest.mark.parametrize(
    ("fields", "names"), [({"steps": 101}, "steps must be"), ({"eta": 2}, "eta must be")]
)
def test_bad_settings_are_named(fields: dict[str, Any], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        asked(**fields)
