"""A run taken home: read, run elsewhere, and the same network comes out."""

from __future__ import annotations

import inspect
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch

from explainer import metrics
from explainer.checkpoints import OWN_SCHEDULE, load
from explainer.config import TrainConfig
from explainer.folder import FOLDER_VARIABLE
from explainer.lesson import file_stem, lesson
from explainer.lesson_code import config_code, own_code
from explainer.own import is_own, keep_curve, keep_points, load_curve, load_points
from explainer.presets import PRESETS
from explainer.takehome import notebook, script
from explainer.training import Trainer, train

ROOT = Path(__file__).parent.parent
SMALL = {"n_points": 200, "T": 8, "width": 8, "steps": 5, "snapshot_every": 2, "preview_points": 20}
HANDLES = [0, 0.3, 1], [1, 0.4, 1e-4], "handles"
matplotlib.use("Agg")


def cloud(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 2)) * [1, 1e-3] + [1.7e9, 0], rng.uniform(size=n)


def own_config() -> TrainConfig:
    return TrainConfig(**SMALL).replace(
        dataset=keep_points(*cloud()), schedule=keep_curve(*HANDLES)
    )


CONFIGS = {
    "default": lambda: TrainConfig().replace(**SMALL),
    "tutorial": lambda: PRESETS["tutorial"].replace(**SMALL),
    "timeless x0": lambda: PRESETS["timeless"].replace(**SMALL, objective="x0", optimizer="adamw"),
    "own": own_config,
}


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in an empty folder; what is kept before ``leave`` is not there afterwards."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "server"))
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    # With 256 draws as it stands, it takes longer than all else here.
    monkeypatch.setattr(metrics, "floor_curve", partial(metrics.floor_curve, n_points=4))
    yield folder
    plt.close("all")


def leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(Path.cwd() / "own"))


def cells(config: TrainConfig, kind: str) -> list[str]:
    return [c["source"] for c in json.loads(notebook(config))["cells"] if c["cell_type"] == kind]


def check(config: TrainConfig, found: TrainConfig) -> None:
    """Check what a run has left in the folder, and that its config is the one that was given."""
    assert found == config
    model = load("model.safetensors")
    *_, expected = train(config)
    assert model.config == config
    assert model.info["step"] == config.steps
    assert model.parameters.keys() == expected.parameters.keys()
    for name, tensor in expected.parameters.items():
        assert torch.equal(model.parameters[name], tensor), name
    picture = plt.imread(f"{file_stem(config)}.png")
    assert picture.shape[:2] == (930, 1500)
    assert picture[:, :, :3].std() > 0.05


@pytest.mark.parametrize("make", CONFIGS.values(), ids=CONFIGS)
def test_a_script_gives_the_same_network(make: Any, monkeypatch: Any, capsys: Any) -> None:
    config = make()
    Path("run.py").write_text(script(config), encoding="utf-8")
    leave(monkeypatch)
    names = runpy.run_path("run.py")
    check(config, names["config"])
    printed = capsys.readouterr().out
    assert f"the floor is {names['floor']:.4f}" in printed
    assert [line.split(":")[0].split()[1] for line in printed.splitlines()[2:]] == list("0245")
    assert [step for step, _, _ in names["history"]] == [0, 2, 4, 5]


@pytest.mark.parametrize("make", CONFIGS.values(), ids=CONFIGS)
def test_a_notebook_gives_the_same_network(make: Any, monkeypatch: Any) -> None:
    config = make()
    nbformat.validate(nbformat.reads(notebook(config), as_version=4))
    code = cells(config, "code")
    leave(monkeypatch)
    names: dict[str, Any] = {}
    for cell in code:
        exec(cell, names)
    check(config, names["config"])
    assert plt.get_fignums(), "a figure that is closed is not shown under its cell"


def test_a_script_runs_in_a_process_of_its_own_without_warnings(away: Path) -> None:
    config = own_config()
    Path("run.py").write_text(script(config), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != FOLDER_VARIABLE}
    environment |= {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    subprocess.run([sys.executable, "-W", "error", "run.py"], env=environment, check=True)
    check(config, config)
    assert {path.name for path in away.iterdir()} == {
        "run.py",
        "model.safetensors",
        "diffusion-own-points-seed-0.png",
    }


def test_script_and_notebook_are_the_same_lesson() -> None:
    for make in CONFIGS.values():
        config = make()
        text = script(config)
        for part, heading in zip(lesson(config, "a"), cells(config, "markdown"), strict=True):
            assert heading.splitlines()[0].lstrip("# ") == part.title
            assert f"# --- {part.title} ---\n" in text
            assert part.code in text
            assert part.code in cells(config, "code")
        words = " ".join(text.replace("#", " ").split())
        for paragraph in "\n\n".join(cells(config, "markdown")[1:]).split("\n\n"):
            assert " ".join(paragraph.replace("#", " ").split()) in words


def test_it_says_how_to_get_it_running() -> None:
    config = TrainConfig(seed=7)
    assert "#     pip install -r requirements.txt\n#     python diffusion-s-curve-seed-7.py\n" in (
        script(config)
    )
    assert "    jupyter lab diffusion-s-curve-seed-7.ipynb" in cells(config, "markdown")[0]


# The config


def test_only_what_differs_is_written() -> None:
    assert config_code(TrainConfig()) == "config = TrainConfig()"
    assert config_code(TrainConfig(n_points=50_000, learning_rate=3e-5, clip_norm=1)) == (
        "config = TrainConfig(\n    n_points=50_000,\n    learning_rate=3e-05,\n"
        "    clip_norm=1.0,\n)"
    )


def test_what_follows_from_the_network_is_not_written() -> None:
    assert "time_embedding" not in config_code(TrainConfig(network="tutorial"))
    other = config_code(TrainConfig(network="tutorial", time_embedding="sinusoidal"))
    assert 'time_embedding="sinusoidal"' in other
    assert 'time_embedding="learned"' in config_code(TrainConfig(time_embedding="learned"))


@pytest.mark.parametrize(
    "config",
    [
        *PRESETS.values(),
        TrainConfig(t_sampling="antithetic", batch_size=64, zero_terminal_snr=True),
        TrainConfig(objective="x0", zero_terminal_snr=True, ema=0, clip_norm=0.1 + 0.2),
        TrainConfig(network="tutorial", time_embedding="none", activation="gelu", seed=2**31 - 1),
    ],
)
def test_the_config_that_is_written_is_the_config(config: TrainConfig) -> None:
    names: dict[str, Any] = {"TrainConfig": TrainConfig}
    exec(config_code(config), names)
    assert names["config"] == config


# What is one's own


def names_of(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the first cells of a notebook, up to the config, where nothing is kept."""
    code = cells(config, "code")
    leave(monkeypatch)
    names: dict[str, Any] = {}
    for cell in code[: [cell.startswith("config") for cell in code].index(True) + 1]:
        exec(cell, names)
    return names


def test_every_bit_of_many_points_comes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    points, color = cloud(15_000)
    points[:3] = [[-0.0, 0.0], [5e-324, 1e300], [0.1, 1 / 3]]
    config = TrainConfig(dataset=keep_points(points, color))
    assert len(script(config)) < 450_000
    assert "Your 15,000 points" in script(config)
    names = names_of(config, monkeypatch)
    assert names["config"] == config
    back, back_color = load_points(names["config"].dataset)
    assert back.tobytes() == points.tobytes()
    assert back_color.tobytes() == color.astype(np.float32).tobytes()


def test_a_thousand_betas_come_along_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    u, alpha_bar = np.linspace(0, 1, 1001), np.cumprod([1, *[0.99] * 1000])
    config = TrainConfig(schedule=keep_curve(u.tolist(), alpha_bar.tolist(), "betas"), T=1000)
    assert "own-points" not in script(config)
    assert len(script(config)) < 30_000
    names = names_of(config, monkeypatch)
    assert names["config"] == config
    assert load_curve(config.schedule).alpha_bar.tolist() == alpha_bar.tolist()


def test_handles_are_there_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    config = TrainConfig(schedule=keep_curve(*HANDLES))
    assert "\n    (0.0, 1.0),\n    (0.3, 0.4),\n    (1.0, 0.0001),\n]" in script(config)
    assert "PACKED" not in script(config)
    assert own_code(config)[1] == {}
    assert names_of(config, monkeypatch)["config"] == config


def test_a_model_with_a_schedule_of_ones_own_carries_it(monkeypatch: pytest.MonkeyPatch) -> None:
    config = own_config()
    code = cells(config, "code")
    leave(monkeypatch)
    names: dict[str, Any] = {}
    for cell in code[:-2]:  # all but sampling and drawing
        exec(cell, names)
    u, alpha_bar, kind = HANDLES
    knots = {"u": u, "alpha_bar": alpha_bar, "kind": kind}
    assert load("model.safetensors").info == {"step": config.steps, OWN_SCHEDULE: knots}


@pytest.mark.parametrize("write", [script, notebook])
def test_what_is_gone_is_said_so(write: Any) -> None:
    with pytest.raises(ValueError, match=r"^These points are no longer here"):
        write(TrainConfig(dataset="own-0123456789abcdef"))
    with pytest.raises(ValueError, match=r"^This schedule is no longer here"):
        write(TrainConfig(schedule="own-0123456789abcdef"))


# The text


@pytest.mark.parametrize("make", CONFIGS.values(), ids=CONFIGS)
def test_a_script_is_tidy(make: Any) -> None:
    text = script(make())
    assert max(map(len, text.splitlines())) <= 100
    lines = text.partition("# PACKED")[0].splitlines()
    assert sum(not line.startswith("#") and bool(line) for line in lines) < 90
    for command in (["format", "--check"], ["check", "--select", "E,F,I,W,B,UP"]):
        ours = 'lint.isort.known-first-party = ["explainer"]'
        ruff = [
            sys.executable,
            "-m",
            "ruff",
            *command,
            "--config",
            ours,
            "--line-length",
            "100",
            "-",
        ]
        done = subprocess.run(ruff, input=text.encode(), capture_output=True)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_the_equations_are_those_of_the_run() -> None:
    texts = {
        name: "\n".join(cells(TrainConfig(objective=name), "markdown"))
        for name in ("eps", "x0", "v")
    }
    assert "loss = |network(xₜ, t) − ε|²" in texts["eps"]
    assert "ε̂ = network(xₜ, t)" in texts["eps"]
    assert "loss = |network(xₜ, t) − x₀|²" in texts["x0"]
    assert "x̂₀ = network(xₜ, t)" in texts["x0"]
    assert "v = √ᾱₜ ε − √(1 − ᾱₜ) x₀" in texts["v"]
    assert "network(xₜ, t)" not in notebook(PRESETS["timeless"])
    assert "moving average" in texts["v"]
    assert "moving average" not in notebook(PRESETS["tutorial"])
    assert "steps of AdamW." in notebook(TrainConfig(optimizer="adamw"))


def test_the_code_that_is_pointed_at_is_there() -> None:
    source = inspect.getsourcefile(Trainer)
    assert source is not None
    where = Path(source).relative_to(ROOT).as_posix()
    assert f"Trainer.advance in {where}." in " ".join(cells(TrainConfig(), "markdown"))


def test_files_have_names_that_every_system_takes() -> None:
    assert file_stem(TrainConfig()) == "diffusion-s-curve-seed-0"
    assert file_stem(TrainConfig(dataset="own-0123456789abcdef", seed=3)) == (
        "diffusion-own-points-seed-3"
    )
    assert is_own("own-0123456789abcdef")
