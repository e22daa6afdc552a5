"""Trained models on disk: safetensors with the config as JSON beside the weights; never pickle."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as save_tensors
from torch import Tensor

from explainer.config import TrainConfig
from explainer.header import DAMAGED, MAX_BYTES, Header, read_header
from explainer.models import NetworkDenoiser, make_network
from explainer.objectives import OBJECTIVES
from explainer.own import StorageFull, keep_curve
from explainer.schedules import NoiseSchedule, make_schedule
from explainer.settings import InvalidSetting
from explainer.shipped import FORMAT, VERSION
from explainer.training import TrainState

# By the names that the format gives them; the other ones are only ever refused.
DTYPES = {
    "F16": torch.float16,
    "F32": torch.float32,
    "F64": torch.float64,
    "I64": torch.int64,
    "U8": torch.uint8,
    "C64": torch.complex64,
}
STATE_GROUPS = ("weights", "average", "exp_avg", "exp_avg_sq")
OWN_SCHEDULE = "own_schedule"  # in the info: knots of a schedule that only its maker has


class InvalidCheckpoint(ValueError):
    """A file that is not a checkpoint of ours; the message is one sentence that says why."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained network with everything that is known of it.

    Attributes
    ----------
    config : TrainConfig
    parameters : dict of str to Tensor
        The weights to sample with.
    info : dict
        JSON-able facts: step, seconds of training, measured quality.
    state : TrainState or None
        To go on training, see :func:`explainer.training.resume`.
    """

    config: TrainConfig
    parameters: dict[str, Tensor]
    info: dict[str, Any] = field(default_factory=dict)
    state: TrainState | None = None

    def schedule(self) -> NoiseSchedule:
        """Make the schedule that the network was trained with; a designed one comes with it."""
        c = self.config
        if OWN_SCHEDULE in self.info:
            try:
                name = keep_curve(**self.info[OWN_SCHEDULE])
            except StorageFull:
                raise
            except (TypeError, ValueError, OverflowError) as error:
                raise InvalidCheckpoint("The checkpoint's own schedule cannot be read.") from error
            if name != c.schedule:
                raise InvalidCheckpoint("The checkpoint's own schedule is not the one it names.")
        return make_schedule(c.schedule, c.T, zero_terminal_snr=c.zero_terminal_snr)

    def denoiser(self) -> NetworkDenoiser:
        """Make the denoiser, ready for :func:`explainer.sampling.sample`."""
        network = make_network(self.config, torch.Generator())
        network.load_state_dict(self.parameters)
        return NetworkDenoiser(
            network.requires_grad_(False), self.schedule(), OBJECTIVES[self.config.objective]
        )


def save(path: str | Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint to a file; a file that was there is replaced only by a whole one.

    Parameters
    ----------
    path : str or Path
        Normally ending in ``.safetensors``; its folder must exist.
    checkpoint : Checkpoint

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(to_bytes(checkpoint))
    draft.replace(path)


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Write a checkpoint to bytes, as :func:`save` writes it to a file; equal ones are equal."""
    tensors = {f"parameters.{name}": tensor for name, tensor in checkpoint.parameters.items()}
    state = checkpoint.state
    if state is not None:
        for group in STATE_GROUPS:
            named = getattr(state, group).items()
            tensors |= {f"state.{group}.{name}": tensor for name, tensor in named}
        tensors["state.generator"] = state.generator
        tensors["state.step"] = torch.tensor([state.step])
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "config": checkpoint.config.model_dump_json(),
        "info": json.dumps(checkpoint.info, allow_nan=False),
    }
    data: bytes = save_tensors({n: t.contiguous() for n, t in tensors.items()}, metadata=metadata)
    # The library writes the metadata in an order that it draws anew each time.
    end = 8 + int.from_bytes(data[:8], "little")
    header = {**json.loads(data[8:end]), "__metadata__": metadata}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the tensors begin at a multiple of eight
    return len(text).to_bytes(8, "little") + text + data[end:]


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint from a file and check all of it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Checkpoint

    Raises
    ------
    InvalidCheckpoint
        With one sentence, if the file is not safetensors, not ours, of a newer version, or its
        config, names, shapes, types or values are not what they must be.
    FileNotFoundError
        If there is no file.
    """
    path = Path(path)
    _check_size(path.stat().st_size)
    return from_bytes(path.read_bytes())


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise InvalidCheckpoint(
            f"The file has {size} bytes; a checkpoint has at most {MAX_BYTES} bytes."
        )


def from_bytes(data: bytes, *, with_state: bool = True) -> Checkpoint:
    """Read a checkpoint from bytes, with the same checks and errors as :func:`load`.

    Parameters
    ----------
    data : bytes
    with_state : bool
        Whether to return the state as well, which is five times as large as the rest. It is
        checked in either case.

    Returns
    -------
    Checkpoint
    """
    _check_size(len(data))
    try:
        header = read_header(data)
    except InvalidSetting as error:
        raise InvalidCheckpoint(str(error)) from None
    config, info = header.config, header.info
    network = make_network(config, torch.Generator().manual_seed(0))
    expected = {f"parameters.{name}": tensor for name, tensor in network.state_dict().items()}
    has_state = any(name.startswith("state.") for name in header.tensors)
    if has_state:
        trained = dict(network.named_parameters())
        for kind in STATE_GROUPS:
            shapes = trained if kind.startswith("exp") else network.state_dict()
            expected |= {f"state.{kind}.{name}": tensor for name, tensor in shapes.items()}
        expected["state.generator"] = torch.Generator().get_state()
        expected["state.step"] = torch.tensor([0])
    tensors = {}
    for name, tensor in _tensors(data, header, expected):
        _check_values(name, tensor, config)
        if with_state or not name.startswith("state."):
            tensors[name] = tensor

    def group(prefix: str) -> dict[str, Tensor]:
        named = tensors.items()
        return {n.removeprefix(prefix): t for n, t in named if n.startswith(prefix)}

    state = None
    if has_state and with_state:
        state = TrainState(
            step=int(tensors["state.step"]),
            generator=tensors["state.generator"],
            **{name: group(f"state.{name}.") for name in STATE_GROUPS},
        )
    return Checkpoint(config=config, parameters=group("parameters."), info=info, state=state)


def _tensors(
    data: bytes, header: Header, expected: dict[str, Tensor]
) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors one after the other, so that not all need to be in memory twice.

    Raises
    ------
    InvalidCheckpoint
        If they are not those that are expected, by name, type, shape and place: end to end, and
        nothing between, before or behind them.
    """
    _check_names(header.tensors, expected)
    places = {name: _place(name, header.tensors[name], expected[name]) for name in expected}
    end = 0
    for start, size in sorted(places.values()):
        if start != end:
            raise InvalidCheckpoint(DAMAGED)
        end += size
    view = memoryview(data)[header.start :]
    if end != len(view):
        raise InvalidCheckpoint(DAMAGED)
    for name, (start, size) in places.items():
        buffer = bytearray(view[start : start + size])  # a tensor may be written to
        values = torch.frombuffer(buffer, dtype=expected[name].dtype)
        yield name, values.reshape(expected[name].shape)


def _place(name: str, entry: object, wanted: Tensor) -> tuple[int, int]:
    """Return where a tensor begins and how many bytes it has, if it is as it must be."""
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(start), int(end)]}:
            whole = all(type(side) is int for side in shape)
        case _:
            whole = False
    if not whole:
        raise InvalidCheckpoint(DAMAGED)
    _check_kind(name, DTYPES.get(dtype, dtype), shape, wanted)
    if end - start != wanted.nbytes:
        raise InvalidCheckpoint(DAMAGED)
    return start, end - start


def _check_tensors(tensors: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    _check_names(tensors, expected)
    for name, tensor in tensors.items():
        _check_kind(name, tensor.dtype, list(tensor.shape), expected[name])
        _check_finite(name, tensor)


def _check_names(names: Collection[str], expected: dict[str, Tensor]) -> None:
    for name in expected:
        if name not in names:
            raise InvalidCheckpoint(f"The tensor {name} is missing.")
    for name in names:
        if name not in expected:
            raise InvalidCheckpoint(f"The tensor {name[:80]} does not belong to this network.")


def _check_kind(name: str, dtype: torch.dtype | str, shape: list[Any], wanted: Tensor) -> None:
    if dtype == wanted.dtype and shape == list(wanted.shape):
        return
    raise InvalidCheckpoint(
        f"The tensor {name} must be {wanted.dtype} of shape {tuple(wanted.shape)}, "
        f"not {str(dtype)[:20]} of shape {tuple(shape)!s:.60}."
    )


def _check_finite(name: str, tensor: Tensor) -> None:
    if tensor.is_floating_point() and not torch.isfinite(tensor).all():
        raise InvalidCheckpoint(f"The tensor {name} has values that are not finite.")


def _check_values(name: str, tensor: Tensor, config: TrainConfig) -> None:
    _check_finite(name, tensor)
    if name == "state.step" and not 0 <= int(tensor) <= config.steps:
        raise InvalidCheckpoint(f"The tensor state.step must lie between 0 and {config.steps}.")
    if name == "state.generator":
        try:
            torch.Generator().set_state(tensor)
        except RuntimeError:
            raise InvalidCheckpoint(
                "The tensor state.generator is not a generator's state."
            ) from None
