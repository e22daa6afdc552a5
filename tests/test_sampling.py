"""Steps against diffusers, walks against the closed form for Gaussian data.

With data N(0, s^2) the best denoiser is linear, E[x_0 | x_t] = a s^2 / V_t x_t with
V_t = a^2 s^2 + 1 - a^2 and a^2 = alpha-bar, so that every sampler is a linear map of x_T and of the
noises of its steps, and its variance is known exactly at every level.
"""

import itertools
import math
from functools import partial

import pytest
import torch
from torch.testing import assert_close

from explainer import sampling
from explainer.config import TrainConfig
from explainer.data import make_dataset
from explainer.models import ExactDenoiser, NetworkDenoiser, make_network
from explainer.objectives import OBJECTIVES, Prediction
from explainer.sampling import ddim_step, ddim_weights, ddpm_step, ddpm_weights, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps

SPACINGS = ["trailing", "leading", "quadratic"]
SCHEDULES = [
    ("linear", "linear"),
    ("scaled_linear", "scaled_linear"),
    ("cosine", "squaredcos_cap_v2"),
]
OUTPUTS = [("eps", "epsilon"), ("x0", "sample"), ("v", "v_prediction")]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=seeded(seed))


def forbidden():
    raise AssertionError("this step must not draw noise")


# --- one step ---


def theirs(kind, beta_schedule, prediction_type, **options):
    import diffusers

    return getattr(diffusers, kind)(
        num_train_timesteps=100,
        beta_schedule=beta_schedule,
        beta_start=1e-4,
        beta_end=0.02,
        prediction_type=prediction_type,
        timestep_spacing="trailing",
        **options,
    )


def believed(schedule, objective, x_t, output, t):
    a, s = schedule.sqrt_alphas_cumprod[t], schedule.sqrt_one_minus_alphas_cumprod[t]
    return OBJECTIVES[objective].prediction(x_t, output, a, s)


def pairs(n):
    steps = timesteps(100, n)
    return zip(steps, [*steps[1:], -1], strict=True)


@pytest.mark.parametrize(("name", "their_name"), SCHEDULES)
@pytest.mark.parametrize(("objective", "prediction_type"), OUTPUTS)
@pytest.mark.parametrize("n", [100, 20, 5])
def test_ddpm_step_is_that_of_diffusers(name, their_name, objective, prediction_type, n):
    schedule = make_schedule(name, 100)
    kind, options = "DDPMScheduler", {"clip_sample": False, "variance_type": "fixed_small"}
    oracle = theirs(kind, their_name, prediction_type, **options)
    oracle.set_timesteps(n)
    x_t, output, noise = normal(3, 64, 2)
    for t, t_prev in pairs(n):
        # diffusers draws its own noise: the same generator gives it ours.
        noise = normal(64, 2, seed=t)
        expected = oracle.step(output, t, x_t, generator=seeded(t)).prev_sample
        ours = ddpm_step(
            x_t,
            t,
            believed(schedule, objective, x_t, output, t),
            schedule,
            noise=noise,
            t_prev=t_prev,
        )
        assert_close(ours, expected, rtol=5e-4, atol=5e-4)


@pytest.mark.parametrize(("name", "their_name"), SCHEDULES)
@pytest.mark.parametrize(("objective", "prediction_type"), OUTPUTS)
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n", [100, 20, 5])
def test_ddim_step_is_that_of_diffusers(name, their_name, objective, prediction_type, eta, n):
    schedule = make_schedule(name, 100)
    kind, options = "DDIMScheduler", {"clip_sample": False, "set_alpha_to_one": True}
    oracle = theirs(kind, their_name, prediction_type, **options)
    oracle.set_timesteps(n)
    x_t, output, noise = normal(3, 64, 2)
    for t, t_prev in pairs(n):
        expected = oracle.step(output, t, x_t, eta=eta, variance_noise=noise).prev_sample
        prediction = believed(schedule, objective, x_t, output, t)
        ours = ddim_step(x_t, t, t_prev, prediction, schedule, eta=eta, noise=noise)
        assert_close(ours, expected, rtol=5e-4, atol=5e-4)


@pytest.mark.parametrize("name", ["linear", "cosine", "tutorial"])
@pytest.mark.parametrize("n", [100, 20])
def test_with_eta_one_ddim_is_ddpm(name, n):
    schedule = make_schedule(name, 100)
    x_t, output, noise = normal(3, 64, 2)
    for t, t_prev in pairs(n):
        prediction = believed(schedule, "v", x_t, output, t)
        ddim = ddim_step(x_t, t, t_prev, prediction, schedule, eta=1.0, noise=noise)
        ddpm = ddpm_step(x_t, t, prediction, schedule, noise=noise, t_prev=t_prev)
        assert_close(ddim, ddpm, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["linear", "cosine", "tutorial"])
@pytest.mark.parametrize("n", [100, 20])
@pytest.mark.parametrize("eta", [None, 0.0, 0.4, 1.0])
def test_weights_add_up_to_the_step_and_keep_the_marginals(name, n, eta):
    # Where x_0 is known, q(x_t | x_0) has to become q(x_{t_prev} | x_0): its mean and variance.
    schedule = make_schedule(name, 100)
    x_t, output, noise = normal(3, 64, 2)
    for t, t_prev in pairs(n):
        prediction = believed(schedule, "v", x_t, output, t)
        abar, prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
        if eta is None:
            w = ddpm_weights(t, t_prev, schedule)
            step = ddpm_step(x_t, t, prediction, schedule, noise=noise, t_prev=t_prev)
            assert w.eps == 0
        else:
            w = ddim_weights(t, t_prev, schedule, eta=eta)
            step = ddim_step(x_t, t, t_prev, prediction, schedule, eta=eta, noise=noise)
            assert w.x_t == 0
        total = w.x0 * prediction.x0 + w.x_t * x_t + w.eps * prediction.eps + w.noise * noise
        assert_close(total, step, rtol=1e-6, atol=1e-6)
        assert w.x0 + w.x_t * abar**0.5 == pytest.approx(prev**0.5, rel=1e-12)
        spread = (w.x_t * (1 - abar) ** 0.5 + w.eps) ** 2 + w.noise**2
        assert spread == pytest.approx(1 - prev, rel=1e-9, abs=1e-12)
        if t_prev == t - 1:
            variance = schedule.posterior_variance[t].item()
            assert w.noise**2 == pytest.approx((1 if eta is None else eta**2) * variance, rel=1e-5)


@pytest.mark.parametrize("t", [0, 1, 50, 99])
def test_ddpm_goes_one_level_down_unless_told(t):
    schedule = make_schedule("linear", 100)
    x_t, output, noise = normal(3, 8, 2)
    prediction = believed(schedule, "eps", x_t, output, t)
    short = ddpm_step(x_t, t, prediction, schedule, noise=noise)
    told = ddpm_step(x_t, t, prediction, schedule, noise=noise, t_prev=t - 1)
    assert torch.equal(short, told)


@pytest.mark.parametrize("t", [0, 7, 99])
def test_the_last_step_is_the_predicted_data_and_adds_no_noise(t):
    schedule = make_schedule("linear", 100)
    x_t, output = normal(2, 8, 2)
    prediction = believed(schedule, "eps", x_t, output, t)
    for end in (
        ddpm_step(x_t, t, prediction, schedule, noise=forbidden, t_prev=-1),
        ddim_step(x_t, t, -1, prediction, schedule, eta=1.0, noise=forbidden),
        ddim_step(x_t, t, -1, prediction, schedule),
    ):
        assert_close(end, prediction.x0, rtol=0, atol=1e-6)


@pytest.mark.parametrize("step", [ddpm_step, ddim_step])
@pytest.mark.parametrize("pair", [(5, 5), (5, 6), (100, 50), (5, -2), (-1, -2)])
def test_a_pair_of_levels_that_cannot_be_is_refused(step, pair):
    t, t_prev = pair
    x = normal(4, 2)
    message = rf"^t_prev and t must satisfy .* got {t_prev} and {t}$"
    with pytest.raises(ValueError, match=message):
        step(
            x_t=x,
            t=t,
            t_prev=t_prev,
            prediction=Prediction(x, x),
            schedule=make_schedule("linear", 100),
            noise=x,
        )


@pytest.mark.parametrize("eta", [-0.1, 1.1, math.nan])
def test_eta_outside_its_range_is_refused(eta):
    x = normal(4, 2)
    with pytest.raises(ValueError, match=r"^eta must be between 0 and 1, got "):
        ddim_step(x, 5, 4, Prediction(x, x), make_schedule("linear", 100), eta=eta, noise=x)


def test_a_random_step_without_noise_is_refused():
    x, schedule = normal(4, 2), make_schedule("linear", 100)
    with pytest.raises(ValueError, match=r"^noise is needed"):
        ddim_step(x, 5, 4, Prediction(x, x), schedule, eta=0.5)
    with pytest.raises(ValueError, match=r"^noise is needed"):
        ddpm_step(x, 5, Prediction(x, x), schedule, noise=None)


# --- a whole walk: the closed form ---


def gaussian(schedule, s):
    """Return the best denoiser for data N(0, s^2) in each coordinate."""

    def denoiser(x_t, t):
        abar = schedule.alpha_bar(int(t))
        total = abar * s**2 + 1 - abar
        return Prediction(x_t * (abar**0.5 * s**2 / total), x_t * ((1 - abar) ** 0.5 / total))

    return denoiser


def sources(step, n):
    """Make one row per source of randomness (x_T, then each step's noise) that feels it alone.

    The final values of the rows are the coefficients of the linear map that the walk is.
    """
    x_T = torch.zeros(n, 2, dtype=torch.float64)
    x_T[0] = 1
    drawn = iter(range(1, n))

    def stepped(*, noise, **arguments):
        def unit():
            one = torch.zeros_like(x_T)
            one[next(drawn)] = 1
            return one

        return step(noise=unit, **arguments)

    return x_T, stepped


def variances(schedule, s, steps, step):
    """Return the exact variance at each state of the walk from x_T ~ N(0, 1)."""
    x_T, stepped = sources(step, len(steps) + 1)
    states = sample(gaussian(schedule, s), x_T, steps, schedule, stepped)
    return [state.x[:, 0].square().sum().item() for state in states]


def recursion(schedule, s, steps, eta):
    """Compute the same from the formulas: V' = k^2 V + sigma^2 (arXiv 2010.02502, eq. 12, 16)."""
    v, all_v = 1.0, [1.0]
    for t, t_prev in zip(steps, [*steps[1:], -1], strict=True):
        abar, prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
        variance = eta**2 * (1 - prev) / (1 - abar) * (1 - abar / prev)
        signal = prev**0.5 * abar**0.5 * s**2
        direction = (1 - prev - variance) ** 0.5 * (1 - abar) ** 0.5
        k = (signal + direction) / (abar * s**2 + 1 - abar)
        v = k**2 * v + variance
        all_v.append(v)
    return all_v


CASES = [(partial(ddim_step, eta=eta), eta) for eta in (0.0, 0.5, 1.0)] + [(ddpm_step, 1.0)]


@pytest.mark.parametrize(("step", "eta"), CASES, ids=["ddim", "half", "eta one", "ddpm"])
@pytest.mark.parametrize("name", ["linear", "cosine", "tutorial"])
@pytest.mark.parametrize("s", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_variance_of_every_state_for_gaussian_data(step, eta, name, s, spacing):
    schedule = make_schedule(name, 100)
    for n in (1, 7, 100):
        steps = timesteps(100, n, spacing)
        expected = recursion(schedule, s, steps, eta)
        assert variances(schedule, s, steps, step) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("n", [1, 10, 1000])
def test_deterministic_walk_is_the_product_of_its_steps(n):
    schedule, s = make_schedule("cosine", 1000), 0.4
    steps = timesteps(1000, n)
    levels = [(math.sqrt(b), math.sqrt(1 - b)) for b in map(schedule.alpha_bar, [*steps, -1])]
    product = math.prod(
        (a * a_prev * s**2 + n * n_prev) / (a**2 * s**2 + n**2)
        for (a, n), (a_prev, n_prev) in itertools.pairwise(levels)
    )
    x_T = normal(50, 2)
    end = last(sample(gaussian(schedule, s), x_T, steps, schedule, ddim_step))
    assert_close(end, product * x_T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("step", "eta"), CASES, ids=["ddim", "half", "eta one", "ddpm"])
def test_more_steps_come_nearer_to_the_data(step, eta):
    schedule, s = make_schedule("cosine", 1000), 0.5
    missed = [
        abs(variances(schedule, s, timesteps(1000, n), step)[-1] ** 0.5 - s)
        for n in (2, 10, 50, 400)
    ]
    assert missed == sorted(missed, reverse=True)
    assert missed[-1] < 0.01
    assert missed[0] > 0.1


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("n", [1, 7, 100])
def test_with_the_true_x0_every_marginal_is_kept(eta, n):
    # All data at 0: x_t ~ N(0, 1 - alpha-bar_t) at each level, whatever eta and the stride are
    # (arXiv 2010.02502, lemma 1).
    schedule = make_schedule("tutorial", 100)
    steps = timesteps(100, n)
    from_normal = variances(schedule, 0.0, steps, partial(ddim_step, eta=eta))
    too_much = schedule.alpha_bar(99)  # N(0, 1) has it, x_T of these data does not
    left = shares(schedule, steps, eta)
    got = [v - too_much * k**2 for v, k in zip(from_normal, left, strict=True)]
    expected = [1 - schedule.alpha_bar(t) for t in [*steps, -1]]
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-12)


def shares(schedule, steps, eta):
    """Return how much of x_T is left at each state, for data at 0."""
    x_T, stepped = sources(partial(ddim_step, eta=eta), len(steps) + 1)
    states = sample(gaussian(schedule, 0.0), x_T, steps, schedule, stepped)
    return [state.x[0, 0].item() for state in states]


@pytest.mark.parametrize("step", [partial(ddim_step, eta=0.7), ddpm_step])
def test_drawn_noise_is_standard_normal(step):
    # The recursion above with real draws: of the right size, and fresh at each step.
    schedule, s, steps = make_schedule("linear", 100), 0.5, timesteps(100, 10)
    x_T = normal(20_000, 2)
    end = last(sample(gaussian(schedule, s), x_T, steps, schedule, step, generator=seeded(1)))
    expected = recursion(schedule, s, steps, 0.7 if step is not ddpm_step else 1.0)[-1]
    assert end.var().item() == pytest.approx(expected, rel=0.03)
    assert end.mean().abs() < 0.01


# --- a whole walk: its states ---


def test_states_start_at_x_T_and_end_at_the_sample():
    schedule = make_schedule("cosine", 50)
    denoiser, steps = gaussian(schedule, 0.5), timesteps(50, 10)
    x_T = normal(30, 2)
    kept, copies = [], []
    for state in sample(denoiser, x_T, steps, schedule, ddpm_step, generator=seeded(1)):
        kept.append(state)
        copies.append((state.x.clone(), state.x0_hat.clone()))
    assert [state.t for state in kept] == [*steps, -1]
    assert torch.equal(kept[0].x, normal(30, 2))
    assert torch.equal(x_T, normal(30, 2))
    for state, (x, x0_hat) in zip(kept, copies, strict=True):
        assert torch.equal(state.x, x)
        assert torch.equal(state.x0_hat, x0_hat)
    for state in kept[:-1]:
        assert torch.equal(state.x0_hat, denoiser(state.x, state.t).x0)
    assert torch.equal(kept[-1].x0_hat, kept[-1].x)
    assert torch.equal(
        last(sample(denoiser, x_T, steps, schedule, ddpm_step, generator=seeded(1))), kept[-1].x
    )


@pytest.mark.parametrize("step", [ddpm_step, partial(ddim_step, eta=0.5)])
def test_a_seed_decides_the_noise(step):
    schedule = make_schedule("cosine", 50)

    def end(seed):
        walk = sample(
            gaussian(schedule, 0.5),
            normal(9, 2),
            timesteps(50, 10),
            schedule,
            step,
            generator=seeded(seed),
        )
        return last(walk)

    before = torch.get_rng_state()
    assert torch.equal(end(1), end(1))
    assert not torch.equal(end(1), end(2))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("n", [100, 12])
def test_with_eta_one_a_walk_makes_the_samples_of_ddpm(n):
    schedule = make_schedule("cosine", 100)
    denoiser = ExactDenoiser(make_dataset("s_curve", 200, seed=0).x, schedule)
    walk = partial(sample, denoiser, normal(300, 2), timesteps(100, n), schedule)
    ddim = last(walk(partial(ddim_step, eta=1.0), generator=seeded(1)))
    ddpm = last(walk(ddpm_step, generator=seeded(1)))
    assert_close(ddim, ddpm, rtol=0, atol=1e-3)
    assert (ddim - last(walk(ddpm_step, generator=seeded(2)))).abs().median() > 0.1


def test_deterministic_walk_draws_nothing():
    schedule, generator = make_schedule("cosine", 50), seeded(1)
    walk = partial(sample, gaussian(schedule, 0.5), normal(9, 2), timesteps(50, 10), schedule)
    end = last(walk(ddim_step, generator=generator))
    assert torch.equal(generator.get_state(), seeded(1).get_state())
    assert torch.equal(end, last(walk(ddim_step)))


@pytest.mark.parametrize("step", [ddpm_step, partial(ddim_step, eta=0.5)])
def test_a_random_walk_needs_a_generator(step):
    schedule = make_schedule("linear", 50)
    with pytest.raises(ValueError, match=r"^generator is needed"):
        last(sample(gaussian(schedule, 0.5), normal(9, 2), [49, 20], schedule, step))


@pytest.mark.parametrize("steps", [[1, 5], [5, 5], [50, 3], [5, -1], [3, 0, 1]])
def test_levels_that_do_not_descend_are_refused_before_the_first_state(steps):
    schedule = make_schedule("linear", 50)
    with pytest.raises(ValueError, match=r"^t_prev and t must satisfy"):
        next(sample(gaussian(schedule, 0.5), normal(9, 2), steps, schedule, ddim_step))


def test_large_clouds_are_walked_in_chunks(monkeypatch):
    config = TrainConfig(T=20, width=16, depth=2, batch_size=20, preview_steps=5)
    schedule = make_schedule("cosine", 20)
    network = NetworkDenoiser(make_network(config, seeded()), schedule, OBJECTIVES["v"])
    sizes = []

    def denoiser(x_t, t):
        sizes.append(len(x_t))
        return network(x_t, t)

    n = sampling.CHUNK + 500
    walk = partial(sample, denoiser, normal(n, 2), timesteps(20, 5), schedule, ddim_step)
    default = list(walk())
    assert max(sizes) == sampling.CHUNK
    monkeypatch.setattr(sampling, "CHUNK", 333)
    sizes.clear()
    for state, small in zip(default, walk(), strict=True):
        assert_close(state.x, small.x, rtol=0, atol=1e-4)
        assert_close(state.x0_hat, small.x0_hat, rtol=0, atol=1e-4)
    assert max(sizes) == 333
    monkeypatch.setattr(sampling, "CHUNK", n)
    assert_close(default[-1].x, last(walk()), rtol=0, atol=1e-4)
