"""What the page asks for is what the core computes."""

from __future__ import annotations

import base64
import time
from typing import Any

import numpy as np
import pytest
import torch

from explainer.checkpoints import from_bytes
from explainer.config import PRESETS, TrainConfig
from explainer.data import make_dataset
from explainer.experiments import common, forward, learning, noise, reverse
from explainer.figures.schedules import QUANTITIES
from explainer.frames import decode, dequantise
from explainer.jobs import JobStore, WorkerPool, run_inline
from explainer.metrics import sliced_wasserstein
from explainer.page_settings import SampleSettings
from explainer.quality import reference
from explainer.schedules import make_schedule

TINY = TrainConfig(
    n_points=500, T=20, width=16, batch_size=100, steps=20, preview_points=50, preview_steps=5
)


def clouds(data: bytes) -> tuple[dict[str, Any], dict[str, Any], torch.Tensor]:
    header, arrays = decode(data)
    return header, arrays, torch.from_numpy(dequantise(arrays["frames"], header["limits"])).float()


@pytest.mark.parametrize("way", ["jump", "walk"])
def test_forward_process_has_the_marginal_of_theory(way: str) -> None:
    data = forward.forward_process({"way": way, "n": 10_000, "schedule": "linear"})
    header, arrays, x = clouds(data)
    assert x.shape == (101, 10_000, 2)
    assert arrays["color"].shape == (10_000,)
    x_0 = make_dataset("s_curve", 10_000, seed=0).x
    torch.testing.assert_close(x[0], x_0, atol=2e-4, rtol=0)
    schedule = make_schedule("linear", 100)
    for t in (0, 49, 99):
        abar = schedule.alpha_bar(t)
        residual = x[t + 1] - abar**0.5 * x_0  # sqrt(1 - abar) eps
        assert residual.mean().abs() < 0.03
        assert residual.std().item() == pytest.approx((1 - abar) ** 0.5, rel=0.03)
    assert header["labels"][0].startswith("t = 0 of 100 · signal 100 % · noise 0 %")
    assert header["labels"][-1].startswith("t = 100 of 100 · signal 36 % · noise 64 %")
    assert all(len(values) == 101 for values in header["facts"].values())


def test_the_jump_keeps_its_noise_and_the_walk_does_not() -> None:
    *_, jump = clouds(forward.forward_process({"n": 500, "schedule": "linear"}))
    x_0, schedule = jump[0], make_schedule("linear", 100)
    eps = [
        (jump[t + 1] - schedule.alpha_bar(t) ** 0.5 * x_0) / (1 - schedule.alpha_bar(t)) ** 0.5
        for t in (40, 90)
    ]
    torch.testing.assert_close(*eps, atol=2e-3, rtol=0)
    *_, walk = clouds(forward.forward_process({"n": 500, "schedule": "linear", "way": "walk"}))
    assert (walk[41] - jump[41]).abs().max() > 0.5


@pytest.mark.parametrize(
    ("schedule", "says"), [("tutorial", "78 % of the power"), ("cosine", "nothing of the data")]
)
def test_forward_process_says_whether_the_data_is_gone(schedule: str, says: str) -> None:
    header, *_ = clouds(forward.forward_process({"n": 50, "schedule": schedule}))
    assert says in header["summary"]


def test_long_processes_are_shown_in_101_frames() -> None:
    header, _, x = clouds(forward.forward_process({"n": 50, "T": 1000, "way": "walk"}))
    assert len(x) == len(header["labels"]) == 101
    assert header["labels"][-1].startswith("t = 1000 of 1000")
    assert len(header["strip"]["indices"]) == len(header["strip"]["titles"]) == 20
    assert header["strip"]["titles"][1] == "q(x₅₀)"


def test_a_short_process_shows_no_snapshot_twice() -> None:
    header, *_ = clouds(forward.forward_process({"n": 50, "T": 10}))
    titles = header["strip"]["titles"]
    assert titles[:3] == ["q(x₀)", "q(x₁)", "q(x₂)"]
    assert len(set(titles)) == len(titles)


def test_schedule_figures_draw_the_schedules() -> None:
    figures = forward.schedule_figures({"T": 30, "schedules": "sigmoid,linear"})
    assert list(figures) == list(QUANTITIES)
    traces = figures["betas"]["data"]
    assert [trace["name"] for trace in traces] == ["linear", "sigmoid"]
    assert figures["snr"]["layout"]["yaxis"]["type"] == "log"
    assert figures["betas"]["layout"]["yaxis"]["type"] == "linear"
    y = traces[0]["y"]
    values = np.frombuffer(base64.b64decode(y["bdata"]), dtype=y["dtype"])
    np.testing.assert_allclose(values, make_schedule("linear", 30).betas.numpy())


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


@pytest.mark.parametrize(
    ("sampler", "steps"), [("ddpm", 20), ("ddim", 5), ("ddim", 20)], ids=lambda v: str(v)
)
def test_sample_path_states_its_cost_and_its_own_distance(sampler: str, steps: int) -> None:
    data = reverse.sample_path({"sampler": sampler, "steps": steps, "n": 1000})
    header, arrays, x = clouds(data)
    assert len(x) == steps + 1
    assert header["cost"]["evaluations"] == steps
    assert arrays["x0_hat"].shape == arrays["frames"].shape
    dataset = make_dataset("s_curve", PRESETS["fast"].n_points, seed=0)
    distance = sliced_wasserstein(dataset.to_data_units(x[-1]) / 10, reference("s_curve", 10_000))
    assert header["cost"]["swd"] == pytest.approx(distance, abs=2e-4)
    assert header["cost"]["swd"] < 0.03  # an S: noise would have 0.1
    assert f"{header['cost']['swd']:.4f}" in header["notes"][1]


def test_both_samplers_start_from_the_same_noise_and_eta_0_repeats_itself() -> None:
    ddpm = clouds(reverse.sample_path({"sampler": "ddpm", "steps": 10, "n": 200}))[2]
    ddim = clouds(reverse.sample_path({"sampler": "ddim", "steps": 10, "n": 200}))[2]
    x_T = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ddpm[0], x_T, atol=2e-4, rtol=0)
    torch.testing.assert_close(ddim[0], x_T, atol=2e-4, rtol=0)
    assert (ddpm[-1] - ddim[-1]).abs().max() > 0.3


def test_exact_denoiser_lands_on_its_data() -> None:
    *_, x = clouds(reverse.sample_path({"model": "exact-moons", "sampler": "ddim", "n": 100}))
    data = make_dataset("moons", common.EXACT_POINTS, seed=0).x
    assert torch.cdist(x[-1], data).amin(dim=1).max() < 0.06  # the last level has noise 0.03


@pytest.mark.parametrize("kind", ["gaussian", "salt_and_pepper", "uniform"])
def test_corruption_path_goes_from_data_to_end(kind: str) -> None:
    header, arrays, x = clouds(noise.corruption_path({"kind": kind, "n": 4000}))
    data = make_dataset("s_curve", 4000, seed=0).x
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


def test_floor_is_lower_than_any_training_reaches() -> None:
    result = learning.floor({"T": 20, "objective": "v"})
    assert len(result["per_t"]) == 20
    assert result["mean"] == pytest.approx(np.mean(result["per_t"]))
    assert 0.5 < result["mean"] < 1  # v of standardised data has variance 1


def test_live_training_reports_what_train_yields() -> None:
    reports = list(run_inline("explainer.experiments.learning:live_training", TINY.model_dump()))
    assert [report.series["step"] for report in reports] == [[0.0], [10.0], [20.0]]
    assert [report.progress for report in reports] == [0, 0.5, 1]
    header, arrays = decode(reports[-1].frame or b"")
    assert header["labels"] == ["step 20 of 20"]
    assert arrays["frames"].shape == (1, 50, 2)
    assert reports[0].result is None
    assert reports[-1].result is not None


def test_shipped_tutorial_run_is_its_five_epochs() -> None:
    header, _, x = clouds(learning.shipped_run({"preset": "tutorial", "n": 200}))
    assert [label.rsplit(" ", 1)[-1] for label in header["labels"]] == [
        "0", "1,000", "2,000", "3,000", "4,000",
    ]  # fmt: skip
    # What is outside the picture lies on its edge: an untrained network draws no S.
    assert (x[0].abs() > 0.25).any(dim=1).double().mean() > 0.5
    assert (x[-1].abs() > 0.25).any(dim=1).double().mean() < 0.05


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


def test_a_worker_process_gives_the_same_bits_as_this_one_and_two_at_once_do_not_mix() -> None:
    fields = TINY.model_dump()
    inline = list(run_inline("explainer.experiments.learning:live_training", fields))
    store = JobStore(WorkerPool(workers=1, setup="explainer.experiments.common:set_up_worker"))
    try:
        other = TINY.replace(seed=1).model_dump()
        runs = [
            store.submit("explainer.experiments.learning:live_training", asked, visitor=name)
            for name, asked in (("one", fields), ("two", other), ("three", fields))
        ]
        deadline = time.monotonic() + 60
        while any(store.poll(run).status in ("queued", "running") for run in runs):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        views = [store.poll(run) for run in runs]
        assert [view.status for view in views] == ["done"] * 3
        first, second, third, here = (
            from_bytes(data or b"").parameters
            for data in (*(store.result(run) for run in runs), inline[-1].result)
        )
        for name, weights in here.items():
            assert torch.equal(first[name], weights)
            assert torch.equal(third[name], weights)
            assert not torch.equal(second[name], weights)
        losses = [value for report in inline for value in report.series["loss"]]
        assert views[0].series["loss"] == views[2].series["loss"] == losses
        assert views[0].frames[-1][1] == inline[-1].frame
    finally:
        store.close()


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
