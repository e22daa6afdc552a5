"""What the tab "Noise types" can ask for, typed as in :mod:`explainer.page_settings`.

Importing this module imports no torch.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from explainer.own import is_own
from explainer.page_settings import Points, Seed
from explainer.settings import (
    DATASET_NAMES,
    CorruptionName,
    DatasetChoice,
    MainCorruption,
    Settings,
    Whole,
)

PictureName = Literal["digits", "china", "flower"]
PICTURE_NAMES: tuple[PictureName, ...] = ("digits", "china", "flower")
DIGITS = "digits"  # in place of a data set's name: the 8 x 8 digits


def _picture(value: Any) -> Any:
    if value in PICTURE_NAMES or is_own(value):
        return value
    expected = ", ".join(map(repr, PICTURE_NAMES)) + " or a picture of one's own"
    raise PydanticCustomError("literal_error", "must be known", {"expected": expected})


def _points_or_digits(value: Any) -> Any:
    if value == DIGITS or value in DATASET_NAMES or is_own(value):
        return value
    names = ", ".join(map(repr, (*DATASET_NAMES, DIGITS)))
    expected = f"{names} or points of one's own"
    raise PydanticCustomError("literal_error", "must be known", {"expected": expected})


PointsOrDigits = Annotated[str, BeforeValidator(_points_or_digits)]


class CorruptionSettings(Settings):
    """A data set under one kind of noise, from none of it to nothing else."""

    kind: CorruptionName = "gaussian"
    dataset: DatasetChoice = "s_curve"
    n: Points = 2000
    seed: Seed = 0


class PictureSettings(Settings):
    """A picture under one kind of noise, from none of it to nothing else."""

    kind: CorruptionName = "gaussian"
    picture: Annotated[str, BeforeValidator(_picture)] = "china"
    seed: Seed = 0


class ComposingSettings(Settings):
    """A data set under many small doses of one kind of noise, beside a single large one."""

    kind: MainCorruption = "gaussian"
    dataset: DatasetChoice = "s_curve"
    steps: Annotated[Whole, Field(ge=2, le=100)] = 50
    seed: Seed = 0


class NoiseDataSettings(Settings):
    """A data set, to be looked at under all kinds of noise."""

    dataset: DatasetChoice = "s_curve"
    seed: Seed = 0


class UndoSettings(Settings):
    """Shipped networks that undo the three kinds of noise on points or on ``digits``.

    ``unet`` is for the digits alone.
    """

    dataset: PointsOrDigits = "s_curve"
    network: Literal["mlp", "unet"] = "mlp"
