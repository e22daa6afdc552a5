"""The presets: the healthy one is, and each broken one shows its fault, by numbers."""

from functools import cache

import pytest
import torch

from explainer.data import S_CURVE_NOISE, make_dataset, s_curve_centreline
from explainer.metrics import floor_curve, loss_floor, sliced_wasserstein, stray_share
from explainer.models import ExactDenoiser
from explainer.presets import BROKEN, PRESETS
from explainer.sampling import ddim_step, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps
from explainer.training import Trainer, TrainingDiverged, train

STEPS = 200  # half of the recipe's; the faults do not wait


@cache
def trained(name, steps=STEPS):
    """Return a preset's trainer and last snapshot after fewer steps on fewer points."""
    config = PRESETS[name]
    points = min(config.n_points, 10_000)
    config = config.replace(steps=steps, n_points=points, preview_points=2000)
    trainer = Trainer(config)
    losses = [trainer.advance().loss for _ in range(steps)]
    return trainer, trainer.snapshot(sum(losses[-50:]) / 50)


@cache
def curve():
    return floor_curve(make_dataset("s_curve", 20_000, seed=0), n_points=128)


@cache
def real():
    data = make_dataset("s_curve", 5000, seed=99)
    return data.to_data_units(data.x)


def schedule_of(name):
    return make_schedule(PRESETS[name].schedule, PRESETS[name].T)


def excess(name, steps=STEPS):
    """How far the validation loss stays above the floor."""
    _, snapshot = trained(name, steps)
    floor = loss_floor(curve(), schedule_of(name), objective=PRESETS[name].objective)
    return snapshot.validation_loss - floor.mean


def in_data_units(name, x):
    return trained(name)[0].batches.dataset.to_data_units(x)


def distance(name, x):
    return sliced_wasserstein(in_data_units(name, x), real(), n_projections=32)


def stray(name):
    points = in_data_units(name, trained(name)[1].preview)
    return stray_share(points, s_curve_centreline(), 3 * S_CURVE_NOISE)


def test_the_broken_ones_are_named():
    assert {"fast", "tutorial", *BROKEN} == set(PRESETS)
    assert {PRESETS[name].dataset for name in BROKEN} == {"s_curve"}


def test_the_healthy_one_learns():
    assert excess("fast") < 0.01
    assert stray("fast") < 0.06
    assert distance("fast", trained("fast")[1].preview) < 0.06


def test_a_huge_rate_diverges_and_a_tenth_of_it_does_not():
    config = PRESETS["rate"].replace(preview_points=0)
    with pytest.raises(TrainingDiverged, match=r"at step 2.* A learning rate of 1 is too large"):
        list(train(config))
    tenth = config.replace(learning_rate=config.learning_rate / 10, steps=60, snapshot_every=60)
    assert [snapshot.step for snapshot in train(tenth)] == [0, 60]


def test_without_t_the_loss_stays_far_above_the_floor():
    assert excess("timeless") > 0.05
    assert stray("timeless") > 0.12


@pytest.mark.parametrize(
    ("name", "left", "miss"), [("few_steps", 0.904, 2), ("little_noise", 0.778, 1.5)]
)
def test_where_the_end_is_not_noise_a_good_network_draws_badly(name, left, miss):
    schedule = schedule_of(name)
    assert schedule.alpha_bar(schedule.T - 1) == pytest.approx(left, abs=1e-3)
    assert excess(name) < 0.03  # the network is not to blame
    trainer, snapshot = trained(name)
    from_noise = distance(name, snapshot.preview)
    noised = schedule.add_noise(trainer.batches.x_0[:2000], trainer.x_T, schedule.T - 1)
    assert from_noise > miss * distance(name, drawn(trainer.denoiser(), noised, schedule))
    assert from_noise > 1.5 * distance("fast", trained("fast")[1].preview)


def test_with_few_steps_even_the_exact_denoiser_draws_badly():
    trainer, _ = trained("few_steps")
    distances = {}
    for name in ("few_steps", "fast"):
        exact = ExactDenoiser(trainer.batches.x_0[:2000], schedule_of(name))
        distances[name] = distance(name, drawn(exact, trainer.x_T, schedule_of(name)))
    assert distances["few_steps"] > 2 * distances["fast"]


def drawn(denoiser, x_T, schedule):
    stops = timesteps(schedule.T, min(20, schedule.T))
    return last(sample(denoiser, x_T, stops, schedule, ddim_step))


def test_a_tiny_network_stays_above_the_floor_however_long_it_learns():
    assert excess("tiny") > 0.04
    assert excess("tiny", 4 * STEPS) > 0.04
    assert stray("tiny") > 0.3


def test_sixteen_points_are_learnt_by_heart():
    config = PRESETS["memory"]
    trainer, snapshot = trained("memory")
    floor = loss_floor(curve(), schedule_of("memory"), objective=config.objective).mean
    assert snapshot.loss < floor - 0.05
    before = Trainer(config.replace(preview_points=0)).first().validation_loss
    assert snapshot.validation_loss > before + 0.1
    known = in_data_units("memory", trainer.batches.dataset.x)
    nearest = torch.cdist(in_data_units("memory", snapshot.preview), known).amin(dim=1)
    assert (nearest < 1.5 * S_CURVE_NOISE).float().mean() > 0.75
