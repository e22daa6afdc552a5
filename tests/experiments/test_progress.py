"""What is looked at while a network learns, against the exact answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explainer.config import TrainConfig
from explainer.data import make_dataset
from explainer.experiments.floors import FLOOR_POINTS
from explainer.experiments.progress import Look
from explainer.experiments.stage import stage
from explainer.experiments.truth import REAL_POINTS, truth
from explainer.frames import decode, dequantise
from explainer.metrics import DistanceTo
from explainer.models import ExactDenoiser
from explainer.quality import REFERENCE_SEED
from explainer.trainer import Trainer

TINY = TrainConfig(
    n_points=500, T=20, width=16, depth=1, batch_size=100, preview_points=60, preview_steps=5
)


class Perfect(nn.Module):
    """The best answer there is, in the words of an objective."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        self.exact = ExactDenoiser(trainer.batches.dataset.x, trainer.schedule)
        self.trainer = trainer

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        said = self.exact(x_t, t)
        a = self.trainer.schedule.sqrt_alphas_cumprod[t][..., None]
        s = self.trainer.schedule.sqrt_one_minus_alphas_cumprod[t][..., None]
        return self.trainer.objective.target(said.x0, said.eps, a, s)


@pytest.mark.parametrize("objective", ["eps", "x0", "v"])
def test_a_perfect_network_reaches_the_floor_and_believes_in_the_exact_field(
    objective: Any,
) -> None:
    trainer = Trainer(TINY.replace(objective=objective, n_points=FLOOR_POINTS))
    trainer.average = Perfect(trainer)
    seen = Look(trainer).now(trainer.x_T)
    header, exact = decode(truth({"T": 20, "objective": objective}))
    floor = np.array(header["floor_by_t"])
    assert seen["by_t"].shape == floor.shape
    np.testing.assert_allclose(seen["by_t"], floor, rtol=0.15, atol=0.02)
    assert seen["by_t"].mean() == pytest.approx(floor.mean(), rel=0.02)
    off = seen["field"].astype(int) - exact["field"].astype(int)
    assert seen["field"].shape == (8, 225, 2)
    assert np.abs(off).max() <= 1  # rounding


def test_an_untrained_network_is_far_from_both() -> None:
    trainer = Trainer(TINY)
    seen = Look(trainer).now(trainer.x_T)
    header, exact = decode(truth({"T": 20, "objective": "v"}))
    assert seen["by_t"].mean() > header["mean"] + 0.05
    off = seen["field"].astype(float) - exact["field"].astype(float)
    assert np.abs(off).mean() > 5


def test_the_loss_by_t_is_on_points_never_trained_on() -> None:
    # A network that knows its 16 points by heart and nothing else.
    trainer = Trainer(TINY.replace(n_points=16))
    trainer.average = Perfect(trainer)
    header, _ = decode(truth({"T": 20, "objective": "v"}))
    assert Look(trainer).now(trainer.x_T)["by_t"].mean() > header["mean"] + 0.2


def in_the_units_of(trainer: Trainer, points: Tensor) -> Tensor:
    data = trainer.batches.dataset
    return ((points - data.mean) / data.scale).float()


@pytest.mark.parametrize("changes", [{}, {"scaling": "tutorial"}, {"n_points": 16}])
def test_the_distance_is_to_real_data_in_data_units_over_ten(changes: dict[str, Any]) -> None:
    trainer = Trainer(TINY.replace(**changes))
    look = Look(trainer)
    real = make_dataset("s_curve", REAL_POINTS, seed=REFERENCE_SEED)
    points = real.x.double() * real.scale + real.mean
    assert look.distance(in_the_units_of(trainer, points)) == pytest.approx(0, abs=1e-6)
    moved = points[:1000] + torch.tensor([3.0, -4.0])
    expected = DistanceTo((points / 10).float())((moved / 10).float())
    assert expected == pytest.approx(0.5 * 2 / np.pi, rel=0.1)
    assert look.distance(in_the_units_of(trainer, moved)) == pytest.approx(expected, rel=1e-4)
    assert look.distance(torch.empty(0, 2)) == 0


def test_ones_own_points_may_be_far_from_the_origin(own_points: str) -> None:
    trainer = Trainer(TINY.replace(dataset=own_points))
    x = trainer.batches.dataset.x
    assert Look(trainer).distance(x) == pytest.approx(0, abs=1e-6)


def test_pictures_bring_what_all_share_once() -> None:
    trainer = Trainer(TINY)
    look = Look(trainer)
    step = trainer.advance()
    first, second, third = (
        decode(look.picture(trainer.snapshot(0.0), watched)) for watched in (None, None, step)
    )
    assert set(first[1]) == {"frames", "field", "by_t", "color", "background"}
    assert set(second[1]) == {"frames", "field", "by_t"}
    assert set(third[1]) == {"frames", "field", "by_t", "detail_points", "detail_t"}
    assert "detail" not in first[0] | second[0]
    assert third[0]["detail"]["loss"] == step.loss
    for header, arrays in (first, second, third):
        assert header["labels"] == ["step 1 of 400"]
        assert header["step"] == 1
        assert header["limits"] == list(stage("s_curve").limits)
        assert {name: arrays[name].dtype.name for name in ("frames", "field", "by_t")} == {
            "frames": "uint16", "field": "uint8", "by_t": "float32",
        }  # fmt: skip


def test_a_picture_shows_the_sample_in_data_units_each_point_coloured_by_its_start() -> None:
    trainer = Trainer(TINY)
    sample = 0.3 * trainer.x_T
    arrays = Look(trainer).now(sample)
    limits = stage("s_curve").limits
    drawn = dequantise(arrays["frames"], limits)
    expected = trainer.batches.dataset.to_data_units(sample.double())
    np.testing.assert_allclose(drawn[0], expected, atol=1e-3)
    color = Look(trainer).setting()["color"]
    from_above = trainer.x_T[:, 1].argsort(descending=True)
    assert color[from_above].tolist() == sorted(color.tolist())
    assert (color.min(), color.max()) == (0, 255)


def test_all_runs_on_a_data_set_are_drawn_in_one_picture() -> None:
    one, other = (Look(Trainer(TINY.replace(seed=seed, n_points=16 + seed))) for seed in (0, 5))
    assert one.stage is other.stage
    np.testing.assert_array_equal(one.setting()["background"], other.setting()["background"])


@pytest.mark.parametrize("n", [0, 1])
def test_a_picture_may_have_hardly_a_point(n: int) -> None:
    trainer = Trainer(TINY.replace(preview_points=n))
    _, arrays = decode(Look(trainer).picture(trainer.first()))
    assert arrays["frames"].shape == (1, n, 2)
    assert arrays["color"].shape == (n,)
