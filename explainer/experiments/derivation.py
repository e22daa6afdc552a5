"""From the step back that is wanted to DDIM's update: the numbers of each step of a walk."""

from __future__ import annotations

import itertools
import math
from typing import Any

from explainer.experiments.common import load_model
from explainer.page_settings import WalkSettings
from explainer.sampling import ddim_weights
from explainer.schedules import NoiseSchedule, displayed_step
from explainer.spacing import timesteps


def step_back(
    t: int, t_prev: int, schedule: NoiseSchedule, *, eta: float
) -> tuple[float, float, float]:
    r"""Return a, b and sigma of :math:`q(x_{t-1} | x_t, x_0) = N(a x_0 + b x_t, \sigma^2 I)`.

    They are the one choice, sigma given, that leaves the marginal
    :math:`q(x_{t-1} | x_0) = N(\sqrt{\bar\alpha_{t-1}} x_0, (1 - \bar\alpha_{t-1}) I)` as it is:
    :math:`a + b \sqrt{\bar\alpha_t} = \sqrt{\bar\alpha_{t-1}}` and
    :math:`b^2 (1 - \bar\alpha_t) + \sigma^2 = 1 - \bar\alpha_{t-1}`.

    Parameters
    ----------
    t, t_prev : int
        Index of the noise level, and of the next one visited; -1 is the data.
    schedule : NoiseSchedule
    eta : float
        In [0, 1]; sigma is eta times that of DDPM.

    Returns
    -------
    tuple of three float

    References
    ----------
    Song et al. 2020, arXiv 2010.02502, equations 7 and 16, and lemma 1 of appendix B.
    """
    weights = ddim_weights(t, t_prev, schedule, eta=eta)
    abar = schedule.alpha_bar(t)
    b = weights.eps / math.sqrt(1 - abar)
    return weights.x0 - b * math.sqrt(abar), b, weights.noise


def loss_weight(t: int, t_prev: int, schedule: NoiseSchedule, *, eta: float) -> float | None:
    r"""Return how the variational bound weighs :math:`|\epsilon - \hat\epsilon|^2` of one step.

    The bound compares the step back that knows x_0 with the one that guesses it: two Gaussians
    of the same variance, whose divergence is the squared distance of their means over twice the
    variance. The means differ by :math:`a (x_0 - \hat x_0)`, and
    :math:`x_0 - \hat x_0 = \sqrt{1 - \bar\alpha_t} (\hat\epsilon - \epsilon)/\sqrt{\bar\alpha_t}`:

    .. math:: \gamma_t = \frac{a^2}{2 \sigma^2} \frac{1 - \bar\alpha_t}{\bar\alpha_t},

    which for eta 1 is :math:`\beta_t^2 / (2 \sigma_t^2 \alpha_t (1 - \bar\alpha_t))`.

    Returns
    -------
    float or None
        None where there is no such weight: sigma is 0, or nothing of the data is left in x_t.

    References
    ----------
    Ho et al. 2020, arXiv 2006.11239, equation 12; Song et al. 2020, arXiv 2010.02502, theorem 1.
    """
    a, _, sigma = step_back(t, t_prev, schedule, eta=eta)
    abar = schedule.alpha_bar(t)
    if not sigma or not abar:
        return None
    return a**2 / (2 * sigma**2) * (1 - abar) / abar


def derivation(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`WalkSettings`: the numbers that DDIM's derivation needs.

    Returns
    -------
    dict
        ``T``; ``pairs``, a dict for each step of the walk: ``t`` and ``t_prev`` as a learner
        counts them, ``abar`` and ``abar_prev``; ``levels``, ᾱ at every t from 0 to T; and
        ``ddpm``, the weight that DDPM's bound gives to each t from 1 to T, null where it has
        none.
    """
    s = WalkSettings(**fields)
    _, schedule, _, _ = load_model(s.model, s.schedule or "cosine")
    stops = [*timesteps(schedule.T, s.steps, s.spacing), -1]
    return {
        "T": schedule.T,
        "pairs": [
            {
                "t": displayed_step(t),
                "t_prev": displayed_step(t_prev),
                "abar": schedule.alpha_bar(t),
                "abar_prev": schedule.alpha_bar(t_prev),
            }
            for t, t_prev in itertools.pairwise(stops)
        ],
        "levels": [schedule.alpha_bar(t) for t in range(-1, schedule.T)],
        "ddpm": [loss_weight(t, t - 1, schedule, eta=1.0) for t in range(schedule.T)],
    }
