"""Distances against scipy and exact laws; the loss floor against the exact denoiser."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance
from torch.testing import assert_close

from explainer.data import Dataset, make_dataset, s_curve_centreline, spread
from explainer.metrics import DistanceTo, floor_curve, loss_floor, sliced_wasserstein, stray_share
from explainer.models import ExactDenoiser
from explainer.schedules import NoiseSchedule, make_schedule


def cloud(n, seed=0):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


def directions(n, seed):
    drawn = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))
    return drawn / drawn.norm(dim=1, keepdim=True)


@pytest.mark.parametrize("sizes", [(7, 11), (11, 7), (5, 5), (1, 9), (4, 12)])
def test_sliced_wasserstein_is_scipys_over_directions(sizes):
    a, b = cloud(sizes[0], 1), cloud(sizes[1], 2) * 2 + 1
    expected = [
        wasserstein_distance((a @ u).numpy(), (b @ u).numpy()) for u in directions(20, seed=5)
    ]
    got = sliced_wasserstein(a, b, n_projections=20, seed=5)
    assert got == pytest.approx(np.mean(expected), rel=1e-5)


@given(n=st.integers(1, 40), m=st.integers(1, 40), seed=st.integers(0, 99))
def test_sliced_wasserstein_is_symmetric_and_zero_only_for_equal_sets(n, m, seed):
    a, b = cloud(n, seed), cloud(m, seed + 1)
    there, back = (sliced_wasserstein(*pair, n_projections=8) for pair in ((a, b), (b, a)))
    assert there == pytest.approx(back, rel=1e-6)
    assert there > 0
    shuffled = a[torch.randperm(n, generator=torch.Generator().manual_seed(seed))]
    assert sliced_wasserstein(a, shuffled, n_projections=8) == 0


def test_a_translation_costs_its_mean_projection():
    a, d = cloud(200), torch.tensor([0.3, -0.4])
    expected = (directions(256, seed=0) @ d).abs().mean().item()
    assert sliced_wasserstein(a, a + d) == pytest.approx(expected, rel=1e-5)
    assert sliced_wasserstein(a, a + d, n_projections=20_000) == pytest.approx(
        0.5 * 2 / math.pi, rel=0.02
    )


@pytest.mark.parametrize("times", [2, 3])
def test_duplicating_all_points_changes_nothing(times):
    a, b = cloud(13, 1), cloud(8, 2)
    expected = sliced_wasserstein(a, b)
    assert sliced_wasserstein(a.repeat(times, 1), b) == pytest.approx(expected, rel=1e-5)
    assert sliced_wasserstein(a, a.repeat(times, 1)) == pytest.approx(0, abs=1e-7)


def test_a_seed_decides_the_directions():
    a, b = cloud(30, 1), cloud(30, 2) + 1
    first, again, other = (
        sliced_wasserstein(a, b, n_projections=3, seed=seed) for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        (
            torch.empty(0, 2),
            cloud(3),
            {},
            r"^a must have shape \(n, 2\) with n >= 1, not \(0, 2\)$",
        ),
        (cloud(3), torch.zeros(3), {}, r"^b must have shape .* not \(3,\)$"),
        (cloud(3), torch.zeros(3, 3), {}, r"^b must have shape .* not \(3, 3\)$"),
        (cloud(3), cloud(3), {"n_projections": 0}, r"^n_projections must be at least 1, not 0$"),
    ],
)
def test_what_sliced_wasserstein_refuses(a, b, options, message):
    with pytest.raises(ValueError, match=message):
        sliced_wasserstein(a, b, **options)


@pytest.mark.parametrize("sizes", [(7, 11), (11, 7), (5, 5), (1, 9), (9, 1), (1000, 5000)])
@pytest.mark.parametrize(("n", "seed"), [(64, 0), (3, 5)])
def test_the_distance_to_one_set_is_the_sliced_wasserstein_distance(sizes, n, seed):
    ours, target = cloud(sizes[0], 1) * 2 + 1, cloud(sizes[1], 2)
    distance = DistanceTo(target, n_projections=n, seed=seed)
    expected = sliced_wasserstein(ours, target, n_projections=n, seed=seed)
    assert distance(ours) == pytest.approx(expected, rel=1e-5)
    assert distance(cloud(4, 3)) != distance(ours)
    assert distance(ours) == pytest.approx(expected, rel=1e-5)  # nothing is left of the other
    assert distance(target) == 0


def test_the_distance_to_one_set_does_not_follow_when_that_is_changed():
    target = cloud(20)
    distance = DistanceTo(target)
    target += 5
    assert distance(cloud(20)) == 0


def test_stray_share_counts_what_is_far_from_the_line():
    line = torch.stack([torch.linspace(-5, 5, 1001), torch.zeros(1001)], dim=1)
    heights = torch.tensor([0.0, 0.5, -0.9, 1.1, -3.0])
    points = torch.stack([torch.zeros(5), heights], dim=1)
    assert stray_share(points, line, 1.0) == pytest.approx(2 / 5)
    assert stray_share(points.repeat(1000, 1), line, 1.0) == pytest.approx(2 / 5)
    assert stray_share(points, line, 4.0) == 0
    real = make_dataset("s_curve", 5000, seed=1, scaling="tutorial").x
    # Three standard deviations: 0.27 % by the normal law, a little more past the two ends.
    assert stray_share(real, s_curve_centreline() / 10, 0.03) == pytest.approx(0.003, abs=0.002)


# --- the loss floor ---


def two_points(distance=1.0):
    zero, one = torch.zeros(2), torch.ones(2)
    x = torch.tensor([[-distance, 0.0], [distance, 0.0]])
    return Dataset(x=x, color=zero, mean=zero, scale=one, name="two")


def test_the_floor_of_two_points_by_integration():
    # x_0 = +-1: the posterior mean is tanh(a x / s^2), its variance 1 - tanh^2.
    schedule = make_schedule("cosine", 20)
    floor = loss_floor(floor_curve(two_points(), n_points=2**15), schedule)
    for t in (0, 5, 10, 15, 19):
        abar = schedule.alpha_bar(t)
        a, s = abar**0.5, (1 - abar) ** 0.5
        x = np.linspace(a - 9 * s, a + 9 * s, 20_001)
        density = np.exp(-((x - a) ** 2) / (2 * s**2)) / (s * math.sqrt(2 * math.pi))
        variance = (density * (1 - np.tanh(a * x / s**2) ** 2)).sum() * (x[1] - x[0])
        expected = abar / (1 - abar) * variance / 2  # the second coordinate is known
        assert floor.per_t[t].item() == pytest.approx(expected, rel=0.05, abs=2e-7)
    assert floor.mean == pytest.approx(floor.per_t.mean().item())


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_the_floor_is_the_loss_of_the_exact_denoiser(name):
    schedule, data = make_schedule(name, 20), make_dataset("moons", 200, seed=0)
    exact, generator = ExactDenoiser(data.x, schedule), torch.Generator().manual_seed(9)
    curve = floor_curve(data, n_points=2048)
    floors = {o: loss_floor(curve, schedule, objective=o) for o in ("eps", "x0")}
    for t in (1, 8, 17):
        x_0 = data.x[torch.randint(200, (10_000,), generator=generator)]
        eps = torch.randn(x_0.shape, generator=generator)
        said = exact(schedule.add_noise(x_0, eps, t), torch.tensor([t]))
        for objective, error in (("eps", said.eps - eps), ("x0", said.x0 - x_0)):
            expected = error.square().mean().item()
            got = floors[objective].per_t[t].item()
            assert got == pytest.approx(expected, rel=0.08, abs=1e-5)


@pytest.mark.parametrize("zero", [False, True])
def test_the_floors_of_the_objectives_differ_by_a_factor(zero):
    schedule = make_schedule("cosine", 20, zero_terminal_snr=zero)
    curve = floor_curve(make_dataset("moons", 100, seed=0), n_points=64)
    eps, x0, v = (
        loss_floor(curve, schedule, objective=objective).per_t for objective in ("eps", "x0", "v")
    )
    assert_close(eps, x0 * schedule.snr)
    assert_close(v, x0 / (1 - schedule.alphas_cumprod), rtol=1e-3, atol=1e-7)
    assert (x0[1:] > 0).all()


def test_a_seed_decides_the_floor():
    data = make_dataset("moons", 50, seed=0)
    first, again, other = (floor_curve(data, n_points=16, seed=s).v for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_a_normal_data_set_has_a_floor_in_closed_form():
    # x_0 ~ N(0, I): the posterior variance is 1 - abar in each coordinate, whatever x_t.
    u = torch.special.ndtri(spread(8192, 2, seed=0))
    data = Dataset(
        x=u, color=torch.linspace(0, 1, 8192), mean=u[0] * 0, scale=u[0] * 0 + 1, name="normal"
    )
    curve = floor_curve(data)
    # Far below the distance between neighbours the points can be told apart, as they should be.
    smooth = curve.decibels < 15
    assert curve.v[smooth] == pytest.approx(1, abs=0.04)
    assert curve.v[-1] < 0.1


def test_variance_keeps_its_digits_at_both_ends():
    # Two points so far apart that the nearer one is certain: nothing is left to be told.
    schedule = NoiseSchedule(torch.tensor([1e-6, 0.999999], dtype=torch.float64))
    exact = ExactDenoiser(two_points(100.0).x, schedule)
    near = exact.posterior_variance(torch.tensor([[100.0, 0.0]]), torch.tensor([0]))
    far = exact.posterior_variance(torch.zeros(1, 2), torch.tensor([1]))
    assert near.item() == pytest.approx(0, abs=1e-9)
    assert far.item() == pytest.approx(1e4)  # of the data nothing is left: both are as likely


@pytest.mark.parametrize(
    ("name", "T", "expected"),
    [("linear", 1000, 0.205), ("linear", 100, 0.520), ("tutorial", 100, 0.543)],
)
def test_the_published_floors_of_the_s_curve(name, T, expected):
    # Known figures of the S itself, without noise across it, 4,000 standardised points.
    line = s_curve_centreline(4000)
    x = (line - line.mean(0)) / line.std(0)
    data = Dataset(x=x, color=x[:, 0], mean=line.mean(0), scale=line.std(0), name="s_curve")
    floor = loss_floor(floor_curve(data, n_points=2048), make_schedule(name, T))
    assert floor.mean == pytest.approx(expected, abs=0.015)
