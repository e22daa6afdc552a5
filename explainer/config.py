"""What a training run is: its settings.

Importing this module imports no torch: the web server checks settings, workers train.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from explainer.settings import (
    DatasetChoice,
    ObjectiveName,
    Real,
    Scaling,
    ScheduleChoice,
    Settings,
    Whole,
)

NetworkName = Literal["fourier", "tutorial"]
TimeEmbedding = Literal["learned", "sinusoidal", "none"]
Activation = Literal["relu", "silu", "gelu", "tanh"]
OptimizerName = Literal["adam", "adamw"]
TSampling = Literal["stratified", "antithetic", "uniform"]
LearningRateSchedule = Literal["constant", "linear", "cosine"]

FREQUENCIES = 16  # Fourier features of a point: a sine and a cosine of each
TIME_FEATURES = 32  # sinusoidal features of t, half of them sines


class TrainConfig(Settings):
    """Everything that decides a training run, bit for bit.

    Attributes
    ----------
    dataset, n_points, scaling
        The data, see :func:`explainer.data.make_dataset`.
    schedule, T, zero_terminal_snr
        The noise, see :func:`explainer.schedules.make_schedule`.
    objective : {"eps", "x0", "v"}
        What the network predicts.
    network : {"fourier", "tutorial"}
        What the network sees of a point: Fourier features, or like the tutorial's x and y alone;
        see :class:`explainer.models.MLP`.
    time_embedding : {"learned", "sinusoidal", "none"}
        How it is told t. Left out or None, it is the network's own: ``learned`` for the
        tutorial's, ``sinusoidal`` for the other. Once made, a config knows only the result, so
        that ``replace(network=...)`` keeps it.
    activation : {"relu", "silu", "gelu", "tanh"}
        After each hidden layer.
    width, depth : int
        Units in each hidden layer, number of hidden layers.
    batch_size : int
        Points per step; with stratified t_sampling, rounded down to a multiple of T where it is
        larger than T.
    t_sampling : {"stratified", "antithetic", "uniform"}
        ``stratified`` puts every noise level into every step; ``antithetic`` pairs t with
        T-1-t, as the tutorial does.
    steps : int
        Optimiser steps.
    optimizer : {"adam", "adamw"}
    weight_decay : float
        AdamW's alone: each step takes this share of the weights away, times the learning rate.
    learning_rate, lr_schedule
        The optimiser's rate and how it falls to zero.
    clip_norm : float or None
        Gradient norm above which the gradient is scaled down.
    ema : float
        Highest decay of the moving average of the weights, which warms up as
        ``min(ema, i / (i + 10))``; 0 keeps the weights themselves.
    seed : int
        Of data, weights and noise.
    snapshot_every : int
        Steps between two snapshots.
    preview_points, preview_steps : int
        Points and sampling steps of each snapshot's sample; at most T steps are done.
    preview_eta : float
        Noise of its steps: 0 is DDIM, 1 is DDPM. The noise is the same each time.

    Raises
    ------
    InvalidSetting
        With one sentence that names the field and what is allowed.
    """

    dataset: DatasetChoice = "s_curve"
    n_points: Annotated[Whole, Field(ge=2, le=100_000)] = 10_000
    scaling: Scaling = "standard"
    schedule: ScheduleChoice = "cosine"
    T: Annotated[Whole, Field(ge=2, le=1000)] = 100
    zero_terminal_snr: bool = False
    objective: ObjectiveName = "v"
    network: NetworkName = "fourier"
    time_embedding: TimeEmbedding = "sinusoidal"
    activation: Activation = "relu"
    width: Annotated[Whole, Field(ge=8, le=256)] = 128
    depth: Annotated[Whole, Field(ge=1, le=5)] = 3
    batch_size: Annotated[Whole, Field(ge=2, le=8192)] = 1000
    t_sampling: TSampling = "stratified"
    steps: Annotated[Whole, Field(ge=1, le=1_000_000)] = 400
    optimizer: OptimizerName = "adam"
    weight_decay: Annotated[Real, Field(ge=0, le=1)] = 1e-4
    learning_rate: Annotated[Real, Field(gt=0, le=10)] = 1e-2
    lr_schedule: LearningRateSchedule = "linear"
    clip_norm: Annotated[Real, Field(gt=0)] | None = None
    ema: Annotated[Real, Field(ge=0, lt=1)] = 0.99
    seed: Annotated[Whole, Field(ge=0, le=2**31 - 1)] = 0
    snapshot_every: Annotated[Whole, Field(ge=1, le=1_000_000)] = 10
    preview_points: Annotated[Whole, Field(ge=0, le=10_000)] = 1000
    preview_steps: Annotated[Whole, Field(ge=1, le=1000)] = 20
    preview_eta: Annotated[Real, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="before")
    @classmethod
    def _own_time_embedding(cls, data: Any) -> Any:
        # Checkpoints from before the choice say nothing of it.
        if isinstance(data, dict) and data.get("time_embedding") is None:
            own = "learned" if data.get("network") == "tutorial" else "sinusoidal"
            return {**data, "time_embedding": own}
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.zero_terminal_snr and self.objective == "eps":
            raise ValueError(
                "objective must be x0 or v with zero_terminal_snr: where no data is left in x_T, "
                "the noise says nothing about the data"
            )
        if self.t_sampling == "antithetic" and self.batch_size % 2:
            raise ValueError("batch_size must be even with antithetic t_sampling")
        return self
