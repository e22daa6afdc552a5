"""The losses of a run as they are drawn, against closed forms."""

from __future__ import annotations

import math

import pytest

from explainer.experiments.losses import MOST, Losses


def taken(steps: int, values: list[float]) -> tuple[Losses, dict[str, list[float]]]:
    losses = Losses(steps)
    for step, value in enumerate(values, start=1):
        losses.add(step, value)
    return losses, losses.take()


@pytest.mark.parametrize(
    ("steps", "kept"), [(1, 0.9), (400, 0.9), (4000, 0.99), (40_000, 0.999), (10**6, 0.999)]
)
def test_the_smoothed_loss_is_an_exponential_mean_without_bias(steps: int, kept: float) -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    losses = Losses(steps)
    assert losses.smoothed is None
    for n, value in enumerate(values, start=1):
        losses.add(n, value)
        # The weights of the latest value, the one before and so on; they add up to 1.
        weights = [(1 - kept) * kept**k / (1 - kept**n) for k in range(n)]
        expected = sum(w * v for w, v in zip(weights, reversed(values[:n]), strict=True))
        assert losses.smoothed == pytest.approx(expected, rel=1e-9)


def test_a_constant_loss_is_smooth_from_its_first_step() -> None:
    _, new = taken(4000, [0.7] * 50)
    assert new["smooth"] == pytest.approx([0.7] * 50, rel=1e-12)


def test_every_loss_of_a_short_run_is_told_once() -> None:
    values = [1 / n for n in range(1, 8)]
    losses, new = taken(MOST, values)
    assert list(new) == ["step", "loss", "smooth"]
    assert new["step"] == [1, 2, 3, 4, 5, 6, 7]
    assert new["loss"] == values
    assert new["smooth"][-1] == losses.smoothed
    assert losses.take() == {"step": [], "loss": [], "smooth": []}
    losses.add(8, 5.0)
    assert (losses.take()["step"], new["step"][-1]) == ([8], 7)


@pytest.mark.parametrize(
    ("steps", "every"), [(MOST, 1), (MOST + 1, 2), (2 * MOST, 2), (316_000, 79), (10**6, 250)]
)
def test_a_long_run_tells_the_means_of_groups_of_steps(steps: int, every: int) -> None:
    values = [math.sin(n) for n in range(3 * every)]
    losses, new = taken(steps, values)
    groups = [values[k * every : (k + 1) * every] for k in range(3)]
    assert new["step"] == [every, 2 * every, 3 * every]
    assert new["loss"] == pytest.approx([sum(group) / every for group in groups])
    assert new["smooth"][-1] == losses.smoothed
    assert steps // every <= MOST


def test_a_group_may_be_gathered_over_two_reports() -> None:
    losses = Losses(3 * MOST)
    losses.add(1, 1.0)
    losses.add(2, 2.0)
    assert losses.take()["loss"] == []
    losses.add(3, 6.0)
    new = losses.take()
    assert (new["step"], new["loss"]) == ([3], [3.0])


def test_what_is_left_of_a_group_can_be_had_too() -> None:
    losses = Losses(3 * MOST)
    assert losses.take(everything=True) == {"step": [], "loss": [], "smooth": []}
    for step, value in enumerate([1.0, 2.0, 6.0, 5.0, 8.0], start=1):
        losses.add(step, value)
    new = losses.take(everything=True)
    assert (new["step"], new["loss"]) == ([3, 5], [3.0, 6.5])
    assert new["smooth"][-1] == losses.smoothed
    for step, value in enumerate([1.0, 1.0, 4.0], start=6):
        losses.add(step, value)
    assert losses.take()["loss"] == [2.0]  # the next group is whole again
