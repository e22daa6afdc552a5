"""What ships is found without torch; a foreign file beside it is left out and told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from explainer import shipped
from explainer.checkpoints import Checkpoint, load, save
from explainer.config import TrainConfig
from explainer.models import make_network
from explainer.presets import TUTORIAL_STEPS_PER_EPOCH
from explainer.settings import DATASET_NAMES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    shipped.shipped_models.cache_clear()
    yield tmp_path
    shipped.shipped_models.cache_clear()


def test_every_data_set_has_a_fast_run_and_the_tutorial_its_five_epochs() -> None:
    for dataset in DATASET_NAMES:
        assert [model.info["step"] for model in shipped.shipped_run("fast", dataset)] == [400]
    steps = [model.info["step"] for model in shipped.shipped_run("tutorial", "s_curve")]
    assert steps == [epoch * TUTORIAL_STEPS_PER_EPOCH for epoch in (0, 1000, 2000, 3000, 4000)]
    assert shipped.shipped_run("tutorial", "moons") == []


def test_all_that_ships_can_be_loaded_and_tells_its_quality() -> None:
    for model in shipped.shipped_models().values():
        checkpoint = load(model.path)
        assert checkpoint.config == model.config
        quality = checkpoint.info["quality"]
        assert quality["swd_ddpm"] > 0
        assert quality["swd_ddim_20"] > 0
        if model.info["preset"] == "fast":
            assert quality["swd_ddpm"] < 0.004


def test_foreign_files_are_left_out(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "pointer.safetensors").write_text("version https://git-lfs.github.com/spec/v1")
    save_file({"a": torch.zeros(1)}, folder / "bare.safetensors")
    config = TrainConfig(T=10, width=8, batch_size=10)
    weights = make_network(config, torch.Generator()).state_dict()
    save(folder / "own.safetensors", Checkpoint(config, weights, {}))
    info = {"preset": "fast", "step": 3, "history": {}}
    save(folder / "good.safetensors", Checkpoint(config, weights, info))
    assert list(shipped.shipped_models()) == ["good"]
    assert len(caplog.messages) == 3
    assert "own.safetensors is left out" in caplog.text
