"""What networks that undo noise are looked at on: points, or digits."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import make_dataset
from explainer.digit_quality import digit_quality, real_digit_quality
from explainer.digits import SIDE, digits
from explainer.experiments.common import chosen_frames, color_bytes, shown
from explainer.experiments.real import real_distance
from explainer.experiments.samples import REFERENCE_POINTS, check_finite, nearest_color
from explainer.frames import limits_around, quantise
from explainer.metrics import DistanceTo
from explainer.noise_settings import DIGITS
from explainer.quality import REFERENCE_SEED, UNIT
from explainer.restore_config import RestoreConfig
from explainer.restoring import clean_data
from explainer.settings import MAIN_CORRUPTIONS, MainCorruption

AMOUNTS = (0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0)  # that predictions are shown and measured at
# The same for all runs and all looks, so that they compare.
NOISE_SEED = 2**31 - 5
POINTS, DRAWN_POINTS, HELD_OUT_POINTS = 2000, 400, 1000
PICTURES, DRAWN_PICTURES = 200, 16

DataName = Literal["points", "digits"]
Arrays = dict[str, NDArray[Any]]


class Scene(Protocol):
    """Data that noise is undone on, and how they are drawn and measured.

    Attributes
    ----------
    data : {"points", "digits"}
    box : Box
        That of the training.
    held_out : Tensor, shape (k, d)
        Never trained on.
    mean : Tensor, shape (1, d)
        Of what was trained on.
    samples, drawn : int
        How many walks are measured, and how many of them are drawn.
    header, arrays : dict
        What all looks share.
    real : dict
        The quality of real data.
    """

    data: ClassVar[DataName]
    samples: ClassVar[int]
    drawn: ClassVar[int]
    box: Box
    held_out: Tensor
    mean: Tensor
    header: dict[str, Any]
    arrays: Arrays
    real: dict[str, Any]

    def noised(self, kind: MainCorruption) -> tuple[Tensor, Tensor]:
        """Return what is to be undone, at all amounts, and the amounts, to broadcast."""
        ...

    def write(self, x: Tensor) -> NDArray[Any]:
        """Write data (..., d) as the page takes them."""
        ...

    def color(self, x: Tensor) -> NDArray[np.uint8] | None:
        """Colour the ends of walks (n, d), if they have one."""
        ...

    def measure(self, x: Tensor) -> dict[str, Any]:
        """Measure the quality of samples (n, d); ValueError if they are beyond all numbers."""
        ...


def _draws() -> torch.Generator:
    return torch.Generator().manual_seed(NOISE_SEED)


def _evenly(x: Tensor, n: int) -> Tensor:
    """Pick n of the rows of x, evenly; of fewer, all of them again and again."""
    return x[torch.arange(n) * len(x) // n]


class PointScene:
    """Points in the plane.

    Parameters
    ----------
    config : RestoreConfig
        Its data set and seed are looked at.
    """

    data: ClassVar[DataName] = "points"
    samples: ClassVar[int] = POINTS
    drawn: ClassVar[int] = DRAWN_POINTS

    def __init__(self, config: RestoreConfig) -> None:
        dataset = config.dataset
        clean, held_out = clean_data(config)
        self._data = data = make_dataset(dataset, config.n_points, seed=config.seed)
        self.box = Box.around(clean)
        self.held_out = _evenly(held_out, HELD_OUT_POINTS)
        self.mean = clean.mean(dim=0, keepdim=True)
        self.real = {"swd": real_distance(dataset)}
        chosen = chosen_frames(len(data.x), DRAWN_POINTS)
        self._clean = data.x[chosen]
        clouds = [self.noised(kind)[0] for kind in MAIN_CORRUPTIONS]
        # Whatever a network says: the picture is the same for all looks.
        self._limits = limits_around(shown(data, torch.stack(clouds)))
        self.header: dict[str, Any] = {"limits": self._limits}
        self.arrays: Arrays = {
            "clean": self.write(self._clean),
            "color": color_bytes(data.color[chosen]),
            "mean": self.write(self.mean),
        }

    def noised(self, kind: MainCorruption) -> tuple[Tensor, Tensor]:
        """Return the drawn points at the amounts, (8, m, 2) with the same draws, and (8, 1, 1)."""
        corrupt = CORRUPTIONS[kind]
        clouds = [corrupt(self._clean, amount, _draws(), self.box) for amount in AMOUNTS]
        return torch.stack(clouds), torch.tensor(AMOUNTS)[:, None, None]

    def write(self, x: Tensor) -> NDArray[np.uint16]:
        """Quantise points (..., 2) in data units."""
        return quantise(shown(self._data, x), self._limits)

    def color(self, x: Tensor) -> NDArray[np.uint8]:
        """Colour points (n, 2) like the data point nearest to each."""
        return color_bytes(nearest_color(x, self._data))

    @cached_property
    def _distance(self) -> tuple[DistanceTo, Tensor]:
        """Return the distance to real points, and the place it is measured from."""
        real = make_dataset(self._data.name, REFERENCE_POINTS, seed=REFERENCE_SEED)
        # Relative to their mean: points of one's own may lie so far from 0 that single precision
        # would lose them.
        return DistanceTo((real.x * real.scale / UNIT).float()), real.mean

    def measure(self, x: Tensor) -> dict[str, Any]:
        """Measure the distance of points (n, 2) to fresh real ones, in data units / 10."""
        check_finite(x)
        distance, origin = self._distance
        in_data_units = x * self._data.scale + (self._data.mean - origin)
        return {"swd": distance((in_data_units / UNIT).float())}


class DigitScene:
    """The 8 x 8 digits."""

    data: ClassVar[DataName] = "digits"
    samples: ClassVar[int] = PICTURES
    drawn: ClassVar[int] = DRAWN_PICTURES

    def __init__(self) -> None:
        d = digits()
        self.box = Box.of_images()
        self.held_out = d.held_out
        self.mean = d.mean[None]
        self.real = real_digit_quality().as_fields()
        # One of each of eight digits, at as many amounts.
        first = [int((d.held_out_labels == i).nonzero()[0]) for i in range(len(AMOUNTS))]
        self._clean = d.held_out[first]
        self.header: dict[str, Any] = {}
        self.arrays: Arrays = {"clean": self.write(self._clean), "mean": self.write(self.mean)[0]}

    def noised(self, kind: MainCorruption) -> tuple[Tensor, Tensor]:
        """Return eight digits, (8, 64), each at its own amount, and the amounts, (8, 1)."""
        amounts = torch.tensor(AMOUNTS)[:, None]
        return CORRUPTIONS[kind](self._clean, amounts, _draws(), self.box), amounts

    def write(self, x: Tensor) -> NDArray[np.uint8]:
        """Write pictures (..., 64) as (..., 8, 8), 255 being white; beyond is cut off."""
        levels = (x.clamp(0, 1) * 255).round().to(torch.uint8)
        return levels.reshape(*x.shape[:-1], SIDE, SIDE).numpy()

    def color(self, x: Tensor) -> None:
        """Pictures have no colour."""

    def measure(self, x: Tensor) -> dict[str, Any]:
        """Measure pictures (n, 64), see :class:`explainer.digit_quality.DigitQuality`."""
        check_finite(x)
        return digit_quality(x).as_fields()


@lru_cache(maxsize=8)  # of points each holds four megabytes
def _scene(config: RestoreConfig) -> Scene:
    return DigitScene() if config.dataset == DIGITS else PointScene(config)


def scene_of(config: RestoreConfig) -> Scene:
    """Return the scene of a run: of its data and its seed, which decide it."""
    return _scene(RestoreConfig(dataset=config.dataset, n_points=config.n_points, seed=config.seed))
