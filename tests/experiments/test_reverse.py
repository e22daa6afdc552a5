"""The way back, as the page gets it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from explainer.config import TrainConfig
from explainer.data import make_dataset
from explainer.experiments import common, reverse
from explainer.frames import decode
from explainer.metrics import sliced_wasserstein
from explainer.own import keep_model
from explainer.page_settings import SampleSettings
from explainer.presets import PRESETS
from explainer.quality import reference
from explainer.shipped import shipped_models
from tests.experiments.clouds import clouds, in_network_units
from tests.made_models import SMALL, model_bytes


@pytest.mark.parametrize(
    ("sampler", "steps"),
    [("ddpm", 20), ("ddim", 5), ("ddim", 20), ("dpm", 10)],
    ids=lambda v: str(v),
)
def test_sample_path_states_its_cost_and_its_own_distance(sampler: str, steps: int) -> None:
    data = reverse.sample_path({"sampler": sampler, "steps": steps, "n": 1000})
    header, arrays, x = clouds(data)
    assert len(x) == steps + 1
    assert header["cost"]["evaluations"] == steps
    assert arrays["x0_hat"].shape == arrays["frames"].shape
    distance = sliced_wasserstein(x[-1] / 10, reference("s_curve", 10_000))
    assert header["cost"]["swd"] == pytest.approx(distance, abs=2e-4)
    assert header["cost"]["swd"] < 0.03  # an S: noise would have 0.1
    assert header["cost"]["told"][0][0] == str(steps)
    assert header["cost"]["told"][2][0] == f"{header['cost']['swd']:.4f}"
    assert f"{header['cost']['real']:.4f}" in header["cost"]["mark"]


def test_both_samplers_start_from_the_same_noise_and_eta_0_repeats_itself() -> None:
    ddpm = clouds(reverse.sample_path({"sampler": "ddpm", "steps": 10, "n": 200}))[2]
    ddim = clouds(reverse.sample_path({"sampler": "ddim", "steps": 10, "n": 200}))[2]
    noise = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    x_T = make_dataset("s_curve", PRESETS["fast"].n_points, seed=0).to_data_units(noise)
    torch.testing.assert_close(ddpm[0], x_T, atol=2e-4, rtol=0)
    torch.testing.assert_close(ddim[0], x_T, atol=2e-4, rtol=0)
    assert (ddpm[-1] - ddim[-1]).abs().max() > 0.3


def test_exact_denoiser_lands_on_its_data() -> None:
    *_, x = clouds(reverse.sample_path({"model": "exact-moons", "sampler": "ddim", "n": 100}))
    data = make_dataset("moons", common.EXACT_POINTS, seed=0)
    end = in_network_units(x[-1], data)
    assert torch.cdist(end, data.x).amin(dim=1).max() < 0.06  # the last level has noise 0.03


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"steps": 101}, "steps must be at most 100"),
        ({"eta": 1.5}, "eta must be"),
        ({"model": "../../etc/passwd"}, "model must be one of"),
        ({"n": float("nan")}, "n must be"),
    ],
)
def test_bad_settings_are_named(fields: dict[str, Any], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        SampleSettings(**fields)


@pytest.mark.parametrize(
    ("model", "all_seen"), [("moons-fast", True), ("s_curve-tutorial-4000", False)]
)
def test_points_that_start_outside_the_picture_are_told(model: str, all_seen: bool) -> None:
    header, arrays = decode(reverse.sample_path({"model": model, "steps": 5, "n": 500}))
    first = arrays["frames"][0]
    hidden = int(((first == 0) | (first == 65535)).any(axis=1).sum())
    told = [note for note in header["notes"] if "outside" in note]
    assert (hidden == 0) == all_seen
    assert told == (
        []
        if all_seen
        else [f"{hidden} points start outside this picture: the noise is far wider than the data"]
    )


def test_an_exact_denoiser_takes_any_schedule_and_a_network_its_own() -> None:
    header, *_ = clouds(
        reverse.sample_path({"model": "exact-moons", "schedule": "linear", "n": 50})
    )
    assert header["facts"]["ᾱₜ"][0] == "0.3636"
    with pytest.raises(ValueError, match="schedule can be chosen for an exact denoiser only"):
        SampleSettings(model="moons-fast", schedule="linear")


def test_ones_own_points_have_an_exact_denoiser_and_a_baseline(own_points: str) -> None:
    header, _, x = clouds(
        reverse.sample_path({"model": f"exact-{own_points}", "sampler": "ddim", "n": 200})
    )
    data = make_dataset(own_points, 10_000, seed=0)
    assert torch.cdist(in_network_units(x[-1], data), data.x).amin(dim=1).max() < 0.06
    assert "two halves of these data are at" in header["cost"]["mark"]
    assert header["cost"]["real"] > 0


def kept(config: TrainConfig = SMALL, **options: Any) -> str:
    return keep_model(model_bytes(config, **options))


@pytest.mark.parametrize(
    "changes",
    [
        {"T": 2},
        {"T": 1000},
        {"scaling": "tutorial", "schedule": "tutorial", "network": "tutorial", "objective": "eps"},
        {"time_embedding": "none", "activation": "silu"},
        {"zero_terminal_snr": True, "objective": "x0"},
        {"n_points": 2},
        {"width": 256, "depth": 5, "schedule": "linear"},
    ],
    ids=str,
)
@pytest.mark.parametrize("sampler", ["ddpm", "ddim"])
def test_a_kept_model_of_any_kind_is_walked_back(changes: dict[str, Any], sampler: str) -> None:
    config = SMALL.replace(**changes)
    steps = min(config.T, 100)
    settings = {"model": kept(config), "sampler": sampler, "steps": steps, "n": 50}
    header, _, x = clouds(reverse.sample_path(settings))
    assert len(x) == steps + 1
    assert torch.isfinite(x).all()
    assert header["labels"][0] == f"t = {config.T} of {config.T}"
    assert header["name"] == f"own {steps} steps"


def test_a_kept_model_is_the_one_that_was_trained() -> None:
    moons = keep_model(shipped_models()["moons-fast"].path.read_bytes())
    settings = {"sampler": "ddim", "steps": 20, "n": 300}
    ours = reverse.sample_path({"model": moons, **settings})
    shipped = reverse.sample_path({"model": "moons-fast", **settings})
    assert torch.equal(clouds(ours)[2], clouds(shipped)[2])


def test_a_model_of_ones_own_points_and_schedule(own_points: str, own_schedule: str) -> None:
    model = kept(SMALL.replace(dataset=own_points, schedule=own_schedule))
    header, _, x = clouds(reverse.sample_path({"model": model, "steps": 10, "n": 50}))
    assert abs(x[0].mean(dim=0) - torch.tensor([50.0, -7.0])).max() < 3, "in the points' own units"
    assert "two halves of these data are at" in header["cost"]["mark"]


def test_a_model_whose_points_are_gone_is_told_in_a_sentence() -> None:
    model = kept(SMALL.replace(dataset="own-0123456789abcdef"))
    with pytest.raises(ValueError, match=r"^The points that this model was trained on are no lon"):
        reverse.sample_path({"model": model, "steps": 10})


def test_samples_beyond_all_numbers_are_told_in_a_sentence() -> None:
    model = kept(SMALL.replace(objective="x0"), grown=1e12)
    with pytest.raises(ValueError, match=r"^The samples of this model grow beyond all numbers"):
        reverse.sample_path({"model": model, "steps": 10, "n": 50})


def test_samples_far_away_are_shown_beside_the_data() -> None:
    model = kept(SMALL.replace(objective="x0"), grown=1e3)
    header, *_ = clouds(reverse.sample_path({"model": model, "steps": 1, "n": 50}))
    assert header["cost"]["swd"] > 1e4
    assert " · 10" in header["cost"]["told"][2][0], "a number with twenty digits tells nothing"
