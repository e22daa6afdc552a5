"""The noise that belongs to a point: the deterministic walk the other way, and paths between."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from explainer.models import Denoiser
from explainer.sampling import SampleState
from explainer.schedules import NoiseSchedule


def invert(
    denoiser: Denoiser, x_0: Tensor, timesteps: Sequence[int], schedule: NoiseSchedule
) -> Iterator[SampleState]:
    r"""Walk from data to noise by DDIM's update with the two levels exchanged.

    :math:`x_{next} = \sqrt{\bar\alpha_{next}} \hat x_0 + \sqrt{1 - \bar\alpha_{next}} \hat\epsilon`
    with the prediction at where the walk stands. A network knows no level without noise, so the
    first prediction, at the data, is made as if they had the lowest level visited.

    Parameters
    ----------
    denoiser : Denoiser
    x_0 : Tensor, shape (n, 2)
    timesteps : sequence of int
        The noise levels of the way back, descending; here they are visited from the last.
    schedule : NoiseSchedule

    Yields
    ------
    SampleState
        ``len(timesteps) + 1`` states, x_0 with t = -1 first, the noise last.

    References
    ----------
    Song et al. 2020, arXiv 2010.02502, section 4.3 and equation 13.
    """
    x, x0_hat, t = x_0, x_0, -1
    for t_next in reversed(timesteps):
        with torch.no_grad():
            prediction = denoiser(x, torch.tensor([max(t, timesteps[-1])]))
            x0_hat = x if t < 0 else prediction.x0
            yield SampleState(x=x, t=t, x0_hat=x0_hat)
            abar = schedule.alpha_bar(t_next)
            x = math.sqrt(abar) * x0_hat + math.sqrt(1 - abar) * prediction.eps
        t = t_next
    with torch.no_grad():
        yield SampleState(x=x, t=t, x0_hat=denoiser(x, torch.tensor([t])).x0)


def slerp(a: Tensor, b: Tensor, shares: Tensor) -> Tensor:
    r"""Interpolate spherically, :math:`(\sin((1-s)\theta) a + \sin(s\theta) b) / \sin\theta`.

    Between two draws of noise the length stays what it is for noise, on a straight line it would
    not.

    Parameters
    ----------
    a, b : Tensor, shape (2,)
        Not both on one line through 0; where they nearly are, the straight line is taken.
    shares : Tensor, shape (k,)
        From 0, which is a, to 1, which is b.

    Returns
    -------
    Tensor, shape (k, 2)

    References
    ----------
    Song et al. 2020, arXiv 2010.02502, appendix D.5, equation 67.
    """
    cosine = (a @ b / (a.norm() * b.norm())).clamp(-1, 1)
    angle = torch.arccos(cosine)
    shares = shares[:, None]
    if angle.sin() < 1e-4:
        return (1 - shares) * a + shares * b
    return (((1 - shares) * angle).sin() * a + (shares * angle).sin() * b) / angle.sin()
