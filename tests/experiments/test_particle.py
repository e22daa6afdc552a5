"""One particle of the way back, as the page gets it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from explainer.experiments import particle as module
from explainer.experiments.common import load_model
from explainer.experiments.particle import particle
from explainer.experiments.reverse import sample_path
from explainer.own import keep_model
from explainer.sampling import ddim_step, ddim_weights, ddpm_step, ddpm_weights, sample
from explainer.spacing import timesteps
from tests.experiments.clouds import clouds, in_network_units
from tests.made_models import SMALL, model_bytes

WALKS: list[dict[str, Any]] = [
    {"sampler": "ddpm"},
    {"sampler": "ddim", "eta": 0},
    {"sampler": "ddim", "eta": 0.5},
    {"sampler": "ddim", "eta": 1},
]
walks = pytest.mark.parametrize("walk", WALKS, ids=lambda walk: "-".join(map(str, walk.values())))


def single(numbers: list[float]) -> NDArray[np.float32]:
    return np.array(numbers, dtype=np.float32)


def test_it_is_json_that_a_page_can_read() -> None:
    found = particle({"sampler": "ddpm", "steps": 5, "n": 50})
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["n"] == 50
    assert len(found["path"]) == len(found["steps"]) + 1
    assert [step["t"] for step in found["steps"]] == [100, 80, 60, 40, 20]
    assert [step["t_prev"] for step in found["steps"]] == [80, 60, 40, 20, 0]


@walks
def test_the_terms_add_up_to_the_next_place_to_the_bit(walk: dict[str, Any]) -> None:
    found = particle({"steps": 10, "n": 60, "point": 41, **walk})
    for step in found["steps"]:
        first, second, noise = (single(term) for term in step["terms"].values())
        np.testing.assert_array_equal(first + second + noise, single(step["x_prev"]))


@walks
def test_each_term_is_its_weight_times_its_vector(walk: dict[str, Any]) -> None:
    found = particle({"steps": 10, "n": 60, "point": 3, **walk})
    vectors = {"x0": "x0_hat", "x_t": "x_t", "eps": "eps_hat", "noise": "z"}
    _, schedule, _, _ = load_model("s_curve-fast")
    for step in found["steps"]:
        t, t_prev = step["t"] - 1, step["t_prev"] - 1
        if walk["sampler"] == "ddpm":
            known = ddpm_weights(t, t_prev, schedule)
        else:
            known = ddim_weights(t, t_prev, schedule, eta=walk["eta"])
        assert step["weights"] == {name: getattr(known, name) for name in step["weights"]}
        assert (step["z"] is None) == (known.noise == 0)
        for name, term in step["terms"].items():
            vector = np.array(step[vectors[name]] or [0, 0])
            np.testing.assert_allclose(term, step["weights"][name] * vector, rtol=3e-7, atol=1e-12)


@walks
def test_what_the_model_says_fits_its_point(walk: dict[str, Any]) -> None:
    _, schedule, _, _ = load_model("s_curve-fast")
    for step in particle({"steps": 10, "n": 60, "point": 3, **walk})["steps"]:
        abar = schedule.alpha_bar(step["t"] - 1)
        parts = (np.array(step[name]) for name in ("x0_hat", "eps_hat"))
        x0, eps = parts
        np.testing.assert_allclose(
            np.sqrt(abar) * x0 + np.sqrt(1 - abar) * eps, step["x_t"], atol=2e-6
        )


@walks
def test_a_step_begins_where_the_last_one_ended(walk: dict[str, Any]) -> None:
    found = particle({"steps": 10, "n": 60, "point": 59, **walk})
    steps = found["steps"]
    assert [step["x_t"] for step in steps[1:]] == [step["x_prev"] for step in steps[:-1]]
    assert found["path"] == [steps[0]["x_t"], *(step["x_prev"] for step in steps)]


@walks
@pytest.mark.parametrize("model", ["s_curve-fast", "exact-moons"])
def test_it_is_that_point_of_the_cloud(walk: dict[str, Any], model: str) -> None:
    """The walk of the players above, recomputed here from the samplers alone: the same bits."""
    fields = {"model": model, "steps": 10, "n": 300, "seed": 3, **walk}
    found = particle({**fields, "point": 123})
    denoiser, schedule, data, _ = load_model(model)
    generator = torch.Generator().manual_seed(3)
    x_T = torch.randn(300, 2, generator=generator)
    step = ddpm_step if walk["sampler"] == "ddpm" else partial(ddim_step, eta=walk["eta"])
    states = list(
        sample(denoiser, x_T, timesteps(schedule.T, 10), schedule, step, generator=generator)
    )
    np.testing.assert_array_equal(
        np.stack([single(x) for x in found["path"]]), np.stack([s.x[123].numpy() for s in states])
    )
    np.testing.assert_array_equal(
        np.stack([single(step["x0_hat"]) for step in found["steps"]]),
        np.stack([s.x0_hat[123].numpy() for s in states[:-1]]),
    )
    # And where the players draw it, as far as their 16 bits tell.
    drawn = in_network_units(clouds(sample_path(fields), exact=True)[2][:, 123], data)
    torch.testing.assert_close(torch.tensor(found["path"]), drawn, atol=3e-4, rtol=0)


def test_a_long_walk_is_not_remembered_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"sampler": "ddpm", "steps": 10, "n": 60, "point": 7}
    module._remembered.cache_clear()
    remembered = particle(fields)
    assert module._remembered.cache_info().currsize == 1
    assert particle({**fields, "point": 8}) != remembered
    assert module._remembered.cache_info().hits == 1
    monkeypatch.setattr(module, "REMEMBERED", 0)
    assert particle(fields) == remembered
    assert module._remembered.cache_info().hits == 1


def test_all_that_is_drawn_lies_within_the_limits() -> None:
    found = particle({"model": "s_curve-tutorial-4000", "sampler": "ddpm", "steps": 20, "n": 50})
    left, right, low, high = found["limits"]
    ends = [np.cumsum(list(step["terms"].values()), axis=0) for step in found["steps"]]
    points = np.concatenate([*ends, found["path"], found["data"], np.zeros((1, 2))])
    assert ((points > (left, low)) & (points < (right, high))).all()


def test_what_cannot_be_shown_is_told_in_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"^The terms of a step are shown for DDPM and DDIM only"):
        particle({"sampler": "dpm", "steps": 5})
    with pytest.raises(ValueError, match="point must be at most 9"):
        particle({"n": 10, "point": 10})
    broken = keep_model(model_bytes(SMALL.replace(objective="x0"), grown=1e12))
    with pytest.raises(ValueError, match=r"^The samples of this model grow beyond all numbers"):
        particle({"model": broken, "steps": 10, "n": 50})
