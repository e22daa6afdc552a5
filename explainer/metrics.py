"""How good a sample is, and how good any network could be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import Dataset, spread
from explainer.models import ExactDenoiser
from explainer.schedules import NoiseSchedule
from explainer.settings import ObjectiveName

Indices = NDArray[np.int64]


def _quantile_steps(n: int, m: int) -> tuple[Indices, Indices, NDArray[np.float32]]:
    """Merge the steps of the quantile functions of n and m points.

    Between two neighbouring breakpoints both functions are constant: returns the index of each
    piece in the sorted n, in the sorted m, and the piece's width. The breakpoints k/n and k/m are
    kept as the integers k m and k n over n m, so that ties are exact.
    """
    breaks = np.union1d(np.arange(n + 1, dtype=np.int64) * m, np.arange(m + 1, dtype=np.int64) * n)
    width = (np.diff(breaks) / (n * m)).astype(np.float32)
    return breaks[:-1] // m, breaks[:-1] // n, width


@torch.no_grad()
def sliced_wasserstein(a: Tensor, b: Tensor, *, n_projections: int = 256, seed: int = 0) -> float:
    r"""Mean 1-Wasserstein distance of two point sets over random directions.

    Parameters
    ----------
    a, b : Tensor, shapes (n, 2) and (m, 2)
        Sets of any sizes, in the same units; the result is in those units.
    n_projections : int
        Number of directions.
    seed : int
        Of the directions, so that two calls compare.

    Returns
    -------
    float
        The mean over directions of :math:`\int_0^1 |F_a^{-1}(q) - F_b^{-1}(q)| dq`, exact also
        where n and m differ. 0 for equal sets.

    Raises
    ------
    ValueError
        If a set is empty or not of shape (n, 2), or n_projections is less than 1.

    References
    ----------
    Bonneel et al. 2015, doi 10.1007/s10851-014-0506-3.
    """
    for name, points in (("a", a), ("b", b)):
        if points.ndim != 2 or points.shape[1] != 2 or not len(points):
            raise ValueError(
                f"{name} must have shape (n, 2) with n >= 1, not {tuple(points.shape)}"
            )
    if n_projections < 1:
        raise ValueError(f"n_projections must be at least 1, not {n_projections}")
    directions = _directions(n_projections, seed)
    # numpy sorts float32 ten times as fast as torch does on a CPU, and sorting is all there is.
    n, m = len(a), len(b)
    in_a, in_b, width = _quantile_steps(n, m)
    total = 0.0
    for direction in directions:
        sorted_a, sorted_b = (np.sort((points @ direction).numpy()) for points in (a, b))
        gap = sorted_a - sorted_b if n == m else sorted_a[in_a] - sorted_b[in_b]
        total += float(np.abs(gap) @ width)
    return total / n_projections


class DistanceTo:
    """Sliced Wasserstein distance to one set of points, for many sets that are compared with it.

    Its projections are sorted once, so that a look at a training run costs two milliseconds.

    Parameters
    ----------
    target : Tensor, shape (m, 2)
    n_projections, seed : int
        As for :func:`sliced_wasserstein`.
    """

    def __init__(self, target: Tensor, *, n_projections: int = 64, seed: int = 0) -> None:
        self._directions = _directions(n_projections, seed)
        self._sorted = _projected(target, self._directions)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> float:
        """Return the distance of points (n, 2), in the units of the target."""
        ours, target = _projected(x, self._directions), self._sorted
        if ours.shape == target.shape:  # each to its neighbour, without looking anything up
            return float(np.abs(ours - target).mean())
        in_ours, in_target, width = _quantile_steps(ours.shape[1], target.shape[1])
        gaps = np.abs(ours[:, in_ours] - target[:, in_target])
        return float((gaps @ width).mean())


def _directions(n: int, seed: int) -> Tensor:
    """Draw unit vectors, (n, 2)."""
    directions = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))
    directions /= directions.norm(dim=1, keepdim=True)
    return directions


def _projected(points: Tensor, directions: Tensor) -> NDArray[np.float32]:
    """Project points (n, 2) and sort them along each direction, (directions, n)."""
    projections: NDArray[np.float32] = np.sort((directions @ points.T).numpy(), axis=1)
    return projections


def stray_share(points: Tensor, centreline: Tensor, distance: float) -> float:
    """Share of points farther than a distance from a line; what an eye sees and SWD does not.

    Parameters
    ----------
    points : Tensor, shape (n, 2)
    centreline : Tensor, shape (m, 2)
        Points along the noiseless shape, dense against ``distance``, in the same units.
    distance : float
        For instance three standard deviations of the data's noise.

    Returns
    -------
    float
        In [0, 1].
    """
    parts = torch.split(points, 2000)
    nearest = torch.cat([torch.cdist(part, centreline).amin(dim=1) for part in parts])
    return (nearest > distance).double().mean().item()


@dataclass(frozen=True, eq=False)
class FloorCurve:
    """The lowest loss on a data set against the signal-to-noise ratio: any schedule's floor.

    What is left of the noise's secrets depends on how much noise there is and not on the schedule
    that led there, so one curve serves them all.

    Attributes
    ----------
    decibels : ndarray, shape (k,)
        SNR, rising.
    v : ndarray, shape (k,)
        Mean squared error per coordinate of the best prediction of v. It is the floor of x0 over
        the noise's power, and of eps over the data's; of the three it alone stays of order 1.
    """

    decibels: NDArray[np.float64]
    v: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LossFloor:
    """The lowest loss that any network can reach on a data set with a schedule.

    Attributes
    ----------
    per_t : Tensor, shape (T,)
        Mean squared error per coordinate of the best possible prediction at each noise level.
    mean : float
        Over all noise levels: where a training loss stops falling.
    """

    per_t: Tensor
    mean: float


NODES = np.linspace(-40.0, 60.0, 41)  # dB; below, the posterior is the data, above, a single point


@torch.no_grad()
def floor_curve(dataset: Dataset, *, n_points: int = 256, seed: int = 0) -> FloorCurve:
    r"""Compute the loss of the exact denoiser: no network can do better on this data.

    The best prediction is the posterior mean, and its error the posterior variance. It is exact
    for each x_t; only the mean over x_t is an estimate, from ``n_points`` draws, the same for
    every noise level, so that the curve is smooth. The data set is taken as finite: with very
    little noise its points can be told apart and the floor falls to 0.

    Parameters
    ----------
    dataset : Dataset
    n_points : int
        Draws of x_t per noise level.
    seed : int

    Returns
    -------
    FloorCurve

    References
    ----------
    Guo et al. 2005, doi 10.1109/TIT.2005.844072: the least mean squared error as a function of
    the SNR alone.
    """
    alpha_bar = 1 / (1 + 10 ** (-NODES[::-1] / 10))  # falling, as in a schedule
    betas = 1 - alpha_bar / np.concatenate([[1.0], alpha_bar[:-1]])
    schedule = NoiseSchedule(torch.from_numpy(betas))
    exact = ExactDenoiser(dataset.x, schedule)
    along = dataset.x[dataset.color.argsort()]
    u = spread(n_points, 3, seed=seed)
    x_0 = along[(u[:, 0] * len(along)).long()]
    eps = torch.special.ndtri(u[:, 1:])
    floors = []
    for t in range(schedule.T):
        time = torch.tensor([t])
        variance = exact.posterior_variance(schedule.add_noise(x_0, eps, time), time)
        # Two coordinates; 1 / (1 - alpha_bar) takes the error of x0 to that of v.
        floors.append(variance.double().mean().item() / 2 / (1 - alpha_bar[t]))
    return FloorCurve(decibels=NODES, v=np.array(floors[::-1]))


def loss_floor(
    curve: FloorCurve, schedule: NoiseSchedule, *, objective: ObjectiveName = "eps"
) -> LossFloor:
    r"""Read a schedule's floor off a data set's curve.

    Parameters
    ----------
    curve : FloorCurve
    schedule : NoiseSchedule
    objective : {"eps", "x0", "v"}
        Whose loss is meant: with the floor :math:`v` of v, that of eps is
        :math:`\bar\alpha_t v` and that of x0 :math:`(1 - \bar\alpha_t) v`.

    Returns
    -------
    LossFloor
    """
    from scipy.interpolate import CubicSpline  # takes a moment to import

    alpha_bar = np.array([schedule.alpha_bar(t) for t in range(schedule.T)])
    with np.errstate(divide="ignore"):
        decibels = 10 * np.log10(alpha_bar / (1 - alpha_bar))
    within = np.clip(decibels, curve.decibels[0], curve.decibels[-1])
    v = np.maximum(CubicSpline(curve.decibels, curve.v)(within), 0)
    weight = {"v": 1.0, "eps": alpha_bar, "x0": 1 - alpha_bar}[objective]
    per_t = torch.from_numpy(weight * v).float()
    return LossFloor(per_t=per_t, mean=per_t.mean().item())
