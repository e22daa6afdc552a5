"""Corruptions keep the moments and end states that their docstrings promise."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from explainer.corruptions import (
    ADDITIVE_SIGMA,
    CORRUPTIONS,
    PEAK_PHOTONS,
    Box,
    salt_and_pepper_by_snr,
)
from explainer.settings import CORRUPTION_NAMES, CorruptionName

KINDS = pytest.mark.parametrize("kind", CORRUPTION_NAMES)
REFUSED = "amount must be between 0 and 1, not "
Case = tuple[Tensor, Box]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Points, grey and coloured pictures, and flat digits, each with its box."""
    shape = draw(st.sampled_from(["points", "grey", "colour", "flat"]))
    n, m = draw(st.integers(2, 9)), draw(st.integers(1, 9))
    values = generator(draw(st.integers(0, 1000)))
    if shape == "points":
        x = torch.randn(n, 2, generator=values) * torch.tensor([1.0, draw(st.floats(0, 2))])
        return x, Box.around(x)
    sizes = {"grey": (n, m), "colour": (n, m, 3), "flat": (n, 64)}
    # Whole levels of grey, as pictures have, black and white among them; or any numbers.
    levels = draw(st.sampled_from([2, 17, 256, 10**7]))
    x = torch.randint(0, levels, sizes[shape], generator=values) / (levels - 1)
    return x, Box.of_images(colour=shape == "colour")


AMOUNTS = st.floats(0, 1)
SEEDS = st.integers(0, 2**31 - 1)


def test_all_kinds_are_there() -> None:
    assert tuple(CORRUPTIONS) == CORRUPTION_NAMES == get_args(CorruptionName)


# --- what holds for any data, amount and seed ---


@KINDS
@settings(max_examples=40, deadline=None)
@given(case=cases(), a=AMOUNTS, seed=SEEDS)
def test_shape_type_and_chance(kind: CorruptionName, case: Case, a: float, seed: int) -> None:
    x_0, box = case
    before = x_0.clone()
    x = CORRUPTIONS[kind](x_0, a, generator(seed), box)
    assert (x.shape, x.dtype) == (x_0.shape, x_0.dtype)
    assert torch.isfinite(x).all()
    assert torch.equal(x_0, before)  # nothing is changed in place
    assert torch.equal(CORRUPTIONS[kind](x_0, a, generator(seed), box), x)


@KINDS
@settings(max_examples=40, deadline=None)
@given(case=cases(), seed=SEEDS)
def test_amount_0_is_the_identity(kind: CorruptionName, case: Case, seed: int) -> None:
    x_0, box = case
    corrupt = CORRUPTIONS[kind]
    assert torch.equal(corrupt(x_0, 0.0, generator(seed), box), x_0)
    torch.testing.assert_close(corrupt.mean(x_0, 0.0, box), x_0)
    assert torch.equal(corrupt.variance(x_0, 0.0, box).abs() < 1e-6, torch.ones_like(x_0) > 0)


@KINDS
@settings(max_examples=40, deadline=None)
@given(case=cases(), a=AMOUNTS, seed=SEEDS)
def test_an_amount_may_be_a_tensor(kind: CorruptionName, case: Case, a: float, seed: int) -> None:
    x_0, box = case
    corrupt = CORRUPTIONS[kind]
    one = corrupt(x_0, a, generator(seed), box)
    each = torch.full((len(x_0), *[1] * (x_0.dim() - 1)), a)
    for tensor in (torch.tensor(a), each, each.double(), each.expand(x_0.shape)):
        x = corrupt(x_0, tensor, generator(seed), box)
        assert x.dtype == x_0.dtype
        torch.testing.assert_close(x, one, rtol=1e-4, atol=1e-5)
        for moment in (corrupt.mean, corrupt.variance):
            torch.testing.assert_close(
                moment(x_0, tensor, box),
                moment(x_0, a, box),
                check_dtype=False,
                atol=1e-5,
                rtol=1e-4,
            )


@KINDS
@settings(max_examples=25, deadline=None)
@given(case=cases(), seed=SEEDS)
def test_each_has_its_own_amount(kind: CorruptionName, case: Case, seed: int) -> None:
    """The first stays as it is, the last is at its end."""
    x_0, box = case
    amounts = torch.linspace(0, 1, len(x_0)).reshape(-1, *[1] * (x_0.dim() - 1))
    x = CORRUPTIONS[kind](x_0, amounts, generator(seed), box)
    assert torch.equal(x[0], x_0[0])
    if kind != "poisson":  # its draws depend on the amounts
        whole = CORRUPTIONS[kind](x_0, 1.0, generator(seed), box)
        torch.testing.assert_close(x[-1], whole[-1])


@settings(max_examples=40, deadline=None)
@given(case=cases(), a=AMOUNTS, b=AMOUNTS, seed=SEEDS)
def test_what_is_replaced_stays_replaced(case: Case, a: float, b: float, seed: int) -> None:
    """Salt and pepper of one seed: a larger amount takes more, and the same ones first."""
    x_0, box = case
    less, more = sorted([a, b])
    marked = torch.full_like(x_0, torch.inf)  # so that whatever is replaced can be told
    corrupt = CORRUPTIONS["salt_and_pepper"]
    few, many = (corrupt(marked, amount, generator(seed), box) for amount in (less, more))
    assert torch.equal(many[torch.isfinite(few)], few[torch.isfinite(few)])


@pytest.mark.parametrize("kind", [k for k in CORRUPTION_NAMES if k != "poisson"])
@settings(max_examples=40, deadline=None)
@given(case=cases(), a=st.floats(0.05, 1), b=st.floats(0.05, 1), seed=SEEDS)
def test_the_draws_do_not_depend_on_the_amount(
    kind: CorruptionName, case: Case, a: float, b: float, seed: int
) -> None:
    """The draw of one amount, solved for and put in at another, gives what that amount gives."""
    x_0, box = case
    x, y = (CORRUPTIONS[kind](x_0, amount, generator(seed), box) for amount in (a, b))
    if kind == "gaussian":
        draw = (x - box.centre - (1 - a) ** 0.5 * (x_0 - box.centre)) / a**0.5
        expected = box.centre + (1 - b) ** 0.5 * (x_0 - box.centre) + b**0.5 * draw
    elif kind == "salt_and_pepper":
        replaced, also = x != x_0, y != x_0
        both = replaced & also
        assert torch.equal(x[both], y[both])
        return
    elif kind == "uniform":
        expected = (1 - b) * x_0 + b / a * (x - (1 - a) * x_0)
    else:  # both grow in proportion to the amount
        expected = x_0 + b / a * (x - x_0)
    torch.testing.assert_close(y, expected, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("kind", ["salt_and_pepper", "uniform"])
@settings(max_examples=25, deadline=None)
@given(case=cases(), a=AMOUNTS, seed=SEEDS)
def test_nothing_leaves_the_box(kind: CorruptionName, case: Case, a: float, seed: int) -> None:
    x_0, box = case
    x = CORRUPTIONS[kind](x_0, a, generator(seed), box)
    assert (x >= box.low - 1e-5).all()
    assert (x <= box.high + 1e-5).all()


@settings(max_examples=25, deadline=None)
@given(a=AMOUNTS, seed=SEEDS)
def test_a_coloured_pixel_is_lost_as_a_whole(a: float, seed: int) -> None:
    x_0 = 0.25 + torch.rand(20, 20, 3, generator=generator(seed)) / 2  # neither salt nor pepper
    x = CORRUPTIONS["salt_and_pepper"](x_0, a, generator(seed), Box.of_images(colour=True))
    lost = x != x_0
    assert torch.equal(lost.all(dim=-1), lost.any(dim=-1))
    assert torch.equal(x[lost.any(dim=-1)].amin(dim=-1), x[lost.any(dim=-1)].amax(dim=-1))  # no red
    grey = CORRUPTIONS["salt_and_pepper"](x_0, 0.5, generator(seed), Box.of_images())
    lost = grey != x_0
    assert not torch.equal(lost.all(dim=-1), lost.any(dim=-1))


# --- moments ---

MANY = 40_000


def closed_form(kind: str, x_0: float, a: float, box: Box) -> tuple[float, float]:
    """Mean and variance of one value, each as the definition gives it."""
    low, high, centre, unit = (float(value) for value in (box.low, box.high, box.centre, box.unit))
    if kind == "gaussian":
        return centre + math.sqrt(1 - a) * (x_0 - centre), a * unit**2
    if kind == "additive":
        return x_0, (3 * a * unit) ** 2
    if kind == "salt_and_pepper":
        outcomes = [(1 - a, x_0), (a / 2, low), (a / 2, high)]
        mean = sum(p * value for p, value in outcomes)
        return mean, sum(p * (value - mean) ** 2 for p, value in outcomes)
    if kind == "uniform":
        middle, step = (low + high) / 2, high - low
        return (1 - a) * x_0 + a * middle, (a * step) ** 2 / 12
    if kind == "multiplicative":  # an exponential of mean 1 has variance 1
        return x_0, (a * (x_0 - low)) ** 2
    if a == 1:
        return low, 0.0
    if a == 0:
        return x_0, 0.0
    k, share = 10 * (1 - a) / a, (x_0 - low) / (high - low)
    # N is Poisson of mean and variance k share; shown is low + (high - low) N / k.
    return x_0, (high - low) ** 2 * share / k


def fourth_moment(kind: str, x_0: float, a: float, box: Box, variance: float) -> float:
    """The fourth central moment, or a bound of it: how far a measured variance may be off."""
    low, high = float(box.low), float(box.high)
    if kind in {"gaussian", "additive"}:
        return 3 * variance**2
    if kind == "multiplicative":
        return 9 * variance**2
    if kind == "poisson":
        k = 10 * (1 - a) / max(a, 1e-9)
        return 3 * variance**2 + variance * ((high - low) / max(k, 1e-9)) ** 2
    return variance * (high - low) ** 2


BOXES = [
    Box(torch.tensor(-1.0), torch.tensor(2.0)),
    Box(torch.tensor(-1.75), torch.tensor(-1.25)),
    Box.of_images(),
]


@KINDS
@pytest.mark.parametrize("box", BOXES)
@settings(max_examples=25, deadline=None)
@given(a=st.one_of(AMOUNTS, st.just(1.0)), seed=SEEDS, u=st.floats(0, 1))
def test_moments(kind: CorruptionName, box: Box, a: float, seed: int, u: float) -> None:
    a = a if a < 0.99 or a == 1 else 0.99  # hardly any photon: no sample is large enough
    x_0 = float(box.low + u * (box.high - box.low))
    mean, variance = closed_form(kind, x_0, a, box)
    corrupt, value = CORRUPTIONS[kind], torch.tensor([x_0])
    torch.testing.assert_close(
        corrupt.mean(value, a, box), torch.tensor([mean]), atol=1e-5, rtol=1e-4
    )
    torch.testing.assert_close(
        corrupt.variance(value, a, box), torch.tensor([variance]), atol=1e-5, rtol=1e-3
    )
    x = corrupt(value.expand(MANY).clone(), a, generator(seed), box).double()
    assert x.mean().item() == pytest.approx(mean, abs=5.5 * math.sqrt(variance / MANY) + 1e-5)
    fourth = fourth_moment(kind, x_0, a, box, variance)
    assert x.var().item() == pytest.approx(variance, abs=7 * math.sqrt(fourth / MANY) + 1e-5)


@KINDS
@settings(max_examples=25, deadline=None)
@given(case=cases(), a=AMOUNTS)
def test_moments_of_many_values_are_those_of_each(
    kind: CorruptionName, case: Case, a: float
) -> None:
    a = min(a, 0.999)
    x_0, box = case
    corrupt = CORRUPTIONS[kind]
    mean, variance = corrupt.mean(x_0, a, box), corrupt.variance(x_0, a, box)
    assert mean.shape == variance.shape == x_0.shape
    flat, low, high = x_0.flatten(), box.low.expand(x_0.shape), box.high.expand(x_0.shape)
    for i in (0, len(flat) // 2, len(flat) - 1):
        lows, highs = low.flatten()[i], high.flatten()[i]
        if lows == highs:
            continue
        own = Box(lows, highs, box.centre, box.unit)
        expected = closed_form(kind, float(flat[i]), a, own)
        assert mean.flatten()[i].item() == pytest.approx(expected[0], abs=1e-4, rel=1e-3)
        assert variance.flatten()[i].item() == pytest.approx(expected[1], abs=1e-4, rel=1e-3)


def test_the_constants_are_those_of_the_closed_forms() -> None:
    assert (ADDITIVE_SIGMA, PEAK_PHOTONS) == (3.0, 10.0)


# --- end states ---

LOW, HIGH = torch.tensor([-1.0, 0.0]), torch.tensor([2.0, 0.5])
BOX = Box(LOW, HIGH)
ENDS = [k for k in CORRUPTION_NAMES if CORRUPTIONS[k].forgets]


def end(kind: CorruptionName, seed: int, n: int = 4000) -> Tensor:
    return CORRUPTIONS[kind].end(torch.full((n, 2), torch.nan), generator(seed), BOX)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_the_gaussian_end_is_standard_normal(seed: int) -> None:
    x = end("gaussian", seed).numpy()
    for axis in range(2):
        assert stats.kstest(x[:, axis], "norm").pvalue > 1e-6
    assert abs(np.corrcoef(x.T)[0, 1]) < 5 / math.sqrt(len(x))


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_the_uniform_end_fills_the_box(seed: int) -> None:
    x = end("uniform", seed).numpy()
    for axis in range(2):
        low, step = float(LOW[axis]), float(HIGH[axis] - LOW[axis])
        assert stats.kstest(x[:, axis], "uniform", args=(low, step)).pvalue > 1e-6
    assert abs(np.corrcoef(x.T)[0, 1]) < 5 / math.sqrt(len(x))


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_the_end_of_salt_and_pepper_is_half_and_half(seed: int) -> None:
    x = end("salt_and_pepper", seed)
    salt = x == HIGH
    assert torch.equal(salt, x != LOW)
    n = len(x)
    for axis in range(2):
        assert stats.binomtest(int(salt[:, axis].sum()), n, 0.5).pvalue > 1e-6
    assert stats.binomtest(int((salt[:, 0] == salt[:, 1]).sum()), n, 0.5).pvalue > 1e-6


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_speckle_is_exponential(seed: int) -> None:
    x = CORRUPTIONS["multiplicative"](torch.ones(4000), 1.0, generator(seed), Box.of_images())
    assert stats.kstest(x.numpy(), "expon").pvalue > 1e-6


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, a=st.floats(0.2, 0.9))
def test_few_photons_are_counted_whole(seed: int, a: float) -> None:
    k = 10 * (1 - a) / a
    x = CORRUPTIONS["poisson"](torch.full((4000,), 0.75), a, generator(seed), Box.of_images())
    counts = (k * x).double().numpy()
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-3)
    # No photon at all: as often as the law says.
    none = int((counts < 0.5).sum())
    assert stats.binomtest(none, 4000, math.exp(-0.75 * k)).pvalue > 1e-6


def test_the_end_of_poisson_is_dark() -> None:
    assert torch.equal(end("poisson", 0), LOW.expand(4000, 2))


@pytest.mark.parametrize("kind", ENDS)
@settings(max_examples=25, deadline=None)
@given(case=cases(), seed=SEEDS)
def test_an_end_is_reached_from_any_data(kind: CorruptionName, case: Case, seed: int) -> None:
    """Amount 1 with the same draws is the end, whatever the data were."""
    x_0, box = case
    at_1 = CORRUPTIONS[kind](x_0, 1.0, generator(seed), box)
    drawn = CORRUPTIONS[kind].end(torch.full_like(x_0, torch.nan), generator(seed), box)
    torch.testing.assert_close(drawn, at_1)
    assert (drawn.shape, drawn.dtype) == (x_0.shape, x_0.dtype)


@pytest.mark.parametrize("kind", [k for k in CORRUPTION_NAMES if k not in ENDS])
def test_an_end_with_data_in_it_cannot_be_drawn_without(kind: CorruptionName) -> None:
    with pytest.raises(ValueError, match="depends on the data"):
        CORRUPTIONS[kind].end(torch.zeros(3, 2), generator(), BOX)
    x_0 = LOW + torch.rand(4000, 2, generator=generator()) * (HIGH - LOW)
    x = CORRUPTIONS[kind](x_0, 1.0, generator(1), BOX)
    assert np.corrcoef(x[:, 0], x_0[:, 0])[0, 1] > 0.2


def test_what_forgets() -> None:
    assert ENDS == ["gaussian", "salt_and_pepper", "uniform", "poisson"]


def test_gaussian_pictures_end_around_grey() -> None:
    """On [0, 1] as the DDPM paper has it on [-1, 1]."""
    x = CORRUPTIONS["gaussian"].end(torch.zeros(100, 100), generator(), Box.of_images()).flatten()
    assert stats.kstest(2 * x.numpy() - 1, "norm").pvalue > 1e-6


# --- so many values, by the ratio of what is left ---


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    colour=st.booleans(),
    snr=AMOUNTS,
    seed=SEEDS,
)
def test_by_snr_replaces_exactly_so_many(
    height: int, width: int, colour: bool, snr: float, seed: int
) -> None:
    shape = (height, width, 3) if colour else (height, width)
    x_0 = 0.25 + torch.rand(shape, generator=generator(seed)) / 2  # neither salt nor pepper
    x = salt_and_pepper_by_snr(x_0, snr, generator(seed), Box.of_images(colour=colour))
    pixels, before = x.reshape(height * width, -1), x_0.reshape(height * width, -1)
    salt, pepper = ((pixels == value).all(dim=1) for value in (1, 0))
    left = (pixels == before).all(dim=1)
    assert (salt | pepper | left).all()
    replaced = round(height * width * (1 - snr))
    assert int((~left).sum()) == replaced
    assert abs(int(salt.sum()) - int(pepper.sum())) <= replaced % 2
    assert torch.equal(
        salt_and_pepper_by_snr(x_0, snr, generator(seed), Box.of_images(colour=colour)), x
    )


@settings(max_examples=25, deadline=None)
@given(case=cases(), seed=SEEDS)
def test_by_snr_1_is_the_identity_and_0_leaves_nothing(case: Case, seed: int) -> None:
    x_0, box = case
    assert torch.equal(salt_and_pepper_by_snr(x_0, 1.0, generator(seed), box), x_0)
    x = salt_and_pepper_by_snr(x_0, 0.0, generator(seed), box)
    assert ((x == box.low) | (x == box.high)).all()


def test_by_snr_takes_pixels_anywhere() -> None:
    """Where they are replaced is chance, and salt is not all in one place."""
    x_0 = torch.full((100, 100), 0.5)
    x = salt_and_pepper_by_snr(x_0, 0.6, generator(), Box.of_images())
    for half in (x[:50], x[50:], x[:, :50], x[:, 50:]):
        assert int((half != 0.5).sum()) == pytest.approx(2000, abs=150)
        assert int((half == 1).sum()) == pytest.approx(1000, abs=130)


@pytest.mark.parametrize("snr", [-0.1, 1.1, math.nan, math.inf, True, False])
def test_by_snr_refuses_what_is_no_share(snr: float) -> None:
    with pytest.raises(ValueError, match="snr must be between 0 and 1, not "):
        salt_and_pepper_by_snr(torch.zeros(3, 2), snr, generator(), BOX)


# --- what is no amount ---

WRONG = [-0.1, 1.1, math.nan, math.inf, -math.inf, True, False]


@KINDS
@pytest.mark.parametrize("amount", WRONG)
def test_amounts_outside_are_refused(kind: CorruptionName, amount: float) -> None:
    with pytest.raises(ValueError, match=f"^{REFUSED}{amount}$"):
        CORRUPTIONS[kind](torch.zeros(3, 2), amount, generator(), BOX)


@KINDS
@pytest.mark.parametrize("amount", WRONG)
def test_one_wrong_amount_among_many_is_refused(kind: CorruptionName, amount: float) -> None:
    amounts = torch.tensor(amount) if isinstance(amount, bool) else torch.tensor([[0.5], [amount]])
    with pytest.raises(ValueError, match=f"^{REFUSED}[^\n]+$") as refused:
        CORRUPTIONS[kind](torch.zeros(2, 2), amounts, generator(), BOX)
    said = str(refused.value).removeprefix(REFUSED)
    assert float(eval(said, {"nan": math.nan, "inf": math.inf})) == pytest.approx(
        float(amount), nan_ok=True
    )


# --- the box ---


def test_box_is_the_smallest() -> None:
    box = Box.around(torch.tensor([[0.0, 3.0], [1.0, -2.0]]))
    assert box.low.tolist() == [0, -2]
    assert box.high.tolist() == [1, 3]
    assert (float(box.centre), float(box.unit), box.whole) == (0.0, 1.0, False)


def test_box_of_images() -> None:
    box = Box.of_images(colour=True)
    values = [float(v) for v in (box.low, box.high, box.centre, box.unit)]
    assert values == [0.0, 1.0, 0.5, 0.5]
    assert box.whole
    assert not Box.of_images().whole


@KINDS
def test_points_on_a_line_along_an_axis(kind: CorruptionName) -> None:
    """Their box has no height: nothing is divided by it."""
    x_0 = torch.stack([torch.linspace(-1, 1, 50), torch.zeros(50)], dim=1)
    box = Box.around(x_0)
    for a in (0.0, 0.5, 1.0):
        x = CORRUPTIONS[kind](x_0, a, generator(), box)
        assert torch.isfinite(x).all()
        if kind not in {"gaussian", "additive"}:
            assert (x[:, 1] == 0).all()
