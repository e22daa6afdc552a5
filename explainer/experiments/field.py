"""The field that points back to the data: what a denoiser says at every place of the plane."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explainer.experiments.common import EXACT_POINTS, shown
from explainer.experiments.forward import noised
from explainer.frames import Limits, encode, limits_around, quantise
from explainer.models import Denoiser, ExactDenoiser
from explainer.page_settings import ForwardSettings

SIDE = 17  # arrows along one side of the picture
LONGEST = 1.1  # of the distance between two arrows; a noise of 1 is drawn over the whole of it
CAPTION = (
    "The arrows are −ε̂ of a perfect network: the noise that it would take away, towards where "
    "the density rises. In the network's units this is the score ∇ log q(xₜ), times the noise's "
    "standard deviation."
)


def grid(limits: Limits, side: int = SIDE) -> Tensor:
    """Places spread evenly over a picture, in its units, shape (side², 2)."""
    x_low, x_high, y_low, y_high = limits
    share = (torch.arange(side) + 0.5) / side
    x, y = x_low + share.double() * (x_high - x_low), y_low + share.double() * (y_high - y_low)
    return torch.cartesian_prod(x, y)


def arrows(denoiser: Denoiser, places: Tensor, levels: list[int]) -> Tensor:
    """Return -eps of a denoiser at places (m, 2), at each level, -1 being none: (levels, m, 2).

    Every vector is a noise, and those longer than 1 are cut to it: far from the data eps grows
    with the distance, and the arrows would cover each other.
    """
    field = torch.zeros(len(levels), *places.shape)
    for i, t in enumerate(levels):
        if t >= 0:
            field[i] = -denoiser(places, torch.tensor([t])).eps
    length = field.norm(dim=-1, keepdim=True)
    shortened: Tensor = field / length.clamp(min=1.0)
    return shortened


def forward_field(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ForwardSettings`: the exact field at every frame, as a container."""
    s = ForwardSettings(**fields)
    data, schedule, levels, ways = noised(s)
    limits = limits_around(shown(data, ways[s.way]))
    places = grid(limits)
    # Every so many-th, not the first: points of one's own come in the order of drawing.
    known = ExactDenoiser(data.x[:: -(-len(data.x) // EXACT_POINTS)], schedule)
    field = arrows(known, ((places - data.mean) / data.scale).float(), levels)
    # Back to data units, and so long that the longest just passes its neighbour.
    apart = (limits[1] - limits[0]) / SIDE
    field = field * (data.scale / data.scale.max() * LONGEST * apart)
    return encode(
        {"limits": limits, "caption": CAPTION},
        {"origins": quantise(places.numpy(), limits), "arrows": field.float().numpy()},
    )
