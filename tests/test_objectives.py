"""Each objective's prediction inverts its target: the way back to exactly x_0 and eps."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from explainer.objectives import OBJECTIVES
from explainer.schedules import make_schedule
from explainer.settings import SCHEDULE_NAMES

coordinates = st.lists(st.floats(-10, 10), min_size=4, max_size=4)


def weights(schedule, t):
    abar = schedule.alpha_bar(t)
    return (torch.tensor(value**0.5, dtype=torch.float64) for value in (abar, 1 - abar))


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@given(values=coordinates, name=st.sampled_from(SCHEDULE_NAMES), u=st.floats(0, 1), zero=...)
def test_prediction_inverts_target(objective, values, name, u, zero: bool):
    x_0, eps = torch.tensor(values, dtype=torch.float64).reshape(2, 1, 2)
    zero = zero and objective.name != "eps"  # where no data is left, eps says nothing of x_0
    a, s = weights(make_schedule(name, 100, zero_terminal_snr=zero), round(99 * u))
    x_t = a * x_0 + s * eps
    prediction = objective.prediction(x_t, objective.target(x_0, eps, a, s), a, s)
    assert_close(prediction.x0, x_0, rtol=0, atol=1e-9)
    assert_close(prediction.eps, eps, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("eps", [3.0, -1.0]), ("x0", [1.0, 2.0]), ("v", [0.6 * 3 - 0.8 * 1, 0.6 * -1 - 0.8 * 2])],
)
def test_targets_by_hand(name, expected):
    x_0, eps = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]])
    a, s = torch.tensor(0.6), torch.tensor(0.8)
    assert_close(OBJECTIVES[name].target(x_0, eps, a, s), torch.tensor([expected]))
    assert OBJECTIVES[name].name == name


@pytest.mark.parametrize("name", OBJECTIVES)
@given(values=coordinates, angle=st.floats(0.01, math.pi / 2 - 0.01))
def test_any_prediction_adds_up_to_x_t(name, values, angle):
    x_t, output = torch.tensor(values, dtype=torch.float64).reshape(2, 1, 2)
    a, s = (torch.tensor(f(angle), dtype=torch.float64) for f in (math.cos, math.sin))
    prediction = OBJECTIVES[name].prediction(x_t, output, a, s)
    assert_close(a * prediction.x0 + s * prediction.eps, x_t, rtol=0, atol=1e-9)
