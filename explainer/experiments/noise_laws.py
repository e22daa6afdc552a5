"""What the chapters on the laws of noise share: moments, exact and measured, and distances."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box, photons
from explainer.experiments import real
from explainer.metrics import DistanceTo
from explainer.settings import CorruptionName

POINTS = 2000
PROJECTIONS = 32
NO_SPREAD = 1e-9  # variances up to this, of standardised values, are rounding


def rounded(value: float) -> float | None:
    """Round to as many digits as are told; what is no number is None."""
    return real.rounded(value) if math.isfinite(value) else None


@dataclass(frozen=True)
class Moments:
    """The mean, the variance and the excess kurtosis of a law: nan where nothing varies."""

    mean: float
    variance: float
    kurtosis: float

    def told(self) -> dict[str, float | None]:
        """Return them as they travel to the page."""
        return {name: rounded(value) for name, value in asdict(self).items()}


def from_central(mean: float, variance: float, fourth: float) -> Moments:
    """Return the moments of a law from its mean and its second and fourth central moments."""
    spread = variance > NO_SPREAD
    return Moments(mean, max(variance, 0.0), fourth / variance**2 - 3 if spread else math.nan)


def measured(values: Tensor) -> Moments:
    """Measure values of shape (n,)."""
    values = values.double()
    mean = values.mean()
    squares = (values - mean).square()
    return from_central(mean.item(), squares.mean().item(), squares.square().mean().item())


def box_of(x: Tensor) -> Box:
    """Return the box around points (n, d), where a flat side gets a length of 1.

    Points of one's own may lie on a line along an axis; noise needs room there too.
    """
    low, high = x.amin(dim=0), x.amax(dim=0)
    flat = (high - low <= 1e-6).to(x.dtype)
    return Box(low - flat / 2, high + flat / 2)


def given_x_0(kind: CorruptionName, x_0: Tensor, amount: float, box: Box) -> Moments:
    r"""Return the moments of one corrupted value given what it was.

    Parameters
    ----------
    kind : str
    x_0 : Tensor, shape (1,)
    amount : float
    box : Box
        Of one coordinate.

    Returns
    -------
    Moments
        The excess kurtosis is 0 for Gaussian noise, -6/5 for uniform noise, 6 for exponential
        speckle and :math:`1/\lambda` for a Poisson count of mean :math:`\lambda`.
    """
    x_0, low, high = x_0.double(), box.low.double(), box.high.double()
    box = Box(low, high, box.centre, box.unit)
    corruption = CORRUPTIONS[kind]
    mean = corruption.mean(x_0, amount, box)
    variance = corruption.variance(x_0, amount, box).item()
    if kind == "salt_and_pepper":
        kept, corners = (x_0 - mean) ** 4, ((low - mean) ** 4 + (high - mean) ** 4) / 2
        return from_central(mean.item(), variance, ((1 - amount) * kept + amount * corners).item())
    excess = {"uniform": -1.2, "multiplicative": 6.0}.get(kind, 0.0)
    if kind == "poisson" and variance > NO_SPREAD:
        excess = 1 / (photons(amount) * (x_0 - low) / (high - low)).item()
    return from_central(mean.item(), variance, (3 + excess) * variance**2)


def distances(cloud: Tensor, others: Iterable[Tensor]) -> list[float]:
    """Sliced Wasserstein distances of one cloud (n, 2) to others, in the cloud's units."""
    to_cloud = DistanceTo(cloud, n_projections=PROJECTIONS)
    return [to_cloud(other) for other in others]
