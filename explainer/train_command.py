"""``python -m explainer.training``: train a preset, measure it, write it as a checkpoint."""

from __future__ import annotations

import argparse
import itertools
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import torch

from explainer.checkpoints import Checkpoint, save
from explainer.config import TrainConfig
from explainer.presets import PRESETS, TUTORIAL_STEPS_PER_EPOCH
from explainer.quality import measure
from explainer.settings import DatasetName
from explainer.training import train

log = logging.getLogger("explainer.training")


def _write(path: Path, checkpoint: Checkpoint) -> None:
    quality = measure(checkpoint.denoiser(), checkpoint.config)
    info = {**checkpoint.info, "quality": quality}
    save(path, Checkpoint(checkpoint.config, checkpoint.parameters, info))
    log.info("%s: step %s, %s", path, info["step"], quality)


def _thinned(history: dict[str, list[float]], most: int = 200) -> dict[str, list[float]]:
    """Keep every k-th value, so that a long run's history stays a few kilobytes."""
    every = -(-len(history["step"]) // most)
    return {name: values[::every] for name, values in history.items()}


def run(config: TrainConfig, preset: str, out: str, epochs: Sequence[int]) -> None:
    """Train and write the last step, or the given epochs, each with its measured quality.

    Parameters
    ----------
    config : TrainConfig
    preset : str
        Name of the preset that the config is from, for the file's metadata.
    out : str
        The file; with ``epochs`` it holds ``{epoch}``.
    epochs : sequence of int
        Which epochs to write; empty for the last step alone.
    """
    wanted: dict[int, int | None] = {e * TUTORIAL_STEPS_PER_EPOCH: e for e in epochs} or {
        config.steps: None
    }
    snapshots = train(config)
    first = next(snapshots)  # step 0: data, network and optimiser are made, torch is warm
    started = time.process_time()
    spent = 0.0  # CPU seconds outside training: measuring and writing
    history: dict[str, list[float]] = {"step": [], "loss": [], "validation_loss": []}
    for snapshot in itertools.chain([first], snapshots):
        for name, values in history.items():
            values.append(round(float(getattr(snapshot, name)), 5))
        if snapshot.step not in wanted:
            continue
        paused = time.process_time()
        epoch = wanted[snapshot.step]
        info = {
            "preset": preset,
            "step": snapshot.step,
            "seconds": round(paused - started - spent, 2),
            "loss": round(snapshot.loss, 5),
            "validation_loss": round(snapshot.validation_loss, 5),
            "torch": torch.__version__,
            "history": _thinned(history),
        }
        if epoch is not None:
            info["epoch"] = epoch
        _write(Path(out.format(epoch=epoch)), Checkpoint(config, snapshot.parameters, info))
        spent += time.process_time() - paused
        if snapshot.step == max(wanted):
            break


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run it."""
    parser = argparse.ArgumentParser(prog="python -m explainer.training", description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="fast")
    parser.add_argument("--dataset", choices=get_args(DatasetName), default="s_curve")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True, help="file to write; {epoch} stands for the epoch")
    parser.add_argument(
        "--epochs", type=int, nargs="+", default=[], help="tutorial preset: which epochs to write"
    )
    options = parser.parse_args(arguments)
    if options.epochs and options.preset != "tutorial":
        parser.error("--epochs goes with --preset tutorial")
    if bool(options.epochs) != ("{epoch" in options.out):
        parser.error("--out must hold {epoch} when --epochs is given, and only then")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)  # networks this small lose time to a second thread
    try:
        config = PRESETS[options.preset].replace(dataset=options.dataset, seed=options.seed)
    except ValueError as error:
        parser.error(str(error))
    try:
        folder = Path(options.out.format(epoch=0)).parent
    except (LookupError, ValueError):
        parser.error("--out may hold no braces but {epoch}")
    if not folder.is_dir():
        parser.error(f"--out: there is no folder {folder}")
    for epoch in options.epochs:
        step = epoch * TUTORIAL_STEPS_PER_EPOCH
        if not 0 <= step <= config.steps or step % config.snapshot_every:
            parser.error(f"--epochs: there is no snapshot of epoch {epoch}")
    run(config, options.preset, options.out, options.epochs)
