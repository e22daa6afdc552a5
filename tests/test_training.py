"""The contract of train(): the same bits whatever runs beside it, nothing touched or shared."""

import copy
import itertools
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from explainer.batches import FRESH_POINTS, VALIDATION_SEED
from explainer.data import S_CURVE_NOISE, make_dataset, s_curve_centreline
from explainer.folder import FOLDER_VARIABLE
from explainer.metrics import sliced_wasserstein, stray_share
from explainer.own import keep_points
from explainer.presets import TUTORIAL_STEPS_PER_EPOCH
from explainer.trainer import Trainer
from explainer.training import PRESETS, TrainConfig, TrainingDiverged, resume, train

TINY = TrainConfig(
    n_points=500,
    batch_size=100,
    T=20,
    width=16,
    depth=2,
    steps=21,
    snapshot_every=7,
    preview_points=40,
    preview_steps=5,
)
# Epochs of five steps, so that the snapshots of TINY stand in the middle of one.
EPOCHS = {"t_sampling": "antithetic", "batch_size": 96, "n_points": 470}
VARIANTS = {
    "stratified": {},
    "fewer points than levels": {"batch_size": 10},
    "antithetic": EPOCHS,
    "uniform": {**EPOCHS, "t_sampling": "uniform"},
    "no average": {"ema": 0.0},
    "tutorial": {
        **EPOCHS,
        "network": "tutorial",
        "schedule": "tutorial",
        "objective": "eps",
        "clip_norm": 1.0,
        "lr_schedule": "constant",
        "ema": 0.0,
    },
    "cosine rate": {"lr_schedule": "cosine", "objective": "x0", "zero_terminal_snr": True},
    "random preview": {"preview_eta": 1.0},
    "decaying weights": {"optimizer": "adamw", "weight_decay": 0.1, **EPOCHS},
}
every_variant = pytest.mark.parametrize(
    "config", [TINY.replace(**changes) for changes in VARIANTS.values()], ids=VARIANTS
)


def parts(value, name=""):
    """Flatten nested dataclasses and dicts into names and values."""
    if is_dataclass(value):
        for field in fields(value):
            yield from parts(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from parts(item, f"{name}.{key}")
    else:
        yield name, value


def difference(a, b):
    """Name what is not the same in two objects, bit for bit; None if nothing is."""
    ours, theirs = dict(parts(a)), dict(parts(b))
    if ours.keys() != theirs.keys():
        return str(ours.keys() ^ theirs.keys())
    for name, value in ours.items():
        same = torch.equal if isinstance(value, torch.Tensor) else float.__eq__
        if type(value) is not type(theirs[name]):
            return name
        if not (
            same(value, theirs[name])
            if isinstance(value, (torch.Tensor, float))
            else value == theirs[name]
        ):
            return name
    return None


def assert_same_run(ours, theirs):
    assert [s.step for s in ours] == [s.step for s in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert difference(a, b) is None


def places(x):
    return set(map(tuple, x.tolist()))


# --- the same bits ---


@every_variant
def test_a_config_decides_the_bits(config):
    assert_same_run(list(train(config)), list(train(config)))


def test_a_seed_decides_all_draws():
    first, other = (next(train(TINY.replace(seed=seed))) for seed in (0, 1))
    assert not torch.equal(first.x_T, other.x_T)
    for name, tensor in first.parameters.items():
        assert not torch.equal(tensor, other.parameters[name])


@every_variant
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_resumed_run_is_the_uninterrupted_run(config, at):
    whole = list(train(config))
    kept = copy.deepcopy(whole[at].state)
    assert_same_run(list(resume(config, whole[at].state)), whole[at + 1 :])
    assert difference(whole[at].state, kept) is None  # and the state can be used again


def test_interleaved_runs_are_the_runs_alone():
    one, two = TINY, TINY.replace(**VARIANTS["tutorial"], seed=3)
    alone = [list(train(one)), list(train(two))]
    turns = list(zip(train(one), train(two), strict=True))
    for expected, got in zip(alone, zip(*turns, strict=True), strict=True):
        assert_same_run(list(got), expected)


@pytest.mark.parametrize("grad", [True, False])
def test_nothing_global_is_touched(grad):
    expected = list(train(TINY))
    before = torch.get_rng_state()
    got = []
    with torch.set_grad_enabled(grad):
        for snapshot in train(TINY):
            assert torch.is_grad_enabled() is grad
            torch.rand(3)  # what others draw makes no difference
            got.append(snapshot)
        torch.set_rng_state(before)
        abandoned = train(TINY)
        for _ in range(2):
            next(abandoned)
        abandoned.close()
        assert torch.is_grad_enabled() is grad
    assert torch.equal(torch.get_rng_state(), before)
    assert_same_run(got, expected)


# --- snapshots ---


@pytest.mark.parametrize(
    ("steps", "every", "expected"),
    [(21, 7, [0, 7, 14, 21]), (20, 7, [0, 7, 14, 20]), (3, 10, [0, 3]), (2, 1, [0, 1, 2])],
)
def test_snapshots_stand_at_zero_every_few_steps_and_the_last(steps, every, expected):
    run = list(train(TINY.replace(steps=steps, snapshot_every=every)))
    assert [snapshot.step for snapshot in run] == expected
    assert [snapshot.state.step for snapshot in run] == expected


def test_a_kept_snapshot_stays_as_it_was():
    kept, copies = [], []
    for snapshot in train(TINY.replace(snapshot_every=3, **EPOCHS)):
        kept.append(snapshot)
        copies.append(copy.deepcopy(snapshot))
    assert_same_run(kept, copies)


@pytest.mark.parametrize("ema", [0.0, 0.99])
def test_no_two_tensors_share_memory(ema):
    run = [value for snapshot in train(TINY.replace(ema=ema)) for _, value in parts(snapshot)]
    tensors = [value for value in run if isinstance(value, torch.Tensor)]
    assert len({tensor.data_ptr() for tensor in tensors}) == len(tensors)
    assert not any(tensor.requires_grad for tensor in tensors)


def test_a_loss_is_the_mean_since_the_snapshot_before():
    coarse = list(train(TINY))
    fine = [snapshot.loss for snapshot in train(TINY.replace(snapshot_every=1))]
    for before, snapshot in itertools.pairwise(coarse):
        losses = fine[before.step + 1 : snapshot.step + 1]
        assert snapshot.loss == pytest.approx(sum(losses) / len(losses), rel=1e-12)


def test_losses_fall():
    run = list(train(TINY.replace(steps=100, snapshot_every=25, objective="x0")))
    assert run[-1].loss < 0.8 * run[1].loss
    assert run[-1].validation_loss < 0.7 * run[0].validation_loss


def test_validation_takes_each_level_alike_and_points_never_trained_on():
    run = Trainer(TINY).batches
    noisy = run.validation()
    x_0, eps, t = noisy.x_0, noisy.eps, noisy.t
    assert eps.shape == x_0.shape == (len(t), 2)
    counts = t.bincount(minlength=20)
    assert counts.max() - counts.min() <= 2
    assert eps.mean(dim=0).abs().max() < 0.01  # chance alone would leave 0.02
    assert (eps.var(dim=0) - 1).abs().max() < 0.02
    exactly = "donot_use_mm_for_euclid_dist"
    assert torch.cdist(x_0, run.dataset.x, compute_mode=exactly).min() > 0
    assert x_0.mean().abs() < 0.2  # scaled as the data are


def test_points_for_each_level_are_the_same_and_never_trained_on():
    batches = Trainer(TINY).batches
    noisy = batches.at_levels([0, 7, 19], 64)
    assert noisy.x_0.shape == noisy.eps.shape == (3, 64, 2)
    assert noisy.t.tolist() == [[0], [7], [19]]
    for x in (noisy.x_0, noisy.eps):
        assert torch.equal(x[0], x[1])
        assert torch.equal(x[0], x[2])
    assert not places(noisy.x_0[0]) & places(batches.x_0)
    assert len(places(noisy.x_0[0])) > 60
    assert noisy.eps[0].mean(dim=0).abs().max() < 0.1
    assert (noisy.eps[0].var(dim=0) - 1).abs().max() < 0.1


@pytest.mark.parametrize("scaling", ["standard", "tutorial"])
@pytest.mark.parametrize("n_points", [16, 10_000])
def test_held_out_points_are_in_the_runs_own_units(n_points, scaling):
    # A handful of points has a mean and a spread of its own, which the network lives in.
    batches = Trainer(TINY.replace(n_points=n_points, scaling=scaling)).batches
    seen = batches.dataset.to_data_units(batches.held_out.double())
    fresh = make_dataset("s_curve", FRESH_POINTS, seed=VALIDATION_SEED)
    expected = fresh.to_data_units(fresh.x.double())[fresh.color.argsort()]
    assert_close(seen, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_points", [2, 16])
def test_validation_is_the_same_task_for_a_handful_of_points(n_points):
    few, many = (Trainer(TINY.replace(n_points=n)).batches for n in (n_points, 500))
    ours, theirs = few.validation(), many.validation()
    assert torch.equal(ours.t, theirs.t)
    assert torch.equal(ours.eps, theirs.eps)
    ours, theirs = few.dataset.to_data_units(ours.x_0), many.dataset.to_data_units(theirs.x_0)
    assert_close(ours, theirs, rtol=0, atol=1e-4)


def test_previews_start_from_one_x_T():
    run = list(train(TINY))
    assert all(torch.equal(snapshot.x_T, run[0].x_T) for snapshot in run)
    assert run[0].x_T.shape == run[0].preview.shape == (40, 2)
    assert not torch.equal(run[0].preview, run[-1].preview)


def test_previews_with_eta_take_the_same_noise_each_time():
    still = TINY.replace(learning_rate=1e-12, preview_eta=1.0)
    run = list(train(still))
    for snapshot in run[1:]:
        assert_close(snapshot.preview, run[0].preview, rtol=0, atol=1e-3)
    plain = list(train(still.replace(preview_eta=0.0)))
    assert torch.equal(plain[0].x_T, run[0].x_T)
    assert not torch.allclose(plain[0].preview, run[0].preview, atol=0.01)
    assert [s.loss for s in plain] == [s.loss for s in run]  # it takes nothing from training


def test_no_preview_is_a_preview_of_no_points():
    assert next(train(TINY.replace(preview_points=0))).preview.shape == (0, 2)


# --- a step ---


def test_the_average_follows_the_weights():
    run = list(train(TINY.replace(ema=0.4, snapshot_every=1)))
    for before, after in itertools.pairwise(run):
        decay = min(0.4, after.step / (after.step + 10))
        for name in after.state.exp_avg:
            expected = decay * before.state.average[name] + (1 - decay) * after.state.weights[name]
            assert_close(after.state.average[name], expected, rtol=1e-5, atol=1e-6)
            assert torch.equal(after.parameters[name], after.state.average[name])


def test_without_average_the_weights_themselves_are_given():
    for snapshot in train(TINY.replace(ema=0.0)):
        assert difference(snapshot.parameters, snapshot.state.weights) is None


@pytest.mark.parametrize(
    ("lr_schedule", "share"),
    [
        ("constant", lambda done: 1.0),
        ("linear", lambda done: 1 - done),
        ("cosine", lambda done: (1 + math.cos(math.pi * done)) / 2),
    ],
)
def test_the_learning_rate_falls_as_named(lr_schedule, share):
    run = Trainer(TINY.replace(lr_schedule=lr_schedule, learning_rate=1e-3))
    rates = []
    for _ in range(21):
        rates.append(run.advance().learning_rate)
    assert rates == pytest.approx([1e-3 * share(k / 21) for k in range(21)], abs=1e-12)


def length(tensors):
    return math.sqrt(sum(tensor.detach().square().sum().item() for tensor in tensors))


def gradient_norm(run):
    return length(p.grad for p in run.network.parameters())


def test_gradients_are_clipped_to_the_norm():
    free, clipped = (Trainer(TINY.replace(clip_norm=norm)) for norm in (None, 0.01))
    assert free.advance().loss == clipped.advance().loss
    assert gradient_norm(free) > 0.02
    assert gradient_norm(clipped) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_a_step_is_adams_by_its_formula(optimizer):
    # Kingma & Ba 2015, algorithm 1; the decay apart from it, Loshchilov & Hutter 2019, algorithm 2.
    config = TINY.replace(optimizer=optimizer, weight_decay=0.2, clip_norm=0.5)
    run, decay = Trainer(config), 0.2 if optimizer == "adamw" else 0.0
    weights = [p.detach().double().clone() for p in run.network.parameters()]
    first, second = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    for step in range(1, 6):
        rate = run.advance().learning_rate
        for i, parameter in enumerate(run.network.parameters()):
            g = parameter.grad.double()
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.999 * second[i] + 0.001 * g**2
            m, v = first[i] / (1 - 0.9**step), second[i] / (1 - 0.999**step)
            weights[i] = weights[i] * (1 - rate * decay) - rate * m / (v.sqrt() + 1e-8)
            assert_close(parameter.detach().double(), weights[i], rtol=1e-4, atol=1e-6)
            weights[i] = parameter.detach().double().clone()  # errors do not add up


def test_the_decay_is_adamws_alone():
    few, much = (TINY.replace(weight_decay=decay) for decay in (0.0, 1.0))
    assert_same_run(list(train(few)), list(train(much)))
    runs = [Trainer(config.replace(optimizer="adamw")) for config in (few, much)]
    for run in runs:
        for _ in range(21):
            run.advance()
    plain, decayed = (length(run.network.parameters()) for run in runs)
    assert decayed < 0.95 * plain


@every_variant
def test_a_trainer_goes_on_from_a_state_step_by_step(config):
    first = Trainer(config)
    for _ in range(8):
        first.advance()
    second = Trainer(config, first.snapshot(0.0).state)
    assert second.step == 8
    for _ in range(6):
        assert difference(first.advance(), second.advance()) is None
    assert difference(first.snapshot(0.0), second.snapshot(0.0)) is None


def test_a_step_tells_all_that_went_into_it():
    run = Trainer(TINY)
    before = copy.deepcopy(run.network)
    step = run.advance()
    a, s = (
        getattr(run.schedule, name)[step.batch.t][..., None]
        for name in ("sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod")
    )
    assert_close(step.x_t, a * step.batch.x_0 + s * step.batch.eps)
    assert_close(step.target, a * step.batch.eps - s * step.batch.x_0)
    with torch.no_grad():
        assert torch.equal(step.output, before(step.x_t, step.batch.t))
    assert step.loss == pytest.approx((step.output - step.target).square().mean().item(), rel=1e-6)
    assert not step.output.requires_grad


@pytest.mark.parametrize("objective", ["eps", "x0", "v"])
def test_errors_are_squared_and_of_each_point(objective):
    run = Trainer(TINY.replace(objective=objective))
    noisy = run.batches.validation()
    with torch.no_grad():
        errors = run.errors(run.network, noisy)
        assert errors.shape == noisy.t.shape
        i = 7
        a2 = run.schedule.alpha_bar(int(noisy.t[i]))
        a, s, x_0, eps = a2**0.5, (1 - a2) ** 0.5, noisy.x_0[i], noisy.eps[i]
        said = run.network(a * x_0 + s * eps, noisy.t[i])
        wanted = {"eps": eps, "x0": x_0, "v": a * eps - s * x_0}[objective]
        assert errors[i].item() == pytest.approx((said - wanted).square().mean().item(), rel=1e-4)
    mean = run.snapshot(0.0).validation_loss
    assert errors.mean().item() == pytest.approx(mean, rel=1e-6)


def test_what_a_run_learns_from_changes_neither_its_first_weights_nor_x_T():
    first = Trainer(TINY)
    for changes in (
        {"learning_rate": 1e-4, "lr_schedule": "cosine", "optimizer": "adamw"},
        {"batch_size": 50, "t_sampling": "uniform", "steps": 7, "clip_norm": 0.1, "ema": 0.0},
        {"dataset": "moons", "n_points": 16, "scaling": "tutorial", "schedule": "linear"},
        {"objective": "eps", "snapshot_every": 1, "preview_steps": 3, "preview_eta": 1.0},
        {"activation": "tanh"},  # it has no weights
    ):
        other = Trainer(TINY.replace(**changes))
        assert difference(first.network.state_dict(), other.network.state_dict()) is None, changes
        assert torch.equal(first.x_T, other.x_T)
        assert difference(other.network.state_dict(), other.average.state_dict()) is None
    seeded = Trainer(TINY.replace(seed=1))
    assert difference(first.network.state_dict(), seeded.network.state_dict()) is not None


@pytest.mark.parametrize("batch_size", [100, 20, 10, 4])
def test_stratified_puts_every_level_into_every_step(batch_size):
    run = Trainer(TINY.replace(batch_size=batch_size))
    for _ in range(3):
        index, t = run.batches.choose(0)
        assert index.numel() == batch_size
        levels = t.expand(index.shape).reshape(-1)
        strata = levels * min(batch_size, 20) // 20
        assert strata.bincount().tolist() == [max(batch_size // 20, 1)] * min(batch_size, 20)


@pytest.mark.parametrize("t_sampling", ["antithetic", "uniform"])
def test_an_epoch_visits_every_point_once(t_sampling):
    run = Trainer(TINY.replace(**{**EPOCHS, "t_sampling": t_sampling})).batches
    orders, step = [], 0
    for _ in range(2):
        batches = []
        for _ in range(5):
            index, t = run.choose(step)
            step += 1
            assert t.shape == index.shape
            assert 0 <= t.min() <= t.max() < 20
            batches.append(index)
        assert [len(batch) for batch in batches] == [96, 96, 96, 96, 86]
        orders.append(torch.cat(batches))
        assert orders[-1].sort().values.tolist() == list(range(470))
    assert not torch.equal(*orders)


@pytest.mark.parametrize("network", ["fourier", "tutorial"])
def test_a_diverged_run_stops_and_says_why(network):
    config = TINY.replace(learning_rate=10, lr_schedule="constant", steps=500, network=network)
    with pytest.raises(TrainingDiverged, match=r"at step \d+: .*learning rate of 10 is too large"):
        list(train(config))


# --- the presets ---


def test_the_tutorial_preset_is_the_tutorial():
    config = PRESETS["tutorial"]
    assert config.steps == 4000 * math.ceil(10_000 / 128) == 316_000
    assert math.ceil(config.n_points / config.batch_size) == TUTORIAL_STEPS_PER_EPOCH
    run = Trainer(config)
    adam = run._optimizer
    assert type(adam) is torch.optim.Adam
    assert adam.defaults["lr"] == 1e-3
    assert adam.defaults["betas"] == (0.9, 0.999)
    assert adam.defaults["weight_decay"] == 0
    assert config.clip_norm == 1.0
    assert config.ema == 0.0
    assert (config.width, config.depth, config.T) == (128, 3, 100)
    assert run.schedule.alpha_bar(99) == pytest.approx(0.778, abs=5e-4)
    assert torch.equal(
        run.batches.dataset.x, make_dataset("s_curve", 10_000, seed=0, scaling="tutorial").x
    )
    index, t = run.batches.choose(0)
    assert len(index) == 128
    assert torch.equal(t[:64] + t[64:], torch.full((64,), 99))  # antithetic pairs
    assert len(t.unique()) > 40
    index, t = run.batches.choose(TUTORIAL_STEPS_PER_EPOCH - 1)
    assert len(index) == len(t) == 16


def test_the_fast_preset_draws_the_s_in_sixty_steps():
    config = PRESETS["fast"].replace(steps=60, snapshot_every=60, preview_points=2000)
    first, last = train(config)
    data = make_dataset(config.dataset, config.n_points, seed=config.seed)
    real = make_dataset("s_curve", 20_000, seed=99, scaling="tutorial").x
    line, near = s_curve_centreline() / 10, 3 * S_CURVE_NOISE / 10
    before, after = (data.to_data_units(s.preview) / 10 for s in (first, last))
    assert sliced_wasserstein(after, real) < 0.02 < sliced_wasserstein(before, real)
    assert stray_share(after, line, near) < 0.25 < stray_share(before, line, near)


@pytest.mark.parametrize(("T", "shape"), [(8, (8, 12)), (30, (30, 3)), (400, (100, 1))])
def test_any_number_of_levels_goes_with_any_batch_and_preview(T, shape):
    config = TINY.replace(T=T, batch_size=100, preview_steps=20, steps=2, t_sampling="stratified")
    index, t = Trainer(config).batches.choose(0)
    assert tuple(index.shape) == shape
    assert (t.diff(dim=0) > 0).all()  # each level once, from 0 to T-1
    assert t[0] < T / shape[0]
    assert t[-1] >= T - T / shape[0]
    assert [snapshot.step for snapshot in train(config)][-1] == 2


# --- one's own points ---


def own_run(n, tmp_path, monkeypatch, **changes):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    angle = np.linspace(0, 6, n)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    name = keep_points(points, np.linspace(0, 1, n))
    return Trainer(TINY.replace(dataset=name, **changes))


@pytest.mark.parametrize("t_sampling", ["stratified", "antithetic", "uniform"])
def test_a_tenth_of_ones_own_points_is_never_trained_on(tmp_path, monkeypatch, t_sampling):
    run = own_run(200, tmp_path, monkeypatch, t_sampling=t_sampling)
    data = run.batches
    assert len(data.x_0) == 180
    held, learnt = places(data.validation().x_0), places(data.x_0)
    assert len(held) == 20
    assert held | learnt == places(data.dataset.x)
    assert not held & learnt
    for _ in range(5):
        run.advance()  # no index beyond the points that are left


def test_a_handful_of_points_is_trained_on_whole(tmp_path, monkeypatch):
    run = own_run(8, tmp_path, monkeypatch)
    assert len(run.batches.x_0) == 8
    assert places(run.batches.validation().x_0) == places(run.batches.x_0)
    run.advance()
