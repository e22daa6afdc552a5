"""The tutorial's own training and sampling loops, restated: what the explainer is compared with.

The code is ours; what it computes, in which order and with which torch calls, is the tutorial's:
an S-curve of 10,000 points divided by ten, 100 steps with sigmoid betas, an MLP with a learned
step embedding before each ReLU, a DataLoader, Adam as torch makes it by default, antithetic steps,
gradient clipping; and a sampler that takes all points through each step at once, adds noise at
every step, the last one too, and keeps the whole sequence. It draws from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from sklearn.datasets import make_s_curve
from torch import Tensor, nn
from torch.utils.data import DataLoader

T = 100
N_POINTS = 10_000
BATCH_SIZE = 128
STEPS_PER_EPOCH = 79  # 78 whole batches and one of 16
EPOCHS = 4000

BETAS = torch.sigmoid(torch.linspace(-6, 6, T)) * (0.5e-2 - 1e-5) + 1e-5
ALPHA_BARS = torch.cumprod(1 - BETAS, 0)
SIGNAL = torch.sqrt(ALPHA_BARS)
NOISE = torch.sqrt(1 - ALPHA_BARS)


def points(seed: int | None = None) -> Tensor:
    """Draw the data, shape (10,000, 2)."""
    s_curve, _ = make_s_curve(N_POINTS, noise=0.1, random_state=seed)
    return torch.tensor(s_curve[:, [0, 2]] / 10.0).float()


class Network(nn.Module):
    """Restates the tutorial's MLP: linear, add the step's embedding, ReLU; three times."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.linears = nn.ModuleList(
            [
                nn.Linear(2, width),
                nn.ReLU(),
                nn.Linear(width, width),
                nn.ReLU(),
                nn.Linear(width, width),
                nn.ReLU(),
                nn.Linear(width, 2),
            ]
        )
        self.embeddings = nn.ModuleList([nn.Embedding(T, width) for _ in range(3)])

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x (n, 2) at steps t (n,) or (1,)."""
        for i, embedding in enumerate(self.embeddings):
            x = self.linears[2 * i](x)
            x += embedding(t)
            x = self.linears[2 * i + 1](x)
        output: Tensor = self.linears[-1](x)
        return output


def steps_of(batch_size: int) -> Tensor:
    """Draw antithetic steps: each t with its mirror image T-1-t, shape (batch_size,)."""
    t = torch.randint(0, T, size=(batch_size // 2,))
    return torch.cat([t, T - 1 - t], dim=0)


def loss_of(network: nn.Module, x_0: Tensor) -> Tensor:
    """Noise a batch (n, 2) and return the mean squared error of the predicted noise."""
    t = steps_of(len(x_0)).unsqueeze(-1)  # (n, 1)
    e = torch.randn_like(x_0)
    x = x_0 * SIGNAL[t] + e * NOISE[t]
    output: Tensor = network(x, t.squeeze(-1))
    return (e - output).square().mean()


def training(network: nn.Module, data: Tensor) -> Iterator[Tensor]:
    """Train without end; yields each step's loss, so that the caller can stop and look."""
    loader: DataLoader[Tensor] = DataLoader(data, batch_size=BATCH_SIZE, shuffle=True)  # type: ignore[arg-type]
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    while True:
        for batch in loader:
            loss = loss_of(network, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            yield loss


@torch.no_grad()
def sample_sequence(network: nn.Module, n: int = N_POINTS) -> list[Tensor]:
    """Sample n points and return the whole sequence, x_T first, the sample last: T + 1 clouds."""
    x = torch.randn(n, 2)
    sequence = [x]
    for i in reversed(range(T)):
        t = torch.tensor([i])
        weight = BETAS[t] / NOISE[t]
        eps_theta = network(x, t)
        mean = 1 / (1 - BETAS[t]).sqrt() * (x - weight * eps_theta)
        z = torch.randn_like(x)
        x = mean + BETAS[t].sqrt() * z  # sigma = sqrt(beta), at the last step too
        sequence.append(x)
    return sequence


def load_explainer_weights(network: Network, weights: dict[str, Tensor]) -> None:
    """Take the weights of the explainer's network, which is the same function."""
    for i in range(3):
        for part in ("weight", "bias"):
            getattr(network.linears[2 * i], part).data.copy_(weights[f"hidden.{i}.{part}"])
        table = weights[f"steps.{i}"]
        getattr(network.embeddings[i], "weight").data.copy_(table)  # noqa: B009
    for part in ("weight", "bias"):
        getattr(network.linears[-1], part).data.copy_(weights[f"out.{part}"])
