"""Experiments of the tab "Noise types"."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box, Corruption
from explainer.data import Dataset, make_dataset
from explainer.experiments.common import color_bytes, file_name, shown, signed
from explainer.experiments.noise_words import END_WORDS, describe, formula, note
from explainer.experiments.samples import count_outside
from explainer.frames import Limits, encode, limits_around, quantise
from explainer.noise_settings import CorruptionSettings
from explainer.settings import MAIN_CORRUPTIONS

AMOUNTS = [k / 50 for k in range(51)]
ROUNDING = 1e-9  # a smaller share of a power, or of that of the data, is none
FEWEST_MEASURED = 20  # points; with fewer, chance alone looks like a signal
ROWS = ("SNR", "std of x", "std of y", "correlation with x₀")


def clouds(corruption: Corruption, x_0: Tensor, box: Box, seed: int) -> Tensor:
    """Corrupt x_0 (n, 2) with the same draws at every amount: (amounts, n, 2).

    A point can thus be followed from the data to its end.
    """
    return torch.stack(
        [corruption(x_0, a, torch.Generator().manual_seed(seed), box) for a in AMOUNTS]
    )


def measured(x: Tensor, x_0: Tensor) -> Tensor:
    """Measure clouds x (amounts, n, 2) made of x_0 (n, 2).

    Returns
    -------
    Tensor, shape (amounts, 5)
        The power of what still follows x_0 and of the rest, per coordinate; the standard
        deviations of both coordinates; and the correlation with x_0 over both. Powers and standard
        deviations in the units of x_0.
    """
    c, c_0 = x - x.mean(dim=1, keepdim=True), x_0 - x_0.mean(dim=0)
    power = c.square().mean(dim=1)  # (amounts, 2)
    both = (c * c_0).sum(dim=(1, 2))
    gain = both / c_0.square().sum()
    signal = gain.square() * c_0.square().mean()
    rest = (c - gain[:, None, None] * c_0).square().mean(dim=(1, 2))
    correlation = both / (c.square().sum(dim=(1, 2)) * c_0.square().sum()).sqrt()
    return torch.stack([signal, rest, *power.sqrt().T, correlation], dim=1)


def in_theory(corruption: Corruption, x_0: Tensor, box: Box) -> Tensor:
    """Return what :func:`measured` is for endless noise: from mean and variance given x_0.

    The mean is a straight line in x_0 for all kinds, so what follows x_0 is the mean, and the rest
    is the variance.
    """
    amounts = torch.tensor(AMOUNTS)[:, None, None]
    all_ = x_0.expand(len(AMOUNTS), *x_0.shape)
    mean, variance = corruption.mean(all_, amounts, box), corruption.variance(all_, amounts, box)
    c, c_0 = mean - mean.mean(dim=1, keepdim=True), x_0 - x_0.mean(dim=0)
    power = c.square().mean(dim=1) + variance.mean(dim=1)  # (amounts, 2)
    signal, rest = c.square().mean(dim=(1, 2)), variance.mean(dim=(1, 2))
    covariance = (c * c_0).mean(dim=(1, 2))
    correlation = covariance / (power.mean(dim=1) * c_0.square().mean()).sqrt()
    return torch.stack([signal, rest, *power.sqrt().T, correlation], dim=1)


def decibels(signal: float, noise: float, floor: float = 0.0) -> str:
    """Write a ratio of powers in dB; below the share ``floor`` of the noise it is not known."""
    if max(signal, noise) < ROUNDING:
        return "–"
    if noise <= ROUNDING * signal:
        return "∞ dB"
    if signal < floor * noise:
        return f"< {signed(10 * np.log10(floor), 0)} dB"
    return "−∞ dB" if signal <= ROUNDING * noise else f"{signed(10 * np.log10(signal / noise))} dB"


def _columns(moments: Tensor, floor: float) -> list[list[str]]:
    """Write moments (amounts, 5) as the columns of the rows above."""
    rows = moments.tolist()
    return [
        [decibels(signal, noise, floor) for signal, noise, *_ in rows],
        *([f"{row[i]:.2f}" for row in rows] for i in (2, 3)),
        ["–" if max(row[:2]) < ROUNDING else signed(row[4], 2) for row in rows],
    ]


def _table(x: Tensor, x_0: Tensor, corruption: Corruption, box: Box) -> dict[str, Any]:
    n = len(x_0)
    # Chance alone leaves a share of about 1/n: below a few times that there is nothing to state.
    seen = _columns(measured(x, x_0), floor=10 / n)
    if n < FEWEST_MEASURED:
        seen[0] = seen[3] = ["–"] * len(AMOUNTS)
    theory = _columns(in_theory(corruption, x_0, box), floor=0.0)
    return {
        "title": "In standard deviations of the data",
        "columns": ["measured", "theory"],
        "rows": [list(row) for row in zip(ROWS, zip(seen, theory, strict=True), strict=True)],
    }


def _limits(s: CorruptionSettings, data: Dataset, box: Box, frames: NDArray[np.float64]) -> Limits:
    """Return the part of the plane to be seen: one for the three main kinds, a larger for others.

    Where tails are long, it holds 99 of 100 coordinates over all amounts and 96 of 100 at the end:
    for all of them, the data would be a speck.
    """
    gaussian = shown(data, clouds(CORRUPTIONS["gaussian"], data.x, box, s.seed))
    if s.kind in MAIN_CORRUPTIONS:
        return limits_around(gaussian)
    tails = [
        np.quantile(frames.reshape(-1, 2), [0.005, 0.995], axis=0),
        np.quantile(frames[-1], [0.02, 0.98], axis=0),
    ]
    return limits_around(gaussian, *tails)


def _end(s: CorruptionSettings, data: Dataset, box: Box) -> dict[str, Any]:
    """Describe how each coordinate is spread in the end, for the histograms."""
    low, high = shown(data, box.low).tolist(), shown(data, box.high).tolist()
    ends: dict[str, dict[str, Any]] = {
        "gaussian": {"end": "normal", "mean": data.mean.tolist()},
        "salt_and_pepper": {"end": "places", "places": [[low[0], high[0]], [low[1], high[1]]]},
        "uniform": {"end": "flat", "low": low, "high": high},
        "poisson": {"end": "places", "places": [[place] for place in low]},
    }
    known = ends.get(s.kind, {"end": "open"})
    return {**known, "scale": data.scale.tolist(), "word": END_WORDS.get(s.kind, "")}


def corruption_path(fields: dict[str, Any]) -> bytes:
    """Compute :class:`CorruptionSettings`: the cloud by amount, 0 to 1, as a container."""
    s = CorruptionSettings(**fields)
    data = make_dataset(s.dataset, s.n, seed=s.seed)
    box, corruption = Box.around(data.x), CORRUPTIONS[s.kind]
    x = clouds(corruption, data.x, box, s.seed)
    frames = shown(data, x)
    limits = _limits(s, data, box, frames)
    outside = [count_outside(frame, limits) for frame in frames]
    facts = {"x =": [formula(s.kind, a) for a in AMOUNTS]}
    if any(outside):
        facts["too far out to be seen"] = [f"{n:,} of {len(data.x):,} points" for n in outside]
    header = {
        "limits": limits,
        "source": s.dataset,
        "name": file_name(s.dataset),
        "labels": [f"amount {a:.2f}" for a in AMOUNTS],
        "facts": facts,
        "table": _table(x, data.x, corruption, box),
        "descriptions": [describe(s.kind, a) for a in AMOUNTS],
        "notes": [note(s.kind)],
        "prior": _end(s, data, box),
    }
    return encode(header, {"frames": quantise(frames, limits), "color": color_bytes(data.color)})
