"""The lowest loss that any network can reach, by its settings."""

from __future__ import annotations

from functools import lru_cache

from explainer.data import make_dataset
from explainer.metrics import FloorCurve, LossFloor, floor_curve, loss_floor
from explainer.page_settings import FloorSettings
from explainer.schedules import make_schedule
from explainer.settings import Scaling

FLOOR_POINTS = 20_000  # with fewer the posterior could tell them apart, and the floor be too low


@lru_cache(maxsize=32)
def _curve(dataset: str, scaling: Scaling) -> FloorCurve:
    return floor_curve(make_dataset(dataset, FLOOR_POINTS, seed=0, scaling=scaling))


def floor_of(s: FloorSettings) -> LossFloor:
    """Compute the floor of a data set with a schedule; its data set's curve is computed once."""
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    return loss_floor(_curve(s.dataset, s.scaling), schedule, objective=s.objective)
