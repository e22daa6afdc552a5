"""Containers read back: what the page would draw, as numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explainer.data import Dataset
from explainer.frames import decode, dequantise


def clouds(data: bytes, *, exact: bool = False) -> tuple[dict[str, Any], dict[str, Any], Tensor]:
    """Return header, arrays, and the frames in data units, (frames, n, 2); float64 if exact."""
    header, arrays = decode(data)
    x = torch.from_numpy(dequantise(arrays["frames"], header["limits"]))
    return header, arrays, x if exact else x.float()


def in_network_units(x: Tensor, data: Dataset) -> Tensor:
    """Undo what brings points (..., 2) into data units."""
    return ((x - data.mean) / data.scale).float()
