r"""Ways to lose data, each defined once, for points and for images.

A corruption takes clean data and an amount in [0, 1] to corrupted data: 0 is the identity, 1 its
end state. Each states its mean and variance given the data, and whether the end has forgotten them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from explainer.settings import CorruptionName

ADDITIVE_SIGMA = 3.0  # of the additive form at amount 1, in units of the data
PEAK_PHOTONS = 10.0  # that a white pixel gets at amount 1/2

Amount = float | Tensor
"""One amount for all, or a tensor of them that broadcasts against the data: (n, 1) for n points."""


def _number(value: float) -> Callable[[], Tensor]:
    return partial(torch.tensor, value)


@dataclass(frozen=True, eq=False)
class Box:
    """Where the data live: the box that gives noise its values, and the unit of Gaussian noise.

    Attributes
    ----------
    low, high : Tensor, broadcastable to the data
        Pepper and salt; the ends of uniform noise; black and white.
    centre, unit : Tensor, broadcastable to the data
        Gaussian noise has standard deviation ``unit`` around ``centre`` in the end. Points are
        standardised already; images on [0, 1] are seen as on [-1, 1], as in the DDPM paper.
    whole : bool
        Whether the last dimension is lost as one, as the channels of a coloured pixel are.
    """

    low: Tensor
    high: Tensor
    centre: Tensor = field(default_factory=_number(0.0))
    unit: Tensor = field(default_factory=_number(1.0))
    whole: bool = False

    @classmethod
    def around(cls, x: Tensor) -> Box:
        """Return the box around standardised points of shape (n, d)."""
        return cls(x.amin(dim=0), x.amax(dim=0))

    @classmethod
    def of_images(cls, *, colour: bool = False) -> Box:
        """Return the box of images with values in [0, 1]; coloured ones have channels last."""
        half = torch.tensor(0.5)
        return cls(torch.tensor(0.0), torch.tensor(1.0), half, half, whole=colour)


Rule = Callable[[Tensor, Amount, torch.Generator, Box], Tensor]
Moment = Callable[[Tensor, Amount, Box], Tensor]


def _checked(amount: Amount, x_0: Tensor) -> Amount:
    """Return an amount in the precision of the data, or refuse it by its first wrong value."""
    if isinstance(amount, Tensor):
        wrong = ~((amount >= 0) & (amount <= 1)) | torch.tensor(amount.dtype == torch.bool)
        if not wrong.any():
            return amount.to(x_0.dtype)
        value = amount[wrong][0].item()
        amount = value if isinstance(value, bool) else float(f"{value:.6g}")
    elif not isinstance(amount, bool) and 0 <= amount <= 1:
        return amount
    raise ValueError(f"amount must be between 0 and 1, not {amount}")


def _root(amount: Amount) -> Amount:
    return amount.sqrt() if isinstance(amount, Tensor) else math.sqrt(amount)


@dataclass(frozen=True, eq=False)
class Corruption:
    r"""One way to lose data.

    ``corruption(x_0, amount, generator, box)`` returns data of the shape of x_0. The draws do not
    depend on the amount (but for ``poisson``), so that the same seed at rising amounts shows the
    same chance at work.

    Attributes
    ----------
    rule : callable
        What it does.
    mean, variance : callable
        ``(x_0, amount, box) -> Tensor``, elementwise and given x_0; see the module's functions.
    forgets : bool
        Whether at amount 1 nothing of x_0 is left, so that the end can be drawn without data.
    """

    rule: Rule
    mean: Moment
    variance: Moment
    forgets: bool

    def __call__(self, x_0: Tensor, amount: Amount, generator: torch.Generator, box: Box) -> Tensor:
        """Corrupt x_0.

        Parameters
        ----------
        x_0 : Tensor, any shape
            Standardised points (n, d), or images with values in [0, 1].
        amount : float or Tensor
            In [0, 1]; a tensor broadcasts against x_0.
        generator : torch.Generator
        box : Box

        Returns
        -------
        Tensor, of the shape of x_0

        Raises
        ------
        ValueError
            If an amount is outside [0, 1] or no number.
        """
        return self.rule(x_0, _checked(amount, x_0), generator, box)

    def end(self, like: Tensor, generator: torch.Generator, box: Box) -> Tensor:
        """Draw from the end state, without data.

        Parameters
        ----------
        like : Tensor
            Its shape and type are wanted; its values are not looked at.
        generator : torch.Generator
        box : Box

        Returns
        -------
        Tensor, of the shape of ``like``

        Raises
        ------
        ValueError
            If the end still depends on the data.
        """
        if not self.forgets:
            raise ValueError("the end state of this corruption depends on the data")
        return self.rule(torch.zeros_like(like) + box.low, 1.0, generator, box)


def gaussian(x_0: Tensor, amount: Amount, generator: torch.Generator, box: Box) -> Tensor:
    r"""Mix with Gaussian noise, variance preserving: :math:`\sqrt{1-a} x_0 + \sqrt{a} \epsilon`.

    The amount is DDPM's 1 - alpha-bar (arXiv 2006.11239, equation 4); the end is N(0, I) in units
    of the box.
    """
    eps = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype)
    return _shrunk(x_0, amount, box) + _root(amount) * box.unit * eps


def additive(x_0: Tensor, amount: Amount, generator: torch.Generator, box: Box) -> Tensor:
    r"""Add Gaussian noise: :math:`x_0 + \sigma \epsilon`, sigma rising to 3 units.

    The form of score matching and EDM ("variance exploding", arXiv 2011.13456, section 3.4). The
    end still has the data in it.
    """
    eps = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype)
    return x_0 + ADDITIVE_SIGMA * amount * box.unit * eps


def salt_and_pepper(x_0: Tensor, amount: Amount, generator: torch.Generator, box: Box) -> Tensor:
    """Replace each value with probability ``amount``, half by the highest and half by the lowest.

    A value is a coordinate of a point or a pixel of an image. At the end there are only the corners
    of the box.
    """
    shape = (*x_0.shape[:-1], 1) if box.whole else x_0.shape
    replaced = torch.rand(shape, generator=generator, dtype=x_0.dtype) < amount
    salt = torch.rand(shape, generator=generator, dtype=x_0.dtype) < 0.5
    return torch.where(replaced, torch.where(salt, box.high, box.low).to(x_0.dtype), x_0)


def uniform(x_0: Tensor, amount: Amount, generator: torch.Generator, box: Box) -> Tensor:
    """Mix with uniform noise on the box: ``(1 - a) x_0 + a u``. The end is uniform on the box."""
    u = torch.rand(x_0.shape, generator=generator, dtype=x_0.dtype)
    return (1 - amount) * x_0 + amount * (box.low + u * (box.high - box.low))


def photons(amount: Amount) -> Amount:
    """Return how many photons a white pixel gets on average: endless at 0, none at 1."""
    return PEAK_PHOTONS * (1 - amount) / amount


def poisson(x_0: Tensor, amount: Amount, generator: torch.Generator, box: Box) -> Tensor:
    """Count photons: ``Poisson(k x_0) / k`` with k falling from endless to none.

    x_0 is shifted by the low end of the box, so that it is positive. At the end no photon comes and
    all is at the low end.
    """
    a = torch.as_tensor(amount, dtype=x_0.dtype)
    k = photons(a.clamp(1e-6, 1 - 1e-6))
    span = box.high - box.low
    share = ((x_0 - box.low) / torch.where(span > 0, span, 1)).clamp(min=0)
    counted = box.low + torch.poisson(k * share, generator=generator) / k * span
    return torch.where(a <= 0, x_0, torch.where(a >= 1, box.low.to(x_0.dtype), counted))


def multiplicative(x_0: Tensor, amount: Amount, generator: torch.Generator, box: Box) -> Tensor:
    """Multiply with speckle: ``x_0 ((1 - a) + a g)``, g exponential with mean 1.

    As in radar and laser pictures. x_0 is shifted by the low end of the box, so that it is
    positive. The end is the data times g: what was black stays black.
    """
    u = torch.rand(x_0.shape, generator=generator, dtype=x_0.dtype)
    g = -torch.log1p(-u)  # in half the time of exponential_
    return x_0 + amount * (x_0 - box.low) * (g - 1)  # at amount 0, exactly x_0


def salt_and_pepper_by_snr(x_0: Tensor, snr: float, generator: torch.Generator, box: Box) -> Tensor:
    """Replace exactly so many values that the share ``snr`` is left: NP = SP (1 - SNR).

    The other way to say how much salt and pepper there is: of SP pixels, NP are replaced, half of
    them by salt.

    Parameters
    ----------
    x_0 : Tensor, any shape
    snr : float
        In [0, 1], the share of values that stay.
    generator : torch.Generator
    box : Box

    Returns
    -------
    Tensor, of the shape of x_0

    Raises
    ------
    ValueError
        If the ratio is outside [0, 1].
    """
    if isinstance(snr, bool) or not 0 <= snr <= 1:
        raise ValueError(f"snr must be between 0 and 1, not {snr}")
    shape = (*x_0.shape[:-1], 1) if box.whole else x_0.shape
    count = math.prod(shape)  # SP
    n_replaced = round(count * (1 - snr))  # NP
    order = torch.randperm(count, generator=generator)
    kind = torch.zeros(count, dtype=torch.uint8)
    kind[order[:n_replaced]] = 1
    kind[order[: n_replaced // 2]] = 2
    kind = kind.reshape(shape)
    salted = torch.where(kind == 2, box.high.to(x_0.dtype), x_0)
    return torch.where(kind == 1, box.low.to(x_0.dtype), salted)


# Means and variances given x_0.


def _still(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    return x_0.clone()


def _to_the_middle(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    return (1 - amount) * x_0 + amount * (box.low + box.high) / 2


def _shrunk(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    # Around the centre; written so that at amount 0 nothing is rounded.
    kept = _root(1 - amount)
    return kept * x_0 + (1 - kept) * box.centre


def _gaussian_variance(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    return torch.zeros_like(x_0) + amount * box.unit**2


def _additive_variance(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    return torch.zeros_like(x_0) + (ADDITIVE_SIGMA * amount * box.unit) ** 2


def _salt_and_pepper_variance(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    second = (1 - amount) * x_0**2 + amount * (box.low**2 + box.high**2) / 2
    return second - _to_the_middle(x_0, amount, box) ** 2


def _uniform_variance(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    return torch.zeros_like(x_0) + amount**2 * (box.high - box.low) ** 2 / 12


def _poisson_mean(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    # It stays x_0 however few photons there are, and jumps where there are none.
    return torch.where(torch.as_tensor(amount) >= 1, box.low.to(x_0.dtype), x_0)


def _poisson_variance(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    a = torch.as_tensor(amount, dtype=x_0.dtype)
    each = a / (PEAK_PHOTONS * (1 - a).clamp(min=1e-6))
    variance = (x_0 - box.low) * (box.high - box.low) * each
    return torch.where(a >= 1, torch.zeros_like(x_0), variance)


def _multiplicative_variance(x_0: Tensor, amount: Amount, box: Box) -> Tensor:
    return amount**2 * (x_0 - box.low) ** 2


CORRUPTIONS: dict[CorruptionName, Corruption] = {
    "gaussian": Corruption(gaussian, _shrunk, _gaussian_variance, forgets=True),
    "salt_and_pepper": Corruption(
        salt_and_pepper, _to_the_middle, _salt_and_pepper_variance, forgets=True
    ),
    "uniform": Corruption(uniform, _to_the_middle, _uniform_variance, forgets=True),
    "additive": Corruption(additive, _still, _additive_variance, forgets=False),
    "poisson": Corruption(poisson, _poisson_mean, _poisson_variance, forgets=True),
    "multiplicative": Corruption(multiplicative, _still, _multiplicative_variance, forgets=False),
}
