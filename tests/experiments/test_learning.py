"""Training, as the page gets it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from explainer.checkpoints import from_bytes
from explainer.config import TrainConfig
from explainer.experiments import learning
from explainer.frames import decode
from explainer.jobs import JobStore, WorkerPool, run_inline
from explainer.own import FOLDER_VARIABLE
from explainer.schedules import _cached, make_schedule
from tests.experiments.clouds import clouds

TINY = TrainConfig(
    n_points=500, T=20, width=16, batch_size=100, steps=20, preview_points=50, preview_steps=5
)


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
    assert (x[0].abs() > 2.5).any(dim=1).double().mean() > 0.5
    assert (x[-1].abs() > 2.5).any(dim=1).double().mean() < 0.05


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


def test_ones_own_points_can_be_learnt(own_points: str) -> None:
    config = TINY.replace(dataset=own_points)
    reports = list(run_inline("explainer.experiments.learning:live_training", config.model_dump()))
    assert reports[-1].progress == 1
    assert reports[-1].series["validation_loss"][0] < reports[0].series["validation_loss"][0]
    assert from_bytes(reports[-1].result or b"").config.dataset == own_points


def test_a_checkpoint_brings_ones_own_schedule_along(
    own_schedule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TINY.replace(schedule=own_schedule)
    reports = run_inline("explainer.experiments.learning:live_training", config.model_dump())
    data = list(reports)[-1].result or b""
    expected = make_schedule(own_schedule, config.T).betas
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))  # another server, which has nothing
    _cached.cache_clear()
    with pytest.raises(ValueError, match="no longer here"):
        make_schedule(own_schedule, config.T)
    assert torch.equal(from_bytes(data).schedule().betas, expected)
