"""There and back, as the page gets it, and its error against exact laws."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from explainer.config import TrainConfig
from explainer.data import Dataset, make_dataset
from explainer.experiments import common
from explainer.experiments import roundtrip as chapter
from explainer.experiments.common import load_model
from explainer.experiments.roundtrip import errors, roundtrip, roundtrip_errors, there_and_back
from explainer.frames import dequantise
from explainer.objectives import Prediction
from explainer.schedules import NoiseSchedule, make_schedule
from explainer.spacing import timesteps
from tests.experiments.clouds import clouds


class Gaussian:
    """The best denoiser for data N(0, 1 / 4)."""

    def __init__(self, schedule: NoiseSchedule) -> None:
        self.schedule = schedule

    def __call__(self, x: Tensor, t: Tensor) -> Prediction:
        a = torch.tensor(self.schedule.alpha_bar(int(t)), dtype=x.dtype)
        v = a / 4 + 1 - a
        return Prediction(x0=a.sqrt() / 4 / v * x, eps=(1 - a).sqrt() / v * x)


def gaussian_data(n: int = 1000) -> Dataset:
    x = 0.5 * torch.randn(n, 2, generator=torch.Generator().manual_seed(0))
    like = make_dataset("s_curve", n, seed=0)
    return Dataset(x=x, color=like.color, mean=like.mean, scale=like.scale, name="gaussian")


def test_the_error_on_gaussian_data_is_of_first_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the steps, half the error; every step multiplies by a number, so it is known."""
    schedule, data = make_schedule("cosine", 1000), gaussian_data()
    scene = (Gaussian(schedule), schedule, data, "gaussian")
    monkeypatch.setattr(chapter, "load_model", lambda *_: scene)
    monkeypatch.setattr(common, "STEPS", (125, 250, 500))
    found = roundtrip_errors({})
    assert found["steps"] == [125, 250, 500, 1000]
    for n, mean in zip(found["steps"], found["mean"], strict=True):
        factor = abs(_factor(schedule, n) - 1)
        distance = (data.x.double() * data.scale).norm(dim=1)
        assert mean == pytest.approx(factor * float(distance.mean()), rel=2e-2)
    ratios = [a / b for a, b in zip(found["mean"], found["mean"][1:], strict=False)]
    assert ratios == pytest.approx([2, 2, 2], rel=0.1)
    assert found["slope"] == pytest.approx(-1, abs=0.05)


def _factor(schedule: NoiseSchedule, n: int) -> float:
    """Return by what the round trip over n steps multiplies, computed in double precision."""
    one = torch.ones(1, 2, dtype=torch.float64)
    there, back = there_and_back(Gaussian(schedule), one, timesteps(schedule.T, n), schedule)
    levels = [schedule.alpha_bar(state.t) for state in there]
    factor = 1.0
    for i, b in enumerate(levels[1:]):  # to noise: the prediction at where it stands
        a = levels[max(i, 1)]
        v = a / 4 + 1 - a
        share = 1.0 if i == 0 else a**0.5 / 4 / v
        factor *= b**0.5 * share + (1 - b) ** 0.5 * (1 - a) ** 0.5 / v
    for a, b in zip(levels[:0:-1], levels[-2::-1], strict=True):  # and back
        v = a / 4 + 1 - a
        factor *= b**0.5 * a**0.5 / 4 / v + (1 - b) ** 0.5 * (1 - a) ** 0.5 / v
    assert float(back[-1].x[0, 0]) == pytest.approx(factor, rel=1e-9)
    return factor


def test_the_container_goes_to_noise_and_back() -> None:
    header, arrays, x = clouds(roundtrip({"steps": 20, "n": 300}), exact=True)
    data = load_model("s_curve-fast")[2]
    start = data.to_data_units(data.x[:300].double())
    assert len(x) == len(header["labels"]) == 41
    torch.testing.assert_close(x[0], start, atol=2e-4, rtol=0)
    away = (x[-1] - x[0]).norm(dim=1)
    off = header["errors"]
    assert off["evaluations"] == 40
    assert off["mean"] == pytest.approx(float(away.mean()), abs=2e-4)
    assert off["q90"] == pytest.approx(float(away.quantile(0.9)), abs=2e-4)
    assert off["largest"] == pytest.approx(float(away.max()), abs=3e-4)
    assert 0.02 < off["mean"] < 0.2
    # In the middle it is noise: as wide as N(0, I), and of no direction.
    noise = (x[20] - data.mean) / data.scale
    assert noise.std(dim=0).tolist() == pytest.approx([1, 1], abs=0.15)
    assert "t = 100 of 100" in header["labels"][20]
    assert header["labels"][0].endswith("t = 0 of 100")
    assert header["labels"][1] == "to noise · t = 5 of 100"
    assert header["labels"][21] == "and back · t = 95 of 100"
    assert header["labels"][40].endswith("t = 0 of 100")
    assert header["facts"]["evaluations"][-1] == "40"
    # The rings stand where the points started, in every frame.
    rings = dequantise(arrays["x0_hat"], header["limits"])
    assert rings.shape == (41, 300, 2)
    np.testing.assert_array_equal(rings[0], rings[40])
    np.testing.assert_allclose(rings[0], start.numpy(), atol=2e-4)
    assert len(arrays["color"]) == 300


def test_there_is_no_chance_in_it() -> None:
    assert roundtrip({"steps": 5, "n": 50, "seed": 0}) == roundtrip(
        {"steps": 5, "n": 50, "seed": 7}
    )


def test_many_steps_keep_both_ends_and_the_noise_between() -> None:
    header, _, x = clouds(roundtrip({"steps": 100, "n": 10, "model": "exact-moons"}))
    assert len(x) == 101
    assert header["labels"][50].startswith("the noise")
    assert header["labels"][-1].startswith("back at the data")
    assert header["facts"]["evaluations"][50:52] == ["100", "102"]


@pytest.mark.parametrize("model", ["s_curve-fast", "moons-fast"])
def test_the_errors_fall_with_the_steps_and_are_those_of_the_player(model: str) -> None:
    found = roundtrip_errors({"model": model})
    assert found["steps"] == [5, 10, 20, 50, 100]
    assert found["mean"] == sorted(found["mean"], reverse=True)
    assert found["q90"] == sorted(found["q90"], reverse=True)
    assert -1.3 < found["slope"] < -0.7
    x, y = np.log(found["steps"]), np.log(found["mean"])
    assert found["slope"] == pytest.approx(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    shown = clouds(roundtrip({"model": model, "steps": 20, "n": 1000}))[0]["errors"]
    assert shown["mean"] == pytest.approx(found["mean"][2], rel=1e-4)
    json.dumps(found, allow_nan=False)


def test_errors_are_distances_in_data_units() -> None:
    data = gaussian_data(2)
    moved = data.x + torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    expected = ((torch.tensor([3.0, 4.0]).double() * data.scale).norm().item(), 0.0)
    assert errors(data.x, moved, data).tolist() == pytest.approx(expected)


def _few_levels(T: int) -> Any:
    schedule = make_schedule("cosine", T)
    return (Gaussian(schedule), schedule, gaussian_data(), "gaussian")


def test_a_model_of_few_levels_has_fewer_steps_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapter, "load_model", lambda *_: _few_levels(20))
    assert roundtrip_errors({})["steps"] == [5, 10, 20]
    monkeypatch.setattr(chapter, "load_model", lambda *_: _few_levels(3))
    found = roundtrip_errors({})
    assert found["steps"] == [3]
    assert found["slope"] is None


def test_a_large_model_of_ones_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = TrainConfig(width=256, depth=5, T=1000)
    monkeypatch.setattr(chapter, "is_own", lambda _: True)
    monkeypatch.setattr(chapter, "own_model", lambda _: type("Own", (), {"config": config})())
    with pytest.raises(ValueError, match=r"^steps must be at most"):
        roundtrip_errors({})
