"""Corruptions keep the moments and end states that their docstrings promise."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.corruptions import CORRUPTIONS, Box
from explainer.settings import CORRUPTION_NAMES

N = 20_000
LOW, HIGH = torch.tensor([-1.0, 0.0]), torch.tensor([2.0, 0.5])
BOX = Box(LOW, HIGH)


def moments(kind: str, x_0: torch.Tensor, a: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance given x_0, from the definitions."""
    middle, half = (LOW + HIGH) / 2, (HIGH - LOW) / 2
    if kind == "gaussian":
        return (1 - a) ** 0.5 * x_0, torch.full((2,), a)
    mean = (1 - a) * x_0 + a * middle
    if kind == "uniform":
        return mean, a**2 * half**2 / 3
    second = (1 - a) * x_0**2 + a * (middle**2 + half**2)
    return mean, second - mean**2


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
@settings(max_examples=25, deadline=None)
@given(a=st.floats(0, 1), seed=st.integers(0, 1000), u=st.floats(0, 1))
def test_moments(kind: str, a: float, seed: int, u: float) -> None:
    x_0 = LOW + u * (HIGH - LOW)
    generator = torch.Generator().manual_seed(seed)
    x = CORRUPTIONS[kind](x_0.expand(N, 2), a, generator, BOX)  # type: ignore[index]
    mean, variance = moments(kind, x_0, a)
    spread = (HIGH - LOW).max().item() + 1
    torch.testing.assert_close(x.mean(dim=0), mean, atol=5 * spread / N**0.5, rtol=0)
    torch.testing.assert_close(
        x.var(dim=0), variance, atol=5 * spread**2 / N**0.5, rtol=0, check_dtype=False
    )


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
def test_amount_0_is_the_identity_and_nothing_leaves_the_box(kind: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x_0 = LOW + torch.rand(500, 2, generator=generator) * (HIGH - LOW)
    corrupt = CORRUPTIONS[kind]
    torch.testing.assert_close(corrupt(x_0, 0.0, generator, BOX), x_0)
    if kind != "gaussian":
        x = corrupt(x_0, 0.7, generator, BOX)
        assert (x >= LOW - 1e-6).all()
        assert (x <= HIGH + 1e-6).all()


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan"), True])
def test_amounts_outside_are_refused(kind: str, amount: float) -> None:
    with pytest.raises(ValueError, match="amount must be between 0 and 1"):
        CORRUPTIONS[kind](torch.zeros(3, 2), amount, torch.Generator(), BOX)


def test_box_is_the_smallest() -> None:
    box = Box.around(torch.tensor([[0.0, 3.0], [1.0, -2.0]]))
    assert box.low.tolist() == [0, -2]
    assert box.high.tolist() == [1, 3]
