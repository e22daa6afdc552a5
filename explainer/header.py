"""The header of a checkpoint file: what the model is and which tensors there are, without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from explainer.config import TrainConfig
from explainer.settings import InvalidSetting
from explainer.shipped import parse_metadata

MAX_BYTES = 32_000_000  # of a file; the largest network, with its optimiser's state, has 31 million
LENGTH = 8  # bytes, which tell how long the header is
MAX_HEADER = 2 * 2**20  # bytes of it; the history of a long run is a fifth of it
DAMAGED = (
    "The file is not a .safetensors file, or it is damaged; pickled files (.pt, .pth, .npz) are "
    "not read because they can run code: export the weights as .safetensors."
)


@dataclass(frozen=True, eq=False)
class Header:
    """What stands before the tensors.

    Attributes
    ----------
    config : TrainConfig
    info : dict
        As whoever wrote the file left it.
    tensors : dict of str to object
        What the file says of each, as it says it: nothing of that is checked.
    start : int
        Where the tensors' bytes begin.
    """

    config: TrainConfig
    info: dict[str, Any]
    tensors: dict[str, Any]
    start: int


def read_header(data: bytes) -> Header:
    """Read the header of a checkpoint; whether its tensors fit is not looked at.

    Parameters
    ----------
    data : bytes
        Of a ``.safetensors`` file: eight bytes with the header's length, the header as JSON, the
        tensors. It may end anywhere behind the header.

    Returns
    -------
    Header

    Raises
    ------
    InvalidSetting
        With one sentence that says what is wrong.
    """
    length = int.from_bytes(data[:LENGTH], "little")
    if len(data) < LENGTH or not 0 < length <= min(MAX_HEADER, len(data) - LENGTH):
        raise InvalidSetting(DAMAGED)
    try:
        header = json.loads(data[LENGTH : LENGTH + length])
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise InvalidSetting(DAMAGED)
    metadata = header.pop("__metadata__", None)
    texts = metadata.items() if isinstance(metadata, dict) else ()
    config, info = parse_metadata({key: text for key, text in texts if isinstance(text, str)})
    return Header(config, info, header, LENGTH + length)
