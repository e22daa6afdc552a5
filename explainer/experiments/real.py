"""What real data are at, by chance: the mark that every distance of samples is held against."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from statistics import median
from typing import Any

import torch

from explainer.data import make_dataset
from explainer.experiments.samples import REFERENCE_POINTS, distance_to_data
from explainer.own import is_own
from explainer.quality import REFERENCE_SEED, real_against_real

KNOWN = Path(__file__).with_name("quality.json")  # written by explainer.experiments.quality_steps
N = 2000
DRAWS = 15  # clouds of fresh real data
PICKED_FROM = 10  # times as many points as are picked
DIGITS = 5


@cache
def read_known() -> dict[str, dict[str, Any]]:
    """Read the file: ``models`` and ``exact``, both with the distances of each, and ``real``."""
    known: dict[str, dict[str, Any]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return known


def rounded(value: float) -> float:
    """Round to as many digits as are told."""
    return float(f"{value:.{DIGITS}g}")


def measure_real(dataset: str, n: int = N) -> list[float]:
    """Measure clouds of fresh real data: as good as n points can be, by chance.

    The points are picked at random from many. Some data sets are drawn with just as many points
    in each part, and so are nearer to each other than points without such a plan: those that come
    from noise have none. Of one's own points there are only two halves.

    Returns
    -------
    list of float
        Distances in data units / 10, one a cloud.
    """
    if is_own(dataset):
        return [rounded(real_against_real(dataset, n, REFERENCE_POINTS))]
    found = []
    for draw in range(DRAWS):
        many = make_dataset(dataset, PICKED_FROM * n, seed=REFERENCE_SEED - 1 - draw)
        picked = torch.randperm(len(many.x), generator=torch.Generator().manual_seed(draw))[:n]
        found.append(rounded(distance_to_data(many.x[picked], many, dataset)))
    return found


@lru_cache(maxsize=32)
def real_distances(dataset: str) -> list[float]:
    """Return what :func:`measure_real` finds; that of the usual data sets lies ready."""
    known: list[float] | None = read_known()["real"].get(dataset)
    return measure_real(dataset) if known is None else known


@lru_cache(maxsize=64)
def real_distance(dataset: str, n: int = N) -> float:
    """Return the median distance of n fresh real points: no sample can be told to be nearer."""
    return median(real_distances(dataset) if n == N else measure_real(dataset, n))
