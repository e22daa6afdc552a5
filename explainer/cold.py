r"""Ways back from pure corruption with a network that undoes it: five rules, one driver.

A restorer says what the clean data may have been, :math:`\hat x_0`, and a rule makes of that a next
point with a little less corruption. All walks visit the amounts 1, (n-1)/n, ..., 1/n and end at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import torch
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.objectives import Prediction
from explainer.restorers import Restorer
from explainer.sampling import Weights, ddim_weights, ddpm_weights
from explainer.schedules import NoiseSchedule
from explainer.settings import MainCorruption

RuleName = Literal["fraction", "again", "corrected", "ddpm", "ddim"]
RULE_NAMES: tuple[RuleName, ...] = get_args(RuleName)
FOR_ALL = RULE_NAMES[:3]  # the others know Gaussian noise alone


@dataclass(frozen=True, eq=False)
class ColdState:
    """A cloud, or a stack of pictures, on its way back.

    Attributes
    ----------
    x : Tensor, shape (n, d)
    x0_hat : Tensor, shape (n, d)
        What the restorer takes for the clean data at this state; x itself at the end.
    amount : float
        How much corruption x is taken to have, 1 at the start and 0 at the end.
    """

    x: Tensor
    x0_hat: Tensor
    amount: float


@dataclass(frozen=True, eq=False)
class Place:
    """All that a rule may look at to take a step.

    Attributes
    ----------
    x, x0_hat : Tensor, shape (n, d)
    i, n : int
        The step, counted from 0, and how many there are.
    kind : str
    box : Box
    generator : torch.Generator
        Of fresh draws.
    noise_seed : int
        Of the draws that stay the same over the whole walk.
    """

    x: Tensor
    x0_hat: Tensor
    i: int
    n: int
    kind: MainCorruption
    box: Box
    generator: torch.Generator
    noise_seed: int

    @property
    def amount(self) -> float:
        """Amount of corruption here."""
        return (self.n - self.i) / self.n

    @property
    def amount_next(self) -> float:
        """Amount of corruption where the step leads."""
        return (self.n - self.i - 1) / self.n

    def corrupted(self, amount: float, generator: torch.Generator) -> Tensor:
        """Corrupt the predicted clean data."""
        return CORRUPTIONS[self.kind](self.x0_hat, amount, generator, self.box)

    def same_draws(self) -> torch.Generator:
        """Return a generator of the walk's own draws, from their first on."""
        return torch.Generator().manual_seed(self.noise_seed)


Rule = Callable[[Place], Tensor]


def fraction(place: Place) -> Tensor:
    r"""Go a part of the way to the prediction: :math:`x + (\hat x_0 - x) / (n - i)`.

    The last step lands on the prediction. The rule knows nothing of the corruption.
    """
    return torch.lerp(place.x, place.x0_hat, 1 / (place.n - place.i))


def again(place: Place) -> Tensor:
    r"""Corrupt the prediction a little less, with fresh draws: :math:`D(\hat x_0, a')`.

    References
    ----------
    Bansal et al. 2022, arXiv 2208.09392, algorithm 1.
    """
    return place.corrupted(place.amount_next, place.generator)


def corrected(place: Place) -> Tensor:
    r"""Exchange only the corruption: :math:`x - D(\hat x_0, a; z) + D(\hat x_0, a'; z)`.

    Both terms, and all steps of the walk, have the same draws z. Where the prediction is wrong in
    the same way at both amounts, the error falls out of the difference.

    References
    ----------
    Bansal et al. 2022, arXiv 2208.09392, algorithm 2, with the noise fixed once a walk.
    """
    taken = place.corrupted(place.amount, place.same_draws())
    given = place.corrupted(place.amount_next, place.same_draws())
    return place.x - taken + given


@lru_cache(maxsize=8)
def even_schedule(n: int) -> NoiseSchedule:
    """Return the schedule whose 1 - alpha-bar is 1/n, 2/n, ..., 1: the walks' amounts, rising."""
    return NoiseSchedule(1 / torch.arange(n, 0, -1, dtype=torch.float64))


def _ancestor(place: Place, weights: Callable[[int, int, NoiseSchedule], Weights]) -> Tensor:
    """Take a step of a sampler for Gaussian noise, in units of the box."""
    box, amount = place.box, place.amount
    x, x0 = ((part - box.centre) / box.unit for part in (place.x, place.x0_hat))
    # At amount 1 no data are left in x, and all of it is noise: there is nothing to divide by 0.
    prediction = Prediction(x0=x0, eps=(x - math.sqrt(1 - amount) * x0) / math.sqrt(amount))
    t = place.n - place.i - 1
    step = weights(t, t - 1, even_schedule(place.n))

    def draw() -> Tensor:
        return torch.randn(x.shape, generator=place.generator, dtype=x.dtype)

    return box.centre + box.unit * step.step(x, prediction, draw)


def ddpm(place: Place) -> Tensor:
    """Draw from the posterior of less noise, as :func:`explainer.sampling.ddpm_step` does."""
    return _ancestor(place, ddpm_weights)


def ddim(place: Place) -> Tensor:
    """Keep the noise that the prediction leaves, as :func:`explainer.sampling.ddim_step` does."""
    return _ancestor(place, ddim_weights)


RULES: dict[RuleName, Rule] = {
    "fraction": fraction,
    "again": again,
    "corrected": corrected,
    "ddpm": ddpm,
    "ddim": ddim,
}


def rules_for(kind: MainCorruption) -> list[RuleName]:
    """Return the rules that there are for a kind of corruption."""
    return list(RULE_NAMES if kind == "gaussian" else FOR_ALL)


def start(kind: MainCorruption, like: Tensor, box: Box, noise_seed: int) -> Tensor:
    """Draw pure corruption, with the draws that ``corrected`` takes for those of the walk.

    Parameters
    ----------
    kind : str
    like : Tensor, shape (n, d)
        Its shape and type are wanted; its values are not looked at.
    box : Box
    noise_seed : int

    Returns
    -------
    Tensor, shape (n, d)
    """
    return CORRUPTIONS[kind].end(like, torch.Generator().manual_seed(noise_seed), box)


def walk(
    rule: RuleName,
    kind: MainCorruption,
    restorer: Restorer,
    x: Tensor,
    n_steps: int,
    generator: torch.Generator,
    box: Box,
    noise_seed: int,
) -> Iterator[ColdState]:
    """Walk back from pure corruption to what may be data.

    Parameters
    ----------
    rule : str
        One of ``rules_for(kind)``.
    kind : str
        What the restorer was trained to undo.
    restorer : callable
        ``(x (n, d), amount (1, 1)) -> x0_hat (n, d)``.
    x : Tensor, shape (n, d)
        From :func:`start`, with the same ``noise_seed``; never written to.
    n_steps : int
    generator : torch.Generator
        Of the fresh noise of ``again`` and ``ddpm``; the other rules draw none.
    box : Box
        That of the training.
    noise_seed : int
        Of the draws that ``corrected`` keeps over the whole walk.

    Yields
    ------
    ColdState
        ``n_steps + 1`` states, x first, the result last.

    Raises
    ------
    ValueError
        If the rule is not for this kind, or there is no step to take.
    """
    if rule not in rules_for(kind):
        raise ValueError(f"rule must be one of {', '.join(rules_for(kind))}, not {rule!r}")
    if n_steps < 1:
        raise ValueError(f"n_steps must be at least 1, not {n_steps}")
    for i in range(n_steps):
        amount = (n_steps - i) / n_steps
        with torch.no_grad():
            x0_hat = restorer(x, x.new_full((1, 1), amount))
        yield ColdState(x, x0_hat, amount)
        with torch.no_grad():
            x = RULES[rule](Place(x, x0_hat, i, n_steps, kind, box, generator, noise_seed))
    yield ColdState(x, x, 0.0)
