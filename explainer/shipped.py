"""The shipped models: what there is and what is known of each, read without torch."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from explainer.config import TrainConfig
from explainer.settings import InvalidSetting

log = logging.getLogger(__name__)

FORMAT, VERSION = "diffusion-explainer", 1
FOLDER = Path(__file__).parent.parent / "checkpoints"


@dataclass(frozen=True)
class ShippedModel:
    """A checkpoint file's name and metadata.

    Attributes
    ----------
    name : str
        The file's name without its ending, as settings and addresses use it.
    path : Path
    config : TrainConfig
    info : dict
        step, seconds, quality; see ``python -m explainer.training --help``.
    """

    name: str
    path: Path
    config: TrainConfig
    info: dict[str, Any]


def parse_metadata(metadata: Mapping[str, str]) -> tuple[TrainConfig, dict[str, Any]]:
    """Check a checkpoint's metadata and read config and info from it.

    Raises
    ------
    InvalidSetting
        With one sentence that says what is wrong.
    """
    if metadata.get("format") != FORMAT:
        raise InvalidSetting("The file is not a checkpoint of this explainer.")
    if metadata.get("version") != str(VERSION):
        raise InvalidSetting(
            f"The checkpoint has version {str(metadata.get('version'))[:20]}; this program reads "
            f"version {VERSION}."
        )
    try:
        config, info = json.loads(metadata["config"]), json.loads(metadata["info"])
    except (KeyError, ValueError, RecursionError):
        config = info = None
    if not isinstance(config, dict) or not isinstance(info, dict):
        raise InvalidSetting("The checkpoint's config or info is missing or not JSON.")
    return TrainConfig(**config), info


@lru_cache(maxsize=1)
def shipped_models() -> dict[str, ShippedModel]:
    """Return the shipped models by name, in the order of their names."""
    models = {}
    for path in sorted(FOLDER.glob("*.safetensors")):
        try:
            with safe_open(path, framework="numpy") as file:
                config, info = parse_metadata(file.metadata() or {})
            if not {"preset", "step", "history"} <= set(info):
                raise InvalidSetting("The checkpoint does not say how it was trained.")
        except (SafetensorError, InvalidSetting) as error:
            log.warning("%s is left out: %s", path.name, error)
            continue
        models[path.stem] = ShippedModel(path.stem, path, config, info)
    return models


def shipped_run(preset: str, dataset: str) -> list[ShippedModel]:
    """Return the shipped checkpoints of one training run, by step; empty if there are none."""
    run = [
        model
        for model in shipped_models().values()
        if model.info["preset"] == preset and model.config.dataset == dataset
    ]
    return sorted(run, key=lambda model: model.info["step"])
