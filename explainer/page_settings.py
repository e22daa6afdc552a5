"""What a page can ask for, typed: each is one address, and equal addresses get equal answers.

Importing this module imports no torch.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import Self

from explainer.cost import check_sampling
from explainer.own import is_own
from explainer.own_models import own_model
from explainer.settings import (
    DATASET_NAMES,
    SCHEDULE_NAMES,
    DatasetChoice,
    DatasetName,
    MistakeName,
    ObjectiveName,
    Real,
    SamplerName,
    Scaling,
    ScheduleChoice,
    Settings,
    Spacing,
    Whole,
)
from explainer.shipped import shipped_models, shipped_run

EXACT = "exact-"  # in front of a data set's name: its exact denoiser
EXACT_T = 100  # its noise levels

Points = Annotated[Whole, Field(ge=2, le=10_000)]
Seed = Annotated[Whole, Field(ge=0, le=2**31 - 1)]
Steps = Annotated[Whole, Field(ge=2, le=1000)]


class NoisingSettings(Settings):
    """A data set and how it is turned to noise."""

    dataset: DatasetChoice = "s_curve"
    schedule: ScheduleChoice = "cosine"
    T: Steps = 100
    zero_terminal_snr: bool = False


class ForwardSettings(NoisingSettings):
    """Data on its way to noise: ``jump`` by the closed form, ``walk`` step by step."""

    way: Literal["jump", "walk"] = "jump"
    n: Points = 2000
    seed: Seed = 0


def _listed(names: Any) -> Any:
    """Read "linear,cosine" as a query string sends it; any order, each name once."""
    if isinstance(names, str):
        names = names.split(",") if names else []
    if not isinstance(names, (list, tuple)):
        return names
    if not names:
        raise ValueError("must name at least one schedule")
    if not all(isinstance(name, str) for name in names):
        return names
    known = [name for name in SCHEDULE_NAMES if name in names]
    return (*known, *dict.fromkeys(name for name in names if name not in SCHEDULE_NAMES))


class SchedulesSettings(Settings):
    """Some noise schedules, to be compared."""

    schedules: Annotated[
        tuple[ScheduleChoice, ...],
        Field(max_length=len(SCHEDULE_NAMES) + 2),
        BeforeValidator(_listed),
    ] = (
        "tutorial",
        "linear",
        "cosine",
    )
    T: Steps = 100
    zero_terminal_snr: bool = False


class QuantitiesSettings(SchedulesSettings):
    """Every quantity of some noise schedules; ``eta`` is for DDIM's sigma alone."""

    axis: Literal["linear", "log"] = "linear"
    eta: Annotated[Real, Field(ge=0, le=1)] = 1.0


class ScheduleDataSettings(SchedulesSettings):
    """What some noise schedules do to a data set."""

    dataset: DatasetChoice = "s_curve"


class FloorPlotSettings(ScheduleDataSettings):
    """The lowest loss that any network can reach, over t, for some schedules."""

    axis: Literal["linear", "log"] = "linear"


class ModelSettings(Settings):
    """A model whose way back is looked at.

    ``model`` is a shipped one, one that a learner keeps, or an exact denoiser.
    ``schedule`` is for the exact denoisers alone: a network knows only the one it was trained with.
    """

    model: str = "s_curve-fast"
    schedule: ScheduleChoice | None = None

    @model_validator(mode="after")
    def _known_model(self) -> Self:
        if self.model not in model_names() and not is_own(self.model.removeprefix(EXACT)):
            raise ValueError(f"model must be one of {', '.join(model_names())}")
        if self.schedule is not None and not self.model.startswith(EXACT):
            raise ValueError("schedule can be chosen for an exact denoiser only")
        return self


class WalkSettings(ModelSettings):
    """A model's way back from noise, so many steps from so many points."""

    steps: Annotated[Whole, Field(ge=1, le=1000)] = 100
    spacing: Spacing = "trailing"
    n: Points = 2000
    seed: Seed = 0

    @model_validator(mode="after")
    def _affordable(self) -> Self:
        if is_own(self.model):
            check_sampling(own_model(self.model).config, self.n, self.steps)
        T = model_levels(self.model)
        if self.steps > T:
            raise ValueError(f"steps must be at most {T}, the noise levels of this model")
        return self


class SampleSettings(WalkSettings):
    """A model's way back with one sampler; ``eta`` is DDIM's alone."""

    sampler: SamplerName = "ddpm"
    eta: Annotated[Real, Field(ge=0, le=1)] = 0.0


class FieldSettings(WalkSettings):
    """What a denoiser says at every place of the plane, at each state of a way back.

    ``learned`` is the model, ``exact`` a perfect network for the same data and schedule.
    """

    known: Literal["learned", "exact", "difference"] = "learned"


class ParticleSettings(SampleSettings):
    """One point of a way back, step by step."""

    point: Annotated[Whole, Field(ge=0, le=9_999)] = 0

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.point >= self.n:
            raise ValueError(f"point must be at most {self.n - 1}, the last of {self.n} points")
        return self


class MistakeSettings(WalkSettings):
    """A way back with a sampler that is wrong, or with its right counterpart."""

    mistake: MistakeName = "neighbour"
    wrong: bool = True


class FloorSettings(NoisingSettings):
    """The lowest loss that any network can reach."""

    scaling: Scaling = "standard"
    objective: ObjectiveName = "eps"


class ShippedRunSettings(Settings):
    """What a shipped training run reached: its checkpoints, as frames."""

    preset: Literal["fast", "tutorial"] = "fast"
    dataset: DatasetName = "s_curve"
    n: Points = 1000

    @model_validator(mode="after")
    def _there_is_one(self) -> Self:
        if not shipped_run(self.preset, self.dataset):
            raise ValueError(f"dataset {self.dataset} has no shipped {self.preset} run")
        return self


def model_names() -> list[str]:
    """Return the names of the shipped models and of the exact denoisers."""
    return [*shipped_models(), *(EXACT + name for name in DATASET_NAMES)]


def model_levels(name: str) -> int:
    """Return the number of noise levels T of a model.

    Raises
    ------
    KeyError
        If there is no model of that name.
    ValueError
        If a learner kept it, and it is not on the server any more.
    """
    if name.startswith(EXACT):
        return EXACT_T
    return own_model(name).config.T if is_own(name) else shipped_models()[name].config.T
