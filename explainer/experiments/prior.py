"""The prior meter: whether sampling may start from N(0, I), and what it costs where it may not."""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor

from explainer.data import make_dataset
from explainer.experiments.common import signed, small
from explainer.metrics import sliced_wasserstein
from explainer.models import ExactDenoiser
from explainer.page_settings import NoisingSettings
from explainer.prior import PriorGap, prior_gap
from explainer.quality import UNIT
from explainer.sampling import ddim_step, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps

POINTS = 5000  # of the data set
LOWEST, HIGHEST = 1e-6, 1.0  # nats at the two ends of the meter
LOST = 0.05  # nats from which on DDIM's samples are visibly worse, however good the network
DDIM_STEPS = 20
PERFECT_POINTS = 1400  # that a perfect network knows, and as many that it draws: half the time that
# 2,000 take, which counts where a class turns all knobs at once
MOST_STEPS = 1000


@lru_cache(maxsize=128)
def measured(dataset: str, schedule: str, T: int, zero_terminal_snr: bool) -> PriorGap:
    """Return the gap of a schedule on a data set."""
    data = make_dataset(dataset, POINTS, seed=0)
    return prior_gap(data, make_schedule(schedule, T, zero_terminal_snr=zero_terminal_snr))


def _rounded(n: float) -> str:
    """Write a number of points with two digits that count."""
    digits = max(0, math.floor(math.log10(n)) - 1)
    return f"{round(n / 10**digits) * 10**digits:,}"


def _power(alpha_bar: float) -> str:
    if alpha_bar == 0:
        return "nothing"
    percent = 100 * alpha_bar
    return "less than 0.1 %" if percent < 0.1 else f"{percent:.{1 if percent < 10 else 0}f} %"


def verdict(gap: PriorGap, T: int) -> str:
    """State in one or two sentences whether sampling may start from N(0, I)."""
    left = f"At t = {T}, {_power(gap.alpha_bar)} of the data's power is left"
    if gap.level == "good":
        return (
            f"{left}, and 10,000 points of the cloud could not be told from N(0, I): "
            "sampling may start there."
        )
    # n points carry n times the divergence as evidence; 3 nats are odds of 20 to 1.
    points = math.ceil(3 / gap.kl)
    enough = f"about {_rounded(points)} points are" if points >= 10 else "a handful of points is"
    start = f"{left}, and {enough} enough to tell the cloud from N(0, I)"
    if gap.level == "close":
        return f"{start}: a sampler that starts from N(0, I) starts a little beside the way."
    if gap.kl < LOST:
        return f"{start}: a sampler that starts from N(0, I) starts beside the way."
    return (
        f"{start}: a sampler that starts from N(0, I) starts where the data never went, and no "
        "network can mend that."
    )


def _nats(value: float) -> str:
    return small(value) if value >= LOWEST else f"below {small(LOWEST)}"


def numbers(gap: PriorGap) -> list[list[str]]:
    """List what was measured: name, value, and what it is, in the network's units."""

    def pair(values: tuple[float, float]) -> str:
        return " · ".join(signed(value, 2) for value in values)

    return [
        ["ᾱ at T", small(gap.alpha_bar), "share of the data's power that is left"],
        ["mean of x · y", pair(gap.mean), "0 in N(0, I)"],
        ["std of x · y", pair(gap.std), "1 in N(0, I)"],
        ["KL, moments", _nats(gap.kl_moments), "of the Gaussian with the same moments, in nats"],
        ["KL, shape", _nats(gap.kl), "of q(x_T) itself, in nats: the evidence that a point gives"],
    ]


def _ways_out(s: NoisingSettings) -> list[dict[str, Any]]:
    """List changes of one setting that make the gap much smaller, each with where it leads."""
    changes: list[tuple[str, dict[str, Any]]] = [
        ("Cosine schedule", {"schedule": "cosine"}),
        ("Zero terminal SNR", {"zero_terminal_snr": True}),
        (f"T = {MOST_STEPS}", {"T": MOST_STEPS}),
    ]
    here = measured(s.dataset, s.schedule, s.T, s.zero_terminal_snr)
    ways = []
    for label, change in changes:
        to = s.replace(**change)
        gap = measured(to.dataset, to.schedule, to.T, to.zero_terminal_snr)
        if gap.kl < here.kl / 2:
            settings = to.model_dump(include={"schedule", "T", "zero_terminal_snr"})
            ways.append(
                {
                    "label": label,
                    "settings": settings,
                    "alpha_bar": small(gap.alpha_bar),
                    "level": gap.level,
                }
            )
    return ways


def prior_meter(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`NoisingSettings`: verdict, numbers, place on the meter, and ways out."""
    s = NoisingSettings(**fields)
    gap = measured(s.dataset, s.schedule, s.T, s.zero_terminal_snr)
    span = math.log(HIGHEST / LOWEST)
    share = math.log(max(gap.kl, LOWEST) / LOWEST) / span
    return {
        "level": gap.level,
        "verdict": verdict(gap, s.T),
        "numbers": numbers(gap),
        "share": min(1.0, share),
        "ways_out": [] if gap.level == "good" else _ways_out(s),
    }


def perfect_network(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`NoisingSettings`: what it costs to start from N(0, I) and not from q(x_T).

    A perfect network walks back by DDIM from both, with the same noise in them. Distances are to
    its own data points, in data units / 10.
    """
    s = NoisingSettings(**fields)
    data = make_dataset(s.dataset, PERFECT_POINTS, seed=0)
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    exact = ExactDenoiser(data.x, schedule)
    stops = timesteps(s.T, min(DDIM_STEPS, s.T))
    eps = torch.randn(data.x.shape, generator=torch.Generator().manual_seed(0))

    def distance_from(x_T: Tensor) -> str:
        x = last(sample(exact, x_T, stops, schedule, partial(ddim_step, eta=0.0)))
        scale = data.scale.float() / UNIT  # a shift of both clouds changes nothing
        return small(sliced_wasserstein(x * scale, data.x * scale))

    return {
        "steps": len(stops),
        "from_prior": distance_from(eps),
        "from_data": distance_from(schedule.add_noise(data.x, eps, schedule.T - 1)),
    }
