"""What a training run is whose network undoes a corruption: its settings.

Importing this module imports no torch: the web server checks settings, workers train.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from explainer.noise_settings import DIGITS, PointsOrDigits
from explainer.settings import MainCorruption, Real, Settings, Whole

RestoreNetwork = Literal["mlp", "unet"]


class RestoreConfig(Settings):
    """Everything that decides the training of a network that undoes a corruption, bit for bit.

    Attributes
    ----------
    dataset : str
        A data set's name, points of one's own, or ``digits``.
    kind : {"gaussian", "salt_and_pepper", "uniform"}
        The corruption, see :data:`explainer.corruptions.CORRUPTIONS`.
    network : {"mlp", "unet"}
        See :mod:`explainer.restorers`; ``unet`` is for the digits alone.
    n_points : int
        Of a data set of points; of the digits there are as many as there are.
    width, depth : int
        ``mlp``: units in each hidden layer, number of hidden layers. ``unet``: channels at full
        size, each level having so many more, and number of levels.
    batch_size : int
        Points or pictures per step.
    steps : int
        Optimiser steps.
    learning_rate : float
        Of Adam at first; it falls to zero in a straight line.
    ema : float
        Highest decay of the moving average of the weights, which warms up as
        ``min(ema, i / (i + 10))``.
    seed : int
        Of data, weights and noise.

    Raises
    ------
    InvalidSetting
        With one sentence that names the field and what is allowed.
    """

    dataset: PointsOrDigits = "s_curve"
    kind: MainCorruption = "gaussian"
    network: RestoreNetwork = "mlp"
    n_points: Annotated[Whole, Field(ge=2, le=100_000)] = 50_000
    width: Annotated[Whole, Field(ge=4, le=512)] = 64
    depth: Annotated[Whole, Field(ge=1, le=5)] = 3
    batch_size: Annotated[Whole, Field(ge=2, le=8192)] = 1024
    steps: Annotated[Whole, Field(ge=1, le=1_000_000)] = 800
    learning_rate: Annotated[Real, Field(gt=0, le=10)] = 1e-2
    ema: Annotated[Real, Field(ge=0, lt=1)] = 0.99
    seed: Annotated[Whole, Field(ge=0, le=2**31 - 1)] = 0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.network == "unet" and self.dataset != DIGITS:
            raise ValueError(
                f"network must be mlp for {self.dataset}: a unet looks at neighbouring pixels, "
                "and points have none"
            )
        if self.network == "unet" and self.depth > 3:
            raise ValueError("depth must be at most 3 with unet: pictures of 8 x 8 halve no more")
        return self


def recipe(
    dataset: str, network: RestoreNetwork, kind: MainCorruption, seed: int = 0
) -> RestoreConfig:
    """Return the settings that learn well in a few seconds, chosen by measurement.

    On one quiet core points take about 1.5 seconds for each kind, the digits 3 seconds with ``mlp``
    and 13 with ``unet``. tests/test_restoring.py holds them to the best loss that there is.

    Raises
    ------
    InvalidSetting
        If the data set is unknown or the network is not for it.
    """
    config = RestoreConfig(dataset=dataset, network=network, kind=kind, seed=seed)
    if dataset != DIGITS:
        return config
    if network == "mlp":
        return config.replace(width=192, depth=2, batch_size=128, steps=1800, learning_rate=3e-3)
    return config.replace(width=16, depth=3, batch_size=64, steps=1500, learning_rate=4e-3)
