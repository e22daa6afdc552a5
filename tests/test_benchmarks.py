import itertools
import json

import pytest
import torch

from benchmarks import tutorial
from benchmarks.player import Paint, frames_a_second
from benchmarks.report import Report, Table, median_ratio
from explainer.config import PRESETS, TUTORIAL_STEPS_PER_EPOCH
from explainer.models import make_network
from explainer.schedules import make_schedule


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
