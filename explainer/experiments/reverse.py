"""Experiments of the tab "DDPM vs DDIM"."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import Dataset, make_dataset
from explainer.experiments.common import (
    SHOWN,
    chosen_frames,
    color_bytes,
    file_name,
    load_model,
    shown,
    small,
)
from explainer.frames import Limits, encode, limits_around, quantise
from explainer.metrics import sliced_wasserstein
from explainer.own import is_own
from explainer.page_settings import EXACT, SampleSettings
from explainer.quality import REFERENCE_SEED, UNIT, real_against_real
from explainer.sampling import ddim_step, ddpm_step, sample
from explainer.schedules import displayed_step
from explainer.spacing import timesteps

REFERENCE_POINTS = 10_000
LARGEST = 1e15  # of a sample's coordinates: their squares must fit into single precision


def _nearest_color(x: Tensor, data: Dataset) -> Tensor:
    """Colour points (n, 2) like the data point nearest to each, so that mixing can be seen."""
    return data.color[:SHOWN][torch.cdist(x, data.x[:SHOWN]).argmin(dim=1)]


def _view(data: Dataset, x_T: Tensor, final: Tensor) -> Limits:
    """Limits that hold the noise, unless the data would be too small to see beside it.

    The tutorial divides its data by ten but not its noise; there the view stays near the data, and
    points come in from outside.
    """
    real = shown(data, data.x[:SHOWN])
    near = limits_around(real, margin=1.2)
    far = limits_around(real, shown(data, x_T), shown(data, final))
    return min(near, far, key=lambda limits: limits[1] - limits[0])


def _unseen(start: NDArray[np.float64], limits: Limits) -> list[str]:
    """Say how many points (n, 2) start outside the picture, if any do."""
    outside = ((start < limits[::2]) | (start > limits[1::2])).any(axis=1).sum()
    if not outside:
        return []
    return [f"{outside:,} points start outside this picture: the noise is far wider than the data"]


def _distance(x: Tensor, data: Dataset, dataset: str) -> float:
    """Sliced Wasserstein distance of points (n, 2) to fresh real data, in data units / 10."""
    real = make_dataset(dataset, REFERENCE_POINTS, seed=REFERENCE_SEED)
    # Relative to one mean: points of one's own may be so far from 0 that single precision loses
    # them there.
    target = real.x * real.scale + (real.mean - data.mean)
    return sliced_wasserstein((x * data.scale / UNIT).float(), (target / UNIT).float())


def sample_path(fields: dict[str, Any]) -> bytes:
    """Compute :class:`SampleSettings`: the way back, with its cost and quality, as a container."""
    s = SampleSettings(**fields)
    denoiser, schedule, data, dataset = load_model(s.model, s.schedule or "cosine")
    generator = torch.Generator().manual_seed(s.seed)
    x_T = torch.randn(s.n, 2, generator=generator)
    stops = timesteps(schedule.T, s.steps, s.spacing)
    step = ddpm_step if s.sampler == "ddpm" else partial(ddim_step, eta=s.eta)
    started = time.perf_counter()
    states = list(sample(denoiser, x_T, stops, schedule, step, generator=generator))
    milliseconds = 1000 * (time.perf_counter() - started)
    final = states[-1].x
    if not (final.abs() < LARGEST).all():  # also where it is nan
        raise ValueError(
            "The samples of this model grow beyond all numbers, so there is nothing to show: train "
            "it again, with a lower learning rate."
        )
    distance = _distance(final, data, dataset)
    real = real_against_real(dataset, s.n, REFERENCE_POINTS)
    fresh = "two halves of these data are at" if is_own(dataset) else "fresh real data are at"
    # One's own units may be of any size, and so may the samples of a model that learned nothing.
    told = small if is_own(dataset) or distance > 100 else "{:.4f}".format
    kept = [states[i] for i in chosen_frames(len(states))]
    limits = _view(data, x_T, final)
    frames = shown(data, torch.stack([state.x for state in kept]))
    ghosts = shown(data, torch.stack([state.x0_hat for state in kept]))
    levels = [state.t for state in kept]
    header = {
        "limits": limits,
        "name": file_name(s.model.replace(EXACT, "exact "), f"{len(stops)} steps"),
        "labels": [f"t = {displayed_step(t)} of {schedule.T}" for t in levels],
        "facts": {
            "evaluations": [str(i) for i in chosen_frames(len(states))],
            "ᾱₜ": [f"{schedule.alpha_bar(t):.4f}" for t in levels],
        },
        "cost": {
            "evaluations": len(stops),
            "milliseconds": round(milliseconds, 1),
            "swd": float(f"{distance:.5g}"),
            "real": float(f"{real:.5g}"),
        },
        "notes": [
            f"{len(stops)} evaluations of the model for each of {s.n:,} points: "
            f"{milliseconds:.0f} ms",
            f"sliced Wasserstein distance to real data: {told(distance)}, in data units / {UNIT:g} "
            f"(0 would be identical; {fresh} {told(real)})",
            *_unseen(shown(data, x_T), limits),
        ],
    }
    arrays: dict[str, NDArray[Any]] = {
        "frames": quantise(frames, limits),
        "x0_hat": quantise(ghosts, limits),
        "color": color_bytes(_nearest_color(final, data)),
        "background": quantise(shown(data, data.x[:SHOWN]), limits),
    }
    return encode(header, arrays)
