"""Corruptions, as the page gets them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import Dataset, make_dataset
from explainer.experiments import noise, noise_words
from explainer.own import keep_points
from explainer.settings import CORRUPTION_NAMES, MAIN_CORRUPTIONS, CorruptionName
from tests.experiments.clouds import clouds, in_network_units

KINDS = pytest.mark.parametrize("kind", CORRUPTION_NAMES)
FURTHER = [kind for kind in CORRUPTION_NAMES if kind not in MAIN_CORRUPTIONS]


def path(**fields: Any) -> tuple[dict[str, Any], dict[str, Any], Tensor]:
    return clouds(noise.corruption_path(fields))


def column(header: dict[str, Any], row: str, name: str) -> list[str]:
    table = header["table"]
    values: list[str] = dict(table["rows"])[row][table["columns"].index(name)]
    return values


def number(text: str) -> float:
    return float(text.removesuffix(" dB").replace("−", "-").replace("∞", "inf"))


def box_of(data: Dataset) -> tuple[Tensor, Tensor]:
    return data.x.amin(dim=0), data.x.amax(dim=0)


@KINDS
def test_a_path_leads_from_the_data_to_the_end(kind: CorruptionName) -> None:
    header, arrays, x = path(kind=kind, n=4000)
    dataset = make_dataset("s_curve", 4000, seed=0)
    data, x = dataset.x, in_network_units(x, dataset)
    torch.testing.assert_close(x[0], data, atol=4e-4, rtol=0)
    assert len(x) == len(header["labels"]) == 51
    assert header["labels"][25] == "amount 0.50"
    assert arrays["color"].max() == 255
    low, high = box_of(dataset)
    end = x[-1]
    if kind == "gaussian":
        torch.testing.assert_close(end.std(dim=0), torch.ones(2), atol=0.05, rtol=0)
    elif kind == "uniform":
        torch.testing.assert_close(end.std(dim=0), (high - low) / 12**0.5, atol=0.03, rtol=0)
    elif kind == "salt_and_pepper":
        corners = torch.cartesian_prod(
            torch.stack([low[0], high[0]]), torch.stack([low[1], high[1]])
        )
        assert torch.cdist(end, corners).amin(dim=1).max() < 1e-3
    elif kind == "poisson":
        torch.testing.assert_close(end, low.expand(4000, 2), atol=1e-3, rtol=0)
    else:
        assert np.corrcoef(end[:, 1], data[:, 1])[0, 1] > 0.25  # the data are still in there


@pytest.mark.parametrize(("amount", "decibel"), [(10, 6.0), (25, 0.0), (45, -9.5)])
def test_the_snr_of_gaussian_noise_is_that_of_the_schedule(amount: int, decibel: float) -> None:
    header, *_ = path(n=10_000)
    theory, measured = (column(header, "SNR", name) for name in ("theory", "measured"))
    assert theory[0] == measured[0] == "∞ dB"
    assert (theory[-1], measured[-1]) == ("−∞ dB", "< −30 dB")
    assert number(theory[amount]) == pytest.approx(decibel, abs=0.06)
    assert number(measured[amount]) == pytest.approx(decibel, abs=0.3)


@KINDS
def test_what_is_measured_is_what_theory_says(kind: CorruptionName) -> None:
    header, *_ = path(kind=kind, n=10_000)
    for amount in (5, 20, 35, 45):
        pairs = {
            row: [number(column(header, row, name)[amount]) for name in ("measured", "theory")]
            for row in noise.ROWS
        }
        measured, theory = pairs["SNR"]
        if theory > -15:
            assert measured == pytest.approx(theory, abs=0.6)
        for row in ("std of x", "std of y"):
            assert pairs[row][0] == pytest.approx(pairs[row][1], rel=0.06)
        measured, theory = pairs["correlation with x₀"]
        assert measured == pytest.approx(theory, abs=0.04)


@pytest.mark.parametrize("a", [0.0, 0.3, 0.8, 1.0])
def test_theory_by_closed_forms(a: float) -> None:
    """For standardised data, where the powers are numbers alone."""
    data = make_dataset("moons", 3000, seed=1)
    low, high = box_of(data)
    at = noise.AMOUNTS.index(a)
    half = ((high - low) / 2).square().mean().item()
    off = (data.x - (low + high) / 2).square().mean().item()  # from the middle of the box
    tail = (data.x - low).square().mean().item()
    powers = {
        "gaussian": (1 - a, a),
        "additive": (1, 9 * a**2),
        "uniform": ((1 - a) ** 2, a**2 * half / 3),
        "salt_and_pepper": ((1 - a) ** 2, (1 - a) * a * off + a * half),
        "multiplicative": (1, a**2 * tail),
    }
    for kind, (signal, rest) in powers.items():
        corruption = CORRUPTIONS[kind]  # type: ignore[index]
        found = noise.in_theory(corruption, data.x, Box(low, high))[at]
        assert found[0].item() == pytest.approx(signal, abs=1e-4)
        assert found[1].item() == pytest.approx(rest, abs=1e-4, rel=1e-4)
        assert found[2:4].square().mean().item() == pytest.approx(signal + rest, rel=1e-3)
        assert found[4].item() == pytest.approx(math.sqrt(signal / (signal + rest)), abs=1e-3)


@pytest.mark.parametrize(
    ("signal", "rest", "floor", "said"),
    [
        (0, 0, 0, "–"),
        (1e-15, 1e-16, 0, "–"),
        (1, 0, 0, "∞ dB"),
        (0, 1, 0, "−∞ dB"),
        (1e-12, 1, 0, "−∞ dB"),
        (1, 1, 0, "0.0 dB"),
        (1, 100, 0.005, "−20.0 dB"),
        (1, 1000, 0.005, "< −23 dB"),
    ],
)
def test_decibels(signal: float, rest: float, floor: float, said: str) -> None:
    assert noise.decibels(signal, rest, floor) == said


def test_too_few_points_measure_nothing() -> None:
    header, *_ = path(n=8)
    assert set(column(header, "SNR", "measured")) == {"–"}
    assert set(column(header, "correlation with x₀", "measured")) == {"–"}
    assert column(header, "SNR", "theory")[25] == "0.0 dB"


def test_the_end_of_poisson_has_nothing_to_compare() -> None:
    header, *_ = path(kind="poisson")
    for name in ("measured", "theory"):
        assert column(header, "SNR", name)[-1] == "–"
        assert column(header, "std of x", name)[-1] == "0.00"
        assert column(header, "correlation with x₀", name)[-1] == "–"


# --- what is drawn ---


@pytest.mark.parametrize("dataset", ["s_curve", "gaussians", "moons"])
def test_the_main_kinds_share_a_picture_with_all_points_on_it(dataset: str) -> None:
    found = []
    for kind in MAIN_CORRUPTIONS:
        header, arrays, _ = path(kind=kind, dataset=dataset, seed=3)
        assert "too far out to be seen" not in header["facts"]
        assert arrays["frames"].min() > 0
        assert arrays["frames"].max() < 65535
        found.append(header["limits"])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("kind", FURTHER)
def test_long_tails_are_cut_and_counted(kind: CorruptionName) -> None:
    header, arrays, _ = path(kind=kind)
    usual = path(kind="gaussian")[0]["limits"]
    limits = header["limits"]
    assert limits[0] <= usual[0]
    assert limits[1] >= usual[1]
    assert limits[1] - limits[0] < 4 * (usual[1] - usual[0])
    cut = ((arrays["frames"] == 0) | (arrays["frames"] == 65535)).any(axis=2).sum(axis=1)
    told = [
        int(text.split()[0].replace(",", "")) for text in header["facts"]["too far out to be seen"]
    ]
    assert abs(np.array(told) - cut).max() <= 1  # one may be rounded to the edge
    assert told[0] == 0
    assert 0 < max(told) < 400
    assert header["facts"]["too far out to be seen"][0] == "0 of 2,000 points"


def test_the_histograms_are_compared_with_the_kinds_own_end() -> None:
    data = make_dataset("s_curve", 2000, seed=0)
    low, high = (data.to_data_units(edge.double()).tolist() for edge in box_of(data))
    priors = {kind: path(kind=kind)[0]["prior"] for kind in CORRUPTION_NAMES}
    for prior in priors.values():
        assert prior["scale"] == data.scale.tolist()
    assert priors["gaussian"]["end"] == "normal"
    assert priors["gaussian"]["mean"] == data.mean.tolist()
    assert priors["uniform"]["end"] == "flat"
    assert priors["uniform"]["low"] == pytest.approx(low)
    assert priors["uniform"]["high"] == pytest.approx(high)
    assert priors["salt_and_pepper"]["end"] == priors["poisson"]["end"] == "places"
    assert priors["salt_and_pepper"]["places"] == [
        pytest.approx([low[axis], high[axis]]) for axis in range(2)
    ]
    assert priors["poisson"]["places"] == [pytest.approx([low[axis]]) for axis in range(2)]
    for kind, prior in priors.items():
        assert bool(prior["word"]) is CORRUPTIONS[kind].forgets
        assert (prior["end"] == "open") is not CORRUPTIONS[kind].forgets


@KINDS
def test_points_of_ones_own_on_a_line(kind: CorruptionName) -> None:
    points = np.stack([np.linspace(5, 9, 60), np.full(60, 3.0)], axis=1)
    header, _, x = path(kind=kind, dataset=keep_points(points, np.linspace(0, 1, 60)))
    assert torch.isfinite(x).all()
    torch.testing.assert_close(x[0].numpy(), points, atol=5e-3, rtol=0, check_dtype=False)
    assert header["name"] == "own"


# --- words ---


@KINDS
def test_every_amount_has_its_words(kind: CorruptionName) -> None:
    header, *_ = path(kind=kind)
    texts, formulas = header["descriptions"], header["facts"]["x ="]
    assert len(texts) == len(formulas) == 51
    assert len(set(texts)) == len(set(formulas)) == 51
    assert formulas[0] == "x₀"
    assert texts[0].startswith("The data")
    assert header["notes"] == [noise_words.note(kind)]


def test_formulas_have_the_numbers_of_the_amount() -> None:
    said = {kind: noise_words.formula(kind, 0.5) for kind in CORRUPTION_NAMES}
    assert said == {
        "gaussian": "0.71 x₀ + 0.71 ε",
        "salt_and_pepper": "x₀ (50 %), salt or pepper (25 % each)",
        "uniform": "0.50 x₀ + 0.50 u",
        "additive": "x₀ + 1.50 ε",
        "poisson": "N / k, k = 10",
        "multiplicative": "x₀ · (0.50 + 0.50 g)",
    }


@pytest.mark.parametrize("kind", ["poisson", "multiplicative"])
def test_shifted_points_are_said_to_be(kind: CorruptionName) -> None:
    assert "he points are shifted first" in noise_words.note(kind)


@pytest.mark.parametrize(("kind", "share"), [("salt_and_pepper", "36 %"), ("uniform", "40 %")])
def test_descriptions_count_right(kind: CorruptionName, share: str) -> None:
    assert share in noise_words.describe(kind, 0.4)


def test_untouched_points_are_as_many_as_said() -> None:
    *_, x = path(kind="salt_and_pepper", n=10_000)
    kept = (x[20] == x[0]).double()  # amount 0.4
    assert kept.all(dim=1).double().mean().item() == pytest.approx(0.36, abs=0.02)
    assert (kept.sum(dim=1) == 1).double().mean().item() == pytest.approx(0.48, abs=0.02)
