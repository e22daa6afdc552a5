"""Deterministic or not: several walks back from each of a few starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.experiments.common import load_model, shown, small
from explainer.experiments.walks import container, walk, wide_view
from explainer.models import Denoiser
from explainer.page_settings import SampleSettings
from explainer.sampling import SampleState
from explainer.schedules import NoiseSchedule

STARTS = 8
WALKS = 20  # from each start
# The page's colours have eight stops, 36 of the 255 apart. Three stops on from start to start:
# colours that are alike are then far apart in the picture.
COLORS = 36 * (3 * np.arange(STARTS) % STARTS)


def starting_points(s: SampleSettings, generator: torch.Generator) -> Tensor:
    """Return the first eight points of the noise that a cloud of this seed starts from.

    Parameters
    ----------
    s : SampleSettings
        Its ``n`` is that of the cloud.
    generator : torch.Generator
        Fresh, of the seed; afterwards it has the walks' own noise.

    Returns
    -------
    Tensor, shape (8, 2)
        Sorted by their direction from the middle.
    """
    x_T = torch.randn(max(s.n, STARTS), 2, generator=generator)[:STARTS]
    return x_T[torch.atan2(x_T[:, 1], x_T[:, 0]).argsort()]


def walks(
    denoiser: Denoiser,
    schedule: NoiseSchedule,
    s: SampleSettings,
    starts: Tensor,
    count: int,
    generator: torch.Generator,
) -> list[SampleState]:
    """Walk back ``count`` times from each start (k, 2), with fresh noise each time.

    Returns
    -------
    list of SampleState
        Clouds of ``k * count`` points: all walks from the first start, then from the second.
    """
    return walk(denoiser, schedule, s, starts.repeat_interleave(count, dim=0), generator)


def spread(x: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Measure how far apart what belongs together is: the root mean square distance to its mean.

    Parameters
    ----------
    x : ndarray, shape (k * count, 2)
        In groups of ``count``.
    count : int

    Returns
    -------
    ndarray, shape (k,)
        Of each group; exactly 0 where its points are equal.
    """
    groups = x.reshape(-1, count, 2)
    # Relative to the first: the mean of equal numbers may differ from them in the last bit.
    groups = groups - groups[:, :1]
    centred = groups - groups.mean(axis=1, keepdims=True)
    spreads: NDArray[np.float64] = np.sqrt(np.square(centred).sum(axis=2).mean(axis=1))
    return spreads


def overall(spreads: NDArray[np.float64]) -> float:
    """Pool the spreads (k,) of groups of one size: the root of their mean square."""
    return float(np.sqrt(np.square(spreads).mean()))


def repeats(fields: dict[str, Any]) -> bytes:
    """Compute :class:`SampleSettings`: 20 walks from each of 8 starts, as a container.

    The header's ``spread`` has, in data units, ``starts`` (of the end points of each start),
    ``overall``, and ``data``, which is the spread of the data around their own mean; ``same`` says
    whether all walks from one start end in the same bits.
    """
    s = SampleSettings(**fields)
    denoiser, schedule, data, _ = load_model(s.model, s.schedule or "cosine")
    generator = torch.Generator().manual_seed(s.seed)
    starts = starting_points(s, generator)
    states = walks(denoiser, schedule, s, starts, WALKS, generator)
    spreads = [spread(shown(data, state.x), WALKS) for state in states]
    ends = states[-1].x.reshape(STARTS, WALKS, 2)
    real = shown(data, data.x)
    return container(
        states,
        schedule,
        data,
        s,
        color=np.repeat(COLORS, WALKS).astype(np.uint8),
        limits=wide_view(data, states),
        facts={"spread": [small(overall(values)) for values in spreads]},
        colors=COLORS.tolist(),
        spread={
            "starts": spreads[-1].tolist(),
            "overall": overall(spreads[-1]),
            "data": float(spread(real, len(real))[0]),
            "same": bool((ends == ends[:, :1]).all()),
            "walks": WALKS,
            "steps": len(states) - 1,
            "eta": s.eta,
        },
    )
