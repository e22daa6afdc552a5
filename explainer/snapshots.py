"""What a training run gives to look at, to keep and to go on from."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from explainer.batches import Noisy


class TrainingDiverged(ArithmeticError):
    """The loss is not finite or beyond all bounds; the message says at which step and why.

    Attributes
    ----------
    step : int
    loss : float
    """

    def __init__(self, *, step: int, loss: float, learning_rate: float) -> None:
        super().__init__(
            f"Training diverged at step {step}: the loss is {loss:.3g}. "
            f"A learning rate of {learning_rate:g} is too large here; try a hundredth of it."
        )
        self.step, self.loss = step, loss


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


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """One optimiser step, to be looked at: what the network was asked, said and should have said.

    Attributes
    ----------
    batch : Noisy
        The points, their noise and their t.
    x_t : Tensor, shape (..., 2)
        What the network saw.
    output, target : Tensor, shape (..., 2)
        What it said and what it should have said: eps, x0 or v, as the objective is.
    loss : float
        Their mean squared difference per coordinate.
    learning_rate : float
        Of this step.
    """

    batch: Noisy
    x_t: Tensor
    output: Tensor
    target: Tensor
    loss: float
    learning_rate: float
