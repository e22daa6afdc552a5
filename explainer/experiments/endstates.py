"""Where six kinds of noise end, and whether one can start there without the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.corruptions import ADDITIVE_SIGMA, CORRUPTIONS, Box
from explainer.data import make_dataset
from explainer.experiments.common import color_bytes
from explainer.experiments.noise_laws import POINTS, box_of, distances, rounded
from explainer.frames import encode, limits_around, quantise
from explainer.noise_settings import NoiseDataSettings
from explainer.settings import CORRUPTION_NAMES, CorruptionName

SHOWN = 1000  # points of each picture
COPIES = 10  # noisy points made of each point, for the distances: these differences are small
DRAWS = 8  # more ends of the same data: how far apart they are by chance
CLEARLY = 1.5  # times the farthest of those: then the ends are told apart
PIXELS = 64  # of a picture of 8 x 8


def other_name(dataset: str) -> str:
    """Return the data set that the end is compared with."""
    return "moons" if dataset != "moons" else "s_curve"


def moved_into(x: Tensor, box: Box) -> Tensor:
    """Stretch points (n, 2) so that they fill a box: other data that live in the same place."""
    own = box_of(x)
    return box.low + (x - own.low) / (own.high - own.low) * (box.high - box.low)


def correlation(x: Tensor, x_0: Tensor) -> float:
    """Correlate an end (n, 2) with its data, over both coordinates; nan where nothing varies."""
    a, b = ((v.double() - v.double().mean(dim=0)) for v in (x, x_0))
    size = a.square().sum() * b.square().sum()
    return float((a * b).sum() / size.sqrt()) if size > 0 else float("nan")


def distinct(x: Tensor) -> int:
    """Count the different points among (n, 2)."""
    return len(torch.unique(x, dim=0))


def _end(kind: CorruptionName, x_0: Tensor, box: Box, seed: int) -> Tensor:
    return CORRUPTIONS[kind](x_0, 1.0, torch.Generator().manual_seed(seed), box)


def _told_apart(distance: float, chance: list[float]) -> bool:
    return distance > CLEARLY * max(chance) + 1e-9


def end_of(
    kind: CorruptionName, x_0: Tensor, other: Tensor, seed: int
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Look at the end of one kind of noise.

    Parameters
    ----------
    kind : str
    x_0, other : Tensor, shapes (n, 2)
        The data, and other data to compare with.
    seed : int

    Returns
    -------
    dict
        Distances in standardised units, of ten noisy points for each of the data: ``chance``, the
        farthest of eight other ends of the same data; ``same_box``, to the end of the other data
        stretched into the same box; ``own_box``, to that of the other data as they are; ``guess``,
        for added noise, to that noise without any data. ``apart`` says which of them are clearly
        beyond chance. ``correlation`` with the data; ``starts``, different points among n of the
        end; ``held``, values on the low edge of the data that are still there.
    dict of str to Tensor, shapes (n, 2)
        ``end`` of the data, and ``drawn`` without them, or the end of the other data.
    """
    box, corruption = box_of(x_0), CORRUPTIONS[kind]
    many, others = (x.repeat(COPIES, 1) for x in (x_0, other))
    ends = _end(kind, many, box, seed)
    chance = distances(ends, (_end(kind, many, box, seed + 3 + i) for i in range(DRAWS)))
    fresh = torch.Generator().manual_seed(seed + 1)
    elsewhere = _end(kind, others, box_of(other), seed + 2)
    clouds = {
        "same_box": _end(kind, moved_into(others, box), box, seed + 2),
        "own_box": elsewhere,
    }
    if kind == "additive":  # what one would draw who knew only the noise
        clouds["guess"] = ADDITIVE_SIGMA * torch.randn(many.shape, generator=fresh)
    found = dict(zip(clouds, distances(ends, clouds.values()), strict=True))
    end, edge = ends[: len(x_0)], x_0 <= box.low
    facts = {
        "forgets": corruption.forgets,
        "chance": rounded(max(chance)),
        **{name: rounded(value) for name, value in found.items()},
        "apart": [name for name, value in found.items() if _told_apart(value, chance)],
        "correlation": rounded(correlation(ends, many)),
        "starts": distinct(end),
        "held": int((edge & (end == box.low)).sum()),
    }
    drawn = corruption.end(x_0, fresh, box) if corruption.forgets else elsewhere[: len(other)]
    return facts, {"end": end, "drawn": drawn}


def endstates(fields: dict[str, Any]) -> bytes:
    """Compute :class:`NoiseDataSettings`: six ends beside what can be drawn without the data.

    A container with ``color``, ``other color`` and for each kind ``end <kind>`` and
    ``drawn <kind>``, both uint16 (m, 2) in limits of their own; the header has ``kinds``, each
    with the facts of :func:`end_of`.
    """
    s = NoiseDataSettings(**fields)
    name = other_name(s.dataset)
    data = make_dataset(s.dataset, POINTS, seed=s.seed)
    other = make_dataset(name, len(data.x), seed=s.seed)
    arrays: dict[str, NDArray[Any]] = {
        "color": color_bytes(data.color[:SHOWN]),
        "other color": color_bytes(other.color[:SHOWN]),
    }
    kinds = {}
    for kind in CORRUPTION_NAMES:
        kinds[kind], clouds = end_of(kind, data.x, other.x, s.seed)
        pictures = {part: cloud[:SHOWN].numpy() for part, cloud in clouds.items()}
        limits = limits_around(*pictures.values(), _room(data.x))
        arrays |= {f"{part} {kind}": quantise(x, limits) for part, x in pictures.items()}
    header = {
        "points": len(data.x),
        "other": name,
        "sigma": ADDITIVE_SIGMA,
        "pixels": PIXELS,
        "kinds": kinds,
    }
    return encode(header, arrays)


def _room(x: Tensor) -> NDArray[np.float32]:
    """Return the corners of the data's box: they place a picture of a single point."""
    box = box_of(x)
    corners: NDArray[np.float32] = torch.stack([box.low, box.high]).numpy()
    return corners
