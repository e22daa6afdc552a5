"""Many small doses of noise beside a single large one, and where they have the same law."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box, salt_and_pepper_by_snr
from explainer.data import make_dataset
from explainer.experiments.common import chosen_frames, color_bytes, file_name, shown, signed
from explainer.experiments.noise_laws import (
    POINTS,
    Moments,
    box_of,
    distances,
    from_central,
    measured,
    rounded,
)
from explainer.frames import encode, limits_around, quantise
from explainer.noise_settings import ComposingSettings
from explainer.settings import MainCorruption

TOTAL = 0.99  # the amount of the one jump, and of all doses together
FRAMES = 51
COPIES = 5  # noisy points made of each point, for all that is measured
JUMPS = 12  # more, with seeds of their own: how far apart the same law is by chance
BINS = 56
PIXELS = 64  # of a picture of 8 x 8
PICTURES = 100


def dose(steps: int) -> float:
    """Return the amount a of each dose: they keep as much as the jump, (1 - a)^steps = 1 - A."""
    return float(1 - (1 - TOTAL) ** (1 / steps))


def walk(
    kind: MainCorruption, x_0: Tensor, steps: int, generator: torch.Generator, box: Box
) -> Iterator[Tensor]:
    """Give dose after dose, each with fresh noise: yields ``steps + 1`` clouds, x_0 first."""
    x, amount = x_0, dose(steps)
    yield x
    for _ in range(steps):
        x = CORRUPTIONS[kind](x, amount, generator, box)
        yield x


def law(kind: MainCorruption, x_0: Tensor, steps: int, box: Box) -> Moments:
    r"""Return the exact moments of one coordinate after so many doses that amount to TOTAL.

    A mixing dose is :math:`c x + w u`, so after N of them the noise is a sum of independent parts
    with the weights :math:`w c^j`: the cumulants of each part add up. Salt and pepper only asks
    whether a value was ever replaced.

    Parameters
    ----------
    kind : {"gaussian", "salt_and_pepper", "uniform"}
    x_0 : Tensor, shape (n,)
        The coordinate of all data: they are drawn from with equal chances.
    steps : int
        1 is the jump.
    box : Box
        Of this coordinate.

    Returns
    -------
    Moments
    """
    x_0, low, high = x_0.double(), box.low.double(), box.high.double()
    middle = ((low + high) / 2).item()
    if kind == "salt_and_pepper":
        mean = (1 - TOTAL) * x_0.mean().item() + TOTAL * middle
        second, fourth = (
            (1 - TOTAL) * (x_0 - mean).pow(k).mean()
            + TOTAL * ((low - mean).pow(k) + (high - mean).pow(k)) / 2
            for k in (2, 4)
        )
        return from_central(mean, second.item(), fourth.item())
    a = dose(steps)
    half = ((high - low) / 2).item()
    data = measured(x_0)
    if kind == "gaussian":
        kept, weight, centre, variance, cumulant = (1 - a) ** 0.5, a**0.5, 0.0, 1.0, 0.0
    else:  # of the uniform law on (-h, h): h^2 / 3 and -2 h^4 / 15
        kept, weight, centre = 1 - a, a, middle
        variance, cumulant = half**2 / 3, -2 * half**4 / 15

    def parts(k: int) -> float:
        return float(sum((weight * kept**j) ** k for j in range(steps)))

    all_kept = kept**steps
    total = all_kept**2 * data.variance + parts(2) * variance
    data_cumulant = 0.0 if math.isnan(data.kurtosis) else data.kurtosis * data.variance**2
    fourth_cumulant = all_kept**4 * data_cumulant + parts(4) * cumulant
    mean = all_kept * data.mean + (1 - all_kept) * centre
    return from_central(mean, total, fourth_cumulant + 3 * total**2)


def counted(steps: int, generator: torch.Generator) -> dict[str, Any]:
    """Replace exactly one pixel of a picture of 64, again and again, and count those replaced.

    By the other way to say how much salt and pepper there is, a dose has an exact count. A jump
    replaces as many as it is told; doses hit what was hit before, so that after many of them the
    count is left to chance: a law that no single dose has.

    Returns
    -------
    dict
        Of 100 pictures ``mean``, ``sd``, ``fewest`` and ``most``, and the exact ``mean_exact`` and
        ``sd_exact``.
    """
    marks = Box(torch.tensor(1.0), torch.tensor(2.0))  # what is not 0 was replaced
    counts = torch.zeros(PICTURES, dtype=torch.float64)
    for i in range(PICTURES):
        picture = torch.zeros(PIXELS)
        for _ in range(steps):
            picture = salt_and_pepper_by_snr(picture, 1 - 1 / PIXELS, generator, marks)
        counts[i] = (picture != 0).sum()
    # How many of n boxes are empty after as many balls as there are doses.
    one, two = ((1 - k / PIXELS) ** steps for k in (1, 2))
    variance = PIXELS * (PIXELS - 1) * two + PIXELS * one - (PIXELS * one) ** 2
    return {
        "pixels": PIXELS,
        "pictures": PICTURES,
        "mean": rounded(counts.mean().item()),
        "sd": rounded(counts.std(correction=0).item()),
        "fewest": int(counts.min()),
        "most": int(counts.max()),
        "mean_exact": rounded(PIXELS * (1 - one)),
        "sd_exact": rounded(math.sqrt(max(variance, 0.0))),
    }


def moved(before: Tensor, after: Tensor) -> tuple[float, float]:
    """Return the share of values that a dose moves, and the root mean square of those moves."""
    away = (after - before).double()
    hit = away != 0
    share = hit.double().mean().item()
    return share, away[hit].square().mean().sqrt().item() if share else 0.0


def _histogram(walked: Tensor, jumped: Tensor, theory: Moments) -> dict[str, Any]:
    """Count x of both clouds in the same bins, beside a bell of the walk's own exact moments."""
    both = torch.cat([walked, jumped]).double().numpy()
    edges = np.linspace(both.min(), both.max() + 1e-9, BINS + 1)
    edges += (edges - edges.mean()) * 2e-6  # the outermost values lie inside
    centres = (edges[1:] + edges[:-1]) / 2
    sd = math.sqrt(max(theory.variance, 1e-12))
    bell = np.exp(-(((centres - theory.mean) / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi))

    def shares(values: Tensor) -> list[float]:
        counts, _ = np.histogram(values.double().numpy(), edges)
        return [round(count / len(values), 5) for count in counts.tolist()]

    return {
        "x": [round(v, 4) for v in centres.tolist()],
        "walk": shares(walked),
        "jump": shares(jumped),
        "bell": [round(v, 5) for v in (bell * (edges[1] - edges[0])).tolist()],
    }


def _facts(clouds: list[Tensor]) -> dict[str, list[str]]:
    found = [measured(cloud[:, 0]) for cloud in clouds]
    kurtosis = ["–" if math.isnan(m.kurtosis) else signed(m.kurtosis, 2) for m in found]
    return {"variance of x": [f"{m.variance:.3f}" for m in found], "excess kurtosis": kurtosis}


def composing(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ComposingSettings`: both clouds, dose by dose, as a container.

    Its arrays are ``walk`` and ``jump``, frames of the same amounts, and ``color``. The header has
    what a player says of each, and in standardised units ``measured`` and ``exact`` moments of x
    at the end, the distances ``swd`` and ``chance``, what one dose does, and a histogram.
    """
    s = ComposingSettings(**fields)
    data = make_dataset(s.dataset, POINTS, seed=s.seed)
    box, amount, corrupt = box_of(data.x), dose(s.steps), CORRUPTIONS[s.kind]

    x_0 = data.x.repeat(COPIES, 1)

    def jump(total: float, seed: int) -> Tensor:
        return corrupt(x_0, total, torch.Generator().manual_seed(seed), box)

    generator = torch.Generator().manual_seed(s.seed + 1)
    walked = list(walk(s.kind, x_0, s.steps, generator, box))
    kept = chosen_frames(s.steps + 1, FRAMES)
    amounts = [1 - (1 - amount) ** i for i in kept]
    # The same draws at every amount, so that a point can be followed.
    clouds = {"walk": [walked[i] for i in kept], "jump": [jump(a, s.seed) for a in amounts]}
    ends = {name: frames[-1] for name, frames in clouds.items()}
    chance = distances(ends["jump"], (jump(TOTAL, s.seed + 2 + i) for i in range(JUMPS)))
    side = Box(box.low[0], box.high[0])
    exact = {"walk": law(s.kind, data.x[:, 0], s.steps, side)}
    exact["jump"] = law(s.kind, data.x[:, 0], 1, side)
    share, far = moved(walked[0], walked[1])
    pictures = {
        name: shown(data, torch.stack([cloud[: len(data.x)] for cloud in frames]))
        for name, frames in clouds.items()
    }
    # The same part of the plane for all kinds: Gaussian noise needs the most of it.
    wide = CORRUPTIONS["gaussian"](data.x, 1.0, torch.Generator().manual_seed(s.seed), box)
    limits = limits_around(*pictures.values(), shown(data, wide))
    header = {
        "kind": s.kind,
        "steps": s.steps,
        "amount": TOTAL,
        "dose": rounded(amount),
        "limits": limits,
        "source": s.dataset,
        "name": file_name(s.dataset, s.kind),
        "labels": {
            "walk": [f"after {i} of {s.steps} doses" for i in kept],
            "jump": [f"one dose of the amount {a:.3f}" for a in amounts],
        },
        "facts": {name: _facts(frames) for name, frames in clouds.items()},
        "measured": {name: measured(end[:, 0]).told() for name, end in ends.items()},
        "exact": {name: moments.told() for name, moments in exact.items()},
        "swd": rounded(distances(ends["jump"], [ends["walk"]])[0]),
        "chance": [rounded(value) for value in (min(chance), median(chance), max(chance))],
        "first": {"share": rounded(share), "far": rounded(far)},
        "histogram": _histogram(ends["walk"][:, 0], ends["jump"][:, 0], exact["walk"]),
        "counted": counted(s.steps, generator) if s.kind == "salt_and_pepper" else None,
    }
    arrays: dict[str, NDArray[Any]] = {
        **{name: quantise(frames, limits) for name, frames in pictures.items()},
        "color": color_bytes(data.color),
    }
    return encode(header, arrays)
