"""The formulas of the named noise schedules, and the reading of designed ones: betas, (T,)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from explainer.own import load_curve
from explainer.settings import ScheduleName


def _tutorial(T: int) -> Tensor:
    ramp = torch.linspace(-6, 6, T, dtype=torch.float64)
    return torch.sigmoid(ramp) * (0.5e-2 - 1e-5) + 1e-5


def _linear(T: int, *, beta_start: float = 1e-4, beta_end: float = 0.02) -> Tensor:
    return torch.linspace(beta_start, beta_end, T, dtype=torch.float64)


def _scaled_linear(T: int, *, beta_start: float = 1e-4, beta_end: float = 0.02) -> Tensor:
    """Linear in the square root of beta (latent diffusion, arXiv 2112.10752)."""
    return torch.linspace(beta_start**0.5, beta_end**0.5, T, dtype=torch.float64) ** 2


def _quadratic(T: int, *, beta_start: float = 1e-4, beta_end: float = 0.02) -> Tensor:
    """Quadratic in t between the ends of the linear schedule."""
    ramp = torch.linspace(0, 1, T, dtype=torch.float64)
    return beta_start + (beta_end - beta_start) * ramp**2


def _from_alpha_bar(alpha_bar: Callable[[float], float], T: int, max_beta: float) -> Tensor:
    """Betas whose running product follows a continuous alpha-bar over [0, 1]."""
    values = [alpha_bar(i / T) for i in range(T + 1)]
    betas = [min(1 - after / before, max_beta) for before, after in itertools.pairwise(values)]
    return torch.tensor(betas, dtype=torch.float64)


def _cosine(T: int, *, offset: float = 0.008, max_beta: float = 0.999) -> Tensor:
    """Nichol & Dhariwal 2021, arXiv 2102.09672, equation 17."""

    def alpha_bar(u: float) -> float:
        return math.cos((u + offset) / (1 + offset) * math.pi / 2) ** 2

    return _from_alpha_bar(alpha_bar, T, max_beta)


def _sigmoid(
    T: int, *, start: float = -3.0, end: float = 3.0, tau: float = 1.0, max_beta: float = 0.999
) -> Tensor:
    """Sigmoid in alpha-bar (Jabri et al. 2022, arXiv 2212.11972, algorithm 1)."""

    def squash(value: float) -> float:
        return 1 / (1 + math.exp(-value / tau))

    def alpha_bar(u: float) -> float:
        low, high = squash(start), squash(end)
        return (high - squash(u * (end - start) + start)) / (high - low)

    return _from_alpha_bar(alpha_bar, T, max_beta)


SCHEDULES: dict[ScheduleName, Callable[..., Tensor]] = {
    "tutorial": _tutorial,
    "linear": _linear,
    "scaled_linear": _scaled_linear,
    "quadratic": _quadratic,
    "cosine": _cosine,
    "sigmoid": _sigmoid,
}


def designed_betas(name: str, T: int) -> Tensor:
    """Return the betas of a schedule of one's own: its alpha-bar, read at T steps, (T,).

    Raises
    ------
    ValueError
        If the schedule is not here any more.
    """
    from scipy.interpolate import PchipInterpolator  # takes a moment to import, and few need it

    curve = load_curve(name)
    if curve.kind == "handles":
        values = PchipInterpolator(curve.u, curve.alpha_bar)(np.arange(T + 1) / T)
    else:
        # Straight in log alpha-bar between the pasted steps: at their own T, the pasted betas.
        values = np.exp(np.interp(np.arange(T + 1) / T, curve.u, np.log(curve.alpha_bar)))
    return torch.from_numpy(1 - values[1:] / values[:-1])


def rescale_zero_terminal_snr(betas: Tensor) -> Tensor:
    """Shift and scale sqrt(alpha-bar) so that nothing of the data is left at T.

    Parameters
    ----------
    betas : Tensor, shape (T,)
        With T at least 2.

    Returns
    -------
    Tensor of float64, shape (T,)
        The last beta is 1.

    References
    ----------
    Lin et al. 2023, arXiv 2305.08891, algorithm 1.
    """
    root = (1 - betas.to(torch.float64)).cumprod(0).sqrt()
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    abar = root**2
    alphas = torch.cat([abar[:1], abar[1:] / abar[:-1]])
    return 1 - alphas
