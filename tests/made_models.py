"""Checkpoints as a learner would keep them, made without any training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explainer.checkpoints import Checkpoint, to_bytes
from explainer.config import TrainConfig
from explainer.models import make_network
from explainer.snapshots import TrainState

SMALL = TrainConfig(T=20, width=16, depth=2, n_points=500, steps=100)


def model_bytes(
    config: TrainConfig = SMALL,
    *,
    step: object = 40,
    state: bool = False,
    grown: float = 1.0,
    info: dict[str, Any] | None = None,
) -> bytes:
    """Return a checkpoint of fresh weights, all multiplied by ``grown``."""
    network = make_network(config, torch.Generator().manual_seed(config.seed))

    def weights() -> dict[str, Tensor]:
        return {name: grown * tensor.detach() for name, tensor in network.state_dict().items()}

    def zeros() -> dict[str, Tensor]:
        return {name: torch.zeros_like(p) for name, p in network.named_parameters()}

    going_on = None
    if state:
        assert isinstance(step, int)
        generator = torch.Generator().get_state()
        going_on = TrainState(step, weights(), weights(), zeros(), zeros(), generator)
    return to_bytes(Checkpoint(config, weights(), {"step": step, **(info or {})}, going_on))
