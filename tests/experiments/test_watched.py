"""One optimiser step in slow motion: every number follows from the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from explainer.config import TrainConfig
from explainer.experiments.watched import POINTS, ROWS, watched
from explainer.frames import Limits, dequantise
from explainer.schedules import make_schedule
from explainer.snapshots import TrainingStep
from explainer.trainer import Trainer

TINY = TrainConfig(n_points=400, T=20, width=16, depth=2, batch_size=100, steps=50)
WIDE: Limits = (-30, 30, -30, 30)


def after(n: int, config: TrainConfig) -> tuple[Trainer, TrainingStep]:
    trainer = Trainer(config)
    return trainer, [trainer.advance() for _ in range(n)][-1]


def told(n: int, config: TrainConfig) -> tuple[dict[str, Any], dict[str, Any], TrainingStep]:
    trainer, step = after(n, config)
    return *watched(trainer, step, WIDE), step


@pytest.mark.parametrize("objective", ["eps", "x0", "v"])
@pytest.mark.parametrize("t_sampling", ["stratified", "uniform"])
def test_rows_add_up(objective: str, t_sampling: str) -> None:
    config = TINY.replace(objective=objective, t_sampling=t_sampling)
    header, _, _ = told(3, config)
    schedule = make_schedule("cosine", 20)
    assert (header["objective"], header["T"], header["batch"]) == (objective, 20, 100)
    assert len(header["rows"]) == ROWS
    for row in header["rows"]:
        abar = schedule.alpha_bar(row["t"] - 1)  # counted from 1
        a, s = abar**0.5, (1 - abar) ** 0.5
        x_0, eps = np.array(row["x_0"]), np.array(row["eps"])
        np.testing.assert_allclose(row["x_t"], a * x_0 + s * eps, atol=1e-5)
        target = {"eps": eps, "x0": x_0, "v": a * eps - s * x_0}[objective]
        np.testing.assert_allclose(row["target"], target, atol=1e-5)
        error = np.square(np.array(row["prediction"]) - target).mean()
        assert row["error"] == pytest.approx(error, rel=1e-4, abs=1e-6)


def test_rows_go_from_the_least_noise_to_the_most() -> None:
    header, _, step = told(1, TINY.replace(t_sampling="uniform"))
    ts = [row["t"] for row in header["rows"]]
    assert ts == sorted(ts)
    assert (ts[0], ts[-1]) == (int(step.batch.t.min()) + 1, int(step.batch.t.max()) + 1)


@pytest.mark.parametrize("t_sampling", ["stratified", "antithetic"])
def test_the_mean_error_of_all_of_the_batch_is_the_loss(t_sampling: str) -> None:
    # Of a batch of eight every point has a row.
    header, arrays, step = told(2, TINY.replace(batch_size=ROWS, t_sampling=t_sampling))
    assert header["batch"] == ROWS == arrays["detail_points"].shape[1]
    mean = np.mean([row["error"] for row in header["rows"]])
    assert mean == pytest.approx(header["loss"], rel=1e-5)
    assert header["loss"] == step.loss


def test_the_prediction_is_that_of_the_weights_before_the_step() -> None:
    before, step = Trainer(TINY), after(1, TINY)[1]
    with torch.no_grad():
        assert torch.equal(before.network(step.x_t, step.batch.t), step.output)
    header, _, _ = told(1, TINY)
    assert (header["step"], header["learning_rate"]) == (1, TINY.learning_rate)


def test_points_are_where_they_are_where_they_went_and_where_they_seem_to_come_from() -> None:
    config = TINY.replace(batch_size=ROWS, n_points=400)
    trainer, step = after(2, config)
    header, arrays = watched(trainer, step, WIDE)
    data = trainer.batches.dataset
    points = torch.from_numpy(dequantise(arrays["detail_points"], WIDE))
    x_0, x_t, guessed = (points - data.mean) / data.scale
    for i, row in enumerate(header["rows"]):
        abar = trainer.schedule.alpha_bar(row["t"] - 1)
        seen, v = torch.tensor(row["x_t"]), torch.tensor(row["prediction"])
        expected = abar**0.5 * seen - (1 - abar) ** 0.5 * v
        for drawn, known in ((x_0, torch.tensor(row["x_0"])), (x_t, seen), (guessed, expected)):
            torch.testing.assert_close(drawn[i].float(), known, atol=2e-3, rtol=0)
        assert arrays["detail_t"][i] == round((row["t"] - 1) / 19 * 255)


@pytest.mark.parametrize(("batch_size", "shown"), [(100, 100), (300, 300), (310, 300), (2000, 300)])
def test_of_a_large_batch_some_points_are_drawn_those_of_the_rows_first(
    batch_size: int, shown: int
) -> None:
    config = TINY.replace(batch_size=batch_size, t_sampling="uniform", n_points=2000)
    header, arrays, _ = told(1, config)
    points, t = arrays["detail_points"], arrays["detail_t"]
    assert points.shape == (3, shown, 2)
    assert t.shape == (shown,)
    assert shown <= POINTS
    assert t[:ROWS].tolist() == [round((row["t"] - 1) / 19 * 255) for row in header["rows"]]
    places = {tuple(place) for place in np.moveaxis(points, 1, 0).reshape(shown, 6).tolist()}
    assert len(places) == shown  # each of them once
    assert np.diff(t[ROWS:].astype(int)).min() >= 0
