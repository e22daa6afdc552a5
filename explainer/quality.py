"""The quality of a trained model, measured one way everywhere: files, benchmarks and the page."""

from __future__ import annotations

from functools import lru_cache, partial
from statistics import median
from typing import Any

import torch
from torch import Tensor

from explainer.config import TrainConfig
from explainer.data import S_CURVE_NOISE, make_dataset, s_curve_centreline
from explainer.metrics import sliced_wasserstein, stray_share
from explainer.models import Denoiser
from explainer.own import is_own
from explainer.sampling import Step, ddim_step, ddpm_step, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps

REFERENCE_SEED = 2**31 - 1  # no training run draws its data with it by default
UNIT = 10.0  # the tutorial's data unit: points divided by ten


@lru_cache(maxsize=8)
def reference(dataset: str, n: int = 200_000) -> Tensor:
    """Fresh points of a data set, divided by ten, shape (n, 2)."""
    return make_dataset(dataset, n, seed=REFERENCE_SEED, scaling="tutorial").x


def in_tutorial_units(config: TrainConfig, x: Tensor) -> Tensor:
    """Convert a network's points (n, 2) to the tutorial's data unit."""
    data = make_dataset(config.dataset, config.n_points, seed=config.seed, scaling=config.scaling)
    return data.to_data_units(x) / UNIT


def measure(
    denoiser: Denoiser,
    config: TrainConfig,
    *,
    n_points: int = 10_000,
    seeds: tuple[int, ...] = (0, 1, 2),
) -> dict[str, Any]:
    """Measure sliced Wasserstein distance and stray points of a denoiser's samples.

    Parameters
    ----------
    denoiser : Denoiser
    config : TrainConfig
        Of the data and schedule that it was trained with.
    n_points : int
        Points per sample.
    seeds : tuple of int
        Sampling seeds; figures are medians over them.

    Returns
    -------
    dict
        ``swd_ddpm`` (all T steps) and ``swd_ddim_20`` (at most 20 steps, eta 0), in the
        tutorial's data unit against 200,000 fresh points; on the S-curve also ``stray_percent``:
        DDPM samples farther than three noise standard deviations from the noiseless S.
    """
    c = config
    schedule = make_schedule(c.schedule, c.T, zero_terminal_snr=c.zero_terminal_snr)
    real = reference(c.dataset)
    figures: dict[str, list[float]] = {"swd_ddpm": [], "swd_ddim_20": []}
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        x_T = torch.randn(n_points, 2, generator=generator)

        def run(step: Step, n: int, x_T: Tensor = x_T, g: torch.Generator = generator) -> Tensor:
            states = sample(denoiser, x_T, timesteps(c.T, n), schedule, step, generator=g)
            return in_tutorial_units(c, last(states))

        ddpm = run(ddpm_step, c.T)
        figures["swd_ddpm"].append(sliced_wasserstein(ddpm, real))
        ddim = run(partial(ddim_step, eta=0.0), min(20, c.T))
        figures["swd_ddim_20"].append(sliced_wasserstein(ddim, real))
        if c.dataset == "s_curve":
            stray = stray_share(ddpm, s_curve_centreline() / UNIT, 3 * S_CURVE_NOISE / UNIT)
            figures.setdefault("stray_percent", []).append(100 * stray)
    return {name: round(median(values), 5) for name, values in figures.items()}


@lru_cache(maxsize=64)
def real_against_real(dataset: str, n: int, n_reference: int = 200_000) -> float:
    """Sliced Wasserstein distance of n fresh real points to the reference: as good as it gets.

    There are no fresh points of one's own: there it is the distance between two halves of them.
    """
    if is_own(dataset):
        data = make_dataset(dataset, n_reference, seed=REFERENCE_SEED)
        points = data.x * (data.scale.float() / UNIT)
        order = torch.randperm(len(points), generator=torch.Generator().manual_seed(0))
        half = len(points) // 2
        return sliced_wasserstein(points[order[:half]], points[order[half:]])
    fresh = make_dataset(dataset, n, seed=REFERENCE_SEED - 1, scaling="tutorial").x
    return sliced_wasserstein(fresh, reference(dataset, n_reference))
