"""The levels that a walk back visits, those that are even against diffusers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explainer.spacing import timesteps

SPACINGS = ["trailing", "leading", "quadratic"]


@pytest.mark.parametrize("spacing", SPACINGS)
@given(T=st.integers(1, 1000), data=st.data())
def test_timesteps_are_distinct_descending_and_in_range(spacing, T, data):
    n = data.draw(st.integers(1, T))
    steps = timesteps(T, n, spacing)
    assert len(steps) == n
    assert steps == sorted(set(steps), reverse=True)
    assert all(isinstance(t, int) for t in steps)
    assert steps[0] == T - 1 or spacing == "leading"
    assert steps[-1] == 0 or spacing != "leading"
    assert 0 <= steps[-1] <= steps[0] <= T - 1


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("T", [1, 2, 99, 1000])
def test_all_timesteps_are_all(spacing, T):
    assert timesteps(T, T, spacing) == list(range(T))[::-1]


@pytest.mark.parametrize("spacing", ["trailing", "leading"])
def test_even_timesteps_are_those_of_diffusers(spacing):
    from diffusers import DDIMScheduler

    for T in (20, 100, 1000):
        scheduler = DDIMScheduler(num_train_timesteps=T, timestep_spacing=spacing)
        for n in (1, 2, 4, 5, 10, 20):
            scheduler.set_timesteps(n)
            assert timesteps(T, n, spacing) == scheduler.timesteps.tolist()


def test_quadratic_timesteps():
    assert timesteps(100, 5, "quadratic") == [99, 63, 35, 15, 3]
    gaps = -torch.tensor(timesteps(1000, 30, "quadratic")).diff()
    assert (gaps.diff() <= 2).all()  # denser and denser, up to rounding
    assert gaps[0] > 5 * gaps[-1]


@pytest.mark.parametrize("n", [0, -1, 101, 10.0, "10", True])
def test_a_number_of_steps_that_cannot_be_is_refused(n):
    with pytest.raises(ValueError, match=r"^n must be a whole number between 1 and T = 100, not "):
        timesteps(100, n)


def test_an_unknown_spacing_is_refused():
    with pytest.raises(ValueError, match=r"^spacing must be one of .*, not 'cubic'$"):
        timesteps(100, 10, "cubic")
