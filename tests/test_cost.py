"""The price of a run: the closed form against torch's own counting, and the budget."""

import re

import pytest
from torch.utils.flop_counter import FlopCounterMode

from explainer.config import TrainConfig
from explainer.cost import (
    BUDGET,
    check_budget,
    check_sampling,
    multiply_adds,
    points_per_step,
)
from explainer.presets import PRESETS
from explainer.settings import InvalidSetting
from explainer.trainer import Trainer

SMALL = TrainConfig(
    n_points=300, T=20, width=16, depth=2, batch_size=90, steps=2, preview_points=0
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"depth": 1, "width": 8},
        {"depth": 5, "time_embedding": "learned"},
        {"time_embedding": "none"},
        {"network": "tutorial", "time_embedding": "learned"},
        {"network": "tutorial", "depth": 3},
        {"network": "tutorial", "depth": 1, "time_embedding": "none"},
        {"batch_size": 7},  # fewer than the noise levels
        {"batch_size": 400},  # more than the points
        {"batch_size": 400, "t_sampling": "uniform"},
        {"batch_size": 90, "t_sampling": "antithetic"},
        {"activation": "gelu", "objective": "eps", "optimizer": "adamw", "clip_norm": 1.0},
    ],
    ids=str,
)
def test_a_step_costs_what_torch_counts(changes):
    config = SMALL.replace(**changes)
    trainer = Trainer(config)
    with FlopCounterMode(display=False) as counter:
        trainer.advance()
    assert 2 * multiply_adds(config) == counter.get_total_flops()


def test_the_presets_are_within_the_budget():
    for config in PRESETS.values():
        check_budget(config)
    tutorial = PRESETS["tutorial"]
    assert multiply_adds(tutorial) * tutorial.steps == pytest.approx(4e12, rel=0.02)


LARGEST = TrainConfig(width=256, depth=5, batch_size=8192, steps=1)


@pytest.mark.parametrize(
    "config",
    [LARGEST, LARGEST.replace(T=1000, network="tutorial"), TrainConfig(batch_size=8000)],
    ids=["largest", "other", "default"],
)
def test_the_number_that_a_refusal_names_is_the_most_that_passes(config):
    with pytest.raises(InvalidSetting) as caught:
        check_budget(config.replace(steps=1_000_000))
    found = re.fullmatch(
        r"steps must be at most ([\d,]+) with this width, depth and batch_size: the run would "
        r"take (\d\.\d) · 10(\S+) multiply-adds, and 1\.0 · 10¹³ are allowed\.",
        str(caught.value),
    )
    assert found
    most = int(found[1].replace(",", ""))
    check_budget(config.replace(steps=most))
    with pytest.raises(InvalidSetting, match=rf"^steps must be at most {most:,} with .* 1\.1 · 10"):
        check_budget(config.replace(steps=most + 1))
    power = found[3].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
    total = multiply_adds(config) * 1_000_000
    assert total <= float(found[2]) * 10 ** int(power) < 1.1 * total


def test_one_step_always_fits():
    for network in ("fourier", "tutorial"):
        for embedding in ("learned", "sinusoidal", "none"):
            config = LARGEST.replace(network=network, time_embedding=embedding)
            assert 1000 * multiply_adds(config) < BUDGET


def test_a_learned_table_is_not_free():
    # By its matrix products alone this run would be a sixth of the budget.
    config = TrainConfig(
        width=256, depth=5, T=1000, batch_size=2, steps=10**6, time_embedding="learned"
    )
    assert multiply_adds(config) * config.steps < BUDGET / 3
    with pytest.raises(InvalidSetting, match=r"^steps must be at most [\d,]+ with this width"):
        check_budget(config)
    check_budget(config.replace(time_embedding="sinusoidal"))


def test_the_largest_sample_that_is_refused_names_what_would_pass():
    config = TrainConfig(width=256, depth=5, T=1000)
    with pytest.raises(InvalidSetting, match=r"10,000 points: it has 5 layers of 256") as refused:
        check_sampling(config, 10_000, 1000)
    most = int(re.search(r"at most ([\d,]+)", str(refused.value))[1].replace(",", ""))
    check_sampling(config, 10_000, most)
    with pytest.raises(InvalidSetting):
        check_sampling(config, 10_000, most + 1)
    check_sampling(config, 2000, 100)  # as the page asks


def test_a_full_batch_has_as_many_points_as_the_trainer_draws():
    for changes in ({}, {"batch_size": 7}, {"t_sampling": "uniform"}, {"batch_size": 400}):
        config = SMALL.replace(**changes)
        assert Trainer(config).advance().target.numel() // 2 == points_per_step(config)
