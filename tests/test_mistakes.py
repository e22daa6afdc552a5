"""Each mistake by its exact law for Gaussian data, beside that of the right sampler.

With data N(0, s^2) the best denoiser is linear, so that each step multiplies every point by a
number k and adds noise of a known variance: V' = k^2 V + variance. The laws below are written from
the formulas as the mistake has them, not from the code under test.
"""

import itertools
import math

import pytest
import torch
from torch.testing import assert_close

from explainer.mistakes import MISTAKES, by_rule, root, walk
from explainer.objectives import Prediction
from explainer.sampling import ddim_weights, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps

S = 0.3


def gaussian(schedule, s=S):
    """The best denoiser for data N(0, s^2)."""

    def denoiser(x, t):
        abar = torch.tensor([schedule.alpha_bar(int(t))], dtype=x.dtype)
        v = abar * s**2 + 1 - abar
        return Prediction(x0=abar.sqrt() * s**2 / v * x, eps=(1 - abar).sqrt() / v * x)

    return denoiser


def law(schedule, steps, step, *, v=1.0, s=S):
    """Variance at the end; `step(a, a_prev, t, t_prev)` gives weights of x0, x_t, eps, noise."""
    for t, t_prev in zip(steps, [*steps[1:], -1], strict=True):
        a, a_prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
        x0, x_t, eps, noise = step(a, a_prev, t, t_prev)
        k = x_t + (x0 * math.sqrt(a) * s**2 + eps * math.sqrt(1 - a)) / (a * s**2 + 1 - a)
        v = k**2 * v + noise**2
    return v


def ddim(a, a_prev, t, t_prev):
    return math.sqrt(a_prev), 0, math.sqrt(1 - a_prev), 0


def sigma2(a, a_prev):
    return (1 - a_prev) / (1 - a) * (1 - a / a_prev)


def random_ddim(a, a_prev, t, t_prev):
    var = sigma2(a, a_prev)
    return math.sqrt(a_prev), 0, math.sqrt(max(1 - a_prev - var, 0)), math.sqrt(var)


def ddpm(a, a_prev, t, t_prev):
    alpha = a / a_prev
    return (
        math.sqrt(a_prev) * (1 - alpha) / (1 - a),
        math.sqrt(alpha) * (1 - a_prev) / (1 - a),
        0,
        math.sqrt(sigma2(a, a_prev)),
    )


def with_roots(a, a_prev, t, t_prev):
    var = sigma2(math.sqrt(a), math.sqrt(a_prev))
    return math.sqrt(a_prev), 0, math.sqrt(max(1 - a_prev - var, 0)), math.sqrt(var)


def with_sigma(a, a_prev, t, t_prev):
    sigma = math.sqrt(sigma2(a, a_prev))
    return math.sqrt(a_prev), 0, math.sqrt(max(1 - a_prev - sigma, 0)), sigma


def with_last_noise(a, a_prev, t, t_prev):
    x0, x_t, eps, noise = ddpm(a, a_prev, t, t_prev)
    return x0, x_t, eps, math.sqrt(1 - a / a_prev) if t_prev < 0 else noise


def with_neighbour(schedule):
    return lambda a, a_prev, t, t_prev: ddim(a, schedule.alpha_bar(t - 1), t, t - 1)


def by_walk(name, schedule, steps, *, wrong):
    """The standard deviation, both axes together, of what a walk from 20,000 points ends with."""
    generator = torch.Generator().manual_seed(0)
    x_T = torch.randn(20_000, 2, generator=generator, dtype=torch.float64)
    x_T /= x_T.square().mean().sqrt()  # so that deterministic walks have no error of chance
    states = walk(
        MISTAKES[name], gaussian(schedule), x_T, steps, schedule, wrong=wrong, generator=generator
    )
    return last(states).square().mean().sqrt().item()


def exactly(rule, schedule, steps):
    """The same without chance: a row of its own for x_T and for the noise of each step."""
    x_T = torch.zeros(len(steps) + 1, 2, dtype=torch.float64)
    x_T[0] = 1
    drawn = iter(range(1, len(steps) + 1))

    def step(*, noise, **arguments):
        def unit():
            one = torch.zeros_like(x_T)
            one[next(drawn)] = 1
            return one

        return by_rule(rule)(noise=unit, **arguments)

    end = last(sample(gaussian(schedule), x_T, steps, schedule, step))
    return end[:, 0].square().sum().sqrt().item()


def laws(schedule):
    """The right and the wrong law of each mistake that is in the rule of a step."""
    return {
        "neighbour": (ddim, with_neighbour(schedule)),
        "root": (random_ddim, with_roots),
        "square": (random_ddim, with_sigma),
        "last_noise": (ddpm, with_last_noise),
    }


def test_a_neighbouring_level_leaves_the_noise_of_200_of_1000_steps_in():
    """The figures that were measured of a public explainer with this mistake."""
    schedule, steps = make_schedule("linear", 1000), timesteps(1000, 200)
    wrong = law(schedule, steps, with_neighbour(schedule)) ** 0.5
    right = law(schedule, steps, ddim) ** 0.5
    assert wrong == pytest.approx(0.79, abs=0.005)
    assert right == pytest.approx(0.29, abs=0.005)
    assert by_walk("neighbour", schedule, steps, wrong=True) == pytest.approx(wrong, rel=1e-9)
    assert by_walk("neighbour", schedule, steps, wrong=False) == pytest.approx(right, rel=1e-9)


def test_with_every_level_visited_the_neighbour_is_the_next():
    schedule, steps = make_schedule("linear", 100), timesteps(100, 100)
    right, wrong = (by_walk("neighbour", schedule, steps, wrong=w) for w in (False, True))
    assert wrong == right


@pytest.mark.parametrize("name", ["neighbour", "root", "square", "last_noise"])
@pytest.mark.parametrize("n", [5, 20, 100])
@pytest.mark.parametrize("kind", ["linear", "cosine", "tutorial"])
def test_each_rule_follows_its_own_law(name, n, kind):
    schedule, steps = make_schedule(kind, 100), timesteps(100, n)
    rules = (MISTAKES[name].right, MISTAKES[name].wrong)
    for rule, expected in zip(rules, laws(schedule)[name], strict=True):
        found = exactly(rule, schedule, steps)
        assert found == pytest.approx(law(schedule, steps, expected) ** 0.5, rel=1e-9)


# By how much of the right standard deviation the wrong one is off, with the sign, at these steps of
# a cosine schedule of 100.
@pytest.mark.parametrize(
    ("name", "n", "least", "most"),
    [
        ("neighbour", 20, 1.0, 3.0),
        ("root", 20, 0.02, 0.1),
        ("square", 20, -0.9, -0.3),
        ("last_noise", 10, 0.1, 0.5),
    ],
)
def test_the_wrong_walk_is_off_by_as_much_as_its_law(name, n, least, most):
    schedule, steps = make_schedule("cosine", 100), timesteps(100, n)
    expected = [law(schedule, steps, one) ** 0.5 for one in laws(schedule)[name]]
    assert least < expected[1] / expected[0] - 1 < most
    found = [by_walk(name, schedule, steps, wrong=wrong) for wrong in (False, True)]
    assert found == pytest.approx(expected, rel=0.015)  # 40,000 draws: 0.35 percent


@pytest.mark.parametrize("kind", ["linear", "cosine", "tutorial"])
@pytest.mark.parametrize("n", [5, 20, 100])
def test_a_sigma_of_roots_is_that_of_a_smaller_eta(kind, n):
    schedule = make_schedule(kind, 100)
    steps = timesteps(100, n)
    for t, t_prev in itertools.pairwise(steps):  # at the last one there is no noise
        weights = root(t, t_prev, schedule)
        eta = weights.noise / ddim_weights(t, t_prev, schedule, eta=1.0).noise
        assert 0.5 < eta**2 < 1
        right = ddim_weights(t, t_prev, schedule, eta=eta)
        assert weights.eps == pytest.approx(right.eps, rel=1e-9)
        assert weights.x0 == pytest.approx(right.x0, rel=1e-9)


def test_one_step_more_shrinks_all_to_the_mean():
    """What the denoiser makes of a clean point if it is told that it is all noise."""
    schedule, steps = make_schedule("cosine", 100), timesteps(100, 20)
    right, wrong = (by_walk("one_more", schedule, steps, wrong=w) for w in (False, True))
    a = schedule.alpha_bar(99)
    factor = math.sqrt(a) * S**2 / (a * S**2 + 1 - a)
    assert right == pytest.approx(law(schedule, steps, ddim) ** 0.5, rel=1e-9)
    assert wrong == pytest.approx(factor * right, rel=1e-6)
    assert wrong < 0.01 * right


def test_one_step_more_is_one_state_more():
    schedule, x_T = make_schedule("cosine", 100), torch.randn(5, 2, generator=seeded())
    states = [
        list(
            walk(
                MISTAKES["one_more"],
                gaussian(schedule),
                x_T,
                timesteps(100, 10),
                schedule,
                wrong=wrong,
                generator=seeded(),
            )
        )
        for wrong in (False, True)
    ]
    assert [len(found) for found in states] == [11, 12]
    for right, wrong in zip(*states, strict=False):
        assert right.t == wrong.t
        assert_close(right.x, wrong.x)
    assert states[1][-1].t == -1


def seeded():
    return torch.Generator().manual_seed(0)


def test_a_start_that_the_data_never_reach_stays_wrong():
    """DDIM is one linear map: twice too wide at the start is twice too wide at the end."""
    schedule, s = make_schedule("tutorial", 100), 0.1
    a = schedule.alpha_bar(99)
    assert a == pytest.approx(0.778, abs=0.001)
    reached = a * s**2 + 1 - a
    generator = seeded()
    x_0 = s * torch.randn(20_000, 2, generator=generator, dtype=torch.float64)
    eps = torch.randn(20_000, 2, generator=generator, dtype=torch.float64)
    steps = timesteps(100, 20)

    def end(x_T, wrong):
        denoiser = gaussian(schedule, s)
        mistake = MISTAKES["prior"]
        states = walk(mistake, denoiser, x_T, steps, schedule, wrong=wrong, generator=generator)
        return last(states).square().mean().sqrt().item()

    right = end(math.sqrt(a) * x_0 + math.sqrt(1 - a) * eps, wrong=False)
    wrong = end(eps, wrong=True)
    assert right == pytest.approx(law(schedule, steps, ddim, v=reached, s=s) ** 0.5, rel=0.015)
    assert wrong == pytest.approx(law(schedule, steps, ddim, s=s) ** 0.5, rel=0.015)
    assert wrong / right == pytest.approx(reached**-0.5, rel=0.02)
    assert wrong > 2 * right


def test_every_mistake_says_what_is_wrong_with_it():
    for name, mistake in MISTAKES.items():
        elsewhere = mistake.one_more or mistake.prior
        assert (mistake.right is mistake.wrong) == elsewhere, name
