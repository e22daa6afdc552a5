"""Walks back from pure corruption, against closed forms and the samplers there are."""

from __future__ import annotations

import itertools
import math
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from explainer.cold import FOR_ALL, RULES, ColdState, even_schedule, rules_for, start, walk
from explainer.corruptions import CORRUPTIONS, Box
from explainer.objectives import OBJECTIVES, Prediction
from explainer.sampling import ddim_step, ddpm_step, sample

KINDS = ("gaussian", "salt_and_pepper", "uniform")
PAIRS = [(kind, rule) for kind in KINDS for rule in rules_for(kind)]
SEED = 7
BOX = Box(torch.tensor([-2.0, -1.5]), torch.tensor([1.0, 2.5]))
LINE = Box(torch.tensor(-2.0), torch.tensor(1.0))
PICTURES = Box.of_images()


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def states(rule, kind, restorer, x, n, *, box=BOX, seed=SEED, fresh=1) -> list[ColdState]:
    return list(walk(rule, kind, restorer, x, n, seeded(fresh), box, seed))


def double(n: int, d: int = 2) -> Tensor:
    return torch.zeros(n, d, dtype=torch.float64)


def one_place(place: Tensor):
    """The exact restorer of data that are a single point, whatever it is shown."""
    return lambda x, amount: place.expand(x.shape)


# --- what all walks have in common ---


@given(st.sampled_from(PAIRS), st.integers(1, 12), st.integers(0, 2**31 - 1))
def test_a_walk_visits_even_amounts_from_the_start_to_the_data(pair, n, seed):
    kind, rule = pair
    x = start(kind, double(5), BOX, seed)
    before = x.clone()
    asked = []

    def restorer(x, amount):
        asked.append((x, amount))
        return 0.9 * x

    found = states(rule, kind, restorer, x, n, seed=seed)
    assert [s.amount for s in found] == [(n - i) / n for i in range(n + 1)]
    assert found[0].x is x
    assert torch.equal(x, before)
    assert found[-1].x0_hat is found[-1].x
    for state, (x, amount) in zip(found[:-1], asked, strict=True):
        assert state.x is x
        assert amount.shape == (1, 1)
        assert amount.item() == state.amount
        assert torch.equal(state.x0_hat, 0.9 * x)
    assert all(s.x.isfinite().all() for s in found)


@pytest.mark.parametrize(("kind", "rule"), PAIRS)
def test_with_a_single_point_of_data_every_rule_ends_there(kind, rule):
    place = torch.tensor([[0.25, -0.75]], dtype=torch.float64)
    end = states(rule, kind, one_place(place), start(kind, double(50), BOX, SEED), 7)[-1]
    torch.testing.assert_close(end.x, place.expand(50, 2), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kind", "rule"), PAIRS)
def test_the_same_seeds_give_the_same_walk_and_only_some_rules_draw(kind, rule):
    x = start(kind, double(20), BOX, SEED)
    shrink = lambda x, amount: x * (1 - amount)  # noqa: E731
    ends = [states(rule, kind, shrink, x, 4, fresh=fresh)[-1].x for fresh in (1, 1, 2)]
    assert torch.equal(ends[0], ends[1])
    # The last step of both rules draws nothing that counts, those before do.
    assert torch.equal(ends[0], ends[2]) == (rule not in ("again", "ddpm"))


def test_the_start_is_the_end_of_any_data_with_the_walks_draws():
    for kind in KINDS:
        data = torch.randn(30, 2, generator=seeded(), dtype=torch.float64)
        corrupted = CORRUPTIONS[kind](data, 1.0, seeded(SEED), BOX)
        assert torch.equal(start(kind, double(30), BOX, SEED), corrupted)


def test_rules_for_gaussian_noise_are_for_nothing_else():
    assert (
        rules_for("gaussian") == list(RULES) == ["fraction", "again", "corrected", "ddpm", "ddim"]
    )
    assert rules_for("uniform") == rules_for("salt_and_pepper") == list(FOR_ALL)
    with pytest.raises(ValueError, match=r"^rule must be one of fraction, again, corrected, not '"):
        states("ddim", "uniform", one_place(double(1)), double(3), 5)
    with pytest.raises(ValueError, match=r"^n_steps must be at least 1, not 0$"):
        states("again", "uniform", one_place(double(1)), double(3), 0)


# --- fraction, again, corrected ---


def test_fraction_goes_straight_to_a_prediction_that_stays():
    place = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    x = start("salt_and_pepper", double(9), BOX, SEED)
    for state in states("fraction", "salt_and_pepper", one_place(place), x, 8):
        a = state.amount
        torch.testing.assert_close(state.x, a * x + (1 - a) * place, rtol=0, atol=1e-14)


def test_fraction_lands_on_the_last_prediction():
    x = start("gaussian", double(9), BOX, SEED)
    found = states("fraction", "gaussian", lambda x, amount: x.sin(), x, 5)
    assert torch.equal(found[-1].x, found[-2].x0_hat)


@pytest.mark.parametrize("kind", KINDS)
def test_again_corrupts_the_prediction_with_fresh_draws(kind):
    x = start(kind, double(40), BOX, SEED)
    found = states("again", kind, lambda x, amount: x / 2, x, 6, fresh=5)
    draws = seeded(5)
    for before, after in itertools.pairwise(found):
        expected = CORRUPTIONS[kind](before.x0_hat, after.amount, draws, BOX)
        assert torch.equal(after.x, expected)


@pytest.mark.parametrize("box", [BOX, PICTURES], ids=["points", "pictures"])
@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("kind", KINDS)
def test_corrected_retraces_the_corruption_where_the_restorer_knows_the_data(kind, n, box):
    """Bansal et al. 2022, section 3.3, with any corruption at all: x is D(x_0, a; z)."""
    x_0 = torch.rand(60, 2, generator=seeded(), dtype=torch.float64)
    found = states(
        "corrected", kind, lambda x, amount: x_0, start(kind, x_0, box, SEED), n, box=box
    )
    for state in found:
        assert torch.equal(state.x, CORRUPTIONS[kind](x_0, state.amount, seeded(SEED), box))
    assert torch.equal(found[-1].x, x_0)


def test_for_uniform_noise_fraction_retraces_the_corruption_too():
    # D mixes data and noise in a straight line: the tutorial's rule is exact for it, and no other.
    x_0 = torch.rand(60, 2, generator=seeded(), dtype=torch.float64)
    off = {}
    for kind in KINDS:
        found = states("fraction", kind, lambda x, amount: x_0, start(kind, x_0, BOX, SEED), 5)
        off[kind] = max(
            (s.x - CORRUPTIONS[kind](x_0, s.amount, seeded(SEED), BOX)).abs().max().item()
            for s in found
        )
    assert off["uniform"] < 1e-12
    assert min(off["gaussian"], off["salt_and_pepper"]) > 0.1


# --- Gaussian data, whose exact restorer is linear ---

MU, S = 0.7, 0.4


def gain(a: float) -> float:
    """x0_hat = MU + gain (x - sqrt(1 - a) MU), the posterior mean of N(MU, S^2)."""
    return math.sqrt(1 - a) * S**2 / ((1 - a) * S**2 + a)


def exact(x: Tensor, amount: Tensor) -> Tensor:
    a = amount.item()
    return MU + gain(a) * (x - math.sqrt(1 - a) * MU)


def moments(rule: str, n: int) -> tuple[float, float, float]:
    """Follow x = c z + m + noise of variance v, z being the start: the end's c, m and v."""
    c, m, v = 1.0, 0.0, 0.0
    for i in range(n):
        a, b = (n - i) / n, (n - i - 1) / n  # amounts here and next
        k, shift = gain(a), MU - gain(a) * math.sqrt(1 - a) * MU  # x0_hat = k x + shift
        if rule == "fraction":
            share = 1 / (n - i)
            of_x, of_x0, of_z, fresh = 1 - share, share, 0.0, 0.0
        elif rule == "again":
            of_x, of_x0, of_z, fresh = 0.0, math.sqrt(1 - b), 0.0, b
        elif rule == "corrected":
            of_x, of_x0 = 1.0, math.sqrt(1 - b) - math.sqrt(1 - a)
            of_z, fresh = math.sqrt(b) - math.sqrt(a), 0.0
        elif rule == "ddim":  # arXiv 2010.02502, equation 12, eps from x and x0_hat
            of_x = math.sqrt(b / a)
            of_x0, of_z, fresh = math.sqrt(1 - b) - of_x * math.sqrt(1 - a), 0.0, 0.0
        else:  # arXiv 2006.11239, equation 7, alpha = (1 - a) / (1 - b)
            alpha = (1 - a) / (1 - b)
            of_x = math.sqrt(alpha) * b / a
            of_x0, of_z = math.sqrt(1 - b) * (1 - alpha) / a, 0.0
            fresh = (1 - alpha) * b / a
        c = (of_x + of_x0 * k) * c + of_z
        m = (of_x + of_x0 * k) * m + of_x0 * shift
        v = (of_x + of_x0 * k) ** 2 * v + fresh
    return c, m, v


@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("rule", ["fraction", "corrected", "ddim"])
def test_on_gaussian_data_walks_without_fresh_noise_end_where_the_recursion_says(rule, n):
    z = start("gaussian", double(200), BOX, SEED)
    c, m, v = moments(rule, n)
    assert v == 0
    end = states(rule, "gaussian", exact, z, n)[-1].x
    torch.testing.assert_close(end, c * z + m, rtol=0, atol=1e-7)  # the box is single


@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("rule", ["again", "ddpm"])
def test_on_gaussian_data_random_walks_have_the_moments_of_the_recursion(rule, n):
    count = 100_000
    end = states(rule, "gaussian", exact, start("gaussian", double(count), BOX, SEED), n)[-1].x
    c, m, v = moments(rule, n)
    deviation = math.sqrt(c**2 + v)
    assert end.mean().item() == pytest.approx(m, abs=4 * deviation / math.sqrt(2 * count) + 1e-12)
    assert end.std().item() == pytest.approx(deviation, rel=4 / math.sqrt(4 * count), abs=1e-12)


def test_with_many_steps_ddim_and_ddpm_reach_the_data_and_the_cold_rules_shrink_them():
    deviation = {}
    for rule in RULES:
        c, m, v = moments(rule, 4000)
        # The tutorial's rule is not even right in the mean: it knows nothing of the corruption.
        assert m == pytest.approx(0.6568 if rule == "fraction" else MU, abs=1e-3)
        deviation[rule] = math.sqrt(c**2 + v)
    assert deviation["ddim"] == pytest.approx(S, rel=0.01)
    assert deviation["ddpm"] == pytest.approx(S, rel=0.01)
    assert all(deviation[rule] < 0.9 * S for rule in FOR_ALL), deviation


# --- the samplers that there are ---


def restorer_of_pictures(x: Tensor, amount: Tensor) -> Tensor:
    return 0.5 + 0.4 * ((x - 0.5) * (1 - amount)).tanh()


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_the_schedule_has_the_amounts_of_the_walks(n):
    schedule = even_schedule(n)
    assert [1 - schedule.alpha_bar(t) for t in range(n)] == pytest.approx(
        [(t + 1) / n for t in range(n)]
    )
    assert schedule.alpha_bar(n - 1) == 0


@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize(("rule", "step"), [("ddpm", ddpm_step), ("ddim", partial(ddim_step))])
def test_gaussian_walks_are_those_of_the_samplers_on_that_schedule(rule, step, n):
    schedule = even_schedule(n)
    x = start("gaussian", double(30), BOX, SEED)

    def restorer(x, amount):
        return (x * (1 - amount)).sin()

    def denoiser(x: Tensor, t: Tensor) -> Prediction:
        amount = (t + 1).double()[:, None] / n
        a, s = (1 - amount).sqrt(), amount.sqrt()
        return OBJECTIVES["x0"].prediction(x, restorer(x, amount), a, s)

    mine = states(rule, "gaussian", restorer, x, n, fresh=3)
    theirs = list(sample(denoiser, x, range(n - 1, -1, -1), schedule, step, generator=seeded(3)))
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one.x, other.x, rtol=0, atol=1e-10)
        torch.testing.assert_close(one.x0_hat, other.x0_hat, rtol=0, atol=1e-10)


@pytest.mark.parametrize("rule", ["ddpm", "ddim"])
def test_gaussian_walks_of_pictures_are_those_of_points_in_other_units(rule):
    z = start("gaussian", double(30, 64), LINE, SEED)

    def restorer(x, amount):
        return (restorer_of_pictures(0.5 + 0.5 * x, amount) - 0.5) / 0.5

    points = states(rule, "gaussian", restorer, z, 6, box=LINE)
    x = start("gaussian", double(30, 64), PICTURES, SEED)
    pictures = states(rule, "gaussian", restorer_of_pictures, x, 6, box=PICTURES)
    for one, other in zip(pictures, points, strict=True):
        torch.testing.assert_close(one.x, 0.5 + 0.5 * other.x, rtol=0, atol=1e-12)
