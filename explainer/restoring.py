"""A network that learns to undo a corruption: one optimiser step at a time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own custom

from explainer.batches import VALIDATION_POINTS, VALIDATION_SEED, Batches
from explainer.config import TrainConfig
from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import spread
from explainer.digits import digits
from explainer.noise_settings import DIGITS
from explainer.restore_config import RestoreConfig
from explainer.restorers import Restorer, make_restorer
from explainer.snapshots import TrainingDiverged

LEVELS = 64  # amounts in a batch
EXPLODED = 1e4  # of data with a spread of about 1


class _Frozen:
    """A network that answers and is not changed by it."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.network = network

    @torch.no_grad()
    def __call__(self, x: Tensor, amount: Tensor) -> Tensor:
        return self.network(x, amount)  # type: ignore[no-any-return]


def clean_data(config: RestoreConfig) -> tuple[Tensor, Tensor]:
    """Return data to learn from and data that nothing learns from, each (n, d)."""
    if config.dataset == DIGITS:
        return digits().train, digits().held_out
    points = TrainConfig(dataset=config.dataset, n_points=config.n_points, seed=config.seed)
    batches = Batches(points, torch.Generator(), 0)
    return batches.x_0, batches.held_out


class RestoreTrainer:
    """A network in training that says x0 from a corrupted x and the amount.

    Parameters
    ----------
    config : RestoreConfig

    Attributes
    ----------
    step : int
        Optimiser steps done.
    clean : Tensor, shape (n, d)
        The data to learn from.
    held_out : Tensor, shape (m, d)
        Data that nothing learns from.
    box : Box
        That the corruption knows of the data.
    network, average : Module
        The network, and the moving average of its weights.
    """

    def __init__(self, config: RestoreConfig) -> None:
        self.config = config
        seeds = torch.Generator().manual_seed(config.seed)
        weights, draws = torch.randint(2**62, (2,), generator=seeds).tolist()
        self.clean, self.held_out = clean_data(config)
        self.box = Box.of_images() if config.dataset == DIGITS else Box.around(self.clean)
        self.network = make_restorer(config, torch.Generator().manual_seed(weights))
        self.average = make_restorer(config, torch.Generator().manual_seed(weights))
        self.average.requires_grad_(False)
        self._generator = torch.Generator().manual_seed(draws)
        self._parameters = list(self.network.parameters())
        self._averaged: list[Tensor] = list(self.average.parameters())
        self._optimizer = torch.optim.Adam(self._parameters, lr=config.learning_rate, fused=True)
        self._corruption = CORRUPTIONS[config.kind]
        self.step = 0

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.config.steps

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """Draw a batch: clean data (L, K, d), the same corrupted, and the amounts (L, 1, 1)."""
        generator = self._generator
        levels = min(LEVELS, self.config.batch_size)
        shape = (levels, self.config.batch_size // levels)
        x_0 = self.clean[torch.randint(len(self.clean), shape, generator=generator)]
        # In (0, 1], one in each of L equal parts, so that every step sees all amounts.
        within = torch.rand(levels, generator=generator)
        amount = ((torch.arange(levels) + 1 - within) / levels)[:, None, None]
        return x_0, self._corruption(x_0, amount, generator, self.box), amount

    @torch.enable_grad()
    def advance(self) -> float:
        """Do one optimiser step; return the mean squared error of x0 per coordinate.

        Raises
        ------
        TrainingDiverged
            If the loss is not finite or beyond all bounds.
        """
        c = self.config
        x_0, x, amount = self.draw()
        loss = F.mse_loss(self.network(x, amount), x_0)
        for parameter in self._parameters:  # zero_grad's own bookkeeping is 2 % of a step
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.param_groups[0]["lr"] = c.learning_rate * (1 - self.step / c.steps)
        self._optimizer.step()
        self.step += 1
        decay = min(c.ema, self.step / (self.step + 10))
        torch._foreach_lerp_(self._averaged, [p.detach() for p in self._parameters], 1 - decay)
        value = loss.item()
        if not value < EXPLODED:  # also where it is nan
            raise TrainingDiverged(step=self.step, loss=value, learning_rate=c.learning_rate)
        return value

    def validation(self) -> float:
        """Mean squared error of the averaged weights, see :meth:`validation_of`."""
        return self.validation_of(self.restorer())

    def validation_of(self, restorer: Restorer) -> float:
        """Mean squared error of a restorer on data that nothing learns from.

        Data, amounts and noise are the same each time.
        """
        x_0, amount = validation_data(self.held_out)
        x = self._corruption(x_0, amount, torch.Generator().manual_seed(VALIDATION_SEED), self.box)
        return F.mse_loss(restorer(x, amount), x_0).item()

    def restorer(self) -> Restorer:
        """Make the restorer of the averaged weights, which goes on learning."""
        return _Frozen(self.average)

    def parameters(self) -> dict[str, Tensor]:
        """Return copies of the averaged weights."""
        return {name: t.detach().clone() for name, t in self.average.state_dict().items()}


def validation_data(held_out: Tensor) -> tuple[Tensor, Tensor]:
    """Return clean data (2048, d) and amounts (2048, 1) in (0, 1), both spread evenly."""
    u = spread(VALIDATION_POINTS, 2, seed=VALIDATION_SEED)
    return held_out[(u[:, 0] * len(held_out)).long()], u[:, 1:]


def load_restorer(config: RestoreConfig, parameters: dict[str, Tensor]) -> Restorer:
    """Make a restorer of weights that were learnt, see :meth:`RestoreTrainer.parameters`."""
    network = make_restorer(config, torch.Generator())
    network.load_state_dict(parameters)
    return _Frozen(network.requires_grad_(False))
