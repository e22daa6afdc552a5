"""The field that points back to the data: what a denoiser says at every place of the plane."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explainer.data import Dataset
from explainer.experiments.common import EXACT_POINTS, SHOWN, chosen_frames, load_model, shown
from explainer.experiments.forward import noised
from explainer.experiments.samples import view_of
from explainer.frames import Limits, encode, limits_around, quantise
from explainer.models import Denoiser, ExactDenoiser
from explainer.page_settings import FieldSettings, ForwardSettings
from explainer.schedules import NoiseSchedule
from explainer.spacing import timesteps

SIDE = 17  # arrows along one side of the picture
LONGEST = 1.1  # of the distance between two arrows; a noise of 1 is drawn over the whole of it
CAPTION = (
    "The arrows are −ε̂ of a perfect network: the noise that it would take away, towards where "
    "the density rises. In the network's units this is the score ∇ log q(xₜ), times the noise's "
    "standard deviation."
)
CAPTIONS = {
    "learned": "The arrows are −ε̂ of this model: the noise that it would take away at each place; "
    "none at the data themselves, t = 0.",
    "exact": "The arrows are −ε̂ of a perfect network for these data: as well as can be known; none "
    "at the data themselves, t = 0.",
    "difference": "The arrows are the model's −ε̂ minus that of a perfect network: its mistakes. "
    "They matter where points pass.",
}


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
    return _shortened(_noises(denoiser, places, levels))


def _noises(denoiser: Denoiser, places: Tensor, levels: list[int]) -> Tensor:
    field = torch.zeros(len(levels), *places.shape)
    for i, t in enumerate(levels):
        if t >= 0:
            field[i] = -denoiser(places, torch.tensor([t])).eps
    return field


def _shortened(field: Tensor) -> Tensor:
    length = field.norm(dim=-1, keepdim=True)
    shortened: Tensor = field / length.clamp(min=1.0)
    return shortened


def _perfect(data: Dataset, schedule: NoiseSchedule) -> ExactDenoiser:
    # Every so many-th, not the first: points of one's own come in the order of drawing.
    return ExactDenoiser(data.x[:: -(-len(data.x) // EXACT_POINTS)], schedule)


def _container(field: Tensor, places: Tensor, data: Dataset, limits: Limits, told: str) -> bytes:
    """Pack arrows (levels, m, 2), in the network's units, as the player takes them."""
    # Back to data units, and so long that the longest just passes its neighbour.
    apart = (limits[1] - limits[0]) / SIDE
    field = field * (data.scale / data.scale.max() * LONGEST * apart)
    return encode(
        {"limits": limits, "caption": told},
        {"origins": quantise(places.numpy(), limits), "arrows": field.float().numpy()},
    )


def forward_field(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ForwardSettings`: the exact field at every frame, as a container."""
    s = ForwardSettings(**fields)
    data, schedule, levels, ways = noised(s)
    limits = limits_around(shown(data, ways[s.way]))
    places = grid(limits)
    field = arrows(_perfect(data, schedule), ((places - data.mean) / data.scale).float(), levels)
    return _container(field, places, data, limits, CAPTION)


def sample_field(fields: dict[str, Any]) -> bytes:
    """Compute :class:`FieldSettings`: the field at every frame of a way back, as a container."""
    s = FieldSettings(**fields)
    denoiser, schedule, data, _ = load_model(s.model, s.schedule or "cosine")
    stops = [*timesteps(schedule.T, s.steps, s.spacing), -1]
    levels = [stops[i] for i in chosen_frames(len(stops))]
    x_T = torch.randn(s.n, 2, generator=torch.Generator().manual_seed(s.seed))
    limits = view_of(data, x_T, data.x[:SHOWN])
    places = grid(limits)
    inside = ((places - data.mean) / data.scale).float()
    perfect = _perfect(data, schedule)
    if s.known == "learned":
        field = arrows(denoiser, inside, levels)
    elif s.known == "exact":
        field = arrows(perfect, inside, levels)
    else:
        field = _noises(denoiser, inside, levels) - _noises(perfect, inside, levels)
        field = _shortened(field)
    return _container(field, places, data, limits, CAPTIONS[s.known])
