"""Training, as the page gets it: the same bits however it is looked at, and news in time."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from explainer.checkpoints import Checkpoint, from_bytes
from explainer.config import TrainConfig
from explainer.experiments import learning
from explainer.experiments.learning import BYTES_A_SECOND, PICTURE_EVERY, REST, SMALL, TURN, LiveRun
from explainer.folder import FOLDER_VARIABLE
from explainer.frames import decode
from explainer.jobs import JobStore, Report, WorkerPool, run_inline
from explainer.own import forget, keep_curve, keep_model
from explainer.presets import PRESETS
from explainer.schedules import _cached, make_schedule
from explainer.snapshots import Snapshot, TrainingDiverged
from explainer.trainer import Trainer
from explainer.training import train
from tests.experiments.clouds import clouds
from tests.made_models import model_bytes

TARGET = "explainer.experiments.learning:live_training"
TINY = TrainConfig(
    n_points=500, T=20, width=16, batch_size=100, steps=20, preview_points=50, preview_steps=5
)
LIVE = ("queued", "running", "paused")
LONG = TINY.replace(steps=1000, snapshot_every=1000, width=8, depth=1, batch_size=20)


@cache
def whole(config: TrainConfig) -> list[Snapshot]:
    """Return the run as it is when nobody looks."""
    return list(train(config))


def run_of(config: TrainConfig = TINY, **more: Any) -> Any:
    """Return a generator of reports, as a worker gets it."""
    return run_inline(TARGET, {"config": config.model_dump(), **more})


def checkpoint_of(reports: list[Report]) -> Checkpoint:
    data = [report.result for report in reports if report.result is not None][-1]
    return from_bytes(data)


def values(reports: list[Report], name: str) -> list[float]:
    return [value for report in reports for value in report.series.get(name, [])]


def assert_same_weights(checkpoint: Checkpoint, snapshot: Snapshot) -> None:
    """Bit for bit, and so is all that goes on from there."""
    state = checkpoint.state
    assert state is not None
    assert state.step == snapshot.state.step
    assert torch.equal(state.generator, snapshot.state.generator)
    for name, tensor in snapshot.parameters.items():
        assert torch.equal(checkpoint.parameters[name], tensor), name
    for group in ("weights", "average", "exp_avg", "exp_avg_sq"):
        for name, tensor in getattr(snapshot.state, group).items():
            assert torch.equal(getattr(state, group)[name], tensor), f"{group} {name}"


# --- the same bits ---

STEP = ("step",)
# What a run is told before each of its turns, until nothing is left to be told.
TOLD: dict[str, list[tuple[str, ...] | None]] = {
    "nothing": [],
    "every step by itself": [STEP] * 20,
    "some at once": [STEP, ("step", "step", "step"), None, STEP],
    "one step a turn": [("pace-1",)],
    "ten steps a turn": [("pace-10",)],
    "another pace on the way": [("pace-1",), None, None, STEP, ("pace-10",), None, ("pace-full",)],
    "saved at odd moments": [STEP, ("save",), ("step", "save"), ("pace-1", "save"), None],
    "what means nothing": [("dance",), ("pace-7",), None],
}  # fmt: skip
every_way = pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)


def drive(run: Any, told: list[Any], reports: list[Report]) -> None:
    """Take all turns of a run; between them it is told something, and then nothing more."""
    reports.append(next(run))
    with contextlib.suppress(StopIteration):
        for messages in itertools.chain(told, itertools.repeat(None)):
            reports.append(run.send(messages))


def driven(config: TrainConfig, told: list[Any], **more: Any) -> list[Report]:
    reports: list[Report] = []
    drive(run_of(config, **more), told, reports)
    return reports


# Epochs of five steps, a random preview and another optimiser; and as the fast recipe does it.
WAYS = {
    "stratified": TINY,
    "epochs": TINY.replace(
        t_sampling="antithetic", batch_size=96, n_points=470, preview_eta=1.0, ema=0.0,
        optimizer="adamw", weight_decay=0.1,
    ),
}  # fmt: skip
every_config = pytest.mark.parametrize("config", WAYS.values(), ids=WAYS)


@every_way
@every_config
def test_a_run_ends_with_the_same_bits_however_it_is_driven(
    config: TrainConfig, told: list[Any]
) -> None:
    reports = driven(config, told)
    *_, last = whole(config)
    assert reports[-1].progress == 1
    assert_same_weights(checkpoint_of(reports), last)
    assert values(reports, "step") == list(range(1, 21))
    fine = whole(config.replace(snapshot_every=1))[1:]
    assert values(reports, "loss") == [snapshot.loss for snapshot in fine]


@pytest.mark.parametrize("every", [1, 3, 1000])
def test_pictures_at_other_moments_change_nothing(every: int) -> None:
    watched = TINY.replace(snapshot_every=every, preview_points=7, preview_steps=2)
    *_, last = whole(TINY)
    assert_same_weights(checkpoint_of(driven(watched, [])), last)


@pytest.mark.parametrize(
    ("before", "pace"), [(0, "pace-full"), (7, "pace-1"), (7, "pace-full"), (19, "pace-10")]
)
@every_config
def test_a_run_that_was_kept_goes_on_to_the_same_bits(
    config: TrainConfig, before: int, pace: str
) -> None:
    run = run_of(config)
    next(run)
    for _ in range(before):
        run.send(STEP)
    saved = run.send(("save",))
    run.close()
    name = keep_model(saved.result)
    reports = driven(config, [], goes_on_from=name, pace=pace)
    *_, last = whole(config)
    assert values(reports[:1], "shown") == [before]
    assert values(reports[:1], "seen") == [before * config.batch_size]
    assert values(reports, "step") == list(range(before + 1, 21))
    assert_same_weights(checkpoint_of(reports), last)


def test_a_finished_run_goes_on_to_its_end_at_once() -> None:
    before = driven(TINY, [])[-1].result or b""
    (only,) = driven(TINY, [], goes_on_from=keep_model(before))
    assert only.progress == 1
    assert only.result == before


def test_no_run_goes_on_without_its_optimiser() -> None:
    name = keep_model(model_bytes(TINY, step=3))
    with pytest.raises(ValueError, match="holds no optimiser: no run can go on from it"):
        next(run_of(TINY, goes_on_from=name))
    with pytest.raises(ValueError, match="no longer on the server"):
        next(run_of(TINY, goes_on_from="own-0123456789abcdef"))


def test_a_worker_process_gives_the_same_bits_as_this_one_and_some_at_once_do_not_mix() -> None:
    inline = driven(TINY, [])
    store = JobStore(WorkerPool(workers=1, setup="explainer.experiments.common:set_up_worker"))
    try:
        fields, other = ({"config": TINY.replace(seed=seed).model_dump()} for seed in (0, 1))
        slow = {**fields, "pace": "pace-1"}
        one, two, three = (
            store.submit(TARGET, asked, visitor=name, held=name == "three")
            for name, asked in (("one", fields), ("two", other), ("three", slow))
        )
        for message in ("step", "save", "pace-10", "step"):  # while it is paused
            store.tell(three, message)
        wait_until(lambda: 2 in store.poll(three).series.get("step", []))
        assert store.poll(three).status == "paused"
        assert store.poll(three).series["step"] == [1, 2]
        assert len(store.poll(three).series["saved"]) == 1
        assert store.poll(three).has_result
        store.tell(three, "pace-full")
        store.resume(three)
        runs = (one, two, three)
        wait_until(lambda: all(store.poll(run).status not in LIVE for run in runs))
        assert [store.poll(run).status for run in runs] == ["done"] * 3
        first, second, third, here = (
            from_bytes(data or b"").parameters
            for data in (*(store.result(run) for run in runs), inline[-1].result)
        )
        for name, weights in here.items():
            assert torch.equal(first[name], weights)
            assert torch.equal(third[name], weights)
            assert not torch.equal(second[name], weights)
        losses = values(inline, "loss")
        assert store.poll(one).series["loss"] == store.poll(three).series["loss"] == losses
        assert store.poll(two).series["loss"] != losses
        assert store.poll(one).frames[-1][1] == inline[-1].frame
    finally:
        store.close()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- news ---


def test_live_training_tells_what_train_yields() -> None:
    reports = driven(TINY, [])
    snapshots = whole(TINY)
    assert values(reports, "shown") == [snapshot.step for snapshot in snapshots] == [0, 10, 20]
    expected = [snapshot.validation_loss for snapshot in snapshots]
    assert values(reports, "validation") == expected
    assert len(values(reports, "swd")) == 3
    assert values(reports, "smooth")[0] == values(reports, "loss")[0]
    assert values(reports, "saved") == []
    assert [report.progress for report in reports if report.frame] == [0, 0.5, 1]
    header, arrays = decode(reports[-1].frame or b"")
    assert header["labels"] == ["step 20 of 20"]
    assert arrays["frames"].shape == (1, 50, 2)
    assert "color" not in arrays
    assert "color" in decode(reports[0].frame or b"")[1]
    assert [bool(report.result) for report in reports] == [bool(r.frame) for r in reports]
    assert [report.last for report in reports] == [False] * (len(reports) - 1) + [True]
    assert values(reports, "seen")[-1] == 20 * 100
    checkpoint = checkpoint_of(reports)
    assert checkpoint.config == TINY
    assert checkpoint.info["step"] == 20
    assert checkpoint.info["validation_loss"] == pytest.approx(expected[-1], abs=1e-5)


def test_the_last_loss_is_told_however_a_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explainer.experiments.losses.MOST", 5)
    assert values(driven(TINY.replace(steps=7), []), "step") == [2, 4, 6, 7]
    reports, _ = told_until_it_diverges(RATE, [])
    assert values(reports, "step") == [2]  # of groups of eighty


class Clock:
    """Time that passes only when a step is done or a picture is taken."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def timed(step: float, picture: float = 0.0, config: TrainConfig = LONG, **more: Any) -> LiveRun:
    """Return a run whose steps and pictures take so many seconds."""
    clock = Clock()
    run = LiveRun(config, clock=clock, **more)
    advance, snapshot = run.trainer.advance, run.trainer.snapshot

    def slowly(doing: Callable[..., Any], seconds: float) -> Callable[..., Any]:
        def done(*args: Any) -> Any:
            clock.now += seconds
            return doing(*args)

        return done

    run.trainer.advance = slowly(advance, step)  # type: ignore[method-assign]
    run.trainer.snapshot = slowly(snapshot, picture)  # type: ignore[method-assign]
    return run


def turns(run: LiveRun, n: int) -> Iterator[tuple[int, Report]]:
    """Take some turns; each with the number of steps done by then."""
    run.picture()
    for _ in range(n):
        report = run.turn()
        yield run.trainer.step, report


def test_a_turn_is_as_many_steps_as_fit_into_it() -> None:
    # Sums of 0.02 are not exact: the third step reaches 0.06, beyond 0.05.
    got = list(turns(timed(0.02), 3))
    assert [step for step, _ in got] == [3, 6, 9]
    assert TURN == 0.05
    for _, report in got:
        assert report.frame is None
        assert report.result is None
        assert report.rest == 0
        assert "shown" not in report.series
    assert got[1][1].series["step"] == [4, 5, 6]
    assert got[1][1].progress == 6 / 1000
    slow = list(turns(timed(0.3), 2))
    assert [step for step, _ in slow] == [1, 2]


def test_pictures_are_taken_every_so_many_steps_where_steps_are_quick() -> None:
    config = LONG.replace(steps=25, snapshot_every=10)
    got = list(turns(timed(0.0, config=config), 3))
    assert [step for step, _ in got] == [10, 20, 25]
    assert all(report.frame for _, report in got)
    assert all(report.result for _, report in got)  # small checkpoints come with every picture


def test_in_slow_motion_a_long_run_tells_every_loss_at_once() -> None:
    config = LONG.replace(steps=3 * 4000)  # so many that three steps have one value in the curve
    run = timed(0.06, config=config)
    assert run.picture().series["step"] == []
    assert [run.turn().series["step"] for _ in range(4)] == [[], [], [3], []]
    assert run.obey(("pace-1",)).series["step"] == [4]
    assert [run.turn().series["step"] for _ in range(2)] == [[5], [6]]


def test_pictures_are_taken_every_fifth_of_a_second_where_steps_are_slow() -> None:
    got = list(turns(timed(0.03), 16))
    pictured = [step for step, report in got if report.frame]
    assert PICTURE_EVERY == 0.2
    assert pictured == [7, 14, 21, 28]  # 0.21 seconds each
    assert [report.series["shown"] for _, report in got if report.frame] == [[7], [14], [21], [28]]


def test_a_picture_costs_no_more_than_half_of_the_time_between_two() -> None:
    run = timed(0.03, picture=0.4)
    pictured = [step for step, report in turns(run, 40) if report.frame]
    assert pictured[:2] == [27, 54]  # 0.81 seconds each, twice what a picture costs


def test_a_large_checkpoint_is_given_rarely_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if this small one were large: it may come once a second.
    run = timed(0.03, config=LONG.replace(steps=110, snapshot_every=5))
    size = len(run.picture().result or b"")
    assert 0 < size < SMALL < BYTES_A_SECOND
    monkeypatch.setattr("explainer.experiments.learning.SMALL", 0)
    monkeypatch.setattr("explainer.experiments.learning.BYTES_A_SECOND", size)
    kept_at = []
    while not run.finished:
        report = run.turn()
        if report.result is not None:
            kept_at.append(run.trainer.step)
            assert from_bytes(report.result).info["step"] == run.trainer.step
    # 34 steps are more than a second: the next picture is kept, and the last one always.
    assert kept_at == [35, 70, 105, 110]


@pytest.mark.parametrize(("pace", "n"), [("pace-1", 1), ("pace-10", 10)])
def test_in_slow_motion_every_turn_has_a_picture_and_rests(pace: str, n: int) -> None:
    run = timed(0.0, pace=pace, config=LONG.replace(steps=25))
    assert run.picture().rest == REST
    for k in (1, 2):
        report = run.turn()
        header, _ = decode(report.frame or b"")
        assert run.trainer.step == k * n
        assert report.rest == REST
        # Of a single step everything is told.
        assert ("detail" in header) == (n == 1)
    while not run.finished:
        run.turn()
    assert run.trainer.step == 25


def test_a_step_that_is_asked_for_is_told_in_full() -> None:
    run = timed(0.0)
    run.picture()
    report = run.obey(STEP)
    header, arrays = decode(report.frame or b"")
    assert header["step"] == header["detail"]["step"] == 1
    assert header["detail"]["loss"] == report.series["loss"][0]
    assert arrays["detail_points"].shape[0] == 3
    assert report.rest == 0
    three = run.obey(("step", "step", "step"))
    assert run.trainer.step == 4
    assert decode(three.frame or b"")[0]["detail"]["step"] == 4
    assert three.series["step"] == [2, 3, 4]


def test_no_more_steps_are_done_than_there_are() -> None:
    run = timed(0.0, config=LONG.replace(steps=3))
    run.picture()
    report = run.obey(("step",) * 8)
    assert run.trainer.step == 3
    assert report.progress == 1
    assert report.result is not None


def test_saving_is_a_picture_and_a_checkpoint_of_now() -> None:
    run = timed(0.02)
    run.picture()
    run.turn()
    report = run.obey(("save",))
    assert report.series["saved"] == report.series["shown"] == [3]
    assert from_bytes(report.result or b"").info["step"] == 3
    together = run.obey(("save", "step", "save"))
    assert together.series["saved"] == [4, 4]
    assert "detail" in decode(together.frame or b"")[0]
    assert from_bytes(together.result or b"").info["step"] == 4


def test_another_pace_is_taken_at_once_and_nothing_else_happens() -> None:
    run = timed(0.02)
    run.picture()
    for messages, rest in ((("pace-1",), REST), (("pace-1", "pace-full"), 0), (("x",), 0)):
        report = run.obey(messages)
        assert (report.rest, report.frame, run.trainer.step) == (rest, None, 0)


# --- what goes wrong ---

RATE = PRESETS["rate"].replace(n_points=500, preview_points=50, snapshot_every=1000)


def told_until_it_diverges(config: TrainConfig, told: list[Any]) -> tuple[list[Report], str]:
    run = run_of(config)
    reports: list[Report] = []
    with pytest.raises(TrainingDiverged) as diverged:
        drive(run, told, reports)
    with pytest.raises(StopIteration):
        next(run)
    return reports, str(diverged.value)


def test_a_run_that_diverges_leaves_the_last_good_weights_and_a_sentence() -> None:
    config = TINY.replace(learning_rate=10, lr_schedule="constant", steps=500)
    told: list[Any] = [STEP, ("pace-1",)]
    reports, sentence = told_until_it_diverges(config, told)
    steps = values(reports, "step")
    assert f"at step {steps[-1]:.0f}: the loss is " in sentence
    assert sentence.endswith("A learning rate of 10 is too large here; try a hundredth of it.")
    last = reports[-1]
    assert last.frame is None
    (loss,) = last.series["loss"]
    assert loss > 1e4
    checkpoint = checkpoint_of([last])
    # The first step was the fatal one, although its own loss was still that of the first weights.
    assert checkpoint.info["step"] == 0
    assert_same_weights(checkpoint, next(train(config)))


def test_the_puzzle_of_the_huge_rate_can_be_stepped_through() -> None:
    reports, sentence = told_until_it_diverges(RATE, [STEP, STEP])
    # After one step the weights are astronomical, and the samples no numbers any more.
    header, arrays = decode(reports[1].frame or b"")
    assert header["detail"]["loss"] == pytest.approx(1, abs=0.1)
    assert arrays["frames"].shape == (1, 50, 2)
    losses = values(reports, "loss")
    assert losses[0] == header["detail"]["loss"]
    assert losses[1] > 1e6
    # Its loss is finite, but nothing good: what is kept is from before it.
    assert checkpoint_of(reports[2:]).info["step"] == 0
    assert reports[-1].last
    assert values(reports, "diverged") == [2]
    assert "at step 2: " in sentence


def test_nothing_good_is_left_of_a_run_that_is_bad_from_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def diverged(self: Trainer, loss: float) -> Snapshot:
        raise self._diverged(float("nan"))

    monkeypatch.setattr(Trainer, "snapshot", diverged)
    (only,), sentence = told_until_it_diverges(TINY, [])
    assert only.result is None
    assert only.series["loss"] == []
    assert "at step 0: the loss is nan" in sentence


def test_bad_settings_are_refused_before_anything_is_computed() -> None:
    with pytest.raises(ValueError, match="width must be at most 256"):
        next(run_inline(TARGET, {"config": {**TINY.model_dump(), "width": 1000}}))


# --- what a learner made ---


def test_ones_own_points_can_be_learnt(own_points: str) -> None:
    config = TINY.replace(dataset=own_points)
    reports = driven(config, [])
    assert reports[-1].progress == 1
    validation = values(reports, "validation")
    assert validation[-1] < validation[0]
    assert checkpoint_of(reports).config.dataset == own_points


def test_a_checkpoint_brings_ones_own_schedule_along(
    own_schedule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TINY.replace(schedule=own_schedule)
    run = run_of(config)
    next(run)
    data = run.send(("step", "save")).result
    expected = make_schedule(own_schedule, config.T).betas
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))  # another server, which has nothing
    _cached.cache_clear()
    with pytest.raises(ValueError, match="no longer here"):
        make_schedule(own_schedule, config.T)
    assert driven(config, [], goes_on_from=keep_model(data))[-1].progress == 1
    assert torch.equal(from_bytes(data).schedule().betas, expected)


# --- shipped runs ---


def test_shipped_tutorial_run_is_its_five_epochs() -> None:
    header, arrays, x = clouds(learning.shipped_run({"preset": "tutorial", "n": 200}))
    titles = ["epoch 0", "epoch 1,000", "epoch 2,000", "epoch 3,000", "epoch 4,000"]
    assert header["strip"] == {"indices": [0, 1, 2, 3, 4], "titles": titles}
    assert header["labels"][1] == "step 79,000 of 316,000 · epoch 1,000"
    assert header["shown"] == [0, 79_000, 158_000, 237_000, 316_000]
    assert header["start"] == 4
    assert arrays["color"].shape == (200,)
    assert arrays["field"].shape == (5, 8, 225, 2)
    assert arrays["by_t"].shape == (5, 16)
    assert arrays["by_t"][-1].mean() < arrays["by_t"][0].mean()
    assert header["swd"][-1] < 0.2 * header["swd"][0]
    # What is outside the picture lies on its edge: an untrained network draws no S.
    assert (x[0].abs() > 2.5).any(dim=1).double().mean() > 0.5
    assert (x[-1].abs() > 2.5).any(dim=1).double().mean() < 0.05


def test_a_shipped_run_of_one_picture_has_no_row() -> None:
    header, arrays, x = clouds(learning.shipped_run({"preset": "fast", "n": 100}))
    assert header["strip"] is None
    assert len(x) == len(header["shown"]) == len(header["swd"]) == 1
    assert arrays["field"].shape == (1, 8, 225, 2)
    assert header["swd"][0] < 0.05


def test_a_run_goes_on_when_its_schedule_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    name = keep_curve([0, 0.5, 1], [1, 0.4, 0.01], "handles")
    config = TrainConfig(T=20, width=16, depth=2, n_points=500, steps=100, schedule=name)
    run = learning.live_training({"config": config.model_dump()})
    next(run)
    forget(name)
    assert [report for report in run if report.result]


def test_a_class_that_takes_turns_learns_and_does_not_only_draw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    advance = Trainer.advance

    def slowly(self: Trainer) -> Any:
        nonlocal now
        now += 0.002
        return advance(self)

    monkeypatch.setattr(Trainer, "advance", slowly)
    config = TrainConfig(width=8, depth=1, n_points=100, steps=2000, snapshot_every=2000)
    run = LiveRun(config, clock=lambda: now)
    pictures = 0
    for _ in range(12):
        pictures += run.turn().frame is not None
        now += 1.0  # the turns of others
    assert run.trainer.step >= 12 * 20  # a turn is 0.05 s: 25 steps
    assert pictures >= 6  # and yet there is something new to see
