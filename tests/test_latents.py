"""The walk from data to noise against the closed form for Gaussian data, and paths between."""

import math

import pytest
import torch
from torch.testing import assert_close

from explainer.latents import invert, slerp
from explainer.objectives import Prediction
from explainer.sampling import ddim_step, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps


def gaussian(schedule, s):
    """The best denoiser for data N(0, s^2)."""

    def denoiser(x, t):
        abar = torch.tensor([schedule.alpha_bar(int(t))], dtype=x.dtype)
        v = abar * s**2 + 1 - abar
        return Prediction(x0=abar.sqrt() * s**2 / v * x, eps=(1 - abar).sqrt() / v * x)

    return denoiser


def normal(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_states_start_at_the_data_and_end_at_the_noise():
    schedule, steps = make_schedule("cosine", 100), timesteps(100, 10)
    x_0 = normal(30, 2)
    before = x_0.clone()
    states = list(invert(gaussian(schedule, 0.5), x_0, steps, schedule))
    assert [state.t for state in states] == [-1, 9, 19, 29, 39, 49, 59, 69, 79, 89, 99]
    assert_close(states[0].x, before, rtol=0, atol=0)
    assert_close(states[0].x0_hat, before, rtol=0, atol=0)
    assert_close(x_0, before, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["linear", "cosine", "tutorial"])
@pytest.mark.parametrize("n", [1, 7, 100])
@pytest.mark.parametrize("s", [0.3, 1.0, 2.0])
def test_for_gaussian_data_it_is_a_product_of_its_steps(kind, n, s):
    """Equation 13 with linear predictions: each step multiplies by a number."""
    schedule, steps = make_schedule(kind, 100), timesteps(100, n)
    x_0 = normal(20, 2)
    expected, t = x_0, -1
    for state, t_next in zip(
        invert(gaussian(schedule, s), x_0, steps, schedule), [*reversed(steps), None], strict=True
    ):
        assert_close(state.x, expected, rtol=1e-9, atol=1e-9)
        if t_next is None:
            break
        # The data are a guess of themselves; their noise is that of the lowest level.
        a = schedule.alpha_bar(t if t >= 0 else steps[-1])
        v = a * s**2 + 1 - a
        share = 1.0 if t < 0 else math.sqrt(a) * s**2 / v
        b = schedule.alpha_bar(t_next)
        expected = (math.sqrt(b) * share + math.sqrt(1 - b) * math.sqrt(1 - a) / v) * expected
        t = t_next


@pytest.mark.parametrize("s", [0.4, 1.0, 1.5])
def test_in_the_limit_it_is_the_inverse_and_gives_standard_noise(s):
    """Both are the one map x_0 / s; what is missed there and back falls as 1 / steps."""
    x_0, missed, off = s * normal(2000, 2), [], []
    for T in (500, 1000, 2000):
        # Betas in proportion to 1 / T: the same process, cut finer.
        schedule = make_schedule("linear", T, beta_start=0.1 / T, beta_end=20 / T)
        steps = timesteps(T, T)
        noise = last(invert(gaussian(schedule, s), x_0, steps, schedule))
        back = last(sample(gaussian(schedule, s), noise, steps, schedule, ddim_step))
        missed.append((back - x_0).abs().max().item())
        off.append((noise - x_0 / s).abs().max().item())
    assert missed[-1] < 0.02
    assert off[-1] < 0.05
    assert missed[0] / missed[1] == pytest.approx(2, rel=0.15)
    assert missed[1] / missed[2] == pytest.approx(2, rel=0.1)


def test_slerp_is_an_arc_from_one_to_the_other():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    shares = torch.tensor([0.0, 1 / 3, 0.5, 1.0])
    angle = shares * math.pi / 2
    expected = 2 * torch.stack([angle.cos(), angle.sin()], dim=1)
    assert_close(slerp(a, b, shares), expected, rtol=1e-6, atol=1e-6)


def test_slerp_between_different_lengths_is_equation_67():
    a, b = torch.tensor([1.0, 0.2]), torch.tensor([-0.5, 2.0])
    s = 0.3
    theta = math.acos(float(a @ b / (a.norm() * b.norm())))
    expected = (math.sin((1 - s) * theta) * a + math.sin(s * theta) * b) / math.sin(theta)
    assert_close(slerp(a, b, torch.tensor([s]))[0], expected, rtol=1e-5, atol=1e-6)


def test_slerp_of_one_direction_is_a_straight_line():
    a = torch.tensor([1.0, 1.0])
    got = slerp(a, 3 * a, torch.tensor([0.0, 0.5, 1.0]))
    assert_close(got, torch.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))
