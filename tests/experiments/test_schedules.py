"""Schedule plots, as the page gets them."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from explainer.data import make_dataset
from explainer.experiments import schedules
from explainer.experiments.floors import FLOOR_POINTS
from explainer.figures.schedules import QUANTITIES
from explainer.metrics import floor_curve, loss_floor
from explainer.schedules import make_schedule
from tests.experiments.clouds import clouds


def values_of(trace: dict[str, Any], axis: str = "y") -> np.ndarray[Any, Any]:
    packed = trace[axis]
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=packed["dtype"])


def test_figures_draw_every_quantity_of_the_schedules() -> None:
    figures = schedules.schedule_figures({"T": 30, "schedules": "sigmoid,linear", "eta": 0.5})
    assert list(figures) == list(QUANTITIES)
    for quantity in QUANTITIES[:-1]:
        traces = figures[quantity]["data"]
        assert [trace["name"] for trace in traces] == ["linear", "sigmoid"]
        for trace in traces:
            known = getattr(make_schedule(trace["name"], 30), quantity).numpy()
            drawn = values_of(trace)
            np.testing.assert_allclose(drawn, known.astype(np.float64))
            np.testing.assert_array_equal(values_of(trace, "x"), np.arange(1, 31))


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_ddim_sigma_is_diffusers(eta: float) -> None:
    figures = schedules.schedule_figures({"T": 50, "schedules": "linear", "eta": eta})
    betas = make_schedule("linear", 50).betas.double().numpy()
    oracle = DDIMScheduler(50, trained_betas=betas, clip_sample=False, set_alpha_to_one=True)
    variance = np.array([float(oracle._get_variance(t, t - 1)) for t in range(50)])
    drawn = values_of(figures["ddim_sigma"]["data"][0])
    np.testing.assert_allclose(drawn, eta * variance**0.5, atol=1e-5)


def test_axes_are_logarithmic_where_they_can_be() -> None:
    linear, log = (
        {name: figure["layout"]["yaxis"]["type"] for name, figure in figures.items()}
        for figures in (
            schedules.schedule_figures({"T": 20, "axis": axis}) for axis in ("linear", "log")
        )
    )
    assert {name for name, kind in linear.items() if kind == "log"} == {"snr"}
    assert {name for name, kind in log.items() if kind == "linear"} == {
        "log_one_minus_alphas_cumprod"
    }


def test_a_zero_on_a_logarithmic_axis_is_a_gap_and_told() -> None:
    fields = {"T": 20, "schedules": "linear", "zero_terminal_snr": True}
    snr = schedules.schedule_figures(fields)["snr"]
    assert np.isnan(values_of(snr["data"][0])[-1])
    assert snr["layout"]["meta"]["add"] == "The 0 at t = 20 has no place on a logarithmic axis."
    plain = schedules.schedule_figures({"T": 20, "schedules": "cosine"})["snr"]
    assert "meta" not in plain["layout"]


def test_csv_holds_the_numbers_of_the_figures(own_schedule: str) -> None:
    fields = {"T": 25, "schedules": f"cosine,{own_schedule}", "eta": 0.5}
    rows = list(csv.DictReader(io.StringIO(schedules.schedule_csv(fields).decode())))
    assert list(rows[0]) == ["schedule", "t", *QUANTITIES]
    assert [(row["schedule"], row["t"]) for row in rows] == [
        (name, str(t)) for name in ("cosine", "my schedule") for t in range(1, 26)
    ]
    for name, label in (("cosine", "cosine"), (own_schedule, "my schedule")):
        schedule = make_schedule(name, 25)
        mine = [row for row in rows if row["schedule"] == label]
        for quantity in QUANTITIES[:-1]:
            known = getattr(schedule, quantity).numpy()
            read = np.array([float(row[quantity]) for row in mine], dtype=np.float32)
            np.testing.assert_array_equal(read, known, err_msg=quantity)


def test_five_clouds_a_schedule_from_data_to_noise() -> None:
    fields = {"schedules": "tutorial,cosine", "dataset": "moons", "T": 40}
    header, arrays, x = clouds(schedules.schedule_clouds(fields))
    assert x.shape == (10, schedules.CLOUD_POINTS, 2)
    assert arrays["color"].shape == (schedules.CLOUD_POINTS,)
    assert [row["label"] for row in header["rows"]] == ["tutorial", "cosine"]
    assert header["rows"][0]["titles"] == ["t = 0", "t = 10", "t = 20", "t = 30", "t = 40"]
    data = make_dataset("moons", schedules.CLOUD_POINTS, seed=0)
    torch.testing.assert_close(x[0], data.to_data_units(data.x), atol=1e-3, rtol=0)
    torch.testing.assert_close(x[5], x[0])
    for row, name in enumerate(("tutorial", "cosine")):
        for k in range(1, 5):
            abar = make_schedule(name, 40).alpha_bar(10 * k - 1)
            cloud = (x[5 * row + k] - data.mean) / data.scale
            kept = (cloud * data.x).mean().item()  # the data's variance is 1
            assert kept == pytest.approx(abar**0.5, abs=0.08)
    levels = [row["level"] for row in header["rows"]]
    assert levels == ["far", "good"]
    assert "no network can mend that" in header["rows"][0]["verdict"]


def test_floors_over_t_are_those_of_the_metric(own_points: str) -> None:
    # Of few points the floor is known at once.
    figure = schedules.floor_plot({"T": 12, "schedules": "linear,cosine", "dataset": own_points})
    lines = [trace for trace in figure["data"] if trace.get("showlegend", True)]
    assert [line["name"] for line in lines] == ["linear", "cosine"]
    curve = floor_curve(make_dataset(own_points, FLOOR_POINTS, seed=0))
    for line in lines:
        known = loss_floor(curve, make_schedule(line["name"], 12))
        np.testing.assert_allclose(values_of(line), known.per_t.numpy())
        assert f"{line['name']} {known.mean:.3f}" in figure["layout"]["meta"]["note"]
    means = [trace for trace in figure["data"] if not trace.get("showlegend", True)]
    assert means[0]["y"][0] == pytest.approx(np.mean(values_of(lines[0])))


def test_frames_lie_inside_the_picture() -> None:
    _, arrays, _ = clouds(schedules.schedule_clouds({"schedules": "cosine"}))
    assert (arrays["frames"] > 0).all()
    assert (arrays["frames"] < 65535).all()


def test_few_steps_are_shown_once_each() -> None:
    header, arrays, _ = clouds(schedules.schedule_clouds({"schedules": "cosine", "T": 2}))
    assert header["rows"][0]["titles"] == ["t = 0", "t = 1", "t = 2"]
    assert len(arrays["frames"]) == 3
