"""A network in training: one optimiser step at a time, and a look at it between two steps."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own custom

from explainer.batches import Batches, Noisy
from explainer.config import TrainConfig
from explainer.models import NetworkDenoiser, make_network
from explainer.objectives import OBJECTIVES
from explainer.sampling import ddim_step, last, sample
from explainer.schedules import NoiseSchedule, make_schedule
from explainer.snapshots import Snapshot, TrainingDiverged, TrainingStep, TrainState
from explainer.spacing import timesteps

EXPLODED = 1e4  # of a target with unit variance: what comes back from there has learnt nothing


def _copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    # state_dict() aliases the live weights: what leaves the generator must not.
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


class Trainer:
    """A network in training: the live state behind :func:`train`.

    Parameters
    ----------
    config : TrainConfig
    state : TrainState, optional
        Where to go on, to the same bits as a run that was never interrupted.

    Attributes
    ----------
    step : int
        Optimiser steps done.
    batches : Batches
        The data.
    schedule : NoiseSchedule
    objective : Objective
    network, average : Module
        The network, and the moving average of its weights, brought up to date by each step with
        ``ema`` and else by :meth:`snapshot`.
    x_T : Tensor, shape (preview_points, 2)
        What every preview starts from.
    """

    def __init__(self, config: TrainConfig, state: TrainState | None = None) -> None:
        self.config = config
        self.schedule: NoiseSchedule = make_schedule(
            config.schedule, config.T, zero_terminal_snr=config.zero_terminal_snr
        )
        self.objective = OBJECTIVES[config.objective]
        seeds = torch.Generator().manual_seed(config.seed)
        weights, draws, start, order = torch.randint(2**62, (4,), generator=seeds).tolist()
        self.network = make_network(config, torch.Generator().manual_seed(weights))
        self.average = make_network(config, torch.Generator().manual_seed(weights))
        self.average.requires_grad_(False)
        self._generator = torch.Generator().manual_seed(draws)
        self.batches = Batches(config, self._generator, order)
        self._parameters = list(self.network.parameters())
        self._averaged: list[Tensor] = list(self.average.parameters())
        self._optimizer = _optimizer(config, self._parameters)
        self.step = 0
        # Every preview starts from the same x_T and takes the same noise, so that they compare.
        self._preview_seed = start
        first = torch.Generator().manual_seed(start + 1)
        self.x_T = torch.randn(config.preview_points, 2, generator=first)
        self._validation = self.batches.validation()
        if state is not None:
            self._restore(state)

    def errors(self, network: torch.nn.Module, noisy: Noisy) -> Tensor:
        """Squared errors of a network, mean over the coordinates, of the shape of the points."""
        x_t, target = self._asked(noisy)
        return (network(x_t, noisy.t) - target).square().mean(dim=-1)  # type: ignore[no-any-return]

    def _asked(self, noisy: Noisy) -> tuple[Tensor, Tensor]:
        """Return what the network sees and what it should say."""
        a = self.schedule.sqrt_alphas_cumprod[noisy.t][..., None]
        s = self.schedule.sqrt_one_minus_alphas_cumprod[noisy.t][..., None]
        target = self.objective.target(noisy.x_0, noisy.eps, a, s)
        return a * noisy.x_0 + s * noisy.eps, target

    def _learning_rate(self) -> float:
        c = self.config
        left = 1 - self.step / c.steps
        if c.lr_schedule == "constant":
            return c.learning_rate
        if c.lr_schedule == "linear":
            return c.learning_rate * left
        return c.learning_rate * (1 - math.cos(math.pi * left)) / 2

    @torch.enable_grad()
    def advance(self) -> TrainingStep:
        """Do one optimiser step.

        Raises
        ------
        TrainingDiverged
            If the loss is not finite or beyond all bounds.
        """
        c = self.config
        batch = self.batches.draw(self.step)
        x_t, target = self._asked(batch)
        output = self.network(x_t, batch.t)
        loss = F.mse_loss(output, target)
        for parameter in self._parameters:  # zero_grad's own bookkeeping is 2 % of a step
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        if c.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self._parameters, c.clip_norm, foreach=True)
        rate = self._learning_rate()
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        self.step += 1
        if c.ema:
            decay = min(c.ema, self.step / (self.step + 10))
            torch._foreach_lerp_(self._averaged, [p.detach() for p in self._parameters], 1 - decay)
        value = loss.item()
        if not value < EXPLODED:  # also where it is nan
            raise self._diverged(value)
        return TrainingStep(batch, x_t, output.detach(), target, value, rate)

    @torch.no_grad()
    def snapshot(self, loss: float) -> Snapshot:
        """Look at the run as it is; nothing of the training changes.

        Parameters
        ----------
        loss : float
            Mean training loss since the snapshot before.

        Raises
        ------
        TrainingDiverged
            If the validation loss is not finite.
        """
        c = self.config
        if not c.ema:
            self.average.load_state_dict(self.network.state_dict())
        validation = self.errors(self.average, self._validation).mean().item()
        if not math.isfinite(validation):
            raise self._diverged(validation)
        return Snapshot(
            step=self.step,
            loss=loss,
            validation_loss=validation,
            parameters=_copied(self.average.state_dict()),
            x_T=self.x_T.clone(),
            preview=self.preview(),
            state=self._state(),
        )

    def first(self) -> Snapshot:
        """Look at the run before its first step; the training loss is that of validation."""
        snapshot = self.snapshot(0.0)
        return replace(snapshot, loss=snapshot.validation_loss)

    def preview(self) -> Tensor:
        """Sample with the averaged weights, from the same x_T and noise each time."""
        c = self.config
        stops = timesteps(c.T, min(c.preview_steps, c.T))
        step = partial(ddim_step, eta=c.preview_eta)
        noise = torch.Generator().manual_seed(self._preview_seed)
        states = sample(self.denoiser(), self.x_T, stops, self.schedule, step, generator=noise)
        return last(states).clone()

    def denoiser(self) -> NetworkDenoiser:
        """Make the denoiser of the averaged weights, which goes on learning."""
        return NetworkDenoiser(self.average, self.schedule, self.objective)

    def _state(self) -> TrainState:
        names = [name for name, _ in self.network.named_parameters()]
        moments = [self._optimizer.state.get(p, {}) for p in self._parameters]
        zeros = [torch.zeros_like(p) for p in self._parameters]

        def moment(key: str) -> dict[str, Tensor]:
            found = [m.get(key, zero) for m, zero in zip(moments, zeros, strict=True)]
            return _copied(dict(zip(names, found, strict=True)))

        return TrainState(
            step=self.step,
            weights=_copied(self.network.state_dict()),
            average=_copied(self.average.state_dict()),
            exp_avg=moment("exp_avg"),
            exp_avg_sq=moment("exp_avg_sq"),
            generator=self._generator.get_state(),
        )

    def _restore(self, state: TrainState) -> None:
        self.step = state.step
        self.network.load_state_dict(state.weights)
        self.average.load_state_dict(state.average)
        self._generator.set_state(state.generator.clone())
        for name, parameter in self.network.named_parameters():
            self._optimizer.state[parameter] = {
                "step": torch.tensor(float(state.step)),
                "exp_avg": state.exp_avg[name].clone(),
                "exp_avg_sq": state.exp_avg_sq[name].clone(),
            }

    def _diverged(self, loss: float) -> TrainingDiverged:
        rate = self.config.learning_rate
        return TrainingDiverged(step=self.step, loss=loss, learning_rate=rate)


def _optimizer(config: TrainConfig, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    if config.optimizer == "adamw":
        return torch.optim.AdamW(
            parameters, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
    return torch.optim.Adam(parameters, lr=config.learning_rate, fused=True)
