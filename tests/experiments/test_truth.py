"""The exact answers that a run is held against: floors, the exact field, real against real."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from explainer.data import make_dataset
from explainer.experiments.floors import FLOOR_POINTS, curve_of, floor_of
from explainer.experiments.stage import SIDE, field_bytes, stage
from explainer.experiments.truth import REAL_POINTS, SAMPLES, truth
from explainer.frames import decode, dequantise
from explainer.metrics import floor_curve, loss_floor, sliced_wasserstein
from explainer.models import ExactDenoiser
from explainer.page_settings import FloorSettings
from explainer.quality import REFERENCE_SEED
from explainer.schedules import make_schedule
from explainer.shipped import shipped_models


@pytest.mark.parametrize("objective", ["eps", "x0", "v"])
def test_the_floor_is_that_of_the_metric(
    objective: Any, own_points: str, own_schedule: str
) -> None:
    # Points of one's own are few, and quick.
    fields = {"dataset": own_points, "T": 30, "objective": objective, "schedule": own_schedule}
    header, _ = decode(truth(fields))
    curve = floor_curve(make_dataset(own_points, FLOOR_POINTS, seed=0))
    known = loss_floor(curve, make_schedule(own_schedule, 30), objective=objective)
    assert header["T"] == 30
    assert header["mean"] == known.mean
    assert header["per_t"] == known.per_t.tolist()
    by_t = header["levels_by_t"]
    assert (by_t[0], by_t[-1], len(by_t)) == (1, 30, 16)
    assert header["floor_by_t"] == [header["per_t"][t - 1] for t in by_t]


@pytest.mark.parametrize("scaling", ["standard", "tutorial"])
def test_the_field_is_that_of_the_exact_denoiser(
    scaling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if scaling != "standard":  # its floor takes seconds, and nothing here is about it
        found = floor_of(FloorSettings(T=12))
        monkeypatch.setattr("explainer.experiments.truth.floor_of", lambda s: found)
    header, arrays = decode(truth({"T": 12, "scaling": scaling}))
    assert (header["levels"][0], header["levels"][-1], len(header["levels"])) == (1, 12, 8)
    assert arrays["field"].shape == (8, SIDE**2, 2)
    data = make_dataset("s_curve", FLOOR_POINTS, seed=0, scaling=scaling)
    exact = ExactDenoiser(data.x, make_schedule("cosine", 12))
    places = ((stage("s_curve").places - data.mean) / data.scale).float()
    for field, t in zip(arrays["field"], header["levels"], strict=True):
        expected = -exact(places, torch.tensor([t - 1])).eps
        length = expected.norm(dim=1, keepdim=True)
        expected = torch.where(length > 1, expected / length, expected)
        np.testing.assert_allclose((field - 127.5) / 127, expected, atol=0.51 / 127)


def test_places_go_column_by_column_over_the_picture_from_below() -> None:
    header, _ = decode(truth({"T": 4}))
    x_low, x_high, y_low, y_high = header["limits"]
    assert header["side"] == SIDE
    places = stage("s_curve").places.reshape(SIDE, SIDE, 2).numpy()
    share = (np.arange(SIDE) + 0.5) / SIDE
    np.testing.assert_allclose(places[:, 3, 0], x_low + share * (x_high - x_low))
    np.testing.assert_allclose(places[3, :, 1], y_low + share * (y_high - y_low))


def test_arrows_are_as_wide_as_the_data(own_points: str) -> None:
    header, arrays = decode(truth({"dataset": own_points, "T": 4}))
    data = make_dataset(own_points, 300, seed=0)
    assert header["own"]
    assert not decode(truth({"T": 4}))[0]["own"]
    assert header["scale"] == pytest.approx([1, (data.scale[1] / data.scale[0]).item()])
    behind = dequantise(arrays["background"], header["limits"])
    np.testing.assert_allclose(behind, data.to_data_units(data.x.double()), atol=1e-3)


@pytest.mark.parametrize("zero_terminal_snr", [False, True])
def test_a_schedule_of_two_steps_has_two_levels(zero_terminal_snr: bool, own_points: str) -> None:
    fields = {"dataset": own_points, "T": 2, "zero_terminal_snr": zero_terminal_snr}
    header, arrays = decode(truth(fields))
    assert header["levels"] == header["levels_by_t"] == [1, 2]
    assert len(arrays["field"]) == len(header["floor_by_t"]) == 2


def test_real_points_are_compared_as_many_as_a_run_draws() -> None:
    real = decode(truth({"T": 4}))[0]["real"]
    fresh, known = (
        make_dataset("s_curve", n, seed=REFERENCE_SEED - k, scaling="tutorial").x
        for k, n in ((1, SAMPLES), (0, REAL_POINTS))
    )
    assert real == sliced_wasserstein(fresh, known)


def test_bytes_of_a_field_are_read_back_to_half_of_a_step() -> None:
    field = torch.tensor([[0.0, 0.0], [1.0, -1.0], [0.25, -0.6]])
    written = field_bytes(field)
    assert written.dtype == np.uint8
    assert written[1].tolist() == [254, 0]
    np.testing.assert_allclose((written - 127.5) / 127, field, atol=0.51 / 127)


def test_nobody_waits_for_the_floor_of_a_known_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def compute(dataset: str, scaling: str) -> None:
        raise AssertionError("this takes seconds")

    monkeypatch.setattr("explainer.experiments.floors.compute_curve", compute)
    curve_of.cache_clear()
    assert 0 < floor_of(FloorSettings(dataset="spiral")).mean < 1


def test_the_tutorials_floor_is_above_one_half() -> None:
    # Without the data's own noise, as published: 0.543.
    assert floor_of(FloorSettings(schedule="tutorial")).mean > 0.5


def test_no_shipped_run_got_below_its_floor() -> None:
    model = shipped_models()["s_curve-fast"]
    shared = set(FloorSettings.model_fields)
    found = floor_of(FloorSettings(**model.config.model_dump(include=shared)))
    assert len(found.per_t) == model.config.T
    assert found.mean == pytest.approx(found.per_t.mean().item())
    reached = model.info["history"]["validation_loss"][-1]
    assert found.mean < reached < 1.1 * found.mean
