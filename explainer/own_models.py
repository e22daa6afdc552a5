"""The models that a learner keeps: what is known of each, read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from explainer.config import TrainConfig
from explainer.header import read_header
from explainer.own import load_model_bytes
from explainer.settings import InvalidSetting


@dataclass(frozen=True)
class OwnModel:
    """What a kept model's header says.

    Attributes
    ----------
    name : str
        ``own-`` and a checksum, as settings and addresses use it.
    config : TrainConfig
    step : int
        Optimiser steps done, of ``config.steps``.
    has_state : bool
        Whether training can go on from it.
    """

    name: str
    config: TrainConfig
    step: int
    has_state: bool


def describe(data: bytes, name: str) -> OwnModel:
    """Return what the bytes of a checkpoint say of it, called by a name.

    Raises
    ------
    InvalidSetting
        With one sentence that says what is wrong. Only the header is read: whether the tensors
        fit it is for :func:`explainer.checkpoints.from_bytes` to say.
    """
    header = read_header(data)
    step = header.info.get("step")
    if type(step) is not int or not 0 <= step <= header.config.steps:
        raise InvalidSetting("The checkpoint does not say after how many steps it was saved.")
    has_state = any(tensor.startswith("state.") for tensor in header.tensors)
    return OwnModel(name, header.config, step, has_state)


@lru_cache(maxsize=512)  # the name is a checksum: what it says stays true, even when it is gone
def own_model(name: str) -> OwnModel:
    """Return what is known of a kept model.

    Raises
    ------
    ValueError
        If it is not on the server any more, or its header cannot be read.
    """
    return describe(load_model_bytes(name), name)
