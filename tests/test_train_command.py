"""The command that trains a preset and writes it with its measured quality."""

from functools import partial

import pytest
import torch

from explainer import quality, train_command
from explainer.checkpoints import load
from explainer.data import make_dataset
from explainer.presets import PRESETS
from explainer.train_command import main
from explainer.training import train
from tests.test_training import TINY, difference


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Make the presets tiny, their epochs seven steps, and the measurement small."""
    monkeypatch.setitem(PRESETS, "fast", TINY)
    monkeypatch.setitem(PRESETS, "tutorial", TINY.replace(network="tutorial", ema=0.0))
    monkeypatch.setattr(train_command, "TUTORIAL_STEPS_PER_EPOCH", 7)
    small = partial(quality.measure, n_points=200, seeds=(0,))
    monkeypatch.setattr(train_command, "measure", small)

    def reference(dataset, n=2000):
        return make_dataset(dataset, n, seed=1, scaling="tutorial").x

    monkeypatch.setattr(quality, "reference", reference)


@pytest.mark.parametrize("dataset", ["s_curve", "moons"])
def test_a_preset_becomes_a_file(dataset, tmp_path):
    path = tmp_path / "a.safetensors"
    main(["--out", str(path), "--seed", "3", "--dataset", dataset])
    back = load(path)
    config = TINY.replace(dataset=dataset, seed=3)
    *_, last = train(config)
    assert back.config == config
    assert back.state is None
    assert difference(back.parameters, last.parameters) is None
    assert back.info["preset"] == "fast"
    assert back.info["step"] == 21
    assert back.info["seconds"] >= 0
    assert back.info["loss"] == pytest.approx(last.loss, abs=1e-5)
    assert back.info["torch"] == torch.__version__
    assert "epoch" not in back.info
    figures = back.info["quality"]
    strays = {"stray_percent"} if dataset == "s_curve" else set()
    assert figures.keys() == {"swd_ddpm", "swd_ddim_20"} | strays
    assert all(value > 0 for value in figures.values())


def test_epochs_become_files_of_their_own(tmp_path):
    out = str(tmp_path / "t-{epoch:04d}.safetensors")
    main(["--preset", "tutorial", "--out", out, "--epochs", "0", "2", "3"])
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [f"t-000{epoch}.safetensors" for epoch in (0, 2, 3)]
    infos = [load(file).info for file in files]
    assert [(info["epoch"], info["step"]) for info in infos] == [(0, 0), (2, 14), (3, 21)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "tutorial", "--epochs", "1", "--out", "a"], "--out must hold {epoch}"),
        (["--epochs", "1", "--out", "a-{epoch}"], "--epochs goes with --preset tutorial"),
        (["--preset", "slow", "--out", "a"], "invalid choice: 'slow'"),
        (["--dataset", "blob", "--out", "a"], "invalid choice: 'blob'"),
        (["--seed", "-1", "--out", "a"], "seed must be at least 0, not -1."),
        ([], "--out"),
        (["--preset", "tutorial", "--epochs", "99", "--out", "{epoch}"], "--epochs"),
    ],
)
def test_what_the_command_refuses(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_quality_is_small_for_the_data_themselves(monkeypatch):
    # A denoiser that only knows real points: as good a sample as there is, up to its size.
    from explainer.models import ExactDenoiser
    from explainer.schedules import make_schedule

    config = TINY.replace(T=100, batch_size=100, n_points=5000)
    data = make_dataset("s_curve", 5000, seed=config.seed)
    exact = ExactDenoiser(data.x, make_schedule(config.schedule, config.T))
    figures = quality.measure(exact, config, n_points=500, seeds=(0,))
    assert figures["swd_ddpm"] < 0.015
    assert figures["swd_ddim_20"] < 0.015
    assert figures["stray_percent"] < 1.5
    assert quality.real_against_real("s_curve", 2000) < 0.006
