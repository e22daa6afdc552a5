import itertools
import json
import math

import pytest
import torch

from benchmarks import reach, tutorial
from benchmarks.peers import SmallDiffusion, TinyDiffusion
from benchmarks.player import Paint, frames_a_second
from benchmarks.report import Report, Table, median_ratio
from explainer.models import make_network
from explainer.presets import PRESETS, TUTORIAL_STEPS_PER_EPOCH
from explainer.schedules import make_schedule
from explainer.snapshots import TrainingDiverged


@pytest.fixture
def pair():
    """The explainer's network and the restated one, with the same weights."""
    ours = make_network(PRESETS["tutorial"], torch.Generator().manual_seed(0))
    theirs = tutorial.Network()
    tutorial.load_explainer_weights(theirs, ours.state_dict())
    return ours, theirs


def test_table_is_aligned_and_written_unrounded(tmp_path, capsys):
    rows = [{"loop": "ours", "s": 1.23456, "target": 2}, {"loop": "theirs, slow", "s": 0.00123}]
    Report(str(tmp_path / "out.json")).add(Table("Title", rows, "Note."))
    assert capsys.readouterr().out.splitlines() == [
        "Title",
        "",
        "loop               s  target",
        "------------  ------  ------",
        "ours            1.23       2",
        "theirs, slow  0.0012",
        "Note.",
        "",
    ]
    written = json.loads((tmp_path / "out.json").read_text())["tables"]
    assert written == [{"title": "Title", "note": "Note.", "rows": rows}]


def test_ratio_is_of_what_was_measured_together():
    assert median_ratio([2.0, 20.0, 3.0], [1.0, 10.0, 1.0]) == 2.0


def test_frame_rate_counts_what_the_browser_showed():
    """Eleven frames 20 ms apart, of which one was drawn twice."""
    paints = [Paint(20.0 * i, 20.0 * i + 1, 20.0 * i + 4) for i in range(11)]
    assert frames_a_second([*paints, paints[5]]) == pytest.approx(50)
    assert frames_a_second(paints[:1]) == 0.0


def test_restated_network_and_schedule_are_the_presets(pair):
    ours, theirs = pair
    x, t = torch.randn(50, 2), torch.randint(tutorial.T, (50,))
    torch.testing.assert_close(theirs(x, t), ours(x, t))
    schedule = make_schedule("tutorial", tutorial.T)
    torch.testing.assert_close(tutorial.BETAS, schedule.betas)
    torch.testing.assert_close(tutorial.SIGNAL, schedule.sqrt_alphas_cumprod)
    torch.testing.assert_close(tutorial.NOISE, schedule.sqrt_one_minus_alphas_cumprod)


def test_restated_steps_are_antithetic():
    t = tutorial.steps_of(16)
    assert torch.equal(t[:8] + t[8:], torch.full((8,), tutorial.T - 1))


def test_restated_training_is_adam_on_the_noise_with_clipping(pair):
    _, theirs = pair
    reference = tutorial.Network()
    reference.load_state_dict(theirs.state_dict())
    data = tutorial.points(0)[:128]
    torch.manual_seed(3)
    loss = next(tutorial.training(theirs, data))

    torch.manual_seed(3)
    # The loader draws its seeds first; then the same draws in the same order.
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=128, shuffle=True)))
    half = torch.randint(tutorial.T, (64,))
    t, e = torch.cat([half, tutorial.T - 1 - half]), torch.randn(128, 2)
    x = tutorial.ALPHA_BARS[t, None].sqrt() * batch + (1 - tutorial.ALPHA_BARS)[t, None].sqrt() * e
    expected = (e - reference(x, t)).square().mean()
    optimizer = torch.optim.Adam(reference.parameters(), lr=1e-3)
    expected.backward()
    torch.nn.utils.clip_grad_norm_(reference.parameters(), 1.0)
    optimizer.step()
    torch.testing.assert_close(loss, expected)
    for mine, wanted in zip(theirs.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(mine, wanted)


def test_restated_epoch_has_as_many_steps_as_the_preset_says():
    loader = torch.utils.data.DataLoader(range(tutorial.N_POINTS), batch_size=tutorial.BATCH_SIZE)
    assert len(loader) == tutorial.STEPS_PER_EPOCH == TUTORIAL_STEPS_PER_EPOCH
    two = itertools.islice(tutorial.training(tutorial.Network(), tutorial.points(0)[:130]), 2)
    assert len(list(two)) == 2  # the smaller last batch is taken too


def test_restated_sampler_adds_noise_at_the_last_step_too(pair):
    ours, theirs = pair
    torch.manual_seed(5)
    sequence = tutorial.sample_sequence(theirs, 20)
    assert len(sequence) == tutorial.T + 1
    torch.manual_seed(5)
    noise = [torch.randn(20, 2) for _ in range(tutorial.T + 1)]
    assert torch.equal(sequence[0], noise[0])
    beta = tutorial.BETAS[0]
    with torch.no_grad():
        eps = ours(sequence[-2], torch.tensor([0]))
    mean = (sequence[-2] - beta / (1 - tutorial.ALPHA_BARS[0]).sqrt() * eps) / (1 - beta).sqrt()
    torch.testing.assert_close(sequence[-1], mean + beta.sqrt() * noise[-1])


PEERS = {"tiny-diffusion": TinyDiffusion, "smalldiffusion": SmallDiffusion}


@pytest.mark.parametrize(
    ("name", "batch", "parameters", "steps", "spread"),
    [
        ("tiny-diffusion", 32, 99_074, 50_000, (1.24, 2.24)),
        ("smalldiffusion", 2130, 53_890, 15_000, (0.334, 0.537)),
    ],
)
def test_peers_are_of_the_size_of_their_originals(name, batch, parameters, steps, spread):
    peer = PEERS[name](0)
    assert sum(p.numel() for p in peer.network.parameters()) == parameters
    assert peer.steps == steps
    points = torch.cat(list(itertools.islice(peer.batches, 8000 // batch)))
    assert len(points) == 8000 // batch * batch
    torch.testing.assert_close(points.std(0), torch.tensor(spread), rtol=0.01, atol=0)
    assert peer.sample(5, 0).shape == (5, 2)


def test_peers_schedules_end_where_theirs_do():
    alpha_bar = TinyDiffusion(0).alpha_bar
    assert len(alpha_bar) == 50
    assert alpha_bar[0] == pytest.approx(0.9999)
    assert alpha_bar[-1] == pytest.approx(0.603, abs=5e-4)
    sigmas = SmallDiffusion(0).sigmas
    assert len(sigmas) == 200
    assert sigmas[[0, -1]].tolist() == pytest.approx([0.01, 10])


@pytest.mark.parametrize(
    ("name", "steps", "loss"), [("tiny-diffusion", 300, 0.8), ("smalldiffusion", 60, 0.7)]
)
def test_peers_learn_and_leave_the_global_generator_alone(name, steps, loss):
    state = torch.get_rng_state()
    peer = PEERS[name](0)
    losses = [peer.advance() for _ in range(steps)]
    assert sum(losses[:5]) / 5 > 0.8
    assert sum(losses[-20:]) / 20 < loss
    assert torch.equal(torch.get_rng_state(), state)


def test_peers_samplers_find_a_single_point():
    """The exact noise is known where all data are one point."""
    point = torch.tensor([0.5, -0.25])
    tiny = TinyDiffusion(0)

    def exact(x, t):
        alpha_bar = tiny.alpha_bar[t, None]
        return (x - alpha_bar.sqrt() * point) / (1 - alpha_bar).sqrt()

    tiny.network = exact
    wanted = tiny.data.to_data_units(point / tiny.spread)
    torch.testing.assert_close(tiny.sample(50, 0), wanted.expand(50, 2), rtol=0, atol=1e-3)
    small = SmallDiffusion(0)
    small.network = lambda x, sigma: (x - point) / sigma
    # What is left is sigma = 0.01 of noise, in units of the spread.
    left = (small.sample(2000, 0) - small.data.mean) / small.data.scale * small.spread - point
    torch.testing.assert_close(left.float().std(0), torch.full((2,), 0.01), rtol=0.1, atol=0)


def test_smalldiffusions_sampler_goes_along_the_newest_prediction_twice():
    """With predictions a and b by turns, the step after b goes along 2 b - a."""
    small = SmallDiffusion(0)
    turns = itertools.cycle([torch.ones(1, 2), torch.zeros(1, 2)])
    small.network = lambda x, sigma: next(turns)
    end = small.sample(1, 0) - small.data.mean
    sigmas = small.sigmas[[*range(199, 0, -10), 0]]
    steps = sigmas[:-1] - sigmas[1:]
    along = torch.tensor([1.0, *[-1.0, 2.0] * 9, -1.0])
    noise = torch.randn(1, 2, generator=torch.Generator().manual_seed(0))
    wanted = (10 * noise - (along * steps).sum()) / small.spread * small.data.scale
    torch.testing.assert_close(end.float(), wanted.float(), rtol=1e-5, atol=1e-5)


class Scripted:
    """A learner that does nothing in a number of steps, and diverges where told to."""

    def __init__(self, steps: int, diverges: int | None = None) -> None:
        self.steps, self.done, self.diverges = steps, 0, diverges

    def advance(self):
        if self.done == self.diverges:
            raise TrainingDiverged(step=self.done + 1, loss=math.nan, learning_rate=1)
        self.done += 1


@pytest.fixture
def scripted(monkeypatch):
    """Give distances by step and sampling seed; returns what reach makes of them."""

    def run(swd, learner, budget=60.0):
        monkeypatch.setattr(reach, "distance", lambda learner, seed: swd(learner.done, seed))
        return reach.reach(lambda: learner, (0.5, 0.1), reach.Patience(budget, 2.0))

    return run


def test_reach_looks_ever_less_often_and_stops_at_the_last_target(scripted):
    seen = []

    def swd(step, seed):
        seen.append(step)
        return 10 / step

    reached = scripted(swd, Scripted(1000))
    assert sorted(set(seen)) == [20, 40, 80, 160]
    assert set(reached.seconds) == {0.5, 0.1}
    assert 0 < reached.seconds[0.5] < reached.seconds[0.1] == reached.cpu
    assert (reached.steps, reached.best, reached.end) == (160, 10 / 160, "")


def test_reach_counts_no_lucky_sample_and_ends_with_the_recipe(scripted):
    reached = scripted(lambda step, seed: 0.05 if seed == 0 else 0.3, Scripted(50))
    assert set(reached.seconds) == {0.5}
    assert (reached.steps, reached.best, reached.end) == (50, 0.3, "its 50 steps")


def test_reach_ends_with_patience_or_divergence(scripted):
    def bad(step, seed):
        return 1.0

    assert scripted(bad, Scripted(50), budget=0.0).end == "0 s"
    reached = scripted(bad, Scripted(50, diverges=30))
    assert (reached.steps, reached.end) == (30, "31 steps, where it diverged")
    cells = reach.row("rate", reached, scripted(lambda step, seed: 0.1, Scripted(50)))
    assert cells["not reached"] == "0.010, 0.004, 0.003 within 31 steps, where it diverged"


def test_reach_takes_medians_where_all_seeds_got_there():
    runs = [
        reach.Reached({0.5: 1.0, 0.1: 2.0}, 0.1, 40, 2.0, ""),
        reach.Reached({0.5: 3.0}, 0.4, 400, 9.0, "its 400 steps"),
        reach.Reached({0.5: 2.0, 0.1: 4.0}, 0.09, 80, 4.0, ""),
    ]
    assert reach.middle(runs) == reach.Reached({0.5: 2.0}, 0.1, 80, 4.0, "its 400 steps")


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_reach_samples_presets_with_the_weights_of_the_moment(ema):
    preset = reach.Preset(PRESETS["fast"].replace(n_points=1000, ema=ema, preview_points=0))
    before = preset.sample(20, 0)
    assert torch.equal(preset.sample(20, 0), before)
    preset.advance()
    assert not torch.allclose(preset.sample(20, 0), before)


def test_reach_estimates_what_the_tutorials_preset_had_no_time_for(monkeypatch):
    known = {0.004: (3000, 5000, 0.0035), 0.003: (None, 5000, 0.0035), 0.0: (None, 5000, 0.0035)}
    monkeypatch.setattr(reach, "tutorial_steps_to", known.__getitem__)
    estimate = reach.estimate(reach.Reached({0.010: 1.0}, 0.005, 1000, 2.0, "2 s"))
    assert estimate == reach.Reached({0.004: 6.0}, 0.0035, 5000, 10.0, "")
    fast = reach.Reached({0.010: 0.5, 0.004: 1.0, 0.003: 2.0}, 0.003, 400, 2.0, "")
    cells = reach.row("estimate", estimate, fast)
    assert (cells["s to 0.004"], cells["x at 0.004"], cells["not reached"]) == (6.0, 6.0, None)
