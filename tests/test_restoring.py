"""Training to undo a corruption: the same bits each time, and near to the best there is."""

import pytest
import torch

from explainer.batches import VALIDATION_SEED
from explainer.corruptions import CORRUPTIONS
from explainer.digits import digits
from explainer.models import ExactDenoiser
from explainer.own import keep_points
from explainer.restore_config import RestoreConfig, recipe
from explainer.restoring import RestoreTrainer, load_restorer, validation_data
from explainer.schedules import NoiseSchedule
from explainer.settings import MAIN_CORRUPTIONS
from explainer.snapshots import TrainingDiverged

TINY = {
    "points": RestoreConfig(width=16, batch_size=64, steps=6, n_points=500),
    "digits": RestoreConfig(dataset="digits", width=16, depth=2, batch_size=16, steps=6),
    "unet": RestoreConfig(dataset="digits", network="unet", width=4, batch_size=16, steps=6),
}
N_DATA = 3000  # for the exact answers: (2048, 3000) weights at most


def run(config):
    trainer = RestoreTrainer(config)
    losses = [trainer.advance() for _ in range(config.steps)]
    assert trainer.finished
    return trainer, losses


@pytest.fixture(scope="module")
def trained():
    """Train the three kinds on few points with a quarter of the recipe's steps."""
    made = {}
    for kind in MAIN_CORRUPTIONS:
        config = recipe("s_curve", "mlp", kind).replace(n_points=N_DATA, steps=200)
        made[kind] = run(config)[0]
    return made


def validation(trainer):
    x_0, amount = validation_data(trainer.held_out)
    generator = torch.Generator().manual_seed(VALIDATION_SEED)
    x = CORRUPTIONS[trainer.config.kind](x_0, amount, generator, trainer.box)
    return x_0, x, amount


def exact_gaussian(x, amount, data, box):
    """Return the posterior mean of explainer.models, at 64 noise levels."""
    levels = torch.arange(1, 65, dtype=torch.float64) / 65  # 1 - alpha-bar
    betas = 1 - (1 - levels) / torch.cat([torch.ones(1), 1 - levels[:-1]])
    t = (amount[:, 0] * 65 - 0.5).long().clamp(0, 63)
    return ExactDenoiser(data, NoiseSchedule(betas))(x, t).x0


def exact_uniform(x, amount, data, box):
    """Return the mean of the data whose box of noise holds x: each of them is as likely."""
    noise = (x[:, None] - (1 - amount[:, None]) * data) / amount[:, None]  # (n, m, 2)
    possible = ((noise >= box.low) & (noise <= box.high)).all(dim=-1).float()  # (n, m)
    count = possible.sum(dim=1, keepdim=True)
    return torch.where(count > 0, possible @ data / count.clamp(min=1), x)


def exact_salt_and_pepper(x, amount, data, box):
    """Keep what is inside the box, and guess the rest from the data beside what was kept."""
    lost = (x == box.low) | (x == box.high)
    best = torch.where(lost, data.mean(dim=0), x)
    for known in (0, 1):
        rows = ~lost[:, known] & lost[:, 1 - known]
        away = (x[rows, known][:, None] - data[:, known]).abs()
        nearest = away.topk(30, dim=1, largest=False).indices
        best[rows, 1 - known] = data[nearest, 1 - known].mean(dim=1)
    return best


EXACT = {
    "gaussian": exact_gaussian,
    "salt_and_pepper": exact_salt_and_pepper,
    "uniform": exact_uniform,
}


@pytest.mark.parametrize("kind", MAIN_CORRUPTIONS)
def test_a_short_run_comes_near_to_the_best_loss_and_not_below(trained, kind):
    trainer = trained[kind]
    x_0, x, amount = validation(trainer)
    best = EXACT[kind](x, amount, trainer.clean, trainer.box)
    floor = (best - x_0).square().mean().item()
    assert 0.99 * floor < trainer.validation() < 1.06 * floor
    nothing = x_0.square().mean().item()  # of always saying the mean
    assert floor < 0.7 * nothing


@pytest.mark.parametrize("kind", MAIN_CORRUPTIONS)
def test_where_nothing_is_left_it_says_the_mean_of_the_data(trained, kind):
    trainer = trained[kind]
    x = CORRUPTIONS[kind].end(torch.zeros(2000, 2), torch.Generator().manual_seed(1), trainer.box)
    said = trainer.restorer()(x, torch.ones(1, 1))
    assert (said - trainer.clean.mean(dim=0)).square().mean() < 0.03  # of a spread of 1
    assert (said.mean(dim=0) - trainer.clean.mean(dim=0)).abs().max() < 0.1


@pytest.mark.parametrize("kind", MAIN_CORRUPTIONS)
def test_where_all_is_left_it_changes_little(trained, kind):
    trainer = trained[kind]
    said = trainer.restorer()(trainer.held_out, torch.zeros(1, 1))
    assert (said - trainer.held_out).square().mean() < 0.04  # of a spread of 1


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("kind", MAIN_CORRUPTIONS)
def test_the_same_settings_give_the_same_bits(name, kind):
    config = TINY[name].replace(kind=kind)
    torch.manual_seed(1)
    first, losses = run(config)
    torch.manual_seed(2)
    again, same = run(config)
    assert losses == same
    assert first.validation() == again.validation()
    ours, theirs = first.parameters(), again.parameters()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert run(config.replace(seed=1))[1] != losses


@pytest.mark.parametrize("name", TINY)
def test_the_kinds_differ_in_their_corruption_alone(name):
    trainers = [RestoreTrainer(TINY[name].replace(kind=kind)) for kind in MAIN_CORRUPTIONS]
    first = trainers[0].parameters()
    for trainer in trainers[1:]:
        assert torch.equal(trainer.clean, trainers[0].clean)
        weights = trainer.parameters()
        assert all(torch.equal(first[key], weights[key]) for key in first)


@pytest.mark.parametrize("kind", MAIN_CORRUPTIONS)
def test_a_batch_holds_every_amount_and_is_corrupted_by_it(kind):
    trainer = RestoreTrainer(RestoreConfig(kind=kind, n_points=5000, batch_size=8192))
    x_0, x, amount = trainer.draw()
    assert x_0.shape == x.shape == (64, 128, 2)
    assert amount.shape == (64, 1, 1)
    assert torch.equal((amount.flatten() * 64).ceil(), torch.arange(1.0, 65))
    rule = CORRUPTIONS[kind]
    off = x - rule.mean(x_0, amount, trainer.box)
    spread = rule.variance(x_0, amount, trainer.box)
    assert off.mean().abs() < 5 * (spread.mean() / off.numel()).sqrt()
    torch.testing.assert_close(off.square().mean(), spread.mean(), rtol=0.05, atol=0)


def test_the_loss_is_the_mean_squared_error_of_x0():
    config = TINY["points"]
    trainer, twin = RestoreTrainer(config), RestoreTrainer(config)
    x_0, x, amount = twin.draw()
    said = twin.restorer()(x, amount)  # before any step the average is the network
    assert trainer.advance() == pytest.approx((said - x_0).square().mean().item(), rel=1e-5)


@pytest.mark.parametrize("network", ["mlp", "unet"])
def test_the_digits_are_learnt_from_1500_and_measured_on_others(network):
    config = recipe("digits", network, "gaussian").replace(steps=25, batch_size=64)
    trainer = RestoreTrainer(config)
    assert trainer.clean is digits().train
    before = trainer.validation()
    run_losses = [trainer.advance() for _ in range(25)]
    mean_error = (digits().held_out - digits().mean).square().mean().item()
    after = trainer.validation()
    assert after < min(before, mean_error)
    assert run_losses[-1] < run_losses[0]


@pytest.mark.parametrize("name", TINY)
def test_parameters_are_copies_and_make_the_same_restorer(name):
    trainer = RestoreTrainer(TINY[name])
    trainer.advance()
    parameters = trainer.parameters()
    kept = {key: tensor.clone() for key, tensor in parameters.items()}
    loaded, live = load_restorer(trainer.config, parameters), trainer.restorer()
    x, amount = trainer.clean[:5], torch.full((1, 1), 0.5)
    before = loaded(x, amount)
    assert torch.equal(before, live(x, amount))
    assert not before.requires_grad
    trainer.advance()
    assert all(torch.equal(kept[key], parameters[key]) for key in kept)
    assert torch.equal(before, loaded(x, amount))
    assert not torch.equal(before, live(x, amount))


def test_a_handful_of_points_of_ones_own_can_be_learnt():
    name = keep_points([[0, 1], [2, 3], [4, 4]], [0, 0.5, 1])
    for kind in MAIN_CORRUPTIONS:
        trainer, losses = run(TINY["points"].replace(dataset=name, kind=kind))
        assert trainer.clean.shape == (3, 2)
        assert all(loss < 10 for loss in losses)


def test_too_large_a_rate_is_told():
    with pytest.raises(TrainingDiverged, match=r"at step \d+: .* rate of 10 is too large"):
        run(TINY["points"].replace(learning_rate=10.0, steps=50))
