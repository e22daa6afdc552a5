"""What is looked at while a network learns."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import Dataset, make_dataset
from explainer.experiments.common import color_bytes, shown
from explainer.experiments.field import arrows
from explainer.experiments.stage import field_bytes, field_levels, loss_levels, stage
from explainer.experiments.truth import REAL_POINTS
from explainer.experiments.watched import watched
from explainer.frames import encode, quantise
from explainer.metrics import DistanceTo
from explainer.quality import REFERENCE_SEED, UNIT
from explainer.snapshots import Snapshot, TrainingStep
from explainer.trainer import Trainer

LOSS_POINTS = 128  # at each noise level


@lru_cache(maxsize=16)
def _distance(dataset: str) -> tuple[DistanceTo, Tensor]:
    """Return the distance to real data, and the place it is measured from."""
    real = make_dataset(dataset, REAL_POINTS, seed=REFERENCE_SEED)
    # Relative to their mean: points of one's own may lie so far from 0 that single precision
    # would lose them.
    return DistanceTo((real.x * real.scale / UNIT).float()), real.mean


class Look:
    """Looks at a run in training: samples, distance, loss by t, and the field it believes in.

    Parameters
    ----------
    trainer : Trainer
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, self.config = trainer, trainer.config
        self.data: Dataset = trainer.batches.dataset
        self.stage = stage(self.config.dataset)
        self._levels = field_levels(self.config.T)
        self._places = ((self.stage.places - self.data.mean) / self.data.scale).float()
        levels = loss_levels(self.config.T)
        self._by_level = trainer.batches.at_levels(levels, LOSS_POINTS)
        self._introduced = False

    def distance(self, x: Tensor) -> float:
        """Sliced Wasserstein distance of samples (n, 2) to real data, in data units / 10."""
        if not len(x):
            return 0.0
        distance, origin = _distance(self.config.dataset)
        return distance(((x * self.data.scale + (self.data.mean - origin)) / UNIT).float())

    @torch.no_grad()
    def now(self, x: Tensor) -> dict[str, NDArray[Any]]:
        """Return what there is to see of the averaged weights now.

        Parameters
        ----------
        x : Tensor, shape (n, 2)
            A sample of theirs.

        Returns
        -------
        dict of str to ndarray
            ``frames``, shape (1, n, 2): the sample; ``field``, shape (levels, SIDE², 2): the noise
            that they would take away; ``by_t``, shape (levels,): their loss on held-out data.
        """
        losses = self.trainer.errors(self.trainer.average, self._by_level).mean(dim=1)
        field = arrows(self.trainer.denoiser(), self._places, self._levels)
        return {
            "frames": quantise(shown(self.data, x[None]), self.stage.limits),
            "field": field_bytes(field),
            "by_t": losses.numpy(),
        }

    def setting(self) -> dict[str, NDArray[Any]]:
        """Return what all pictures of a run share: each point's colour, and the data behind."""
        x_T = self.trainer.x_T
        rank = 1 - x_T[:, 1].argsort().argsort() / max(len(x_T) - 1, 1)
        behind = quantise(self.stage.behind, self.stage.limits)
        return {"color": color_bytes(rank), "background": behind}

    def picture(self, snapshot: Snapshot, step: TrainingStep | None = None) -> bytes:
        """Pack all there is to see; the first time with what all pictures share.

        Parameters
        ----------
        snapshot : Snapshot
            Of this moment.
        step : TrainingStep, optional
            The step that led here, if it is to be watched.

        Returns
        -------
        bytes
            A container, see :mod:`explainer.frames`.
        """
        limits = self.stage.limits
        header: dict[str, Any] = {
            "limits": limits,
            "labels": [f"step {snapshot.step:,} of {self.config.steps:,}"],
            "step": snapshot.step,
            "start": 0,
        }
        arrays = self.now(snapshot.preview)
        if not self._introduced:
            self._introduced = True
            arrays |= self.setting()
        if step is not None:
            header["detail"], points = watched(self.trainer, step, limits)
            arrays |= points
        return encode(header, arrays)
