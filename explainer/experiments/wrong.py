"""Right and wrong beside each other: what a mistake in a sampler does to the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import Dataset, make_dataset
from explainer.experiments.common import (
    EXACT_POINTS,
    SHOWN,
    chosen_frames,
    color_bytes,
    file_name,
    load_model,
    shown,
)
from explainer.experiments.real import real_distance
from explainer.experiments.samples import (
    check_finite,
    count_outside,
    distance_to_data,
    fresh_points,
    nearest_color,
    view_of,
)
from explainer.frames import Limits, encode, limits_around, quantise
from explainer.mistakes import MISTAKES, walk
from explainer.models import Denoiser, ExactDenoiser
from explainer.page_settings import EXACT, EXACT_T, MistakeSettings
from explainer.quality import UNIT
from explainer.sampling import SampleState
from explainer.schedules import NoiseSchedule, displayed_step, make_schedule
from explainer.spacing import timesteps

Effect = Literal["one_place", "scattered", "crowded", "none"]

# What counts as an effect. On the shipped models each mistake is well off these lines.
COLLAPSED = 0.2  # of the right spread
SCATTERED = 1.45  # times the right distance from the data
CROWDED = 0.05  # of the data's spread: so much is added to the sliced Wasserstein distance
FAR = 0.25  # of the data's spread: beyond it even the right samples have little of the data
ROWS = 1000  # points at once that are compared with all of the reference


@dataclass(frozen=True)
class Look:
    """What can be measured of a cloud of samples, in data units.

    Attributes
    ----------
    swd : float
        Sliced Wasserstein distance to real data.
    off : float
        Distance of a sample from the real point nearest to it, the median over the samples.
    spread : float
        As :func:`spread` has it.
    """

    swd: float
    off: float
    spread: float


def spread(points: Tensor) -> float:
    """Return the root of the mean squared distance of points (n, 2) from their mean."""
    return float((points - points.mean(dim=0)).square().sum(dim=1).mean().sqrt())


def effect(right: Look, wrong: Look, of_data: float) -> Effect:
    """Tell what a mistake did to a cloud, by the first of these that holds.

    ``one_place``: nearly all of the spread is gone. ``scattered``: the samples are off the data.
    ``crowded``: they are on the data, but not as many in each place as there should be; what is
    too much is measured by the spread ``of_data``.
    """
    if wrong.spread < COLLAPSED * right.spread:
        return "one_place"
    if wrong.off > SCATTERED * right.off:
        return "scattered"
    if wrong.swd - right.swd > CROWDED * of_data:
        return "crowded"
    return "none"


def look(x: Tensor, data: Dataset, dataset: str) -> Look:
    """Measure samples (n, 2)."""
    points = (x.double() * data.scale).float()
    target = fresh_points(data, dataset).float()
    nearest = torch.cat(
        [torch.cdist(part, target).amin(dim=1) for part in torch.split(points, ROWS)]
    )
    return Look(
        swd=UNIT * distance_to_data(x, data, dataset),
        off=float(nearest.median()),
        spread=spread(points),
    )


def _scene(s: MistakeSettings) -> tuple[Denoiser, NoiseSchedule, Dataset, str]:
    """Return what is walked with: the model itself, but where the start is what is wrong."""
    denoiser, schedule, data, dataset = load_model(s.model, s.schedule or "cosine")
    if not MISTAKES[s.mistake].prior:
        return denoiser, schedule, data, dataset
    data = make_dataset(dataset, EXACT_POINTS, seed=0, scaling="tutorial")
    schedule = make_schedule("tutorial", EXACT_T)
    return ExactDenoiser(data.x, schedule), schedule, data, dataset


def _walk(
    s: MistakeSettings, denoiser: Denoiser, schedule: NoiseSchedule, data: Dataset, *, wrong: bool
) -> list[SampleState]:
    """Walk rightly or wrongly; the noise is the same at each step and, but for "prior", x_T."""
    mistake = MISTAKES[s.mistake]
    generator = torch.Generator().manual_seed(s.seed)
    x_T = torch.randn(s.n, 2, generator=generator)
    if mistake.prior and not wrong:
        x_0 = data.x[torch.arange(s.n) % len(data.x)]
        x_T = schedule.add_noise(x_0, x_T, schedule.T - 1)
    stops = timesteps(schedule.T, min(s.steps, schedule.T), s.spacing)
    return list(walk(mistake, denoiser, x_T, stops, schedule, wrong=wrong, generator=generator))


def _view(data: Dataset, starts: Tensor, ends: Tensor, *, far: bool) -> Limits:
    """Limits near the data, where the two are to be compared, unless the samples are not there."""
    whole = view_of(data, starts, ends)
    near = limits_around(shown(data, data.x[:SHOWN]), margin=0.5)
    return whole if far else min(near, whole, key=lambda limits: limits[1] - limits[0])


def _outside(start: NDArray[np.float64], limits: Limits) -> list[str]:
    """Say how many points (n, 2) start outside the picture, if any do."""
    count = count_outside(start, limits)
    return [f"{count:,} of {len(start):,} points start outside this picture"] if count else []


def wrong_walk(fields: dict[str, Any]) -> bytes:
    """Compute :class:`MistakeSettings`: one of the two ways back, as a container.

    Both are walked for either, so that they have the same limits and colours, and the effect can
    be told from their difference.
    """
    s = MistakeSettings(**fields)
    mistake = MISTAKES[s.mistake]
    denoiser, schedule, data, dataset = _scene(s)
    walks = [_walk(s, denoiser, schedule, data, wrong=wrong) for wrong in (False, True)]
    starts, ends = (torch.cat([states[at].x for states in walks]) for at in (0, -1))
    check_finite(ends)
    looks = [look(states[-1].x, data, dataset) for states in walks]
    states, measured = walks[s.wrong], looks[s.wrong]
    of_data = spread(data.x.double() * data.scale)

    far = looks[0].swd > FAR * of_data
    limits = _view(data, starts, ends, far=far)
    kept = chosen_frames(len(states))
    frames = shown(data, torch.stack([states[i].x for i in kept]))
    labels = [f"t = {displayed_step(state.t)} of {schedule.T}" for state in states]
    if s.wrong and mistake.one_more:
        labels[-1] = "one step after t = 0"
    real = real_distance(dataset, s.n)
    header = {
        "limits": limits,
        "name": file_name(s.model.replace(EXACT, "exact "), s.mistake, "wrong" * s.wrong),
        "labels": [labels[i] for i in kept],
        "effect": effect(looks[0], looks[1], of_data),
        "far": far,
        "measured": {
            "evaluations": len(states) - 1,
            "swd": float(f"{measured.swd / UNIT:.5g}"),
            "real": float(f"{real:.5g}"),
            "off": float(f"{measured.off:.5g}"),
            "spread": float(f"{measured.spread:.5g}"),
            "start": float(f"{states[0].x.std():.5g}"),  # standard deviation
            "abar": float(f"{schedule.alpha_bar(schedule.T - 1):.5g}"),
        },
        "notes": _outside(shown(data, states[0].x), limits),
    }
    arrays: dict[str, NDArray[Any]] = {
        "frames": quantise(frames, limits),
        "color": color_bytes(nearest_color(walks[0][-1].x, data)),
        "background": quantise(shown(data, data.x[:SHOWN]), limits),
    }
    return encode(header, arrays)
