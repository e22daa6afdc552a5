"""The prior meter's numbers against closed forms."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import MultivariateNormal, kl_divergence

from explainer.data import Dataset, make_dataset
from explainer.prior import moment_kl, prior_gap
from explainer.schedules import NoiseSchedule, make_schedule


def points(*rows):
    x = torch.tensor(rows, dtype=torch.float32)
    color = torch.linspace(0, 1, len(x))
    return Dataset(x=x, color=color, mean=torch.zeros(2), scale=torch.ones(2), name="few")


def ending_at(alpha_bar):
    return NoiseSchedule(torch.tensor([1 - alpha_bar], dtype=torch.float64))


@given(
    mean=st.lists(st.floats(-2, 2), min_size=2, max_size=2),
    a=st.floats(0.2, 2),
    b=st.floats(0.2, 2),
    rho=st.floats(-0.9, 0.9),
)
def test_moment_kl_is_that_of_torchs_normals(mean, a, b, rho):
    mean = torch.tensor(mean, dtype=torch.float64)
    covariance = torch.tensor([[a * a, rho * a * b], [rho * a * b, b * b]], dtype=torch.float64)
    eye = torch.eye(2, dtype=torch.float64)
    expected = kl_divergence(
        MultivariateNormal(mean, covariance), MultivariateNormal(torch.zeros(2).double(), eye)
    )
    assert moment_kl(mean, covariance) == pytest.approx(expected.item(), abs=1e-9)


@pytest.mark.parametrize("alpha_bar", [0.02, 0.3, 0.8])
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.6, -1.0)])
def test_one_point_ends_in_one_normal(alpha_bar, place):
    gap = prior_gap(points(place), ending_at(alpha_bar), n_points=2**15)
    mean, variance = math.sqrt(alpha_bar) * np.array(place), 1 - alpha_bar
    expected = 0.5 * (2 * variance + mean @ mean - 2 - 2 * math.log(variance))
    assert gap.mean == pytest.approx(tuple(mean), abs=1e-6)
    assert gap.std == pytest.approx((math.sqrt(variance),) * 2, rel=1e-6)
    assert gap.kl_moments == pytest.approx(expected, rel=1e-5)
    assert gap.kl == pytest.approx(expected, rel=0.02, abs=2e-5)


@pytest.mark.parametrize("alpha_bar", [0.1, 0.5])
def test_the_shape_counts_and_not_the_moments_alone(alpha_bar):
    # Four corners: mean 0 and covariance I, so the moments see nothing at all.
    corners = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)]
    a, s = math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)

    axis = np.linspace(-8, 8, 801)  # a sum over such a grid is exact for what is so smooth
    x, y = np.meshgrid(axis, axis)
    q = np.mean(
        [np.exp(-((x - a * u) ** 2 + (y - a * v) ** 2) / 2 / s**2) for u, v in corners], axis=0
    ) / (2 * np.pi * s * s)
    log_ratio = np.log(q) + (x * x + y * y) / 2 + np.log(2 * np.pi)
    expected = (q * log_ratio).sum() * (axis[1] - axis[0]) ** 2
    gap = prior_gap(points(*corners), ending_at(alpha_bar), n_points=2**15)
    assert gap.kl_moments == pytest.approx(0, abs=1e-6)
    assert gap.kl == pytest.approx(expected, rel=0.05)


def test_nothing_left_is_no_gap():
    schedule = make_schedule("linear", 50, zero_terminal_snr=True)
    gap = prior_gap(make_dataset("moons", 500, seed=0), schedule)
    assert gap.alpha_bar == 0
    assert gap.kl == pytest.approx(0, abs=1e-12)
    assert gap.level == "good"


@pytest.mark.parametrize(
    ("schedule", "T", "level"),
    [
        ("tutorial", 100, "far"),
        ("linear", 100, "close"),
        ("cosine", 100, "good"),
        ("linear", 1000, "good"),
    ],
)
def test_levels_of_known_schedules(schedule, T, level):
    gap = prior_gap(make_dataset("s_curve", 2000, seed=0), make_schedule(schedule, T))
    assert gap.level == level


def test_the_gap_grows_with_what_is_left():
    data = make_dataset("s_curve", 2000, seed=0)
    gaps = [prior_gap(data, ending_at(alpha_bar)).kl for alpha_bar in (0.01, 0.1, 0.3, 0.6, 0.9)]
    assert gaps == sorted(gaps)
    assert gaps[0] < 1e-4 < gaps[-1]
