"""Noise schedules: how much of the data is left after t steps of noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from explainer.betas import SCHEDULES, designed_betas, rescale_zero_terminal_snr
from explainer.own import is_own
from explainer.settings import SCHEDULE_NAMES


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    r"""The betas of a diffusion process and all that follows from them.

    Everything is computed in float64 and kept in float32; the scalars that a sampler needs are
    read in float64 through :meth:`alpha_bar`, because ``1 - alphas_cumprod[0]`` in float32 has
    lost four digits.

    Parameters
    ----------
    betas : Tensor, shape (T,)
        Variance added at each step, in (0, 1]; only the last may be 1 (zero terminal SNR).

    Attributes
    ----------
    alphas, alphas_cumprod, alphas_cumprod_prev : Tensor, shape (T,)
        :math:`\alpha_t = 1 - \beta_t`, :math:`\bar\alpha_t` and :math:`\bar\alpha_{t-1}` (1 at
        the first step). The DDIM paper writes :math:`\alpha_t` for :math:`\bar\alpha_t`.
    sqrt_alphas_cumprod, sqrt_one_minus_alphas_cumprod : Tensor, shape (T,)
        Weights of data and noise in :math:`x_t`.
    log_one_minus_alphas_cumprod : Tensor, shape (T,)
    snr : Tensor, shape (T,)
        :math:`\bar\alpha_t / (1 - \bar\alpha_t)`, a ratio of powers.
    posterior_variance : Tensor, shape (T,)
        :math:`\tilde\beta_t`, variance of :math:`q(x_{t-1} | x_t, x_0)`; 0 at the first step.

    Raises
    ------
    ValueError
        If betas are not a finite vector in (0, 1), the last one allowed to be 1.

    References
    ----------
    Ho et al. 2020, arXiv 2006.11239, equations 2, 4 and 7.
    """

    betas: Tensor
    alphas: Tensor = field(init=False)
    alphas_cumprod: Tensor = field(init=False)
    alphas_cumprod_prev: Tensor = field(init=False)
    sqrt_alphas_cumprod: Tensor = field(init=False)
    sqrt_one_minus_alphas_cumprod: Tensor = field(init=False)
    log_one_minus_alphas_cumprod: Tensor = field(init=False)
    snr: Tensor = field(init=False)
    posterior_variance: Tensor = field(init=False)
    _alpha_bars: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        betas = torch.as_tensor(self.betas).detach().to(torch.float64)
        if betas.ndim != 1 or len(betas) == 0:
            raise ValueError("betas must be a vector with at least one entry")
        if not torch.isfinite(betas).all():
            raise ValueError("betas must be finite")
        if (betas <= 0).any() or (betas[:-1] >= 1).any() or betas[-1] > 1:
            raise ValueError("betas must lie between 0 and 1 (only the last may be 1)")
        alphas = 1 - betas
        abar = alphas.cumprod(0)
        abar_prev = torch.cat([torch.ones(1, dtype=torch.float64), abar[:-1]])
        derived = {
            "betas": betas,
            "alphas": alphas,
            "alphas_cumprod": abar,
            "alphas_cumprod_prev": abar_prev,
            "sqrt_alphas_cumprod": abar.sqrt(),
            "sqrt_one_minus_alphas_cumprod": (1 - abar).sqrt(),
            "log_one_minus_alphas_cumprod": torch.log1p(-abar),
            "snr": abar / (1 - abar),
            "posterior_variance": betas * (1 - abar_prev) / (1 - abar),  # eq. 7
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value.to(torch.float32))
        object.__setattr__(self, "_alpha_bars", tuple(abar.tolist()))

    @property
    def T(self) -> int:  # noqa: N802 - the field's own symbol
        """Number of noising steps."""
        return len(self._alpha_bars)

    def alpha_bar(self, t: int) -> float:
        """Return alpha-bar at index t in float64; ``t = -1`` is the data itself, where it is 1.

        Raises
        ------
        ValueError
            If t is not in -1 .. T-1.
        """
        if t == -1:
            return 1.0
        if not 0 <= t < self.T:
            raise ValueError(f"t must be between -1 and {self.T - 1}, got {t}")
        return self._alpha_bars[t]

    def ddim_sigma(self, eta: float) -> Tensor:
        r"""Return the standard deviation of the noise of a DDIM step from t to t-1, (T,).

        :math:`\sigma_t(\eta) = \eta \sqrt{\tilde\beta_t}`: none for eta 0, DDPM's for eta 1.

        References
        ----------
        Song et al. 2020, arXiv 2010.02502, equation 16.
        """
        return eta * self.posterior_variance.sqrt()

    def add_noise(self, x_0: Tensor, eps: Tensor, t: Tensor | int) -> Tensor:
        r"""Jump to x_t: :math:`\sqrt{\bar\alpha_t} x_0 + \sqrt{1 - \bar\alpha_t} \epsilon`.

        Parameters
        ----------
        x_0, eps : Tensor, shape (..., d)
            Data and standard normal noise.
        t : Tensor of int64 or int
            Index in 0 .. T-1, of a shape that broadcasts against ``x_0.shape[:-1]``.

        Returns
        -------
        Tensor, shape (..., d)

        References
        ----------
        arXiv 2006.11239, equation 4.
        """
        index = torch.as_tensor(t)
        signal = self.sqrt_alphas_cumprod[index][..., None]
        noise = self.sqrt_one_minus_alphas_cumprod[index][..., None]
        return signal * x_0 + noise * eps


def displayed_step(t: int) -> int:
    """Convert an index in -1 .. T-1 to what a learner sees: 0 is data, T is noise."""
    return t + 1


@lru_cache(maxsize=64)
def _cached(name: str, T: int, zero_terminal_snr: bool) -> NoiseSchedule:
    betas = SCHEDULES[name](T) if name in SCHEDULES else designed_betas(name, T)
    return NoiseSchedule(rescale_zero_terminal_snr(betas) if zero_terminal_snr else betas)


def make_schedule(
    name: str, T: int, *, zero_terminal_snr: bool = False, **options: float
) -> NoiseSchedule:
    """Make a named schedule of T steps.

    Parameters
    ----------
    name : str
        ``tutorial`` (sigmoid of linspace(-6, 6, T) scaled to 1e-5 .. 5e-3), ``linear``
        (1e-4 .. 0.02), ``scaled_linear``, ``quadratic``, ``cosine`` or ``sigmoid``; or the name
        of a schedule of one's own, see :mod:`explainer.own`.
    T : int
        Number of noising steps, 2 to 10,000.
    zero_terminal_snr : bool
        Rescale so that alpha-bar at T is exactly 0 (arXiv 2305.08891).
    **options : float
        ``beta_start`` and ``beta_end`` of linear, scaled_linear and quadratic; ``offset`` and
        ``max_beta`` of cosine; ``start``, ``end``, ``tau`` and ``max_beta`` of sigmoid.

    Returns
    -------
    NoiseSchedule

    Raises
    ------
    ValueError
        If the name is unknown, T is out of range, an option is not the schedule's, or the betas
        that come out are not in (0, 1).
    """
    if name not in SCHEDULES and not is_own(name):
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULE_NAMES)}, not {name!r}")
    if isinstance(T, bool) or not isinstance(T, int) or not 2 <= T <= 10_000:
        raise ValueError(f"T must be a whole number between 2 and 10000, not {T!r}")
    if not options:
        return _cached(name, T, zero_terminal_snr)
    try:
        betas = SCHEDULES[name](T, **options)  # type: ignore[index]
    except (KeyError, TypeError):
        raise ValueError(f"{name} does not take the option {', '.join(options)}") from None
    except (ArithmeticError, RuntimeError):
        raise ValueError(f"{name} has no betas with these options: {options}") from None
    return NoiseSchedule(rescale_zero_terminal_snr(betas) if zero_terminal_snr else betas)
