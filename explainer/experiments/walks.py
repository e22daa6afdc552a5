"""Walks back from chosen places in the noise, and their frames: what some chapters share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import Dataset
from explainer.experiments.common import SHOWN, chosen_frames, file_name, shown
from explainer.experiments.samples import check_finite, unseen, view_of
from explainer.frames import Limits, encode, quantise
from explainer.models import Denoiser
from explainer.page_settings import EXACT, SampleSettings
from explainer.sampling import SampleState, Step, ddim_step, ddpm_step, sample
from explainer.schedules import NoiseSchedule, displayed_step
from explainer.settings import SamplerName
from explainer.solvers import dpm_solver
from explainer.spacing import timesteps

# How far the picture reaches at least, in standard deviations of the noise, and a margin: the same
# on both sides of a comparison, and hardly anything of a random walk is ever further out.
REACH = 2.7


def step_of(sampler: SamplerName, eta: float) -> Step:
    """Make a sampler's step for one walk; ``eta`` is DDIM's alone."""
    if sampler == "dpm":
        return dpm_solver()
    return ddpm_step if sampler == "ddpm" else partial(ddim_step, eta=eta)


def walk(
    denoiser: Denoiser,
    schedule: NoiseSchedule,
    s: SampleSettings,
    x_T: Tensor,
    generator: torch.Generator,
) -> list[SampleState]:
    """Walk back from x_T (n, 2) as the settings say; ``seed`` and ``n`` are the caller's.

    Returns
    -------
    list of SampleState
        ``s.steps + 1`` of them, x_T first, the sample last.

    Raises
    ------
    ValueError
        With a sentence for the learner, if the samples grow beyond all numbers.
    """
    stops = timesteps(schedule.T, s.steps, s.spacing)
    step = step_of(s.sampler, s.eta)
    states = list(sample(denoiser, x_T, stops, schedule, step, generator=generator))
    check_finite(states[-1].x)
    return states


def wide_view(data: Dataset, states: Sequence[SampleState]) -> Limits:
    """Limits that hold whatever noise a few points could have been, or stay near the data."""
    x_T, final = states[0].x, states[-1].x
    corners = torch.tensor([[-REACH, -REACH], [REACH, REACH]], dtype=x_T.dtype)
    return view_of(data, torch.cat([x_T, corners]), final)


def container(
    states: Sequence[SampleState],
    schedule: NoiseSchedule,
    data: Dataset,
    s: SampleSettings,
    *,
    color: NDArray[np.uint8],
    facts: dict[str, list[str]],
    limits: Limits,
    **header: Any,
) -> bytes:
    """Write walks as frames for the player, with the data behind.

    Parameters
    ----------
    states : sequence of SampleState
    schedule : NoiseSchedule
    data : Dataset
        What the model was made for.
    s : SampleSettings
    color : ndarray of uint8, shape (n,)
    facts : dict of str to list of str
        By name, one for each of the states.
    limits : tuple of float
        Of the picture, in data units.
    **header
        What else the page is told.

    Returns
    -------
    bytes
        See :mod:`explainer.frames`.
    """
    chosen = chosen_frames(len(states))
    kept = [states[i] for i in chosen]
    model = s.model.replace(EXACT, "exact ")
    told = {
        "limits": limits,
        "name": file_name(model, f"{s.sampler.upper()} {len(states) - 1} steps"),
        "labels": [f"t = {displayed_step(state.t)} of {schedule.T}" for state in kept],
        "facts": {name: [values[i] for i in chosen] for name, values in facts.items()},
        "notes": unseen(shown(data, states[0].x), limits),
        **header,
    }
    arrays: dict[str, NDArray[Any]] = {
        "frames": quantise(shown(data, torch.stack([state.x for state in kept])), limits),
        "x0_hat": quantise(shown(data, torch.stack([state.x0_hat for state in kept])), limits),
        "color": color,
        "background": quantise(shown(data, data.x[:SHOWN]), limits),
    }
    return encode(told, arrays)
