"""DPM-Solver++(2M) against diffusers, and its order where the curve to follow is known exactly.

With data N(0, s^2) the probability flow keeps x_t / sqrt(V_t), V_t = alpha-bar s^2 + 1 - alpha-bar.
"""

import math
from functools import partial

import pytest
import torch
from torch.testing import assert_close

from explainer.data import make_dataset
from explainer.models import ExactDenoiser
from explainer.objectives import Prediction
from explainer.sampling import ddim_step, last, sample
from explainer.schedules import make_schedule
from explainer.solvers import dpm_solver, dpm_solver_step, log_snr
from explainer.spacing import timesteps
from tests.test_sampling import (
    OUTPUTS,
    SCHEDULES,
    SPACINGS,
    believed,
    forbidden,
    gaussian,
    normal,
    pairs,
    theirs,
)


# diffusers makes arrays of tensors in a way that NumPy 2 does not like.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(("name", "their_name"), SCHEDULES)
@pytest.mark.parametrize(("objective", "prediction_type"), OUTPUTS)
@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("n", [1, 2, 5, 20, 100])
def test_steps_are_those_of_diffusers(name, their_name, objective, prediction_type, spacing, n):
    schedule, steps = make_schedule(name, 100), timesteps(100, n, spacing)
    oracle = theirs(
        "DPMSolverMultistepScheduler",
        their_name,
        prediction_type,
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        lower_order_final=True,
        final_sigmas_type="zero",
    )
    oracle.set_timesteps(timesteps=steps)
    ours = dpm_solver()
    x_t = normal(64, 2)
    for t, t_prev in zip(steps, [*steps[1:], -1], strict=True):
        # Any output will do, and a new one at each step lets the remembered one count.
        output = normal(64, 2, seed=t)
        prediction = believed(schedule, objective, x_t, output, t)
        expected = oracle.step(output, t, x_t).prev_sample
        got = ours(
            x_t=x_t, t=t, t_prev=t_prev, prediction=prediction, schedule=schedule, noise=forbidden
        )
        # Predicted data of thousands, from nearly no signal, leave fewer digits.
        size = max(1.0, x_t.abs().max().item(), prediction.x0.abs().max().item())
        assert_close(got, expected, rtol=5e-4, atol=5e-4 * size)
        x_t = normal(64, 2, seed=200 + t)


def flow_error(step, n, s=0.5, first=8000, end=1600, T=10_000):
    """Return how far n steps from level to level end from the exact curve, relative to it."""
    schedule = make_schedule("cosine", T)
    steps = [first - (first - end) * k // n for k in range(n + 1)]
    x_T = torch.ones(1, 2, dtype=torch.float64)
    states = sample(gaussian(schedule, s), x_T, steps, schedule, step)
    (x,) = (state.x for state in states if state.t == end)
    abar_first, abar_end = schedule.alpha_bar(first), schedule.alpha_bar(end)
    exact = math.sqrt((1 + abar_end * (s**2 - 1)) / (1 + abar_first * (s**2 - 1)))
    return abs(x[0, 0].item() / exact - 1)


# Not s = 0.5: there the leading terms of the solver's error all but cancel, and it looks better.
@pytest.mark.parametrize("s", [0.05, 0.2, 2.0])
def test_twice_the_steps_leave_half_of_ddims_error_and_a_quarter_of_the_solvers(s):
    ddim = [flow_error(ddim_step, n, s) for n in (32, 64, 128)]
    solver = [flow_error(dpm_solver(), n, s) for n in (32, 64, 128)]
    for errors, order in ((ddim, 2), (solver, 4)):
        coarse, middle, fine = errors
        assert coarse / middle == pytest.approx(order, rel=0.15)
        assert middle / fine == pytest.approx(order, rel=0.08)
    assert solver[0] < ddim[0] / 4


@pytest.mark.parametrize("n", [5, 10, 20])
def test_it_ends_nearer_to_where_the_curves_lead_than_ddim(n):
    # Of data with a shape, where curves bend sharply and the order is not to be seen.
    schedule = make_schedule("cosine", 1000)
    denoiser = ExactDenoiser(make_dataset("moons", 500, seed=0).x, schedule)
    walk = partial(sample, denoiser, normal(200, 2), schedule=schedule)
    target = last(walk(timesteps=timesteps(1000, 500), step=dpm_solver()))
    missed = [
        (last(walk(timesteps=timesteps(1000, n), step=step)) - target).norm(dim=1).mean()
        for step in (ddim_step, dpm_solver())
    ]
    assert missed[1] < 0.75 * missed[0]


@pytest.mark.parametrize("name", ["linear", "cosine", "tutorial"])
def test_without_a_memory_it_is_ddim(name):
    schedule = make_schedule(name, 100)
    x_t, output = normal(2, 64, 2)
    for t, t_prev in pairs(20):
        prediction = believed(schedule, "v", x_t, output, t)
        ddim = ddim_step(x_t, t, t_prev, prediction, schedule)
        assert_close(dpm_solver_step(x_t, t, t_prev, prediction, schedule), ddim, rtol=0, atol=1e-5)
    # Neither does a prediction that did not change tell more than DDIM knows.
    steady = dpm_solver_step(x_t, 50, 40, prediction, schedule, earlier=(60, prediction.x0))
    alone = dpm_solver_step(x_t, 50, 40, prediction, schedule)
    assert torch.equal(steady, alone)


@pytest.mark.parametrize("t", [0, 7, 90])
def test_the_step_to_the_data_is_the_predicted_data(t):
    schedule = make_schedule("linear", 100)
    x_t, output, before = normal(3, 8, 2)
    prediction = believed(schedule, "eps", x_t, output, t)
    end = dpm_solver_step(x_t, t, -1, prediction, schedule, earlier=(t + 5, before))
    assert_close(end, prediction.x0, rtol=0, atol=1e-6)


def test_a_step_draws_the_prediction_out_to_its_middle():
    # Linear in lambda, it is known there: the step is DDIM's with the prediction of the middle.
    schedule = make_schedule("cosine", 1000)
    t_before, t, t_prev = 700, 600, 450
    x_t, slope, base = normal(3, 8, 2).double()

    def x0(level):
        return base + slope * level

    here, there = log_snr(schedule, t), log_snr(schedule, t_prev)
    got = dpm_solver_step(
        x_t,
        t,
        t_prev,
        Prediction(x0(here), x_t),
        schedule,
        earlier=(t_before, x0(log_snr(schedule, t_before))),
    )
    a, a_prev = schedule.alpha_bar(t) ** 0.5, schedule.alpha_bar(t_prev) ** 0.5
    middle = x0((here + there) / 2)
    eps = (x_t - a * middle) / math.sqrt(1 - a**2)
    assert_close(got, a_prev * middle + math.sqrt(1 - a_prev**2) * eps, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n", [2, 10, 100])
def test_it_starts_from_no_signal_at_all(n):
    schedule = make_schedule("cosine", 100, zero_terminal_snr=True)
    assert log_snr(schedule, 99) == -math.inf
    assert log_snr(schedule, -1) == math.inf
    s, x_T = 0.5, normal(500, 2).double()
    end = last(sample(gaussian(schedule, s), x_T, timesteps(100, n), schedule, dpm_solver()))
    assert torch.isfinite(end).all()
    assert_close(end, s * x_T, rtol=0, atol=0.1 if n == 100 else 3)


def test_log_snr_is_half_the_log_of_the_ratio_of_powers():
    schedule = make_schedule("linear", 100)
    for t in (0, 50, 99):
        assert log_snr(schedule, t) == pytest.approx(0.5 * schedule.snr[t].log().item(), rel=1e-4)


def test_a_second_walk_remembers_nothing_of_the_first():
    schedule, step = make_schedule("cosine", 100), dpm_solver()
    walk = partial(sample, gaussian(schedule, 0.5), normal(9, 2), timesteps(100, 5), schedule)
    assert torch.equal(last(walk(step)), last(walk(step)))
