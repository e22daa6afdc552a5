"""Clouds of samples: how they are coloured, framed and measured."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import Dataset, make_dataset
from explainer.experiments.common import SHOWN, shown
from explainer.frames import Limits, limits_around
from explainer.metrics import sliced_wasserstein
from explainer.quality import REFERENCE_SEED, UNIT

REFERENCE_POINTS = 10_000
LARGEST = 1e15  # of a sample's coordinates: their squares must fit into single precision


def nearest_color(x: Tensor, data: Dataset) -> Tensor:
    """Colour points (n, 2) like the data point nearest to each, so that mixing can be seen."""
    return data.color[:SHOWN][torch.cdist(x, data.x[:SHOWN]).argmin(dim=1)]


def view_of(data: Dataset, x_T: Tensor, final: Tensor) -> Limits:
    """Limits that hold the noise, unless the data would be too small to see beside it.

    The tutorial divides its data by ten but not its noise; there the view stays near the data, and
    points come in from outside.
    """
    real = shown(data, data.x[:SHOWN])
    near = limits_around(real, margin=1.2)
    far = limits_around(real, shown(data, x_T), shown(data, final))
    return min(near, far, key=lambda limits: limits[1] - limits[0])


def count_outside(points: NDArray[np.float64], limits: Limits) -> int:
    """Count the points (n, 2) that lie outside a picture."""
    return int(((points < limits[::2]) | (points > limits[1::2])).any(axis=1).sum())


def unseen(start: NDArray[np.float64], limits: Limits) -> list[str]:
    """Say how many points (n, 2) start outside the picture, if any do."""
    outside = count_outside(start, limits)
    if not outside:
        return []
    return [f"{outside:,} points start outside this picture: the noise is far wider than the data"]


def fresh_points(data: Dataset, dataset: str) -> Tensor:
    """Draw real points (10,000, 2) in data units, double, relative to the mean of the data.

    Points of one's own may be so far from 0 that single precision loses them there.
    """
    real = make_dataset(dataset, REFERENCE_POINTS, seed=REFERENCE_SEED)
    return real.x.double() * real.scale + (real.mean - data.mean)


def distance_to_data(x: Tensor, data: Dataset, dataset: str) -> float:
    """Sliced Wasserstein distance of points (n, 2) to fresh real data, in data units / 10."""
    target = fresh_points(data, dataset)
    return sliced_wasserstein((x * data.scale / UNIT).float(), (target / UNIT).float())


def check_finite(x: Tensor) -> None:
    """Refuse samples (n, 2) that are no numbers, or too large to be measured.

    Raises
    ------
    ValueError
        With a sentence for the learner.
    """
    if not (x.abs() < LARGEST).all():  # also where it is nan
        raise ValueError(
            "The samples of this model grow beyond all numbers, so there is nothing to show: train "
            "it again, with a lower learning rate."
        )
