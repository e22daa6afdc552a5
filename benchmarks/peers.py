"""What two other teaching projects train by default, restated: whom the presets are compared with.

The code is ours; the networks, schedules, batch sizes, optimisers, numbers of steps and samplers
are theirs, as in April 2026. What has nothing to do with the recipe is left out and only makes
them faster here: data loaders, progress bars, accelerate. Both train on a dinosaur of 142 points;
here they get the S-curve, spread in each coordinate as their dinosaur is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from explainer.data import make_dataset


def batches(points: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Go through the points in a new order each time, without end; what is left over is dropped."""
    while True:
        order = torch.randperm(len(points), generator=generator)
        yield from (points[chosen] for chosen in torch.split(order, size) if len(chosen) == size)


class WavesMLP(nn.Module):
    """tiny-diffusion's network: each coordinate and t as 128 waves, then 128 units a layer.

    The coordinates are multiplied by 25 first, t is taken as it is. A linear layer with GELU,
    three more that add to their input, a linear layer.
    """

    frequencies: Tensor

    def __init__(self, width: int = 128, depth: int = 3, waves: int = 128) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.logspace(0, -4, waves // 2))
        self.enter = nn.Linear(3 * waves, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.out = nn.Linear(width, 2)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x (n, 2) at steps t (n,)."""
        angles = torch.stack([25 * x[:, 0], 25 * x[:, 1], t], dim=1)[..., None] * self.frequencies
        waves = torch.cat([angles.sin(), angles.cos()], dim=-1)  # (n, 3, 128)
        h = nn.functional.gelu(self.enter(waves.flatten(1)))
        for layer in self.hidden:
            h = h + nn.functional.gelu(layer(h))
        output: Tensor = self.out(h)
        return output


class TinyDiffusion:
    """The recipe of github.com/tanelp/tiny-diffusion: its ``ddpm.py`` without options.

    Theirs: 8,000 points in batches of 32 for 200 epochs, T = 50 with betas from 0.0001 to 0.02 in
    a straight line, prediction of the noise, AdamW at a constant 0.001 with torch's own weight
    decay, gradients clipped to norm 1; DDPM's 50 steps with the variance of the posterior. With
    those betas much of the data is left in x_T, which is sampled as N(0, I) all the same: what is
    wider than that, as their dinosaur is, comes out too narrow.

    Parameters
    ----------
    seed : int
        Of data, weights and noise.
    spread : tuple of float
        Standard deviations of the points' coordinates as the network sees them.
    """

    steps = 200 * (8000 // 32)

    def __init__(self, seed: int, spread: tuple[float, float] = (1.24, 2.24)) -> None:
        self.data, self.spread = make_dataset("s_curve", 8000, seed=seed), torch.tensor(spread)
        self.generator = torch.Generator().manual_seed(seed)
        self.batches = batches(self.data.x * self.spread, 32, self.generator)
        with torch.random.fork_rng():  # layers draw their weights from the global generator
            torch.manual_seed(seed)
            self.network = WavesMLP()
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=1e-3)
        self.betas = torch.linspace(1e-4, 0.02, 50)
        self.alpha_bar = (1 - self.betas).cumprod(0)

    def advance(self) -> float:
        """Do one optimiser step and return its loss."""
        x_0 = next(self.batches)
        eps = torch.randn(x_0.shape, generator=self.generator)
        t = torch.randint(len(self.betas), (len(x_0),), generator=self.generator)
        alpha_bar = self.alpha_bar[t, None]
        x_t = alpha_bar.sqrt() * x_0 + (1 - alpha_bar).sqrt() * eps
        loss = nn.functional.mse_loss(self.network(x_t, t), eps)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def sample(self, n: int, seed: int) -> Tensor:
        """Draw n points, shape (n, 2), in data units."""
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(n, 2, generator=generator)
        for t in reversed(range(len(self.betas))):
            beta, alpha_bar = self.betas[t], self.alpha_bar[t]
            eps = self.network(x, torch.full((n,), t))
            x = (x - beta / (1 - alpha_bar).sqrt() * eps) / (1 - beta).sqrt()
            if t:
                variance = beta * (1 - self.alpha_bar[t - 1]) / (1 - alpha_bar)
                x = x + variance.sqrt() * torch.randn(n, 2, generator=generator)
        return self.data.to_data_units(x / self.spread)


class SigmaMLP(nn.Module):
    """smalldiffusion's network: x and sine and cosine of half of log sigma, GELU between layers."""

    def __init__(self, widths: tuple[int, ...] = (16, 128, 128, 128, 128, 16)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 4
        for width in widths:
            layers += [nn.Linear(before, width), nn.GELU()]
            before = width
        self.layers = nn.Sequential(*layers, nn.Linear(before, 2))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Predict the noise in x (n, 2) at noise levels sigma (n, 1)."""
        angle = sigma.log() / 2
        output: Tensor = self.layers(torch.cat([x, angle.sin(), angle.cos()], dim=1))
        return output


class SmallDiffusion:
    """The recipe of github.com/yuanchenyang/smalldiffusion: its ``examples/toyexample.ipynb``.

    Theirs: x = x_0 + sigma eps with 200 levels of sigma from 0.01 to 10, evenly in the logarithm
    and drawn at random; prediction of the noise, batches of 2,130 points, AdamW at a constant
    0.001 with torch's own weight decay, 15,000 steps; a sampler of 20 even steps down to sigma =
    0.01 that adds no noise and goes along twice the newest prediction less the one before. Their
    batch is the dinosaur 15 times over; from as few points of the S nobody could draw it well, so
    that they get the tutorial's 10,000 here.

    Parameters
    ----------
    seed : int
        Of data, weights and noise.
    """

    steps = 15_000

    def __init__(self, seed: int) -> None:
        self.data = make_dataset("s_curve", 10_000, seed=seed)
        self.spread = torch.tensor([0.334, 0.537])
        self.generator = torch.Generator().manual_seed(seed)
        self.batches = batches(self.data.x * self.spread, 2130, self.generator)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network = SigmaMLP()
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=1e-3)
        self.sigmas = torch.logspace(-2, 1, 200)

    def advance(self) -> float:
        """Do one optimiser step and return its loss."""
        x_0 = next(self.batches)
        eps = torch.randn(x_0.shape, generator=self.generator)
        levels = torch.randint(len(self.sigmas), (len(x_0), 1), generator=self.generator)
        sigma = self.sigmas[levels]
        loss = nn.functional.mse_loss(self.network(x_0 + sigma * eps, sigma), eps)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def sample(self, n: int, seed: int) -> Tensor:
        """Draw n points, shape (n, 2), in data units."""
        sigmas = self.sigmas[[*range(199, 0, -10), 0]]
        x = sigmas[0] * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))
        before = None
        for sigma, lower in itertools.pairwise(sigmas):
            eps = self.network(x, sigma.expand(n, 1))
            x = x - (sigma - lower) * (eps if before is None else 2 * eps - before)
            before = eps
        return self.data.to_data_units(x / self.spread)
