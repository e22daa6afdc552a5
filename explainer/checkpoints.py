"""Trained models on disk: safetensors with the config as JSON beside the weights; never pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from explainer.config import TrainConfig
from explainer.header import DAMAGED, MAX_BYTES, read_header
from explainer.models import NetworkDenoiser, make_network
from explainer.objectives import OBJECTIVES
from explainer.own import keep_curve
from explainer.schedules import NoiseSchedule, make_schedule
from explainer.settings import InvalidSetting
from explainer.shipped import FORMAT, VERSION
from explainer.training import TrainState

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


def from_bytes(data: bytes) -> Checkpoint:
    """Read a checkpoint from bytes, with the same checks and errors as :func:`load`."""
    _check_size(len(data))
    try:
        header = read_header(data)
        tensors = load_tensors(data)
    except InvalidSetting as error:
        raise InvalidCheckpoint(str(error)) from None
    except (SafetensorError, ValueError, KeyError):
        raise InvalidCheckpoint(DAMAGED) from None
    config, info = header.config, header.info
    network = make_network(config, torch.Generator().manual_seed(0))
    expected = {f"parameters.{name}": tensor for name, tensor in network.state_dict().items()}
    has_state = any(name.startswith("state.") for name in tensors)
    if has_state:
        trained = dict(network.named_parameters())
        for kind in STATE_GROUPS:
            shapes = trained if kind.startswith("exp") else network.state_dict()
            expected |= {f"state.{kind}.{name}": tensor for name, tensor in shapes.items()}
        expected["state.generator"] = torch.Generator().get_state()
        expected["state.step"] = torch.tensor([0])
    _check_tensors(tensors, expected)
    if has_state:
        _check_state(tensors, config)

    def group(prefix: str) -> dict[str, Tensor]:
        named = tensors.items()
        return {n.removeprefix(prefix): t for n, t in named if n.startswith(prefix)}

    state = None
    if has_state:
        state = TrainState(
            step=int(tensors["state.step"]),
            generator=tensors["state.generator"],
            **{name: group(f"state.{name}.") for name in STATE_GROUPS},
        )
    return Checkpoint(config=config, parameters=group("parameters."), info=info, state=state)


def _check_state(tensors: dict[str, Tensor], config: TrainConfig) -> None:
    if not 0 <= int(tensors["state.step"]) <= config.steps:
        raise InvalidCheckpoint(f"The tensor state.step must lie between 0 and {config.steps}.")
    try:
        torch.Generator().set_state(tensors["state.generator"])
    except RuntimeError:
        raise InvalidCheckpoint("The tensor state.generator is not a generator's state.") from None


def _check_tensors(tensors: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    for name in expected:
        if name not in tensors:
            raise InvalidCheckpoint(f"The tensor {name} is missing.")
    for name, tensor in tensors.items():
        if name not in expected:
            raise InvalidCheckpoint(f"The tensor {name[:80]} does not belong to this network.")
        wanted = expected[name]
        if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
            raise InvalidCheckpoint(
                f"The tensor {name} must be {wanted.dtype} of shape {tuple(wanted.shape)}, "
                f"not {tensor.dtype} of shape {tuple(tensor.shape)}."
            )
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise InvalidCheckpoint(f"The tensor {name} has values that are not finite.")
