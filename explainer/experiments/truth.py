"""What nobody could do better: the exact answers that a training run is held against."""

from __future__ import annotations

from typing import Any

from explainer.data import make_dataset
from explainer.experiments.field import arrows
from explainer.experiments.floors import FLOOR_POINTS, floor_of
from explainer.experiments.stage import SIDE, field_bytes, field_levels, loss_levels, stage
from explainer.frames import encode, quantise
from explainer.models import ExactDenoiser
from explainer.own import is_own
from explainer.page_settings import FloorSettings
from explainer.quality import real_against_real
from explainer.schedules import displayed_step, make_schedule

REAL_POINTS = 5000  # that samples are compared with
SAMPLES = 1000  # as many as a run draws


def truth(fields: dict[str, Any]) -> bytes:
    """Compute :class:`FloorSettings`: floors, real against real, and the exact field, packed."""
    s = FloorSettings(**fields)
    floor = floor_of(s)
    drawn = stage(s.dataset)
    data = make_dataset(s.dataset, FLOOR_POINTS, seed=0, scaling=s.scaling)
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    places = ((drawn.places - data.mean) / data.scale).float()
    levels, by_t = field_levels(s.T), loss_levels(s.T)
    field = arrows(ExactDenoiser(data.x, schedule), places, levels)
    header = {
        "limits": drawn.limits,
        "side": SIDE,
        "scale": (data.scale / data.scale.max()).tolist(),
        "T": s.T,
        "own": is_own(s.dataset),
        "mean": floor.mean,
        "per_t": floor.per_t.tolist(),
        "levels": [displayed_step(t) for t in levels],
        "levels_by_t": [displayed_step(t) for t in by_t],
        "floor_by_t": floor.per_t[by_t].tolist(),
        "real": real_against_real(s.dataset, SAMPLES, REAL_POINTS),
    }
    behind = quantise(drawn.behind, drawn.limits)
    return encode(header, {"field": field_bytes(field), "background": behind})
