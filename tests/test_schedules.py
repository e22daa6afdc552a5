"""Schedules against diffusers, and against the identities that define their attributes."""

import math
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from explainer.betas import rescale_zero_terminal_snr
from explainer.schedules import NoiseSchedule, displayed_step, make_schedule
from explainer.settings import SCHEDULE_NAMES

IN_DIFFUSERS = {"linear": "linear", "scaled_linear": "scaled_linear", "cosine": "squaredcos_cap_v2"}
EVERY = [
    (name, T, zero) for name in SCHEDULE_NAMES for T in (2, 100, 1000) for zero in (False, True)
]


def oracle(name, T, **options):
    from diffusers import DDPMScheduler

    return DDPMScheduler(
        num_train_timesteps=T,
        beta_schedule=IN_DIFFUSERS[name],
        beta_start=1e-4,
        beta_end=0.02,
        clip_sample=False,
        **options,
    )


@pytest.mark.parametrize("T", [2, 100, 1000])
@pytest.mark.parametrize("name", IN_DIFFUSERS)
def test_betas_and_alphas_cumprod_are_those_of_diffusers(name, T):
    ours, theirs = make_schedule(name, T), oracle(name, T)
    assert_close(ours.betas, theirs.betas, rtol=1e-4, atol=1e-7)
    assert_close(ours.alphas, theirs.alphas, rtol=0, atol=1e-6)
    assert_close(ours.alphas_cumprod, theirs.alphas_cumprod, rtol=0, atol=1e-5)


@pytest.mark.parametrize("T", [2, 100, 1000])
@pytest.mark.parametrize("name", IN_DIFFUSERS)
def test_zero_terminal_snr_is_that_of_diffusers(name, T):
    ours = make_schedule(name, T, zero_terminal_snr=True)
    theirs = oracle(name, T, rescale_betas_zero_snr=True)
    assert_close(ours.betas, theirs.betas, rtol=5e-4, atol=5e-6)
    assert_close(ours.alphas_cumprod, theirs.alphas_cumprod, rtol=0, atol=5e-5)


@pytest.mark.parametrize("name", SCHEDULE_NAMES)
def test_zero_terminal_snr_keeps_the_first_step_and_ends_without_data(name):
    plain = make_schedule(name, 100)
    zero = make_schedule(name, 100, zero_terminal_snr=True)
    assert zero.alpha_bar(99) == 0.0
    assert zero.alphas_cumprod[-1] == 0
    assert zero.snr[-1] == 0
    assert zero.betas[-1] == 1
    assert zero.alpha_bar(0) == pytest.approx(plain.alpha_bar(0), rel=1e-12)
    # Algorithm 1 shifts and scales the square roots: an affine map keeps ratios of differences.
    was, now = (np.sqrt([s.alpha_bar(t) for t in range(100)]) for s in (plain, zero))
    assert (now - now[-1]) / (now[0] - now[-1]) == pytest.approx(
        (was - was[-1]) / (was[0] - was[-1]), abs=1e-12
    )


@pytest.mark.parametrize("name", IN_DIFFUSERS)
def test_add_noise_is_that_of_diffusers(name):
    x_0, eps = torch.randn(2, 500, 2, generator=torch.Generator().manual_seed(0))
    t = torch.arange(500) * 2
    ours = make_schedule(name, 1000).add_noise(x_0, eps, t)
    assert_close(ours, oracle(name, 1000).add_noise(x_0, eps, t), rtol=0, atol=5e-4)


def test_add_noise_broadcasts_t():
    schedule = make_schedule("linear", 100)
    x_0, eps = torch.randn(2, 100, 7, 2, generator=torch.Generator().manual_seed(0))
    whole = schedule.add_noise(x_0, eps, torch.arange(100)[:, None])
    assert whole.shape == (100, 7, 2)
    for t in (0, 41, 99):
        assert_close(whole[t], schedule.add_noise(x_0[t], eps[t], t), rtol=0, atol=0)
        row = schedule.add_noise(x_0[t], eps[t], torch.full((7,), t))
        assert_close(whole[t], row, rtol=0, atol=0)


def test_the_tutorial_schedule():
    schedule = make_schedule("tutorial", 100)
    ramp = np.linspace(-6, 6, 100)
    assert schedule.betas.numpy() == pytest.approx(
        1e-5 + (0.005 - 1e-5) / (1 + np.exp(-ramp)), rel=1e-6
    )
    assert schedule.alpha_bar(99) == pytest.approx(0.778, abs=5e-4)


def test_the_quadratic_schedule():
    betas = make_schedule("quadratic", 101).betas.double()
    assert betas[[0, -1]].tolist() == pytest.approx([1e-4, 0.02], rel=1e-6)
    second = betas.diff().diff()
    assert_close(second, torch.full_like(second, 2 * 0.0199 / 100**2), rtol=0, atol=1e-8)


def test_the_sigmoid_schedule_follows_its_alpha_bar():
    def gamma(u, start, end, tau):  # Jabri et al. 2022, algorithm 1
        def squash(value):
            return 1 / (1 + math.exp(-value / tau))

        return (squash(end) - squash(u * (end - start) + start)) / (squash(end) - squash(start))

    for options in ({}, {"start": 0.0, "tau": 0.7}):
        schedule = make_schedule("sigmoid", 100, **options)
        named = {"start": -3.0, "end": 3.0, "tau": 1.0, **options}
        expected = [gamma((t + 1) / 100, **named) for t in range(99)]  # the last beta is capped
        assert [schedule.alpha_bar(t) for t in range(99)] == pytest.approx(expected, rel=1e-9)
        assert schedule.betas[-1].item() == pytest.approx(0.999)


def test_options_reach_the_formula():
    schedule = make_schedule("linear", 10, beta_start=0.1, beta_end=0.2)
    assert schedule.betas.tolist() == pytest.approx(np.linspace(0.1, 0.2, 10), rel=1e-6)
    assert make_schedule("cosine", 10, max_beta=0.5).betas.max() == 0.5


@pytest.mark.parametrize(("name", "T", "zero"), EVERY)
def test_attributes_follow_from_the_betas(name, T, zero):
    schedule = make_schedule(name, T, zero_terminal_snr=zero)
    abar = torch.tensor([schedule.alpha_bar(t) for t in range(T)], dtype=torch.float64)
    before = torch.tensor([schedule.alpha_bar(t - 1) for t in range(T)], dtype=torch.float64)
    betas = 1 - abar / before
    expected = {
        "betas": betas,
        "alphas": abar / before,
        "alphas_cumprod": abar,
        "alphas_cumprod_prev": before,
        "sqrt_alphas_cumprod": abar**0.5,
        "sqrt_one_minus_alphas_cumprod": (1 - abar) ** 0.5,
        "log_one_minus_alphas_cumprod": (1 - abar).log(),
        "snr": abar / (1 - abar),
        "posterior_variance": (1 - before) / (1 - abar) * betas,  # eq. 7
    }
    public = {field.name for field in fields(schedule) if not field.name.startswith("_")}
    assert public == set(expected)
    for attribute, value in expected.items():
        tensor = getattr(schedule, attribute)
        assert tensor.shape == (T,)
        assert tensor.dtype == torch.float32
        assert_close(tensor, value.float(), rtol=1e-6, atol=1e-7, msg=attribute)
    assert schedule.T == T
    assert schedule.alphas_cumprod_prev[0] == 1
    assert schedule.posterior_variance[0] == 0
    assert (abar.diff() < 0).all()
    assert 0 <= abar[-1] < abar[0] < 1


def test_alpha_bar_is_float64():
    schedule = make_schedule("linear", 1000)
    assert 1 - schedule.alpha_bar(0) == pytest.approx(1e-4, rel=1e-11)
    # Through a float32 alpha-bar this root would be off by 3e-4 of itself.
    assert schedule.sqrt_one_minus_alphas_cumprod[0].item() == pytest.approx(0.01, rel=1e-6)
    assert schedule.alpha_bar(-1) == 1.0


@pytest.mark.parametrize("t", [-2, 100])
def test_alpha_bar_knows_its_range(t):
    with pytest.raises(ValueError, match=f"^t must be between -1 and 99, got {t}$"):
        make_schedule("linear", 100).alpha_bar(t)


@pytest.mark.parametrize(
    "betas",
    [
        [],
        [[0.1, 0.2]],
        0.1,
        [0.1, math.nan],
        [0.1, math.inf],
        [0.0, 0.1],
        [0.1, -0.1],
        [1.0, 0.1],
        [0.1, 1.001],
    ],
)
def test_betas_that_cannot_be_are_refused(betas):
    with pytest.raises(ValueError, match=r"^betas must [^.]*$"):
        NoiseSchedule(torch.tensor(betas))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("cubic", 100), {}, r"^schedule must be one of tutorial, .*, not 'cubic'$"),
        (("linear", 1), {}, r"^T must be .* not 1$"),
        (("linear", 10_001), {}, r"^T must be .* not 10001$"),
        (("linear", 100.0), {}, r"^T must be .* not 100.0$"),
        (("linear", "100"), {}, r"^T must be .* not '100'$"),
        (("linear", True), {}, r"^T must be .* not True$"),
        (("linear", 100), {"offset": 0.1}, r"^linear does not take the option offset$"),
        (("tutorial", 100), {"beta_end": 0.1}, r"^tutorial does not take the option beta_end$"),
        (("cosine", 100), {"tau": 1.0}, r"^cosine does not take the option tau$"),
        (("linear", 100), {"beta_end": 1.5}, r"^betas must lie between 0 and 1"),
        (("linear", 100), {"beta_start": 0.0}, r"^betas must lie between 0 and 1"),
        (("linear", 100), {"beta_end": math.nan}, r"^betas must be finite$"),
        (("scaled_linear", 100), {"beta_start": -1.0}, r"\b(betas|beta_start)\b"),
        (("cosine", 100), {"offset": -1.0}, r"\b(betas|offset)\b"),
        (("sigmoid", 100), {"tau": 0.0}, r"\b(betas|tau)\b"),
        (("sigmoid", 100), {"start": 3.0}, r"\b(betas|start)\b"),
        (("sigmoid", 100), {"start": -1000.0}, r"\b(betas|start)\b"),
    ],
)
def test_what_make_schedule_refuses(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        make_schedule(*arguments, **options)


def test_a_schedule_is_frozen_and_its_own():
    betas = torch.full((10,), 0.1)
    schedule = NoiseSchedule(betas)
    with pytest.raises(FrozenInstanceError):
        schedule.betas = betas
    betas.fill_(0.5)
    assert schedule.betas.tolist() == pytest.approx([0.1] * 10)
    rescaled = rescale_zero_terminal_snr(schedule.betas)
    assert rescaled.dtype == torch.float64
    assert schedule.betas.tolist() == pytest.approx([0.1] * 10)


def test_what_a_learner_sees_counts_from_data_to_noise():
    assert [displayed_step(t) for t in (-1, 0, 99)] == [0, 1, 100]
