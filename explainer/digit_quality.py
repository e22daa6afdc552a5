"""How good pictures of digits are: how near to real ones, how readable, and how various.

Pictures are measured as they are seen: what is blacker than black is black.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.digits import digits
from explainer.settings import MainCorruption

if TYPE_CHECKING:
    from sklearn.neighbors import KernelDensity

CONFIDENT = 0.9  # probability from which on a digit counts as recognised
# Root mean square differences of two pictures, 0 being black and 1 white. Of 100 real digits, 97
# are nearer than 0.2 to a training digit, and pure noise is never nearer than 0.3.
BANDWIDTH = 0.05  # of the reader: h
UNLIKE = 0.2  # as far from a digit as a picture may be
NOISE_SEED = 2**31 - 3
BASELINE = 200  # pictures, about as many as are sampled: how many differ depends on it


@dataclass(frozen=True)
class DigitQuality:
    """The quality of pictures of digits.

    Attributes
    ----------
    nearest : float
        Distance to the nearest training digit, the root mean square over the pixels, 0 being black
        and 1 white; mean over the pictures. 0 for copies.
    recognised : float
        Share that is read as one of the ten digits with a probability of 0.9 or more, see
        :func:`read`.
    classes : int
        How many of the ten digits are among those recognised.
    different : float
        Share of different nearest training digits: 1 if no two pictures have the same, and 1 over
        their number if all have one.
    """

    nearest: float
    recognised: float
    classes: int
    different: float

    def as_fields(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def _distances(samples: Tensor) -> Tensor:
    """Return root mean square differences of pictures (n, 64) to the training digits, (n, m)."""
    real = digits().train
    # Where pictures are close, the faster way to compute distances loses half of their digits.
    exactly = "donot_use_mm_for_euclid_dist"
    far = torch.cdist(samples.clamp(0, 1).to(real.dtype), real, compute_mode=exactly)
    return far.double() / math.sqrt(real.shape[1])


@lru_cache(maxsize=1)
def _densities() -> list[tuple[int, KernelDensity]]:
    """Fit a kernel density to the training digits of each name; with it, how many there are."""
    from sklearn.neighbors import KernelDensity  # scikit-learn takes a second to import

    d = digits()
    each = [d.train[d.train_labels == digit].double().numpy() for digit in range(10)]
    width = BANDWIDTH * math.sqrt(d.train.shape[1])  # of Euclidean distances
    return [(len(real), KernelDensity(bandwidth=width).fit(real)) for real in each]


def read(samples: Tensor) -> Tensor:
    r"""Say what pictures are read as.

    Bayes' rule with scikit-learn's kernel densities: a picture is as likely under a digit as the
    sum of :math:`\exp(-r^2 / 2 h^2)` over all training digits of that name says, r being its
    distance to each. Under "none" it is as likely as one training digit at distance 0.2 would make
    it.

    This reader is sure of nine in ten real digits, of no pure noise and not of the average of all
    digits. Usual classifiers have no "none": of pure noise, nearest neighbours are as sure in every
    tenth picture, logistic regression in every second.

    Parameters
    ----------
    samples : Tensor, shape (n, 64)
        Values outside [0, 1] are taken for 0 or 1.

    Returns
    -------
    Tensor of float64, shape (n, 11)
        Probabilities of the digits 0 to 9, and of none of them.

    References
    ----------
    Parzen 1962, doi 10.1214/aoms/1177704472.
    """
    seen = samples.clamp(0, 1).double().numpy()
    log = [density.score_samples(seen) + math.log(n) for n, density in _densities()]
    size, h = seen.shape[1], BANDWIDTH
    kernel = -size * math.log(2 * math.pi * size * h**2) / 2 - (UNLIKE / h) ** 2 / 2
    log.append(np.full(len(seen), kernel))
    return torch.from_numpy(np.stack(log, axis=1)).softmax(dim=1)


def digit_quality(samples: Tensor) -> DigitQuality:
    """Measure pictures of digits.

    Parameters
    ----------
    samples : Tensor, shape (n, 64)
        Values outside [0, 1] are taken for 0 or 1.

    Returns
    -------
    DigitQuality

    Raises
    ------
    ValueError
        If there is no picture, or a value is not finite.
    """
    if samples.ndim != 2 or samples.shape[1] != 64 or not len(samples):
        raise ValueError(f"samples must have shape (n, 64) with n >= 1, not {tuple(samples.shape)}")
    if not samples.isfinite().all():
        raise ValueError("samples must be finite numbers")
    nearest = _distances(samples).min(dim=1)
    sure, digit = read(samples)[:, :10].max(dim=1)
    recognised = sure >= CONFIDENT
    return DigitQuality(
        nearest=nearest.values.mean().item(),
        recognised=recognised.double().mean().item(),
        classes=len(set(digit[recognised].tolist())),
        different=len(set(nearest.indices.tolist())) / len(samples),
    )


@lru_cache(maxsize=1)
def real_digit_quality() -> DigitQuality:
    """Measure real digits that nothing was trained on: as good as it gets."""
    return digit_quality(digits().held_out[:BASELINE])


@lru_cache(maxsize=3)
def noise_digit_quality(kind: MainCorruption) -> DigitQuality:
    """Measure pure corruption of a kind: what it takes no network to reach."""
    generator = torch.Generator().manual_seed(NOISE_SEED)
    like = torch.zeros(BASELINE, 64)
    return digit_quality(CORRUPTIONS[kind].end(like, generator, Box.of_images()))
