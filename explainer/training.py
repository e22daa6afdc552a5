"""Training: one generator of snapshots, the same inline, in a worker process and on a cluster."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own custom

from explainer.config import PRESETS, TrainConfig
from explainer.data import Dataset, make_dataset, spread
from explainer.models import NetworkDenoiser, make_network
from explainer.objectives import OBJECTIVES
from explainer.own import is_own
from explainer.sampling import ddim_step, last, sample, timesteps
from explainer.schedules import NoiseSchedule, make_schedule

__all__ = [
    "PRESETS",
    "Snapshot",
    "TrainConfig",
    "TrainState",
    "TrainingDiverged",
    "resume",
    "train",
]

FRESH_POINTS = 20_000  # never trained on; the validation points are chosen among them
VALIDATION_POINTS = 2048
FEWEST_TO_SPLIT = 20  # of one's own points
VALIDATION_SEED = 2**31 - 3  # the same for all runs, so that their losses compare
EXPLODED = 1e4  # mean squared error of a unit-variance target; nothing returns from there


class TrainingDiverged(ArithmeticError):
    """The loss is not finite or beyond all bounds; the message says at which step and why."""


@dataclass(frozen=True, eq=False)
class TrainState:
    """All that a run needs to go on to the same bits.

    Attributes
    ----------
    step : int
        Optimiser steps done.
    weights, average, exp_avg, exp_avg_sq : dict of str to Tensor
        The network, its moving average, and Adam's two moments, by parameter name.
    generator : Tensor of uint8
        State of the generator that draws t and eps.
    """

    step: int
    weights: dict[str, Tensor]
    average: dict[str, Tensor]
    exp_avg: dict[str, Tensor]
    exp_avg_sq: dict[str, Tensor]
    generator: Tensor


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What training looks like after some steps; detached copies, safe to keep.

    Attributes
    ----------
    step : int
        Optimiser steps done, 0 before the first.
    loss : float
        Mean training loss since the snapshot before; at step 0 the validation loss.
    validation_loss : float
        Loss of the averaged weights on points never trained on, the same noise each time.
    parameters : dict of str to Tensor
        The weights to sample with: their moving average, or themselves with ``ema = 0``; buffers
        included.
    x_T : Tensor, shape (preview_points, 2)
        What the preview started from, the same in every snapshot of a run.
    preview : Tensor, shape (preview_points, 2)
        A sample from the same x_T and noise each time, in the network's units.
    state : TrainState
        To go on from here, see :func:`resume`.
    """

    step: int
    loss: float
    validation_loss: float
    parameters: dict[str, Tensor]
    x_T: Tensor
    preview: Tensor
    state: TrainState


def _copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    # state_dict() aliases the live weights: what leaves the generator must not.
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


class _Run:
    """The live state behind :func:`train`: network, optimiser, average and generators."""

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.dataset: Dataset = make_dataset(
            config.dataset, config.n_points, seed=config.seed, scaling=config.scaling
        )
        self.schedule: NoiseSchedule = make_schedule(
            config.schedule, config.T, zero_terminal_snr=config.zero_terminal_snr
        )
        self.objective = OBJECTIVES[config.objective]
        seeds = torch.Generator().manual_seed(config.seed)
        weights, draws, start, order = torch.randint(2**62, (4,), generator=seeds).tolist()
        self.network = make_network(config, torch.Generator().manual_seed(weights))
        self.average = make_network(config, torch.Generator().manual_seed(weights))
        self.average.requires_grad_(False)
        self.generator = torch.Generator().manual_seed(draws)
        self.order_seed = order
        self.parameters = list(self.network.parameters())
        self.averaged: list[Tensor] = list(self.average.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=config.learning_rate, fused=True)
        self.order, self.order_epoch = torch.empty(0, dtype=torch.int64), -1
        self.step = 0
        # Every preview starts from the same x_T and takes the same noise, so that they compare.
        self.preview_seed = start
        first = torch.Generator().manual_seed(start + 1)
        self.x_T = torch.randn(config.preview_points, 2, generator=first)
        self.x_0, held_out = self._split()
        self.validation = self._make_validation(held_out)

    def _split(self) -> tuple[Tensor, Tensor]:
        """Return the points to train on and others, in their order along the shape."""
        c, data = self.config, self.dataset
        if not is_own(c.dataset):
            held_out = make_dataset(
                c.dataset, FRESH_POINTS, seed=VALIDATION_SEED, scaling=c.scaling
            )
            return data.x, held_out.x[held_out.color.argsort()]
        # There are no fresh ones: a tenth is put aside, as long as that leaves anything to learn.
        along = data.x[data.color.argsort()]
        if len(along) < FEWEST_TO_SPLIT:
            return along, along
        is_held = torch.arange(len(along)) % 10 == 5
        return along[~is_held], along[is_held]

    def _make_validation(self, held_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Points never trained on with fixed t and eps: x_0 (n, 2), eps (n, 2), t (n,)."""
        u = spread(VALIDATION_POINTS, 4, seed=VALIDATION_SEED)
        x_0 = held_out[(u[:, 0] * len(held_out)).long()]
        return x_0, torch.special.ndtri(u[:, 1:3]), (u[:, 3] * self.config.T).long()

    def _batch(self) -> tuple[Tensor, Tensor]:
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
        epoch, position = divmod(self.step, per_epoch)
        if epoch != self.order_epoch:
            shuffle = torch.Generator().manual_seed((self.order_seed + epoch) % 2**62)
            self.order, self.order_epoch = torch.randperm(n, generator=shuffle), epoch
        index = self.order[position * c.batch_size : (position + 1) * c.batch_size]
        if c.t_sampling == "uniform":
            return index, torch.randint(c.T, (len(index),), generator=self.generator)
        half = torch.randint(c.T, ((len(index) + 1) // 2,), generator=self.generator)
        return index, torch.cat([half, c.T - 1 - half])[: len(index)]

    def _loss(self, network: torch.nn.Module, x_0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
        a = self.schedule.sqrt_alphas_cumprod[t][..., None]
        s = self.schedule.sqrt_one_minus_alphas_cumprod[t][..., None]
        return F.mse_loss(network(a * x_0 + s * eps, t), self.objective.target(x_0, eps, a, s))

    def _learning_rate(self) -> float:
        c = self.config
        left = 1 - self.step / c.steps
        if c.lr_schedule == "constant":
            return c.learning_rate
        if c.lr_schedule == "linear":
            return c.learning_rate * left
        return c.learning_rate * (1 - math.cos(math.pi * left)) / 2

    @torch.enable_grad()
    def advance(self) -> float:
        """Do one optimiser step and return its loss."""
        c = self.config
        index, t = self._batch()
        x_0 = self.x_0[index]
        eps = torch.randn(x_0.shape, generator=self.generator)
        loss = self._loss(self.network, x_0, eps, t)
        for parameter in self.parameters:  # zero_grad's own bookkeeping is 2 % of a step
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        if c.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, c.clip_norm, foreach=True)
        if c.lr_schedule != "constant":
            self.optimizer.param_groups[0]["lr"] = self._learning_rate()
        self.optimizer.step()
        self.step += 1
        if c.ema:
            decay = min(c.ema, self.step / (self.step + 10))
            torch._foreach_lerp_(self.averaged, [p.detach() for p in self.parameters], 1 - decay)
        return loss.item()

    @torch.no_grad()
    def snapshot(self, loss: float) -> Snapshot:
        c = self.config
        if not c.ema:
            self.average.load_state_dict(self.network.state_dict())
        x_0, eps, t = self.validation
        denoiser = NetworkDenoiser(self.average, self.schedule, self.objective)
        stops = timesteps(c.T, min(c.preview_steps, c.T))
        step = partial(ddim_step, eta=c.preview_eta)
        noise = torch.Generator().manual_seed(self.preview_seed)
        preview = last(sample(denoiser, self.x_T, stops, self.schedule, step, generator=noise))
        return Snapshot(
            step=self.step,
            loss=loss,
            validation_loss=self._loss(self.average, x_0, eps, t).item(),
            parameters=_copied(self.average.state_dict()),
            x_T=self.x_T.clone(),
            preview=preview.clone(),
            state=self.state(),
        )

    def state(self) -> TrainState:
        names = [name for name, _ in self.network.named_parameters()]
        moments = [self.optimizer.state.get(p, {}) for p in self.parameters]
        zeros = [torch.zeros_like(p) for p in self.parameters]

        def moment(key: str) -> dict[str, Tensor]:
            found = [m.get(key, zero) for m, zero in zip(moments, zeros, strict=True)]
            return _copied(dict(zip(names, found, strict=True)))

        return TrainState(
            step=self.step,
            weights=_copied(self.network.state_dict()),
            average=_copied(self.average.state_dict()),
            exp_avg=moment("exp_avg"),
            exp_avg_sq=moment("exp_avg_sq"),
            generator=self.generator.get_state(),
        )

    def restore(self, state: TrainState) -> None:
        self.step = state.step
        self.network.load_state_dict(state.weights)
        self.average.load_state_dict(state.average)
        self.generator.set_state(state.generator.clone())
        for name, parameter in self.network.named_parameters():
            self.optimizer.state[parameter] = {
                "step": torch.tensor(float(state.step)),
                "exp_avg": state.exp_avg[name].clone(),
                "exp_avg_sq": state.exp_avg_sq[name].clone(),
            }

    def _diverged(self, loss: float) -> TrainingDiverged:
        rate = self.config.learning_rate
        return TrainingDiverged(
            f"Training diverged at step {self.step}: the loss is {loss:.3g}. "
            f"A learning_rate of {rate:g} is too large here; try a tenth of it."
        )

    def snapshots(self) -> Iterator[Snapshot]:
        c = self.config
        losses: list[float] = []
        while self.step < c.steps:
            losses.append(self.advance())
            if not losses[-1] < EXPLODED:  # also where it is nan
                raise self._diverged(losses[-1])
            if self.step % c.snapshot_every == 0 or self.step == c.steps:
                snapshot = self.snapshot(sum(losses) / len(losses))
                if not math.isfinite(snapshot.validation_loss):
                    raise self._diverged(snapshot.validation_loss)
                yield snapshot
                losses.clear()


def train(config: TrainConfig) -> Iterator[Snapshot]:
    """Train a network and yield a snapshot every ``config.snapshot_every`` steps.

    The first snapshot is of step 0, before any training, the last of the last step. Nothing but
    the yielded copies leaves the generator, and nothing outside it is touched: no global
    generator, no grad mode, no file.

    Parameters
    ----------
    config : TrainConfig

    Yields
    ------
    Snapshot

    Raises
    ------
    TrainingDiverged
        If the loss is not finite or beyond all bounds.
    """
    run = _Run(config)
    x_0, eps, t = run.validation
    with torch.no_grad():
        first = run._loss(run.network, x_0, eps, t).item()
    yield run.snapshot(first)
    yield from run.snapshots()


def resume(config: TrainConfig, state: TrainState) -> Iterator[Snapshot]:
    """Go on from a state to the same bits as a run that was never interrupted.

    Parameters
    ----------
    config : TrainConfig
        Of the run that the state is from.
    state : TrainState

    Yields
    ------
    Snapshot
        Those after ``state.step``.
    """
    run = _Run(config)
    run.restore(state)
    yield from run.snapshots()


if __name__ == "__main__":
    from explainer.train_command import main

    main()
