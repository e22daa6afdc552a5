"""Experiments of the tab "Noise types"."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import make_dataset
from explainer.experiments.common import color_bytes, file_name, shown, signed
from explainer.frames import encode, limits_around, quantise
from explainer.noise_settings import CorruptionSettings

FEWEST_MEASURED = 20  # points; with fewer, chance alone looks like a signal


def _measured_snr(cloud: Tensor, data: Tensor) -> str:
    """State in dB the power of what still follows the data against that of the rest."""
    c, x = cloud - cloud.mean(dim=0), data - data.mean(dim=0)
    gain = (c * x).sum() / x.square().sum()
    signal = (gain * x).square().mean().item()
    noise = (c - gain * x).square().mean().item()
    if len(data) < FEWEST_MEASURED or signal == noise == 0:
        return "–"
    if noise < 1e-9 * signal:
        return "∞"
    # Chance alone leaves a share of about 1/n: below a few times that there is nothing to state.
    if signal < 10 / len(data) * noise:
        return f"below {signed(10 * np.log10(10 / len(data)), 0)} dB"
    return f"{signed(10 * np.log10(signal / noise))} dB"


def corruption_path(fields: dict[str, Any]) -> bytes:
    """Compute :class:`CorruptionSettings`: the cloud by amount, 0 to 1, as a container."""
    s = CorruptionSettings(**fields)
    data = make_dataset(s.dataset, s.n, seed=s.seed)
    box = Box.around(data.x)
    amounts = [k / 50 for k in range(51)]
    corrupt = CORRUPTIONS[s.kind]
    # The same draws at every amount, so that a point can be followed from the data to its end.
    clouds = [
        corrupt(data.x, amount, torch.Generator().manual_seed(s.seed), box) for amount in amounts
    ]
    frames = shown(data, torch.stack(clouds))
    # The same picture for all three: the box that the Gaussian end, N(0, I), needs.
    end = CORRUPTIONS["gaussian"](data.x, 1.0, torch.Generator().manual_seed(s.seed), box)
    limits = limits_around(frames, shown(data, end), shown(data, data.x))
    header = {
        "limits": limits,
        "source": s.dataset,
        "name": file_name(s.dataset),
        "labels": [f"amount {amount:.2f}" for amount in amounts],
        "facts": {
            "measured SNR": [_measured_snr(cloud, data.x) for cloud in clouds],
            "std of x, y, standardised": [
                " · ".join(f"{v:.2f}" for v in cloud.std(dim=0).tolist()) for cloud in clouds
            ],
        },
    }
    return encode(header, {"frames": quantise(frames, limits), "color": color_bytes(data.color)})
