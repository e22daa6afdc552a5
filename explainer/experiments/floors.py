"""The lowest loss that any network can reach, by its settings.

The curves of the data sets that everybody has take seconds to compute, so they lie beside this
module, in ``floors.json``; ``python -m explainer.experiments.floors`` computes them again.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import get_args

import numpy as np

from explainer.data import make_dataset
from explainer.metrics import NODES, FloorCurve, LossFloor, floor_curve, loss_floor
from explainer.page_settings import FloorSettings
from explainer.schedules import make_schedule
from explainer.settings import DATASET_NAMES, Scaling

FLOOR_POINTS = 20_000  # with fewer the posterior could tell them apart, and the floor be too low
KNOWN = Path(__file__).with_name("floors.json")
DIGITS = 6


def compute_curve(dataset: str, scaling: Scaling) -> FloorCurve:
    """Compute the curve of a data set, which takes seconds."""
    return floor_curve(make_dataset(dataset, FLOOR_POINTS, seed=0, scaling=scaling))


@cache
def _known() -> dict[str, list[float]]:
    known: dict[str, list[float]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return known


@lru_cache(maxsize=32)
def curve_of(dataset: str, scaling: Scaling) -> FloorCurve:
    """Return the curve of a data set; of one's own points it is computed once."""
    v = _known().get(f"{dataset} {scaling}")
    return compute_curve(dataset, scaling) if v is None else FloorCurve(NODES, np.array(v))


def floor_of(s: FloorSettings) -> LossFloor:
    """Compute the floor of a data set with a schedule."""
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    return loss_floor(curve_of(s.dataset, s.scaling), schedule, objective=s.objective)


def main() -> None:
    """Write the file."""
    curves = {
        f"{dataset} {scaling}": [
            round(v, DIGITS) for v in compute_curve(dataset, scaling).v.tolist()
        ]
        for dataset in DATASET_NAMES
        for scaling in get_args(Scaling)
    }
    lines = [f"{json.dumps(name)}: {json.dumps(v)}" for name, v in curves.items()]
    KNOWN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
