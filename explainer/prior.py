"""How far the end of the forward process is from the noise that sampling starts with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from explainer.data import Dataset, spread
from explainer.schedules import NoiseSchedule

# Nats a point. n points give n times as much evidence: 10,000 of the first level, and 100 of the
# second, cannot be told from N(0, I) with any confidence.
GOOD, CLOSE = 1e-4, 1e-2
CHUNK = 256  # rows at once, so that their log densities stay in cache


@dataclass(frozen=True)
class PriorGap:
    r"""What :math:`q(x_T)` is, beside the :math:`N(0, I)` that every sampler starts from.

    Attributes
    ----------
    alpha_bar : float
        Share of the data's power left at T.
    mean, std : tuple of float
        Of each coordinate of :math:`q(x_T)`, in the network's units.
    kl_moments : float
        :math:`KL(N(\mu, \Sigma) \| N(0, I))` with the mean and covariance of :math:`q(x_T)`,
        nats. Standardised data have mean 0 and variance 1 at every t, so this sees little.
    kl : float
        :math:`KL(q(x_T) \| N(0, I))`, nats, shape and all.
    """

    alpha_bar: float
    mean: tuple[float, float]
    std: tuple[float, float]
    kl_moments: float
    kl: float

    @property
    def level(self) -> Literal["good", "close", "far"]:
        """Whether sampling may start from N(0, I)."""
        return "good" if self.kl < GOOD else "close" if self.kl < CLOSE else "far"


def moment_kl(mean: Tensor, covariance: Tensor) -> float:
    r"""Return :math:`KL(N(\mu, \Sigma) \| N(0, I))` in nats for shapes (d,) and (d, d)."""
    trace, log_det = covariance.trace().item(), covariance.logdet().item()
    return max(0.0, 0.5 * (trace + mean.square().sum().item() - len(mean) - log_det))


def _log_density(x: Tensor, centres: Tensor, std: float) -> Tensor:
    """Log density at x (n, 2) of the equal mixture of normals around centres (m, 2)."""
    parts = []
    for rows in torch.split(x, CHUNK):
        squared = (rows[:, :1] - centres[:, 0]).square_()  # (rows, m)
        squared += (rows[:, 1:] - centres[:, 1]).square_()
        parts.append(squared.mul_(-0.5 / std**2).logsumexp(dim=1))
    return torch.cat(parts) - math.log(len(centres) * 2 * math.pi * std**2)


@torch.no_grad()
def prior_gap(
    dataset: Dataset, schedule: NoiseSchedule, *, n_points: int = 4096, seed: int = 0
) -> PriorGap:
    r"""Measure how far :math:`q(x_T)` is from N(0, I).

    On a finite data set :math:`q(x_T)` is a mixture of as many normals as there are points, so its
    density is exact; only the mean of the log ratio is an estimate, from ``n_points`` draws.

    Parameters
    ----------
    dataset : Dataset
    schedule : NoiseSchedule
    n_points : int
        Draws of x_T.
    seed : int

    Returns
    -------
    PriorGap
    """
    abar = schedule.alpha_bar(schedule.T - 1)
    signal, noise = math.sqrt(abar), math.sqrt(1 - abar)
    x = dataset.x.double()
    mean = signal * x.mean(dim=0)
    identity = torch.eye(2, dtype=torch.float64)
    covariance = abar * x.T.cov(correction=0) + (1 - abar) * identity
    u = spread(n_points, 3, seed=seed)
    along = dataset.x[dataset.color.argsort()]
    x_0 = along[(u[:, 0] * len(along)).long()]
    x_T = signal * x_0 + noise * torch.special.ndtri(u[:, 1:])
    log_q = _log_density(x_T, signal * dataset.x, noise)
    log_p = -0.5 * x_T.square().sum(dim=1) - math.log(2 * math.pi)
    log_ratio = (log_q - log_p).double()
    kl = log_ratio.mean().item()
    if kl < 0.1:
        # Adding p/q - 1, whose mean is 0, takes most of the chance out; but not where q leaves
        # out much of p: there hardly any draw has the large p/q that the mean is made of.
        kl = (log_ratio + torch.expm1(-log_ratio)).mean().item()
    return PriorGap(
        alpha_bar=abar,
        mean=(mean[0].item(), mean[1].item()),
        std=(covariance[0, 0].sqrt().item(), covariance[1, 1].sqrt().item()),
        kl_moments=moment_kl(mean, covariance),
        kl=max(0.0, kl),
    )
