"""One optimiser step in slow motion: what the network was asked, what it said, and the loss."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray

from explainer.experiments.common import chosen_frames, color_bytes, shown
from explainer.frames import Limits, quantise
from explainer.schedules import displayed_step
from explainer.snapshots import TrainingStep
from explainer.trainer import Trainer

ROWS, POINTS = 8, 300  # of the batch


def watched(
    trainer: Trainer, step: TrainingStep, limits: Limits
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Describe the step that a trainer has just done.

    Parameters
    ----------
    trainer : Trainer
    step : TrainingStep
    limits : tuple of float
        Of the picture, in data units.

    Returns
    -------
    header : dict
        ``step``, ``objective``, ``loss``, ``learning_rate``, ``batch`` (its size), ``T``, and
        ``rows``: eight of its points in the network's units, from the least noise to the most.
    arrays : dict of str to ndarray
        ``detail_points``, shape (3, m, 2): x_0, x_t and where the network thinks that they came
        from, for up to 300 points, those of the rows first; ``detail_t``, shape (m,): their t,
        255 being T.
    """
    config, data = trainer.config, trainer.batches.dataset
    batch = step.batch
    t = batch.t.expand(batch.x_0.shape[:-1]).reshape(-1)
    x_0, eps, x_t, output, target = (
        x.reshape(-1, 2) for x in (batch.x_0, batch.eps, step.x_t, step.output, step.target)
    )
    in_order = t.argsort(stable=True)
    told = chosen_frames(len(t), ROWS)
    rows = [
        {
            "t": displayed_step(int(t[i])),
            "x_0": x_0[i].tolist(),
            "eps": eps[i].tolist(),
            "x_t": x_t[i].tolist(),
            "prediction": output[i].tolist(),
            "target": target[i].tolist(),
            "error": (output[i] - target[i]).square().mean().item(),
        }
        for i in in_order[told].tolist()
    ]
    others = [i for i in chosen_frames(len(t), POINTS) if i not in told]
    some = in_order[(told + others)[:POINTS]]
    schedule = trainer.schedule
    a = schedule.sqrt_alphas_cumprod[t[some]][:, None]
    s = schedule.sqrt_one_minus_alphas_cumprod[t[some]][:, None]
    guessed = trainer.objective.prediction(x_t[some], output[some], a, s).x0
    points = shown(data, torch.stack([x_0[some], x_t[some], guessed]))
    header: dict[str, Any] = {
        "step": trainer.step,
        "objective": config.objective,
        "loss": step.loss,
        "learning_rate": step.learning_rate,
        "batch": len(t),
        "T": config.T,
        "rows": rows,
    }
    share = t[some] / max(config.T - 1, 1)
    arrays: dict[str, NDArray[Any]] = {
        "detail_points": quantise(points, limits),
        "detail_t": color_bytes(share),
    }
    return header, arrays
