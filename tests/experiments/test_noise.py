"""Corruptions, as the page gets them."""

from __future__ import annotations

import pytest
import torch

from explainer.data import make_dataset
from explainer.experiments import noise
from tests.experiments.clouds import clouds, in_network_units


@pytest.mark.parametrize(("amount", "decibel"), [(10, 6.0), (25, 0.0), (45, -9.5)])
def test_measured_snr_of_gaussian_noise_is_that_of_the_schedule(
    amount: int, decibel: float
) -> None:
    header, *_ = clouds(noise.corruption_path({"n": 10_000}))
    stated = header["facts"]["measured SNR"]
    assert stated[0] == "∞"
    assert stated[-1] == "below −30 dB"
    assert float(stated[amount].removesuffix(" dB").replace("−", "-")) == pytest.approx(
        decibel, abs=0.3
    )


@pytest.mark.parametrize("kind", ["gaussian", "salt_and_pepper", "uniform"])
def test_corruption_path_goes_from_data_to_end(kind: str) -> None:
    header, arrays, x = clouds(noise.corruption_path({"kind": kind, "n": 4000}))
    dataset = make_dataset("s_curve", 4000, seed=0)
    data, x = dataset.x, in_network_units(x, dataset)
    torch.testing.assert_close(x[0], data, atol=2e-4, rtol=0)
    assert len(x) == 51
    assert header["labels"][25] == "amount 0.50"
    low, high = data.amin(dim=0), data.amax(dim=0)
    end = x[-1]
    if kind == "gaussian":
        torch.testing.assert_close(end.std(dim=0), torch.ones(2), atol=0.05, rtol=0)
    elif kind == "uniform":
        expected = (high - low) / 12**0.5
        torch.testing.assert_close(end.std(dim=0), expected, atol=0.03, rtol=0)
    else:
        corners = torch.cartesian_prod(
            torch.stack([low[0], high[0]]), torch.stack([low[1], high[1]])
        )
        assert torch.cdist(end, corners).amin(dim=1).max() < 1e-3
    assert arrays["color"].max() == 255
