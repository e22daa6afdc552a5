"""What the network predicts: eps, x0 or v, and the way back to both x0 and eps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from explainer.settings import ObjectiveName


@dataclass(frozen=True)
class Prediction:
    """What a denoiser believes about x_t.

    Attributes
    ----------
    x0 : Tensor, shape (..., d)
        The predicted clean data.
    eps : Tensor, shape (..., d)
        The predicted noise; ``x_t = sqrt(abar) x0 + sqrt(1 - abar) eps``.
    """

    x0: Tensor
    eps: Tensor


@dataclass(frozen=True)
class Objective:
    """A training target and its inverse.

    With ``a = sqrt(alpha_bar_t)`` (signal) and ``s = sqrt(1 - alpha_bar_t)`` (noise), both
    broadcastable against the points:

    Attributes
    ----------
    name : str
    target : callable
        ``(x_0, eps, a, s) -> Tensor``, what the network should say.
    prediction : callable
        ``(x_t, output, a, s) -> Prediction``, what follows from what it says.
    """

    name: ObjectiveName
    target: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    prediction: Callable[[Tensor, Tensor, Tensor, Tensor], Prediction]


def _eps_prediction(x_t: Tensor, output: Tensor, a: Tensor, s: Tensor) -> Prediction:
    # arXiv 2006.11239, equation 15. At zero terminal SNR a is 0 and eps says nothing about x_0.
    return Prediction(x0=(x_t - s * output) / a, eps=output)


def _x0_prediction(x_t: Tensor, output: Tensor, a: Tensor, s: Tensor) -> Prediction:
    return Prediction(x0=output, eps=(x_t - a * output) / s)


def _v_prediction(x_t: Tensor, output: Tensor, a: Tensor, s: Tensor) -> Prediction:
    # v = a eps - s x_0 turns (x_0, eps) by an angle, and a^2 + s^2 = 1 turns it back.
    return Prediction(x0=a * x_t - s * output, eps=s * x_t + a * output)


OBJECTIVES: dict[ObjectiveName, Objective] = {
    "eps": Objective("eps", lambda x_0, eps, a, s: eps, _eps_prediction),
    "x0": Objective("x0", lambda x_0, eps, a, s: x_0, _x0_prediction),
    # Salimans & Ho 2022, arXiv 2202.00512, appendix D.
    "v": Objective("v", lambda x_0, eps, a, s: a * eps - s * x_0, _v_prediction),
}
