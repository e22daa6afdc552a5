"""Experiments of the tab "Schedule plots"."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.data import make_dataset
from explainer.experiments.common import color_bytes, shown
from explainer.experiments.floors import floor_of
from explainer.experiments.prior import measured, numbers, verdict
from explainer.figures.schedules import (
    QUANTITIES,
    floor_figure,
    label_of,
    schedule_figure,
    style_of,
)
from explainer.frames import encode, limits_around, quantise
from explainer.page_settings import (
    FloorPlotSettings,
    FloorSettings,
    QuantitiesSettings,
    ScheduleDataSettings,
    SchedulesSettings,
)
from explainer.schedules import NoiseSchedule, displayed_step, make_schedule

CLOUD_POINTS = 1000


def _schedules(s: SchedulesSettings) -> dict[str, NoiseSchedule]:
    return {
        name: make_schedule(name, s.T, zero_terminal_snr=s.zero_terminal_snr)
        for name in s.schedules
    }


def _quantities(schedule: NoiseSchedule, eta: float) -> dict[str, NDArray[np.float32]]:
    """Return every quantity of a schedule by name, each of shape (T,)."""
    return {
        quantity: (
            schedule.ddim_sigma(eta) if quantity == "ddim_sigma" else getattr(schedule, quantity)
        ).numpy()
        for quantity in QUANTITIES
    }


def schedule_figures(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`QuantitiesSettings`: a plotly figure of each quantity, as JSON objects."""
    s = QuantitiesSettings(**fields)
    table = {name: _quantities(schedule, s.eta) for name, schedule in _schedules(s).items()}
    figures = {q: schedule_figure(table, q, log=s.axis == "log") for q in QUANTITIES}
    return {quantity: json.loads(figure.to_json()) for quantity, figure in figures.items()}


def schedule_csv(fields: dict[str, Any]) -> bytes:
    """Compute :class:`QuantitiesSettings`: the same numbers as CSV, one line a schedule and t."""
    s = QuantitiesSettings(**fields)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["schedule", "t", *QUANTITIES])
    for name, schedule in _schedules(s).items():
        values = _quantities(schedule, s.eta)
        for t in range(schedule.T):
            row = [f"{values[quantity][t]:.9g}" for quantity in QUANTITIES]
            writer.writerow([label_of(name), displayed_step(t), *row])
    return text.getvalue().encode()


def schedule_clouds(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ScheduleDataSettings`: five clouds a schedule and its verdict, packed."""
    s = ScheduleDataSettings(**fields)
    data = make_dataset(s.dataset, CLOUD_POINTS, seed=0)
    eps = torch.randn(data.x.shape, generator=torch.Generator().manual_seed(0))
    # As displayed: 0 is the data, T the noise. Of few steps none is shown twice.
    steps = sorted({round(k * s.T / 4) for k in range(5)})
    rows, clouds = [], []
    for name, schedule in _schedules(s).items():
        clouds += [data.x if t == 0 else schedule.add_noise(data.x, eps, t - 1) for t in steps]
        gap = measured(s.dataset, name, s.T, s.zero_terminal_snr)
        rows.append(
            {
                "name": name,
                "label": label_of(name),
                **style_of(name),
                "titles": [f"t = {t}" for t in steps],
                "verdict": verdict(gap, s.T),
                "level": gap.level,
                "numbers": [[title, value] for title, value, _ in numbers(gap)],
            }
        )
    frames = shown(data, torch.stack(clouds))
    limits = limits_around(frames)
    arrays: dict[str, NDArray[Any]] = {
        "frames": quantise(frames, limits),
        "color": color_bytes(data.color),
    }
    return encode({"limits": limits, "rows": rows}, arrays)


def floor_plot(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`FloorPlotSettings`: the floors of all schedules over t, as one figure."""
    s = FloorPlotSettings(**fields)
    floors = {
        name: floor_of(
            FloorSettings(
                dataset=s.dataset,
                schedule=name,
                T=s.T,
                zero_terminal_snr=s.zero_terminal_snr,
            )
        )
        for name in s.schedules
    }
    figure = floor_figure(
        {name: found.per_t.numpy() for name, found in floors.items()},
        {name: found.mean for name, found in floors.items()},
        log=s.axis == "log",
    )
    result: dict[str, Any] = json.loads(figure.to_json())
    return result
