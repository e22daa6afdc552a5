"""A designed schedule becomes the schedule that was meant, at every T."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from explainer.design import MAX_BETAS, knots_of_betas, knots_of_handles
from explainer.own import keep_curve
from explainer.schedules import NoiseSchedule, make_schedule


def designed(handles: list[tuple[float, float]], T: int) -> NoiseSchedule:
    return make_schedule(keep_curve(*knots_of_handles(handles), "handles"), T)


def pasted(text: str, T: int) -> NoiseSchedule:
    return make_schedule(keep_curve(*knots_of_betas(text), "betas"), T)


@pytest.mark.parametrize("T", [10, 100, 1000])
def test_handles_are_passed_through(T: int) -> None:
    handles = [(0.2, 0.9), (0.5, 0.4), (0.8, 0.1), (1.0, 0.001)]
    schedule = designed(handles, T)
    for u, alpha_bar in handles:
        assert schedule.alpha_bar(round(u * T) - 1) == pytest.approx(alpha_bar, rel=1e-9)
    curve = PchipInterpolator([0, *(u for u, _ in handles)], [1, *(a for _, a in handles)])
    expected = curve(np.arange(1, T + 1) / T)
    assert [schedule.alpha_bar(t) for t in range(T)] == pytest.approx(expected, rel=1e-9)


@given(
    places=st.lists(st.integers(1, 99), min_size=1, max_size=8, unique=True),
    falls=st.lists(st.floats(0.01, 1), min_size=9, max_size=9),
    T=st.sampled_from([10, 37, 100, 1000]),
)
def test_any_handles_make_a_schedule(places: list[int], falls: list[float], T: int) -> None:
    us = [place / 100 for place in sorted(places)] + [1.0]
    left = 1 - np.cumsum(falls[: len(us)]) / (sum(falls[: len(us)]) * 1.001)
    schedule = designed(list(zip(us, left.tolist(), strict=True)), T)
    assert schedule.T == T
    assert (schedule.betas > 0).all()
    assert (schedule.betas < 1).all()


@given(st.lists(st.floats(1e-6, 0.49), min_size=2, max_size=40))  # leave enough of the signal
def test_betas_come_back_at_their_own_number_of_steps(betas: list[float]) -> None:
    schedule = pasted(", ".join(map(repr, betas)), len(betas))
    torch.testing.assert_close(schedule.betas, torch.tensor(betas), rtol=1e-5, atol=1e-9)


def test_more_steps_keep_what_is_left_at_every_share_of_the_way() -> None:
    coarse, fine = (pasted("0.1 0.2 0.3 0.4 0.5", T) for T in (5, 50))
    for t in range(5):
        assert fine.alpha_bar(10 * t + 9) == pytest.approx(coarse.alpha_bar(t), rel=1e-9)


def test_a_designed_schedule_can_end_in_noise_alone() -> None:
    name = keep_curve(*knots_of_handles([(0.5, 0.6), (1.0, 0.2)]), "handles")
    assert make_schedule(name, 20).alpha_bar(19) == pytest.approx(0.2)
    assert make_schedule(name, 20, zero_terminal_snr=True).alpha_bar(19) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", f"There must be 2 to {MAX_BETAS} values of β, not 0."),
        ("0.1", "not 1."),
        (" ".join(["0.1"] * (MAX_BETAS + 1)), "not 1001."),
        ("0.1 0", "Beta 2 is 0: every β must lie between 0 and 1."),
        ("0.1 1", "Beta 2 is 1: every β must lie between 0 and 1."),
        ("0.1 -0.2", "Beta 2 is -0.2"),
        ("0.1 inf", "Beta 2 is inf"),
        ("nan 0.1", "Beta 1 is nan"),
        ("0.1 0.2 zehn", "Beta 3 is not a number: 'zehn'."),
        ("1e-17 0.1", "Beta 1 is 1e-17: every β must lie between 1e-09 and 1 − 1e-09."),
        ("0.99 " * 160, "Beta 7 leaves ᾱ = 1.0e-14: at least 1e-12 must be left."),
        ("0,1 0,2 0,3", "write a decimal sign as a point"),
        ("1_0e-3 0.1", "Beta 1 is not a number"),
    ],
)
def test_what_is_no_schedule_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        knots_of_betas(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("handles", "says"),
    [
        ([(0.5, 0.4), (1.0, 0.55)], "Handle 2: ᾱ must be lower than at handle 1 (0.40)"),
        ([(0.5, 0.4), (0.4, 0.2)], "Handle 2: u must be greater than at handle 1 (0.50)"),
        ([(0.5, 1.0), (1.0, 0.2)], "Handle 1: ᾱ must be at least"),
        ([(0.5, 1 - 1e-15), (1.0, 0.2)], "Handle 1: ᾱ must be at least"),
        ([(0.5, 0.5), (1.0, 0.0)], "Handle 2: ᾱ must be at least"),
        ([(0.5, 0.5), (0.9, 0.1)], "the last, must have u = 1"),
        ([(1.0, 0.5)], "There must be 2 to 20 handles, not 1."),
    ],
)
def test_what_is_not_monotone_is_refused_by_name(
    handles: list[tuple[float, float]], says: str
) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        knots_of_handles(handles)
    assert says in str(caught.value)
