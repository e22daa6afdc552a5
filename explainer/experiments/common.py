"""What the experiments share."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.checkpoints import Checkpoint, from_bytes, load
from explainer.data import Dataset, make_dataset
from explainer.models import Denoiser, ExactDenoiser
from explainer.own import is_kept, is_own, load_model_bytes
from explainer.page_settings import EXACT, EXACT_T
from explainer.schedules import NoiseSchedule, make_schedule
from explainer.shipped import shipped_models

MAX_FRAMES = 101
EXACT_POINTS = 2000  # data points of the exact denoiser: as many as are shown
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
STEPS = (5, 10, 20, 50)  # that samplers are measured at; and T, see step_counts
SHOWN = 2000  # points of the data drawn behind, and compared with


def set_up_worker() -> None:
    """Prepare a worker process: one thread each, networks this small lose time to a second."""
    torch.set_num_threads(1)


def chosen_frames(count: int, most: int = MAX_FRAMES) -> list[int]:
    """Choose at most ``most`` of ``count`` frames, evenly, the first and the last among them."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def color_bytes(color: Tensor) -> NDArray[np.uint8]:
    """Write colours in [0, 1] as the page takes them, shape (n,)."""
    return (color.clamp(0, 1) * 255).round().to(torch.uint8).numpy()


def file_name(*parts: str) -> str:
    """Name a picture of an experiment, for the file it is taken home in."""
    return " ".join("own" if is_own(part) else part.replace("_", " ") for part in parts)


def shown(data: Dataset, x: Tensor) -> NDArray[np.float64]:
    """Return points (..., 2) in data units, in which everything is drawn."""
    return data.to_data_units(x.double()).numpy()


def signed(value: float, digits: int = 1) -> str:
    """Write a number with a true minus sign, and none before a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def small(value: float) -> str:
    """Write a positive number of any size with a few digits that count: 0.778, or 2.4 · 10⁻⁷."""
    if value == 0 or 1e-3 <= value < 1e4:
        return f"{value:.3g}"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits} · 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def step_counts(T: int) -> list[int]:
    """Return the numbers of steps that are measured, rising, for T noise levels."""
    return sorted({*(steps for steps in STEPS if steps < T), T})


def _checkpoint(name: str) -> Checkpoint:
    return from_bytes(load_model_bytes(name)) if is_own(name) else load(shipped_models()[name].path)


@lru_cache(maxsize=16)  # a learner's models are named by their content, so none goes stale
def load_model(
    name: str, schedule_name: str = "cosine"
) -> tuple[Denoiser, NoiseSchedule, Dataset, str]:
    """Return a model by name: denoiser, schedule, the data it was made for, and its name.

    The schedule's name is used for the exact denoisers, which take any.

    Raises
    ------
    ValueError
        With one sentence, if a model that a learner kept, or its data, is not here any more, or
        cannot be used.
    """
    if name.startswith(EXACT):
        dataset = name.removeprefix(EXACT)
        data = make_dataset(dataset, EXACT_POINTS, seed=0)
        schedule = make_schedule(schedule_name, EXACT_T)
        return ExactDenoiser(data.x, schedule), schedule, data, dataset
    checkpoint = _checkpoint(name)
    c = checkpoint.config
    if is_own(c.dataset) and not is_kept(c.dataset):
        raise ValueError(
            "The points that this model was trained on are no longer here: draw or upload them "
            "again, just as they were."
        )
    data = make_dataset(c.dataset, c.n_points, seed=c.seed, scaling=c.scaling)
    return checkpoint.denoiser(), checkpoint.schedule(), data, c.dataset
