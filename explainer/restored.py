"""The shipped networks that undo a corruption; ``python -m explainer.restored`` makes them."""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

from explainer.checkpoints import InvalidCheckpoint, _check_tensors
from explainer.noise_settings import DIGITS
from explainer.restore_config import RestoreConfig, RestoreNetwork, recipe
from explainer.restorers import Restorer, make_restorer
from explainer.restoring import RestoreTrainer, load_restorer
from explainer.settings import DATASET_NAMES, MAIN_CORRUPTIONS, InvalidSetting, MainCorruption
from explainer.shipped import FOLDER as CHECKPOINTS

log = logging.getLogger("explainer.restored")

FOLDER = CHECKPOINTS / "restore"
PAIRS: tuple[tuple[str, RestoreNetwork], ...] = (
    *((name, "mlp") for name in DATASET_NAMES), (DIGITS, "mlp"), (DIGITS, "unet"),
)  # fmt: skip
"""What ships: a data set and a network each, for all three kinds."""

KEY, VERSION = "restorer", 1  # one entry of metadata: of several, the library draws the order


class ShippedRestorer(NamedTuple):
    """A trained network with all that is known of it.

    Attributes
    ----------
    config : RestoreConfig
    restorer : Restorer
    info : dict
        ``step`` (of ``config.steps``), ``seconds`` of one core's training, ``loss`` (mean over the
        last steps), ``validation_loss``, ``parameters`` (how many weights), ``torch``.
    """

    config: RestoreConfig
    restorer: Restorer
    info: dict[str, Any]


def path_of(dataset: str, network: str, kind: str, folder: Path | None = None) -> Path:
    """Return where a network is shipped."""
    return (folder or FOLDER) / f"{dataset}-{network}-{kind}.safetensors"


def save(
    path: Path, config: RestoreConfig, parameters: dict[str, Tensor], info: dict[str, Any]
) -> None:
    """Write a network to a file; a file that was there is replaced only by a whole one.

    Parameters
    ----------
    path : Path
        Its folder must exist.
    config : RestoreConfig
    parameters : dict of str to Tensor
        From :meth:`RestoreTrainer.parameters`.
    info : dict
        JSON-able facts, see :class:`ShippedRestorer`.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    said = {"version": VERSION, "config": config.model_dump(), "info": info}
    tensors = {name: tensor.contiguous() for name, tensor in parameters.items()}
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(save_tensors(tensors, metadata={KEY: json.dumps(said, allow_nan=False)}))
    draft.replace(path)


def load(path: Path) -> ShippedRestorer:
    """Read a network from a file and check all of it.

    Raises
    ------
    InvalidCheckpoint
        With one sentence, if the file is not safetensors, not ours, of another version, or its
        config, names, shapes, types or values are not what they must be.
    FileNotFoundError
        If there is no file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError:
        raise InvalidCheckpoint(f"{path.name} is not a .safetensors file.") from None
    try:
        said = json.loads(metadata[KEY])
        version, config, info = said["version"], said["config"], dict(said["info"])
        made = RestoreConfig(**config)
    except InvalidSetting as error:
        raise InvalidCheckpoint(f"{path.name}: {error}") from None
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InvalidCheckpoint(f"{path.name} does not say what network it is.") from None
    if version != VERSION:
        raise InvalidCheckpoint(f"{path.name} has version {version!r:.20}, not {VERSION}.")
    _check_tensors(tensors, make_restorer(made, torch.Generator().manual_seed(0)).state_dict())
    return ShippedRestorer(made, load_restorer(made, tensors), info)


@lru_cache(maxsize=len(PAIRS))
def shipped_restorers(dataset: str, network: str) -> dict[MainCorruption, ShippedRestorer]:
    """Return the shipped networks of a data set, one for each kind of noise.

    Raises
    ------
    ValueError
        If there are none, with a sentence.
    """
    if (dataset, network) not in PAIRS:
        raise ValueError(
            f"No network {network!r:.20} ships that undoes noise on {dataset!r:.40}; train one."
        )
    return {kind: load(path_of(dataset, network, kind)) for kind in MAIN_CORRUPTIONS}


def make(config: RestoreConfig, path: Path) -> None:
    """Train a network and write it."""
    trainer = RestoreTrainer(config)
    started = time.process_time()
    losses = []
    while not trainer.finished:
        losses.append(trainer.advance())
    seconds = time.process_time() - started
    parameters = trainer.parameters()
    last = losses[-50:]
    info = {
        "step": trainer.step,
        "seconds": round(seconds, 2),
        "loss": round(sum(last) / len(last), 5),
        "validation_loss": round(trainer.validation(), 5),
        "parameters": sum(p.numel() for p in trainer.network.parameters()),
        "torch": torch.__version__,
    }
    save(path, config, parameters, info)
    log.info("%s: %s", path.name, info)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and make the shipped networks again, or some of them."""
    parser = argparse.ArgumentParser(prog="python -m explainer.restored", description=__doc__)
    parser.add_argument("--dataset", choices=[*DATASET_NAMES, DIGITS], help="only this data set")
    parser.add_argument("--network", choices=get_args(RestoreNetwork), help="only this network")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)  # networks this small lose time to a second thread
    options.out.mkdir(parents=True, exist_ok=True)
    for dataset, network in PAIRS:
        if options.dataset in (None, dataset) and options.network in (None, network):
            for kind in MAIN_CORRUPTIONS:
                config = recipe(dataset, network, kind)
                make(config, path_of(dataset, network, kind, options.out))


if __name__ == "__main__":
    main()
