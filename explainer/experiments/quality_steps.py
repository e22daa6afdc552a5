"""Quality against steps: how far the samples of each sampler are from real data.

What belongs to the shipped models lies beside this module, in ``quality.json``;
``python -m explainer.experiments.quality_steps`` computes it again, in a few minutes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from dataclasses import fields as dataclass_fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from explainer.config import TrainConfig
from explainer.cost import check_sampling
from explainer.data import Dataset, make_dataset
from explainer.experiments.common import EXACT_POINTS, load_model, step_counts
from explainer.experiments.real import KNOWN, N, measure_real, read_known, real_distances, rounded
from explainer.experiments.samples import check_finite, distance_to_data
from explainer.experiments.walks import step_of
from explainer.models import Denoiser, ExactDenoiser
from explainer.own import is_own
from explainer.own_models import own_model
from explainer.page_settings import EXACT, EXACT_T, ModelSettings, SampleSettings
from explainer.sampling import last, sample
from explainer.schedules import NoiseSchedule, make_schedule
from explainer.settings import DATASET_NAMES, InvalidSetting, SamplerName, Scaling
from explainer.shipped import shipped_models
from explainer.spacing import timesteps

SEEDS = 3  # of a cell: each is a walk from other noise, with other noise on the way
SHIPPED_SEEDS = 5  # of a network's cell that lies ready


@dataclass(frozen=True)
class Line:
    """A sampler whose quality is one line over the number of steps."""

    sampler: SamplerName
    eta: float = 0.0  # DDIM's alone

    @property
    def name(self) -> str:
        """What the page calls it."""
        return f"ddim {self.eta:g}" if self.sampler == "ddim" else self.sampler


LINES = (Line("ddpm"), Line("ddim"), Line("ddim", 0.5), Line("ddim", 1.0), Line("dpm"))
PERFECT = (Line("ddpm"), Line("ddim"))  # of the exact denoiser, beside a network
EXACT_COST = 30  # a step of an exact denoiser, in those of a network
Model = tuple[Denoiser, NoiseSchedule, Dataset, str]  # what load_model returns
Known = dict[str, dict[str, list[float]]]  # by the line's name and the number of steps


@dataclass(frozen=True)
class Perfect:
    """What a perfect network is perfect for: its data set, and the noise that it is shown."""

    dataset: str
    schedule: str
    T: int = EXACT_T
    scaling: Scaling = "standard"
    zero_terminal_snr: bool = False

    @classmethod
    def of(cls, config: TrainConfig) -> Perfect:
        """Return what a perfect student of the same training would be."""
        return cls(**{field.name: getattr(config, field.name) for field in dataclass_fields(cls)})

    @property
    def key(self) -> str:
        """Its name in the file."""
        return " ".join(str(value) for value in astuple(self))

    @property
    def address(self) -> dict[str, str] | None:
        """The settings of the exact denoiser that is just so; there is not one for all."""
        if self != Perfect(self.dataset, self.schedule):
            return None
        return {"model": EXACT + self.dataset, "schedule": self.schedule}

    def load(self) -> Model:
        """Make the exact denoiser."""
        schedule = make_schedule(self.schedule, self.T, zero_terminal_snr=self.zero_terminal_snr)
        data = make_dataset(self.dataset, EXACT_POINTS, seed=0, scaling=self.scaling)
        return ExactDenoiser(data.x, schedule), schedule, data, self.dataset


def distances(
    model: Model, line: Line, steps: int, seeds: Iterable[int], *, n: int = N
) -> list[float]:
    """Measure the samples of a model.

    Parameters
    ----------
    model : tuple
        As from :func:`explainer.experiments.common.load_model`.
    line : Line
        The sampler.
    steps : int
        At most T; spaced trailing.
    seeds : iterable of int
        Of the walks.
    n : int
        Points a walk.

    Returns
    -------
    list of float
        Sliced Wasserstein distance to real data, in data units / 10, of each walk.

    Raises
    ------
    ValueError
        With one sentence, if the samples are no numbers.
    """
    denoiser, schedule, data, dataset = model
    stops = timesteps(schedule.T, steps)
    found = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        x_T = torch.randn(n, 2, generator=generator)
        step = step_of(line.sampler, line.eta)
        x = last(sample(denoiser, x_T, stops, schedule, step, generator=generator))
        check_finite(x)
        found.append(rounded(distance_to_data(x, data, dataset)))
    return found


def quality_cell(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`SampleSettings`: the distances of walks from ``seed`` and the seeds after it.

    Returns
    -------
    dict
        ``swd``, as from :func:`distances`, and ``evaluations`` of the model for each point.
    """
    s = SampleSettings(**fields)
    model = load_model(s.model, s.schedule or "cosine")
    line = Line(s.sampler, s.eta if s.sampler == "ddim" else 0.0)
    seeds = range(s.seed, s.seed + SEEDS)
    return {"swd": distances(model, line, s.steps, seeds, n=s.n), "evaluations": s.steps}


def digest(path: Path) -> str:
    """Return what tells one checkpoint's file from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@lru_cache(maxsize=64)
def _of_shipped(name: str) -> Known:
    """Return what is known of a shipped model: nothing if its file is another one."""
    entry = read_known()["models"].get(name)
    if entry is None or entry["digest"] != digest(shipped_models()[name].path):
        return {}
    swd: Known = entry["swd"]
    return swd


def _of_perfect(perfect: Perfect) -> Known:
    known: Known = read_known()["exact"].get(perfect.key, {})
    return known


def _affordable(model: str, steps: int) -> bool:
    """Whether a learner's model may be asked for all the walks of a cell."""
    if not is_own(model):
        return True
    try:
        check_sampling(own_model(model).config, SEEDS * N, steps)
    except InvalidSetting:
        return False
    return True


def known_quality(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`ModelSettings`: what is known of a model's quality, and what is to be asked.

    Returns
    -------
    dict
        ``lines``: of each its ``name``, whether it is the ``perfect`` network's, and ``swd``, the
        distances by the number of steps as far as they are known. ``todo``: cells to be asked
        for as ``quality-cell``, the cheapest first, each with its ``line`` (an index), ``steps``
        and the settings ``ask``. ``steps``: the numbers of steps; ``too_many``: those of them
        that this model is too large for. ``real``: the distances of real data to real data.
        ``exact``: whether the model is an exact denoiser. ``n``, and ``left``: the last alpha-bar.
    """
    s = ModelSettings(**fields)
    exact = s.model.startswith(EXACT)
    _, schedule, _, dataset = load_model(s.model, s.schedule or "cosine")
    counts = step_counts(schedule.T)
    within = [steps for steps in counts if _affordable(s.model, steps)]
    if exact:
        known = _of_perfect(Perfect(dataset, s.schedule or "cosine"))
    else:
        known = {} if is_own(s.model) else _of_shipped(s.model)
    ask = s.model_dump(exclude_none=True)
    lines = [_Asked(line, False, known, within, ask, EXACT_COST if exact else 1) for line in LINES]
    if not exact:
        config = own_model(s.model).config if is_own(s.model) else shipped_models()[s.model].config
        perfect = Perfect.of(config)
        known = _of_perfect(perfect)
        if known or perfect.address:
            lines += [
                _Asked(line, True, known, counts, perfect.address or {}, EXACT_COST)
                for line in PERFECT
            ]
    todo = [(steps * asked.cost, i, steps) for i, asked in enumerate(lines) for steps in asked.open]
    return {
        "lines": [asked.told() for asked in lines],
        "todo": [
            {"line": i, "steps": steps, "ask": lines[i].settings(steps)}
            for _, i, steps in sorted(todo)
        ],
        "steps": counts,
        "too_many": [steps for steps in counts if steps not in within],
        "real": real_distances(dataset),
        "exact": exact,
        "n": N,
        "left": schedule.alpha_bar(schedule.T - 1),
    }


@dataclass(frozen=True)
class _Asked:
    """A line of the chart: what of it is known, and how to ask for the rest."""

    line: Line
    perfect: bool
    known: Known
    steps: list[int]
    ask: dict[str, str]
    cost: int

    @property
    def swd(self) -> dict[str, list[float]]:
        return self.known.get(self.line.name, {})

    @property
    def open(self) -> list[int]:
        return [steps for steps in self.steps if str(steps) not in self.swd]

    def told(self) -> dict[str, Any]:
        return {"name": self.line.name, "perfect": self.perfect, "swd": self.swd}

    def settings(self, steps: int) -> dict[str, Any]:
        """Return the settings of a cell; what is left out is as everybody has it."""
        eta = {"eta": self.line.eta} if self.line.eta else {}
        return {**self.ask, "sampler": self.line.sampler, **eta, "steps": steps, "n": N}


def _compute(model: Model, lines: Iterable[Line], seeds: range) -> Known:
    counts = step_counts(model[1].T)
    return {
        line.name: {str(steps): distances(model, line, steps, seeds) for steps in counts}
        for line in lines
    }


def main() -> None:
    """Write the file."""
    torch.set_num_threads(1)
    shipped = shipped_models()
    perfect = {Perfect.of(model.config) for model in shipped.values()}
    perfect |= {Perfect(dataset, "cosine") for dataset in DATASET_NAMES}
    models = {
        name: {
            "digest": digest(model.path),
            "swd": _compute(load_model(name), LINES, range(SHIPPED_SEEDS)),
        }
        for name, model in shipped.items()
    }
    exact = {
        one.key: _compute(one.load(), PERFECT, range(SEEDS))
        for one in sorted(perfect, key=lambda one: one.key)
    }

    def rows(entries: dict[str, Any]) -> str:
        return ",\n".join(f"{json.dumps(name)}: {json.dumps(v)}" for name, v in entries.items())

    sections: dict[str, dict[str, Any]] = {
        "models": models,
        "exact": exact,
        "real": {dataset: measure_real(dataset) for dataset in DATASET_NAMES},
    }
    text = ",\n".join(f'"{name}": {{\n{rows(entries)}\n}}' for name, entries in sections.items())
    KNOWN.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
