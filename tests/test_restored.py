"""The shipped networks are all there, and as good as their files say."""

import json

import pytest
import torch
from safetensors.torch import save_file

from explainer import restored
from explainer.checkpoints import InvalidCheckpoint
from explainer.restore_config import RestoreConfig, recipe
from explainer.restored import FOLDER, PAIRS, load, main, path_of, save, shipped_restorers
from explainer.restorers import make_restorer
from explainer.restoring import RestoreTrainer
from explainer.settings import MAIN_CORRUPTIONS
from explainer.shipped import shipped_models

TINY = RestoreConfig(width=8, batch_size=16, steps=3, n_points=200)


def test_what_ships_is_what_there_should_be():
    names = {path_of(d, n, k).name for d, n in PAIRS for k in MAIN_CORRUPTIONS}
    assert {path.name for path in FOLDER.iterdir()} == names
    assert len(names) == 27
    assert max(path.stat().st_size for path in FOLDER.iterdir()) <= 400_000


@pytest.mark.parametrize(("dataset", "network"), PAIRS)
def test_each_is_of_its_recipe_and_as_good_as_its_file_says(dataset, network):
    shipped = shipped_restorers(dataset, network)
    assert list(shipped) == list(MAIN_CORRUPTIONS)
    for kind, (config, restorer, info) in shipped.items():
        assert config == recipe(dataset, network, kind)
        assert info["step"] == config.steps
        assert info["seconds"] > 0
        measure = RestoreTrainer(config).validation_of(restorer)
        assert measure == pytest.approx(info["validation_loss"], rel=1e-3)
        weights = make_restorer(config, torch.Generator()).parameters()
        assert info["parameters"] == sum(p.numel() for p in weights)


def test_the_other_list_of_shipped_models_knows_nothing_of_them():
    assert all(model.path.parent == FOLDER.parent for model in shipped_models().values())


@pytest.mark.parametrize(
    ("dataset", "network"), [("moons", "unet"), ("blob", "mlp"), ("../x", "mlp"), ("digits", "x")]
)
def test_what_does_not_ship_is_told(dataset, network):
    with pytest.raises(ValueError, match=r"No network .* ships that undoes noise on .*"):
        shipped_restorers(dataset, network)


def test_a_saved_network_comes_back_to_the_bit(tmp_path):
    trainer = RestoreTrainer(TINY)
    path = tmp_path / "a.safetensors"
    save(path, TINY, trainer.parameters(), {"step": 0})
    save(tmp_path / "b.safetensors", TINY, trainer.parameters(), {"step": 0})
    assert path.read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    config, restorer, info = load(path)
    x, amount = torch.linspace(-2, 2, 8).reshape(4, 2), torch.full((4, 1), 0.3)
    assert (config, info) == (TINY, {"step": 0})
    assert torch.equal(restorer(x, amount), trainer.restorer()(x, amount))
    assert not list(tmp_path.glob("*.part"))


def said(**changes):
    return {"version": 1, "config": TINY.model_dump(), "info": {}} | changes


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({}, "does not say what network it is"),
        ({"restorer": "["}, "does not say what network it is"),
        ({"restorer": json.dumps([1])}, "does not say what network it is"),
        ({"restorer": json.dumps(said(info=3))}, "does not say what network it is"),
        ({"restorer": json.dumps(said(version=2))}, "has version 2, not 1"),
        ({"restorer": json.dumps(said(config={"width": 1}))}, "width must be at least 4"),
        ({"restorer": json.dumps(said())}, "The tensor amount.bias has values that are not fin"),
        ({"restorer": json.dumps(said(config={"width": 16}))}, "must be torch.float32 of shape"),
    ],
)
def test_a_file_that_is_not_ours_is_told(tmp_path, metadata, sentence):
    weights = make_restorer(TINY, torch.Generator()).state_dict()
    weights["amount.bias"][0] = torch.nan
    path = tmp_path / "a.safetensors"
    save_file(weights, path, metadata=metadata)
    with pytest.raises(InvalidCheckpoint) as caught:
        load(path)
    assert sentence in str(caught.value)


def test_a_file_that_is_no_file_of_tensors_is_told(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(InvalidCheckpoint, match=r"^a.safetensors is not a .safetensors file.$"):
        load(path)


def test_the_command_makes_them(tmp_path, monkeypatch):
    def tiny(dataset, network, kind):
        return TINY.replace(dataset=dataset, network=network, kind=kind, batch_size=16)

    monkeypatch.setattr(restored, "recipe", tiny)
    main(["--dataset", "moons", "--out", str(tmp_path / "new")])
    main(["--network", "unet", "--out", str(tmp_path / "new")])
    files = sorted(path.name for path in (tmp_path / "new").iterdir())
    pairs = [("digits", "unet"), ("moons", "mlp")]
    assert files == [f"{d}-{n}-{k}.safetensors" for d, n in pairs for k in MAIN_CORRUPTIONS]
    config, restorer, info = load(tmp_path / "new" / files[-1])
    assert config == tiny("moons", "mlp", "uniform")
    trainer = RestoreTrainer(config)
    for _ in range(3):
        trainer.advance()
    assert info["validation_loss"] == round(trainer.validation(), 5)
    x, amount = trainer.clean[:3], torch.full((1, 1), 0.3)
    assert torch.equal(restorer(x, amount), trainer.restorer()(x, amount))
