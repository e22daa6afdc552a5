"""Experiments of the tab "Train live"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from explainer.checkpoints import OWN_SCHEDULE, Checkpoint, to_bytes
from explainer.config import TrainConfig
from explainer.data import Dataset, make_dataset
from explainer.experiments.common import SHOWN, color_bytes, load_model, shown
from explainer.frames import encode, limits_around, quantise
from explainer.jobs.reports import Report
from explainer.own import is_own, load_curve
from explainer.page_settings import ShippedRunSettings
from explainer.sampling import ddim_step, last, sample, timesteps
from explainer.shipped import shipped_run as checkpoints_of
from explainer.training import train


def _training_frame(data: Dataset, x_T: Tensor, previews: list[Tensor], labels: list[str]) -> bytes:
    """Pack samples of a network as it trains; each point keeps the colour of its x_T."""
    behind = shown(data, data.x[:SHOWN])
    limits = limits_around(behind, margin=0.35)
    rank = 1 - x_T[:, 1].argsort().argsort().float() / max(len(x_T) - 1, 1)
    return encode(
        {"limits": limits, "labels": labels, "start": len(previews) - 1},
        {
            "frames": quantise(shown(data, torch.stack(previews)), limits),
            "color": color_bytes(rank),
            "background": quantise(behind, limits),
        },
    )


def _brought_along(config: TrainConfig) -> dict[str, Any]:
    """Return what a checkpoint needs where the learner's own schedule is not known."""
    if not is_own(config.schedule):
        return {}
    curve = load_curve(config.schedule)
    knots = {"u": curve.u.tolist(), "alpha_bar": curve.alpha_bar.tolist(), "kind": curve.kind}
    return {OWN_SCHEDULE: knots}


def live_training(fields: dict[str, Any]) -> Iterator[Report]:
    """Train :class:`TrainConfig` and report loss, progress, a picture, and a checkpoint at last."""
    config = TrainConfig(**fields)
    data = make_dataset(config.dataset, 2000, seed=config.seed, scaling=config.scaling)
    for snapshot in train(config):
        finished = snapshot.step == config.steps
        result = None
        if finished:
            info = {"step": snapshot.step, **_brought_along(config)}
            result = to_bytes(Checkpoint(config, snapshot.parameters, info))
        yield Report(
            progress=snapshot.step / config.steps,
            series={
                "step": [snapshot.step],
                "loss": [snapshot.loss],
                "validation_loss": [snapshot.validation_loss],
            },
            frame=_training_frame(
                data,
                snapshot.x_T,
                [snapshot.preview],
                [f"step {snapshot.step:,} of {config.steps:,}"],
            ),
            result=result,
        )


def shipped_run(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ShippedRunSettings`: samples of its checkpoints, as a container."""
    s = ShippedRunSettings(**fields)
    models = checkpoints_of(s.preset, s.dataset)
    x_T = torch.randn(s.n, 2, generator=torch.Generator().manual_seed(0))
    previews, labels = [], []
    for model in models:
        denoiser, schedule, data, _ = load_model(model.name)
        eta = model.config.preview_eta
        stops = timesteps(schedule.T, min(model.config.preview_steps, schedule.T))
        step, noise = partial(ddim_step, eta=eta), torch.Generator().manual_seed(1)
        previews.append(last(sample(denoiser, x_T, stops, schedule, step, generator=noise)))
        epoch = model.info.get("epoch")
        labels.append(
            f"step {model.info['step']:,} of {model.config.steps:,}"
            + (f" · epoch {epoch:,}" if epoch is not None else "")
        )
    return _training_frame(data, x_T, previews, labels)
