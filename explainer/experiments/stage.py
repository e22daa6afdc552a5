"""The picture that samples and arrows of a training run are drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import make_dataset
from explainer.experiments.common import SHOWN, chosen_frames, shown
from explainer.experiments.field import grid
from explainer.frames import Limits, limits_around

SIDE = 15  # arrows along one side


@dataclass(frozen=True, eq=False)
class Stage:
    """The picture that samples and arrows of a run are drawn in.

    Attributes
    ----------
    behind : ndarray, shape (n, 2)
        Data, in their own units.
    limits : tuple of float
    places : Tensor, shape (SIDE², 2)
        Where the arrows start, in data units.
    """

    behind: NDArray[np.float64]
    limits: Limits
    places: Tensor


@lru_cache(maxsize=16)
def stage(dataset: str) -> Stage:
    """Return the picture of a data set, the same for all runs on it."""
    data = make_dataset(dataset, SHOWN, seed=0)
    behind = shown(data, data.x)
    limits = limits_around(behind, margin=0.35)
    return Stage(behind, limits, grid(limits, SIDE))


def field_bytes(field: Tensor) -> NDArray[np.uint8]:
    """Write vectors no longer than 1 as two bytes each: 127.5 is 0, 254.5 is 1."""
    written: NDArray[np.uint8] = np.rint(127.5 + 127 * field.numpy()).astype(np.uint8)
    return written


def field_levels(T: int) -> list[int]:
    """Return the noise levels that arrows are drawn for."""
    return chosen_frames(T, 8)


def loss_levels(T: int) -> list[int]:
    """Return the noise levels that the loss is told for."""
    return chosen_frames(T, 16)
