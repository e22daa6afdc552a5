"""What a training run is fed: points and noise levels, and others that it never learns from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from explainer.config import TrainConfig
from explainer.data import Dataset, make_dataset, spread
from explainer.own import is_own

FRESH_POINTS = 20_000  # never trained on; the validation points are chosen among them
VALIDATION_POINTS = 2048
FEWEST_TO_SPLIT = 20  # of one's own points
VALIDATION_SEED = 2**31 - 3  # the same for all runs, so that their losses compare


@dataclass(frozen=True, eq=False)
class Noisy:
    """Points to be noised: what a loss is computed on.

    Attributes
    ----------
    x_0 : Tensor, shape (..., 2)
    eps : Tensor, shape (..., 2)
    t : Tensor of int64
        Broadcasts against ``x_0.shape[:-1]``.
    """

    x_0: Tensor
    eps: Tensor
    t: Tensor


class Batches:
    """The data of a run, and one batch of it for each step.

    Parameters
    ----------
    config : TrainConfig
    generator : torch.Generator
        Draws which points, which t and which noise; its state is part of a run's.
    order_seed : int
        Of the shuffled epochs.
    """

    def __init__(self, config: TrainConfig, generator: torch.Generator, order_seed: int) -> None:
        self.config, self.generator, self._order_seed = config, generator, order_seed
        self.dataset: Dataset = make_dataset(
            config.dataset, config.n_points, seed=config.seed, scaling=config.scaling
        )
        self._order, self._epoch = torch.empty(0, dtype=torch.int64), -1
        self.x_0, self.held_out = self._split()

    def _split(self) -> tuple[Tensor, Tensor]:
        """Return the points to train on and others, in their order along the shape."""
        c, data = self.config, self.dataset
        if not is_own(c.dataset):
            fresh = make_dataset(c.dataset, FRESH_POINTS, seed=VALIDATION_SEED, scaling=c.scaling)
            along = fresh.x[fresh.color.argsort()]
            # Each set is standardised by itself, and a handful of points has a scale of its own.
            same = (along.double() * fresh.scale + fresh.mean - data.mean) / data.scale
            return data.x, same.float()
        # There are no fresh ones: a tenth is put aside, as long as that leaves anything to learn.
        along = data.x[data.color.argsort()]
        if len(along) < FEWEST_TO_SPLIT:
            return along, along
        is_held = torch.arange(len(along)) % 10 == 5
        return along[~is_held], along[is_held]

    def validation(self) -> Noisy:
        """Points never trained on, (2048, 2), with t and eps that are the same for every run."""
        u = spread(VALIDATION_POINTS, 4, seed=VALIDATION_SEED)
        t = (u[:, 3] * self.config.T).long()
        return Noisy(self._held_out(u[:, 0]), torch.special.ndtri(u[:, 1:3]), t)

    def at_levels(self, levels: list[int], n: int) -> Noisy:
        """Points never trained on, each at all of some noise levels, (levels, n, 2)."""
        u = spread(n, 3, seed=VALIDATION_SEED).expand(len(levels), n, 3)
        eps = torch.special.ndtri(u[..., 1:])
        return Noisy(self._held_out(u[..., 0]), eps, torch.tensor(levels)[:, None])

    def _held_out(self, along: Tensor) -> Tensor:
        return self.held_out[(along * len(self.held_out)).long()]

    def draw(self, step: int) -> Noisy:
        """Draw the batch of a step.

        Parameters
        ----------
        step : int
            Steps done before it.
        """
        index, t = self.choose(step)
        x_0 = self.x_0[index]
        return Noisy(x_0, torch.randn(x_0.shape, generator=self.generator), t)

    def choose(self, step: int) -> tuple[Tensor, Tensor]:
        """Draw indices into the data and noise levels; their shapes broadcast."""
        c, n = self.config, len(self.x_0)
        if c.t_sampling == "stratified":
            # Every noise level in every step: (L, K) points, one row of t features per level.
            levels = min(c.T, c.batch_size)
            index = torch.randint(n, (levels, c.batch_size // levels), generator=self.generator)
            if levels == c.T:
                return index, torch.arange(levels)[:, None]
            within = torch.rand(levels, generator=self.generator)
            return index, ((torch.arange(levels) + within) * c.T / levels).long()[:, None]
        # Whole epochs in a shuffled order that follows from the epoch's number alone, so that a
        # run can go on in the middle of one. The last batch of an epoch may be smaller.
        per_epoch = math.ceil(n / c.batch_size)
        epoch, position = divmod(step, per_epoch)
        if epoch != self._epoch:
            shuffle = torch.Generator().manual_seed((self._order_seed + epoch) % 2**62)
            self._order, self._epoch = torch.randperm(n, generator=shuffle), epoch
        index = self._order[position * c.batch_size : (position + 1) * c.batch_size]
        if c.t_sampling == "uniform":
            return index, torch.randint(c.T, (len(index),), generator=self.generator)
        half = torch.randint(c.T, ((len(index) + 1) // 2,), generator=self.generator)
        return index, torch.cat([half, c.T - 1 - half])[: len(index)]
