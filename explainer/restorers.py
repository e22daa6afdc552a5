"""Small networks that undo a corruption: from x and how much was lost to the clean data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own custom

from explainer.config import FREQUENCIES
from explainer.digits import SIDE
from explainer.models import _layer, _linear
from explainer.noise_settings import DIGITS
from explainer.restore_config import RestoreConfig

AMOUNT_FEATURES = 32  # half of them sines
HIGHEST_RATE = 100.0  # radians from amount 0 to 1

Restorer = Callable[[Tensor, Tensor], Tensor]
"""``(x, amount) -> x0_hat``: x of shape (..., d), amount broadcastable to (..., 1); d is 2 for
points, standardised, and 64 for digits with values in [0, 1]."""


def amount_features(amount: Tensor) -> Tensor:
    """Sines and cosines of an amount (..., 1), slow ones and fast ones, (..., 32)."""
    rates = torch.logspace(0, math.log10(HIGHEST_RATE), AMOUNT_FEATURES // 2)
    waves = amount * rates
    return torch.cat([waves.sin(), waves.cos()], dim=-1)


class MLP(nn.Module):
    """A network of fully connected layers, each told the amount.

    Parameters
    ----------
    d : int
        Numbers in, numbers out.
    waves : bool
        Whether it sees random Fourier features of x beside x, as
        :class:`explainer.models.MLP` does.
    width, depth : int
        Units per hidden layer, number of hidden layers.
    generator : torch.Generator
    """

    FREQUENCY_SCALE = 2.0  # radians per standardised unit

    frequencies: Tensor | None

    def __init__(
        self, d: int, *, waves: bool, width: int, depth: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        frequencies, n_in = None, d
        if waves:
            frequencies = torch.empty(d, FREQUENCIES).normal_(generator=generator)
            frequencies, n_in = frequencies * self.FREQUENCY_SCALE, d + 2 * FREQUENCIES
        self.register_buffer("frequencies", frequencies)
        self.amount = _linear(AMOUNT_FEATURES, width * depth, generator)
        sizes = [n_in] + [width] * depth
        self.hidden = nn.ModuleList(_linear(a, b, generator) for a, b in itertools.pairwise(sizes))
        self.out = _linear(width, d, generator)

    def forward(self, x: Tensor, amount: Tensor) -> Tensor:
        """Map x (..., d) and an amount (broadcastable to (..., 1)) to (..., d)."""
        h = x
        if self.frequencies is not None:
            waves = x @ self.frequencies  # (..., 16)
            h = torch.cat([x, waves.sin(), waves.cos()], dim=-1)  # (..., d + 32)
        shifts = self.amount(amount_features(amount)).chunk(len(self.hidden), dim=-1)
        for linear, shift in zip(self.hidden, shifts, strict=True):
            h = _layer(linear, h, shift, "relu")  # (..., width)
        return self.out(h)  # type: ignore[no-any-return]


def _conv(n_in: int, n_out: int, size: int, generator: torch.Generator) -> nn.Conv2d:
    """Make a convolution with torch's default initialisation, drawn from the given generator."""
    layer: nn.Conv2d = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Conv2d, n_in, n_out, size, padding=size // 2
    )
    bound = 1 / math.sqrt(n_in * size * size)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        assert layer.bias is not None
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


class Block(nn.Module):
    """Two convolutions beside a shortcut, told the amount between them."""

    def __init__(self, n_in: int, n_out: int, generator: torch.Generator) -> None:
        super().__init__()
        self.first = _conv(n_in, n_out, 3, generator)
        self.amount = _linear(AMOUNT_FEATURES, n_out, generator)
        self.second = _conv(n_out, n_out, 3, generator)
        self.shortcut = nn.Identity() if n_in == n_out else _conv(n_in, n_out, 1, generator)

    def forward(self, h: Tensor, features: Tensor) -> Tensor:
        """Map h (b, n_in, s, s) and features of the amount (b or 1, 32) to (b, n_out, s, s)."""
        shift = self.amount(features)[..., None, None]  # (b or 1, n_out, 1, 1)
        inner = F.silu(self.first(h) + shift)
        return F.silu(self.second(inner) + self.shortcut(h))


class UNet(nn.Module):
    """Convolutions on a picture at falling sizes and back, each size told the amount.

    On the way back each size also sees what it was on the way down, so that the fine is not lost
    through the coarse (Ronneberger et al. 2015, arXiv 1505.04597). The two are added here, which
    costs less than to set them beside each other.

    Parameters
    ----------
    width : int
        Channels at full size; each level has so many more than the one above it.
    depth : int
        Levels: 2 is 8 x 8 and 4 x 4, 3 goes on to 2 x 2.
    generator : torch.Generator
    """

    def __init__(self, *, width: int, depth: int, generator: torch.Generator) -> None:
        super().__init__()
        channels = [width * (level + 1) for level in range(depth)]
        self.into = _conv(1, width, 3, generator)
        down = itertools.pairwise([width, *channels])
        self.down = nn.ModuleList(Block(a, b, generator) for a, b in down)
        up = list(itertools.pairwise(channels[::-1]))
        self.thin = nn.ModuleList(_conv(a, b, 1, generator) for a, b in up)
        self.up = nn.ModuleList(Block(b, b, generator) for _, b in up)
        self.out = _conv(width, 1, 3, generator)

    def forward(self, x: Tensor, amount: Tensor) -> Tensor:
        """Map pictures x (..., 64) and an amount (broadcastable to (..., 1)) to (..., 64)."""
        features = amount_features(amount)
        if amount.numel() > 1:
            features = features.expand(*x.shape[:-1], AMOUNT_FEATURES)
        features = features.reshape(-1, AMOUNT_FEATURES)  # (b or 1, 32)
        h = F.silu(self.into(x.reshape(-1, 1, SIDE, SIDE)))
        above: list[Tensor] = []
        for level, block in enumerate(self.down):
            if level:
                above.append(h)
                h = F.avg_pool2d(h, 2)
            h = block(h, features)
        for thin, block in zip(self.thin, self.up, strict=True):
            h = block(F.interpolate(thin(h), scale_factor=2) + above.pop(), features)
        return self.out(h).reshape(x.shape)  # type: ignore[no-any-return]


class Rescaled(nn.Module):
    """A network that sees values on [0, 1] as values on [-1, 1], and answers likewise.

    Parameters
    ----------
    body : Module
        ``(x, amount) -> x0_hat``.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor, amount: Tensor) -> Tensor:
        """Map corrupted x (..., d) and its amount (broadcastable to (..., 1)) to x0_hat."""
        said: Tensor = self.body(2 * x - 1, amount)
        return (said + 1) / 2


def make_restorer(config: RestoreConfig, generator: torch.Generator) -> nn.Module:
    """Make the network that a config names, with fresh weights from the generator.

    It says x0 itself. To let it say only what is to be added to x, with a weight that falls to
    zero with the amount, was tried: nothing gains by it but the smallest amounts.
    """
    width, depth = config.width, config.depth
    if config.network == "unet":
        return Rescaled(UNet(width=width, depth=depth, generator=generator))
    if config.dataset == DIGITS:
        d = SIDE * SIDE
        return Rescaled(MLP(d, waves=False, width=width, depth=depth, generator=generator))
    return MLP(2, waves=True, width=width, depth=depth, generator=generator)
