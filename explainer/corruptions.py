"""Three ways to lose data: Gaussian noise, salt and pepper, uniform mixing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from explainer.settings import CorruptionName


@dataclass(frozen=True, eq=False)
class Box:
    """The smallest box around the data, which gives salt, pepper and uniform noise their values.

    Attributes
    ----------
    low, high : Tensor, shape (d,)
    """

    low: Tensor
    high: Tensor

    @classmethod
    def around(cls, x: Tensor) -> Box:
        """Return the box around points of shape (n, d)."""
        return cls(x.amin(dim=0), x.amax(dim=0))


Corruption = Callable[[Tensor, float, torch.Generator, Box], Tensor]


def _check_amount(amount: float) -> None:
    if isinstance(amount, bool) or not 0 <= amount <= 1:
        raise ValueError(f"amount must be between 0 and 1, not {amount}")


def gaussian(x_0: Tensor, amount: float, generator: torch.Generator, box: Box) -> Tensor:
    r"""Mix with Gaussian noise, variance preserving: :math:`\sqrt{1-a} x_0 + \sqrt{a} \epsilon`.

    Parameters
    ----------
    x_0 : Tensor, shape (n, d)
        Standardised points.
    amount : float
        In [0, 1]; it is 1 - alpha-bar. At 0 the data, at 1 N(0, I).
    generator : torch.Generator
    box : Box
        Not used: Gaussian noise knows no bounds.

    Returns
    -------
    Tensor, shape (n, d)
        Given x_0, of mean :math:`\sqrt{1-a} x_0` and variance a.

    Raises
    ------
    ValueError
        If the amount is outside [0, 1].
    """
    _check_amount(amount)
    eps = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype)
    return math.sqrt(1 - amount) * x_0 + math.sqrt(amount) * eps


def salt_and_pepper(x_0: Tensor, amount: float, generator: torch.Generator, box: Box) -> Tensor:
    """Replace each coordinate with probability ``amount``, half by the highest value, half lowest.

    Parameters
    ----------
    x_0 : Tensor, shape (n, d)
    amount : float
        In [0, 1]. At 0 the data, at 1 nothing but the corners of the box.
    generator : torch.Generator
    box : Box
        Whose ends are salt and pepper.

    Returns
    -------
    Tensor, shape (n, d)
        Given x_0, of mean ``(1 - a) x_0 + a (low + high) / 2``.

    Raises
    ------
    ValueError
        If the amount is outside [0, 1].
    """
    _check_amount(amount)
    replaced = torch.rand(x_0.shape, generator=generator, dtype=x_0.dtype) < amount
    salt = torch.rand(x_0.shape, generator=generator, dtype=x_0.dtype) < 0.5
    return torch.where(replaced, torch.where(salt, box.high, box.low), x_0)


def uniform(x_0: Tensor, amount: float, generator: torch.Generator, box: Box) -> Tensor:
    """Mix with uniform noise on the box: ``(1 - a) x_0 + a u``.

    Parameters
    ----------
    x_0 : Tensor, shape (n, d)
    amount : float
        In [0, 1]. At 0 the data, at 1 uniform on the box.
    generator : torch.Generator
    box : Box
        Where u is uniform.

    Returns
    -------
    Tensor, shape (n, d)
        Given x_0, of mean ``(1 - a) x_0 + a (low + high) / 2`` and variance
        ``a^2 (high - low)^2 / 12``.

    Raises
    ------
    ValueError
        If the amount is outside [0, 1].
    """
    _check_amount(amount)
    u = torch.rand(x_0.shape, generator=generator, dtype=x_0.dtype)
    return (1 - amount) * x_0 + amount * (box.low + u * (box.high - box.low))


CORRUPTIONS: dict[CorruptionName, Corruption] = {
    "gaussian": gaussian,
    "salt_and_pepper": salt_and_pepper,
    "uniform": uniform,
}
