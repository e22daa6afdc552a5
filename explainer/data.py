"""Data sets: points in the plane, standardised, with a colour along the shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.own import is_own, load_points
from explainer.settings import DatasetName, Scaling

Array = NDArray[np.float64]
S_CURVE_NOISE = 0.1  # standard deviation per coordinate, in data units


@dataclass(frozen=True, eq=False)
class Dataset:
    """Points and the way back to data units.

    Attributes
    ----------
    x : Tensor of float32, shape (n, 2)
        The points as a network sees them.
    color : Tensor of float32, shape (n,)
        Position along the shape, in [0, 1], so that mixing can be seen.
    mean, scale : Tensor of float64, shape (2,)
        ``x * scale + mean`` is in data units; in single precision, years or seconds since 1970
        would be drawn as a staircase.
    name : str
    """

    x: Tensor
    color: Tensor
    mean: Tensor
    scale: Tensor
    name: str

    def to_data_units(self, x: Tensor) -> Tensor:
        """Undo the scaling of points of shape (..., 2); the result has their precision."""
        return (x * self.scale + self.mean).to(x.dtype)


def _s_curve(n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    from sklearn.datasets import make_s_curve  # scikit-learn takes a second to import

    points, t = make_s_curve(n, noise=S_CURVE_NOISE, random_state=rng)
    return points[:, [0, 2]], t


def _moons(n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    from sklearn.datasets import make_moons

    clean, label = make_moons(n, noise=None, random_state=rng)
    along = np.where(label == 0, (clean[:, 0] + 1) / 4, 0.5 + clean[:, 0] / 4)
    return clean + rng.normal(scale=0.06, size=clean.shape), along


def _circles(n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    from sklearn.datasets import make_circles

    clean, label = make_circles(n, noise=None, factor=0.5, random_state=rng)
    angle = (np.arctan2(clean[:, 1], clean[:, 0]) / (2 * np.pi)) % 1
    return clean + rng.normal(scale=0.04, size=clean.shape), (angle + (label == 1)) / 2


def _swiss_roll(n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    from sklearn.datasets import make_swiss_roll

    points, t = make_swiss_roll(n, noise=0.4, random_state=rng)
    return points[:, [0, 2]] / 10, t


def _checkerboard(n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    column = rng.randint(0, 4, size=n)
    row = 2 * rng.randint(0, 2, size=n) + column % 2
    points = np.stack([column, row], axis=1) + rng.uniform(size=(n, 2)) - 2
    return points, column + row / 4


def _spiral(n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    # Two arms; the square root spreads the points evenly along them.
    turn = np.sqrt(rng.uniform(0.03, 1.0, size=n)) * 3 * np.pi
    arm = rng.randint(0, 2, size=n)
    angle = turn + np.pi * arm
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (turn / np.pi)[:, None] / 2
    return points + rng.normal(scale=0.04, size=points.shape), turn + 3 * np.pi * arm


def _gaussians(n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    which = rng.randint(0, 8, size=n)
    angle = which * np.pi / 4
    centres = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 2
    return centres + rng.normal(scale=0.15, size=(n, 2)), which.astype(np.float64)


DATASETS: dict[DatasetName, Callable[[int, np.random.RandomState], tuple[Array, Array]]] = {
    "s_curve": _s_curve,
    "moons": _moons,
    "circles": _circles,
    "swiss_roll": _swiss_roll,
    "checkerboard": _checkerboard,
    "spiral": _spiral,
    "gaussians": _gaussians,
}


def _own(name: str, n: int, rng: np.random.RandomState) -> tuple[Array, Array]:
    points, along = load_points(name)
    if len(points) > n:
        chosen = np.sort(rng.permutation(len(points))[:n])
        points, along = points[chosen], along[chosen]
    return points.astype(np.float64), along.astype(np.float64)


def _spreads(points: Array) -> Array:
    """Return the standard deviation of each coordinate, safe to divide by."""
    spreads: Array = points.std(axis=0)
    # Points on a line along an axis have no spread across it: there the other one's will do.
    flat = spreads <= 1e-9 * max(float(spreads.max()), 1e-300)
    return np.where(flat, spreads.max() or 1.0, spreads)


def make_dataset(name: str, n: int, *, seed: int, scaling: Scaling = "standard") -> Dataset:
    """Make a data set of n points.

    Parameters
    ----------
    name : str
        ``s_curve`` (scikit-learn's, noise 0.1, columns 0 and 2), ``moons``, ``circles``,
        ``swiss_roll``, ``checkerboard``, ``spiral`` or ``gaussians``; or the name of points of
        one's own, see :mod:`explainer.own`.
    n : int
        Number of points, 2 to 1,000,000. Of one's own points there are never more than were
        given; n fewer of them are drawn at random, in their order.
    seed : int
        Of the generator; the same seed gives the same points.
    scaling : {"standard", "tutorial"}
        ``standard``: zero mean and unit variance in each coordinate. ``tutorial``: divide by 10
        and do nothing else; points of one's own, which may be anywhere, are standardised here too.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If the name or scaling is unknown, or n is out of range.
    """
    if name not in DATASETS and not is_own(name):
        raise ValueError(f"dataset must be one of {', '.join(get_args(DatasetName))}, not {name!r}")
    if scaling not in get_args(Scaling):
        raise ValueError(f"scaling must be one of {', '.join(get_args(Scaling))}, not {scaling!r}")
    if isinstance(n, bool) or not isinstance(n, int) or not 2 <= n <= 1_000_000:
        raise ValueError(f"n must be a whole number between 2 and 1000000, not {n!r}")
    rng = np.random.RandomState(seed)
    points, along = DATASETS[name](n, rng) if name in DATASETS else _own(name, n, rng)
    if scaling == "standard" or name not in DATASETS:
        mean, scale = points.mean(axis=0), _spreads(points)
    else:
        mean, scale = np.zeros(2), np.full(2, 10.0)
    low, high = along.min(), along.max()
    return Dataset(
        x=torch.from_numpy((points - mean) / scale).float(),
        color=torch.from_numpy((along - low) / max(high - low, 1e-12)).float(),
        mean=torch.from_numpy(mean),
        scale=torch.from_numpy(scale),
        name=name,
    )


def s_curve_centreline(n: int = 2001) -> Tensor:
    """Points of the S-curve without its noise, evenly along it, shape (n, 2), in data units."""
    t = 3 * np.pi * (np.linspace(0, 1, n) - 0.5)  # scikit-learn's parameter
    return torch.from_numpy(np.stack([np.sin(t), np.sign(t) * (np.cos(t) - 1)], axis=1)).float()


def spread(n: int, dimensions: int, *, seed: int) -> Tensor:
    """Spread n points over the unit cube evenly, for means that should be free of chance.

    Over place on the shape, noise and noise level, 2,048 such points leave a fifth of the error
    of as many random ones, so that a loss can be read against a floor.

    Parameters
    ----------
    n, dimensions : int
    seed : int
        Of the scrambling.

    Returns
    -------
    Tensor of float32, shape (n, dimensions)
        Strictly inside (0, 1), so that the normal quantile function may be applied.

    References
    ----------
    Owen 1998, doi 10.1006/jcom.1998.0487 (scrambled Sobol points).
    """
    engine = torch.quasirandom.SobolEngine(dimensions, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
    return engine.draw(n).clamp_(1e-6, 1 - 1e-6)
