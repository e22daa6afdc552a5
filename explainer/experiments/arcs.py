"""Between two draws of noise: where the points along an arc end up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.experiments.common import color_bytes, load_model, shown, small
from explainer.experiments.walks import container, walk, wide_view
from explainer.latents import slerp
from explainer.page_settings import SampleSettings

MOST_POINTS = 800
ANGLES = (math.radians(75), math.radians(150))  # neither nearly one direction nor opposite ones
SHORTEST = 0.8  # an end this close to 0 has no direction to speak of


def angle(a: Tensor, b: Tensor) -> float:
    """Return the angle between two vectors (2,), in radians from 0 to pi."""
    return float(torch.arccos((a @ b / (a.norm() * b.norm())).clamp(-1, 1)))


def arc_ends(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw two points of noise (2,), again and again until there is a real arc between them.

    Their directions are 75° to 150° apart, and both are at least 0.8 from the middle.
    """
    while True:
        a, b = torch.randn(2, 2, generator=generator)
        long = min(a.norm(), b.norm()) >= SHORTEST
        if long and ANGLES[0] <= angle(a, b) <= ANGLES[1]:
            return a, b


def along(x: NDArray[np.float64]) -> dict[str, float]:
    """Measure points (n, 2) in their order.

    Returns
    -------
    dict
        ``gap``, the longest jump from one to the next; ``length``, the sum of all jumps.
    """
    jumps = np.linalg.norm(np.diff(x, axis=0), axis=1)
    return {"gap": float(jumps.max()), "length": float(jumps.sum())}


def arc(fields: dict[str, Any]) -> bytes:
    """Compute :class:`SampleSettings`: an arc of noise on its way back, as a container.

    ``seed`` chooses the two ends; ``n``, up to 800, is the number of points, evenly along the arc.
    The header's ``arc`` has ``start`` and ``end`` (see :func:`along`, in data units), the ``angle``
    between the ends in degrees, and the number of ``points``.
    """
    s = SampleSettings(**fields)
    denoiser, schedule, data, _ = load_model(s.model, s.schedule or "cosine")
    generator = torch.Generator().manual_seed(s.seed)
    a, b = arc_ends(generator)
    shares = torch.linspace(0, 1, min(s.n, MOST_POINTS))
    states = walk(denoiser, schedule, s, slerp(a, b, shares), generator)
    paths = [along(shown(data, state.x)) for state in states]
    return container(
        states,
        schedule,
        data,
        s,
        color=color_bytes(shares),
        limits=wide_view(data, states),
        facts={"largest gap": [small(path["gap"]) for path in paths]},
        arc={
            "start": paths[0],
            "end": paths[-1],
            "angle": math.degrees(angle(a, b)),
            "points": len(shares),
            "steps": len(states) - 1,
        },
    )
