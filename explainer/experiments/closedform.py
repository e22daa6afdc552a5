"""DDPM's formula, a mean and a variance, held against six kinds of noise."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import mean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import Dataset, make_dataset
from explainer.experiments.common import color_bytes, file_name, shown
from explainer.experiments.noise_laws import (
    POINTS,
    Moments,
    box_of,
    distances,
    given_x_0,
    measured,
    rounded,
)
from explainer.experiments.samples import count_outside
from explainer.frames import Limits, encode, limits_around, quantise
from explainer.noise_settings import NoiseDataSettings
from explainer.settings import CORRUPTION_NAMES, CorruptionName

SHOWN = 700  # points of each picture: twelve walks of clouds travel at once
AMOUNTS = [k / 20 for k in range(21)]
NO_CHANCE = 1e-6  # distances up to this are rounding
PAIRS = 4  # of clouds that a distance is the mean of
COPIES = 40_000  # of one value, for the law given x_0
ALONG = 0.7  # where on its side of the box that value is, so that nothing is symmetrical by luck
OUTERMOST = 0.003  # share of the points on each side that a picture need not hold
EDGES = np.linspace(-6, 8, 71)  # in standard deviations from the mean


def formula(
    kind: CorruptionName, x_0: Tensor, amount: float, generator: torch.Generator, box: Box
) -> Tensor:
    r"""Noise points (n, 2) by a formula of DDPM's form, with a kind's own mean and variance.

    :math:`q(x_t | x_0) = N(\mu(x_0), \sigma^2(x_0))`, which for Gaussian noise is equation 4 of
    arXiv 2006.11239 itself, and for other kinds the Gaussian law that is nearest to theirs.
    """
    corruption = CORRUPTIONS[kind]
    spread = corruption.variance(x_0, amount, box).clamp(min=0).sqrt()
    eps = torch.randn(x_0.shape, generator=generator)
    return corruption.mean(x_0, amount, box) + spread * eps


def compared(
    kind: CorruptionName, x_0: Tensor, amount: float, seed: int, box: Box
) -> tuple[float, float, Tensor, Tensor]:
    """Compare a kind of noise with the formula.

    Returns
    -------
    apart, chance : float
        Mean sliced Wasserstein distances, in standardised units, of the noisy data to what the
        formula makes of them, and to themselves with other draws.
    truth, made : Tensor, shapes (n, 2)
    """

    def seeded(number: int) -> torch.Generator:
        return torch.Generator().manual_seed(seed + number)

    truth = CORRUPTIONS[kind](x_0, amount, seeded(0), box)
    made = [formula(kind, x_0, amount, seeded(1 + i), box) for i in range(PAIRS)]
    again = [CORRUPTIONS[kind](x_0, amount, seeded(11 + i), box) for i in range(PAIRS)]
    found = distances(truth, [*made, *again])
    return mean(found[:PAIRS]), mean(found[PAIRS:]), truth, made[0]


def times(apart: float, chance: float) -> float | None:
    """Return how many times as far as by chance; None where there is no chance."""
    return rounded(apart / chance) if chance > NO_CHANCE else None


def one_value(
    kind: CorruptionName, x_0: Tensor, amount: float, seed: int, box: Box
) -> tuple[Moments, Moments, list[float]]:
    """Corrupt one value, shape (1,), many times, and look at the law that it then has.

    Returns
    -------
    exact, found : Moments
    shares : list of float
        Of the copies in bins of 0.2 standard deviations around the mean, the outermost of which
        have all that lies beyond.
    """
    exact = given_x_0(kind, x_0, amount, box)
    generator = torch.Generator().manual_seed(seed)
    x = CORRUPTIONS[kind](x_0.expand(COPIES, 1), amount, generator, box)[:, 0].double()
    if math.isnan(exact.kurtosis):
        return exact, measured(x), [0.0] * (len(EDGES) - 1)
    away = ((x - exact.mean) / math.sqrt(exact.variance)).numpy()
    counts, _ = np.histogram(np.clip(away, EDGES[0], EDGES[-1]), EDGES)
    return exact, measured(x), [round(count / COPIES, 5) for count in counts.tolist()]


def bell() -> list[float]:
    """Return the shares of the same bins under DDPM's formula: a standard normal law."""
    below = [0.5 * (1 + math.erf(edge / math.sqrt(2))) for edge in EDGES.tolist()]
    return [round(high - low, 6) for low, high in pairwise(below)]


def _view(*pictures: NDArray[np.float64]) -> Limits:
    """Return limits that hold all but the outermost points: a few counted photons go far."""
    points = np.concatenate([picture.reshape(-1, 2) for picture in pictures])
    return limits_around(np.quantile(points, [OUTERMOST, 1 - OUTERMOST], axis=0))


def chosen(data: Dataset, box: Box) -> int:
    """Return the point whose x is nearest to 0.7 of the way along the box."""
    wanted = box.low[0] + ALONG * (box.high[0] - box.low[0])
    return int((data.x[:, 0] - wanted).abs().argmin())


def closed_form(fields: dict[str, Any]) -> bytes:
    """Compute :class:`NoiseDataSettings`: six kinds of noise against the formula, as a container.

    For each kind the arrays ``truth <kind>`` and ``made <kind>``, (amounts, m, 2), and
    ``law <kind>``, the shares of one value's copies, float32 (amounts, bins). The header's
    ``kinds`` has for each its ``limits``, how many points at most lie ``outside``, and over the
    amounts the distances ``apart`` and ``chance``, their ratio ``times``, and the moments of that
    value, ``exact`` and ``measured``.
    """
    s = NoiseDataSettings(**fields)
    data = make_dataset(s.dataset, POINTS, seed=s.seed)
    box = box_of(data.x)
    value = data.x[chosen(data, box), :1]
    side = Box(box.low[:1], box.high[:1])
    arrays: dict[str, NDArray[Any]] = {"color": color_bytes(data.color[:SHOWN])}
    kinds = {}
    for kind in CORRUPTION_NAMES:
        apart, chance, truth, made = zip(
            *(compared(kind, data.x, amount, s.seed, box) for amount in AMOUNTS), strict=True
        )
        exact, found, shares = zip(
            *(one_value(kind, value, amount, s.seed, side) for amount in AMOUNTS), strict=True
        )
        pictures = {
            part: shown(data, torch.stack([cloud[:SHOWN] for cloud in clouds]))
            for part, clouds in (("truth", truth), ("made", made))
        }
        limits = _view(*pictures.values())
        arrays |= {f"{part} {kind}": quantise(x, limits) for part, x in pictures.items()}
        arrays[f"law {kind}"] = np.array(shares, dtype=np.float32)
        kinds[kind] = {
            "limits": limits,
            "outside": max(count_outside(frame, limits) for x in pictures.values() for frame in x),
            "apart": [rounded(v) for v in apart],
            "chance": [rounded(v) for v in chance],
            "times": [times(*both) for both in zip(apart, chance, strict=True)],
            "exact": [moments.told() for moments in exact],
            "measured": [moments.told() for moments in found],
        }
    header = {
        "amounts": AMOUNTS,
        "source": s.dataset,
        "name": file_name(s.dataset, "formula"),
        "points": len(data.x),
        "copies": COPIES,
        "x_0": rounded(value.item()),
        "bins": [round(v, 3) for v in ((EDGES[1:] + EDGES[:-1]) / 2).tolist()],
        "bell": bell(),
        "kinds": kinds,
    }
    return encode(header, arrays)
