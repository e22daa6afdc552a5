"""The moments of noise given what was there, against draws and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from explainer.corruptions import ADDITIVE_SIGMA, PEAK_PHOTONS, Box
from explainer.experiments.noise_laws import box_of, given_x_0, measured
from explainer.settings import CORRUPTION_NAMES, CorruptionName

LOW, HIGH = -1.5, 2.0
BOX = Box(torch.tensor([LOW]), torch.tensor([HIGH]))


def exact(kind: CorruptionName, x_0: float, a: float) -> tuple[float, float, float]:
    """Mean, variance and excess kurtosis from the laws as scipy has them."""
    span = HIGH - LOW
    if kind == "gaussian":
        return math.sqrt(1 - a) * x_0, a, 0
    if kind == "additive":
        return x_0, (ADDITIVE_SIGMA * a) ** 2, 0
    if kind == "uniform":
        m, v, k = stats.uniform(a * LOW, a * span).stats("mvk")
        return (1 - a) * x_0 + m, v, k
    if kind == "multiplicative":
        m, v, k = stats.expon.stats(moments="mvk")
        return LOW + (x_0 - LOW) * (1 - a + a * m), ((x_0 - LOW) * a) ** 2 * v, k
    if kind == "poisson":
        rate = PEAK_PHOTONS * (1 - a) / a
        m, v, k = stats.poisson(rate * (x_0 - LOW) / span).stats("mvk")
        return LOW + m * span / rate, v * (span / rate) ** 2, k
    m, v, k = discrete([x_0, LOW, HIGH], [1 - a, a / 2, a / 2])
    return m, v, k


def discrete(values: list[float], chances: list[float]) -> tuple[float, float, float]:
    x, p = np.array(values), np.array(chances)
    mean = float(x @ p)
    variance = float((x - mean) ** 2 @ p)
    return mean, variance, float((x - mean) ** 4 @ p) / variance**2 - 3


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
@given(a=st.floats(0.02, 0.98), share=st.floats(0.05, 0.95))
def test_moments_given_x_0(kind: CorruptionName, a: float, share: float) -> None:
    x_0 = torch.tensor([LOW + share * (HIGH - LOW)])
    found = given_x_0(kind, x_0, a, BOX)
    mean, variance, kurtosis = exact(kind, x_0.item(), a)
    assert found.mean == pytest.approx(mean, abs=1e-5)
    assert found.variance == pytest.approx(variance, rel=1e-4, abs=1e-7)
    assert found.kurtosis == pytest.approx(kurtosis, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
def test_where_nothing_varies_there_is_no_kurtosis(kind: CorruptionName) -> None:
    found = given_x_0(kind, torch.tensor([0.3]), 0.0, BOX)
    assert found.mean == pytest.approx(0.3)
    assert found.variance == pytest.approx(0, abs=1e-9)
    assert found.told()["kurtosis"] is None


def test_no_photons_leave_one_point() -> None:
    found = given_x_0("poisson", torch.tensor([0.3]), 1.0, BOX).told()
    assert found == {"mean": LOW, "variance": 0.0, "kurtosis": None}


def test_measured_moments_are_those_of_the_numbers() -> None:
    values = torch.tensor([0.0, 0.0, 0.0, 4.0])
    found = measured(values)
    assert (found.mean, found.variance) == (1, 3)
    assert found.kurtosis == pytest.approx(stats.kurtosis(values.numpy()))
    assert math.isnan(measured(torch.full((5,), 0.1)).kurtosis)


def test_the_box_has_room_on_each_side() -> None:
    box = box_of(torch.tensor([[0.0, 1.0], [0.0, -2.0]]))
    assert box.low.tolist() == [-0.5, -2]
    assert box.high.tolist() == [0.5, 1]
