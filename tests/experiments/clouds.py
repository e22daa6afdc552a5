"""Containers read back: what the page would draw, as numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explainer.data import Dataset
from explainer.frames import decode, dequantise


def clouds(data: bytes) -> tuple[dict[str, Any], dict[str, Any], Tensor]:
    """Return header, arrays, and the frames in data units, (frames, n, 2)."""
    header, arrays = decode(data)
    return header, arrays, torch.from_numpy(dequantise(arrays["frames"], header["limits"])).float()


def in_network_units(x: Tensor, data: Dataset) -> Tensor:
    """Undo what brings points (..., 2) into data units."""
    return (x - data.mean) / data.scale
