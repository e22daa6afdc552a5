"""Denoisers: small networks, and the exact one that needs no training."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own custom

from explainer.config import (
    FREQUENCIES,
    TIME_FEATURES,
    Activation,
    NetworkName,
    TimeEmbedding,
    TrainConfig,
)
from explainer.objectives import Objective, Prediction
from explainer.schedules import NoiseSchedule

Denoiser = Callable[[Tensor, Tensor], Prediction]
"""``(x_t, t) -> Prediction``: x_t of shape (..., 2), t of int64 that broadcasts against
``x_t.shape[:-1]``, so that a whole cloud at one step passes t of shape (1,)."""


def _linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """Make a linear layer with torch's default initialisation, drawn from the given generator."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]
    bound = 1 / math.sqrt(n_in)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


_ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": F.relu_,  # in place: of these, its derivative alone needs nothing of what it overwrites
    "silu": F.silu,
    "gelu": F.gelu,
    "tanh": torch.tanh,
}
_FUSED_NAMES: dict[Activation, str] = {
    "relu": "relu", "silu": "swish", "gelu": "gelu", "tanh": "tanh",
}  # fmt: skip


@cache
def _fused(activation: Activation) -> Callable[[Tensor, Tensor, Tensor], Tensor] | None:
    """Find oneDNN's linear layer with an activation, or None where this torch has none that works.

    On an AMD core it reaches twice the speed of the product that torch calls by default. The
    operator is torch's own, but not documented, so it is tried once against the plain layer.
    """
    h = torch.linspace(-6, 6, 25)[:, None]
    weight, bias = torch.full((1, 1), -2.0), torch.ones(1)

    def fused(h: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        name = _FUSED_NAMES[activation]
        result: Tensor = torch.ops.mkldnn._linear_pointwise(h, weight, bias, name, [], "none")
        return result

    try:
        plain = _ACTIVATIONS[activation](F.linear(h, weight, bias))
        right = torch.allclose(fused(h, weight, bias), plain, rtol=1e-5, atol=1e-5)
    except (AttributeError, RuntimeError, TypeError):
        return None
    return fused if right else None


def _layer(linear: nn.Module, h: Tensor, shift: Tensor | None, activation: Activation) -> Tensor:
    """``activation(linear(h) + shift)``; a shift that is one row becomes part of the bias.

    When a whole cloud stands at one step, that saves a pass over the activations at each layer,
    which is most of what sampling costs beside the matrix products.
    """
    assert isinstance(linear, nn.Linear)  # a ModuleList has forgotten what it holds
    if shift is not None and shift.numel() != linear.out_features:
        return _ACTIVATIONS[activation](linear(h).add_(shift))
    bias = linear.bias if shift is None else linear.bias + shift.reshape(-1)
    # It has no derivative, and is there for float32 on the CPU alone.
    plain = torch.is_grad_enabled() or h.dtype != torch.float32 or h.device.type != "cpu"
    fused = None if plain else _fused(activation)
    if fused is not None:
        return fused(h, linear.weight, bias)
    return _ACTIVATIONS[activation](F.linear(h, linear.weight, bias))


class MLP(nn.Module):
    """A small network that takes a point and t to two numbers; three choices, each on its own.

    Parameters
    ----------
    T : int
        Number of noise levels.
    network : {"fourier", "tutorial"}
        What it sees of a point. ``tutorial``: x and y alone. ``fourier``: random Fourier features
        beside, with which a small network learns fine structure in few steps (Tancik et al. 2020,
        arXiv 2006.10739).
    time_embedding : {"learned", "sinusoidal", "none"}
        How it is told t. ``learned``: before each activation a row of a table is added, as the
        tutorial does. ``sinusoidal``: features of t (Vaswani et al. 2017, arXiv 1706.03762,
        section 3.5) pass through one linear layer and are added once, before the first
        activation. ``none``: not at all.
    activation : {"relu", "silu", "gelu", "tanh"}
    width, depth : int
        Units per hidden layer, number of hidden layers.
    generator : torch.Generator
        Of the initial weights and the frequencies.
    """

    FREQUENCY_SCALE = 2.0  # radians per standardised unit

    frequencies: Tensor | None
    time_features: Tensor

    def __init__(
        self,
        T: int,
        *,
        network: NetworkName,
        time_embedding: TimeEmbedding,
        activation: Activation = "relu",
        width: int = 128,
        depth: int = 3,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.time_embedding, self.activation = time_embedding, activation
        frequencies, n_in = None, 2
        if network == "fourier":
            frequencies = torch.empty(2, FREQUENCIES).normal_(generator=generator)
            frequencies, n_in = frequencies * self.FREQUENCY_SCALE, 2 + 2 * FREQUENCIES
        self.register_buffer("frequencies", frequencies)
        if time_embedding == "sinusoidal":
            u = torch.arange(T, dtype=torch.float64)[:, None] / T
            rates = torch.logspace(0, math.log10(T), TIME_FEATURES // 2, dtype=torch.float64)
            waves = torch.cat([(u * rates).sin(), (u * rates).cos()], dim=1)
            self.register_buffer("time_features", waves.float(), persistent=False)
            self.time = _linear(TIME_FEATURES, width, generator)
        sizes = [n_in] + [width] * depth
        self.hidden = nn.ModuleList(_linear(a, b, generator) for a, b in itertools.pairwise(sizes))
        self.out = _linear(width, 2, generator)
        if time_embedding == "learned":
            # The tutorial starts its tables at N(0, 1), which drowns the point at first; beside
            # Fourier features nobody's habit has to be kept, and a tenth learns several times as
            # fast.
            std = 1.0 if network == "tutorial" else 0.1
            self.steps = nn.ParameterList(
                torch.empty(T, width).normal_(std=std, generator=generator) for _ in range(depth)
            )

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Map x (..., 2) and t (broadcastable to ``x.shape[:-1]``) to (..., 2)."""
        h = self._features(x)
        for linear, shift in zip(self.hidden, self._shifts(t), strict=True):
            h = _layer(linear, h, shift, self.activation)  # (..., width)
        return self.out(h)  # type: ignore[no-any-return]

    def _features(self, x: Tensor) -> Tensor:
        if self.frequencies is None:
            return x
        waves = x @ self.frequencies  # (..., 16)
        return torch.cat([x, waves.sin(), waves.cos()], dim=-1)  # (..., 34)

    def _shifts(self, t: Tensor) -> list[Tensor | None]:
        """Find what each layer adds before its activation: (..., width), or None."""
        if self.time_embedding == "learned":
            return [F.embedding(t, table) for table in self.steps]
        first = self.time(self.time_features[t]) if self.time_embedding == "sinusoidal" else None
        return [first, *[None] * (len(self.hidden) - 1)]


def make_network(config: TrainConfig, generator: torch.Generator) -> MLP:
    """Make the network that a config names, with fresh weights from the generator."""
    return MLP(
        config.T,
        network=config.network,
        time_embedding=config.time_embedding,
        activation=config.activation,
        width=config.width,
        depth=config.depth,
        generator=generator,
    )


class NetworkDenoiser:
    """A network with the way from what it predicts to x0 and eps.

    Parameters
    ----------
    network : Module
        ``(x, t) -> output``, shapes as in :data:`Denoiser`.
    schedule : NoiseSchedule
    objective : Objective
        What the network was trained to say.
    """

    def __init__(self, network: nn.Module, schedule: NoiseSchedule, objective: Objective) -> None:
        self.network, self.schedule, self.objective = network, schedule, objective

    @torch.no_grad()
    def __call__(self, x_t: Tensor, t: Tensor) -> Prediction:
        """Return the prediction at x_t (..., 2) and t (broadcastable)."""
        a = self.schedule.sqrt_alphas_cumprod[t][..., None]
        s = self.schedule.sqrt_one_minus_alphas_cumprod[t][..., None]
        return self.objective.prediction(x_t, self.network(x_t, t), a, s)


class ExactDenoiser:
    r"""The best denoiser there is for a finite data set: its posterior mean.

    :math:`E[x_0 | x_t] = \sum_i w_i x_i` with weights
    :math:`w = \mathrm{softmax}(-|x_t - \sqrt{\bar\alpha_t} x_i|^2 / (2 (1 - \bar\alpha_t)))`.
    It has nothing to learn, and with small noise it copies data points: it memorises.

    Parameters
    ----------
    x : Tensor, shape (m, 2)
        The data set.
    schedule : NoiseSchedule

    References
    ----------
    Karras et al. 2022, arXiv 2206.00364, appendix B.3.
    """

    CHUNK = 256  # rows at once, so that the (rows, m) weights stay in cache

    def __init__(self, x: Tensor, schedule: NoiseSchedule) -> None:
        self.x, self.schedule = x, schedule

    def _parts(self, x_t: Tensor, t: Tensor) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Cut x_t (..., 2) into slices of rows, each (rows, 2) with its t (rows,) or (1,)."""
        rows = x_t.reshape(-1, 2)
        times = t.expand(x_t.shape[:-1]).reshape(-1) if t.numel() > 1 else t.reshape(1)
        for start in range(0, len(rows), self.CHUNK):
            part = slice(start, start + self.CHUNK)
            yield part, rows[part], times[part] if len(times) > 1 else times

    def _squared(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Squared distances (rows, m) of x_t (rows, 2) from the data as t shrinks them."""
        a = self.schedule.sqrt_alphas_cumprod[t][:, None]
        squared = (x_t[:, :1] - a * self.x[:, 0]).square_()  # (rows, m)
        difference = x_t[:, 1:] - a * self.x[:, 1]
        return squared.addcmul_(difference, difference)

    def posterior_mean(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Return the posterior mean (..., 2) at x_t (..., 2) and t (broadcastable)."""
        mean = torch.empty_like(x_t.reshape(-1, 2))
        for part, rows, times in self._parts(x_t, t):
            variance = self.schedule.sqrt_one_minus_alphas_cumprod[times][:, None] ** 2
            mean[part] = self._squared(rows, times).mul_(-0.5 / variance).softmax(dim=1) @ self.x
        return mean.reshape(x_t.shape)

    def posterior_variance(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Return the posterior variance, summed over both coordinates, (...)."""
        summed = torch.empty_like(x_t[..., 0].reshape(-1))
        power = self.x.square().sum(dim=1)  # (m,)
        for part, rows, times in self._parts(x_t, t):
            a = self.schedule.sqrt_alphas_cumprod[times][:, None]
            squared = self._squared(rows, times)
            noise = self.schedule.sqrt_one_minus_alphas_cumprod[times][:, None] ** 2
            w = (squared * (-0.5 / noise)).softmax(dim=1)
            mean = w @ self.x
            # E|x|^2 - |E x|^2 about the origin loses all digits where the noise is small, and
            # about x_t / a where it is large: there a is close to 0.
            origin = w @ power - mean.square().sum(dim=1)
            here = (w * squared).sum(dim=1) - (rows - a * mean).square().sum(dim=1)
            near = a[:, 0] ** 2 > 0.5
            summed[part] = torch.where(near, here / a[:, 0].clamp(min=0.5) ** 2, origin)
        return summed.clamp_min_(0).reshape(x_t.shape[:-1])

    def __call__(self, x_t: Tensor, t: Tensor) -> Prediction:
        """Return the prediction at x_t (..., 2) and t (broadcastable)."""
        a = self.schedule.sqrt_alphas_cumprod[t][..., None]
        s = self.schedule.sqrt_one_minus_alphas_cumprod[t][..., None]
        x0 = self.posterior_mean(x_t, t)
        return Prediction(x0=x0, eps=(x_t - a * x0) / s)
