"""Three networks that learn side by side: what is told, and when."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest

from explainer.experiments import undoing
from explainer.experiments.undo_looks import FEW, MANY
from explainer.experiments.undo_scenes import DigitScene, PointScene
from explainer.experiments.undoing import UndoingRun, live_undoing
from explainer.frames import decode
from explainer.jobs import Report
from explainer.restore_config import RestoreConfig
from explainer.restore_config import recipe as real_recipe
from explainer.settings import MAIN_CORRUPTIONS
from explainer.snapshots import TrainingDiverged

STEPS = 6
FIELDS = {"dataset": "moons", "network": "mlp", "seed": 3}


class Clock:
    """Seconds as the test says: each look at it takes some."""

    def __init__(self, tick: float = 0.0) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@pytest.fixture(autouse=True)
def changes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let runs be short and networks small."""
    changes: dict[str, Any] = {
        "n_points": 400, "width": 8, "depth": 1, "batch_size": 32, "steps": STEPS
    }  # fmt: skip

    def small(*args: Any) -> RestoreConfig:
        return real_recipe(*args).replace(**changes)

    monkeypatch.setattr(undoing, "recipe", small)
    monkeypatch.setattr(undoing, "scene_of", of_few)
    return changes


@cache
def of_few(config: RestoreConfig) -> Any:
    """Return a scene with few samples, and figures that cost nothing."""
    scene = DigitScene() if config.dataset == "digits" else PointScene(config)
    scene.samples = 20
    scene.measure = lambda x: {"figure": x.abs().mean().item()}
    return scene


def made(**changes: Any) -> UndoingRun:
    clock = changes.pop("clock", Clock())
    return UndoingRun("moons", "mlp", 3, clock=clock, **changes)


def series(reports: list[Report]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for report in reports:
        for name, values in report.series.items():
            found.setdefault(name, []).extend(values)
    return found


def looks(reports: list[Report]) -> list[tuple[dict[str, Any], Any]]:
    return [decode(report.frame) for report in reports if report.frame is not None]


@pytest.fixture
def reports(changes: dict[str, Any]) -> list[Report]:
    return list(live_undoing(FIELDS))


def test_every_loss_of_every_kind_is_told_at_its_step(reports: list[Report]) -> None:
    found = series(reports)
    assert found["step"] == list(range(1, STEPS + 1))
    for kind in MAIN_CORRUPTIONS:
        assert len(found[f"loss {kind}"]) == len(found[f"smooth {kind}"]) == STEPS
    # Different noise, and so different networks and losses.
    assert len({tuple(found[f"loss {kind}"]) for kind in MAIN_CORRUPTIONS}) == 3
    assert set(found) == {"step", "shown"} | {
        f"{name} {kind}" for name in ("loss", "smooth", "validation") for kind in MAIN_CORRUPTIONS
    }


def test_series_that_belong_together_are_told_together(reports: list[Report]) -> None:
    for report in reports:
        lengths = {
            len(v) for k, v in report.series.items() if k.startswith(("step", "loss", "smo"))
        }
        assert len(lengths) == 1
        shown = {len(v) for k, v in report.series.items() if k.startswith(("shown", "validation"))}
        assert shown in ({1}, set())
        assert (report.frame is not None) == (shown == {1})


def test_it_begins_and_ends_with_a_look_the_last_with_long_walks(reports: list[Report]) -> None:
    found = looks(reports)
    assert [header["step"] for header, _ in found] == series(reports)["shown"]
    (first, _), (last, _) = found[0], found[-1]
    assert (first["step"], last["step"]) == (0, STEPS)
    assert {walk["n"] for walk in first["walks"]} == {FEW}
    assert {walk["n"] for walk in last["walks"]} == {FEW, MANY}
    for header, _ in found:
        told = {name: header[name] for name in ("data", "dataset", "network", "steps")}
        assert told == {"data": "points", "dataset": "moons", "network": "mlp", "steps": STEPS}
        assert header["parameters"] > 0
    assert first["errors"] != last["errors"]


def test_progress_rises_and_only_the_last_report_is_the_last(reports: list[Report]) -> None:
    progress = [report.progress for report in reports]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1]) == (0, 1)
    assert [report.last for report in reports] == [False] * (len(reports) - 1) + [True]
    assert reports[-1].frame is not None


def test_the_same_seed_gives_the_same_bits_and_another_others() -> None:
    def ends(seed: int) -> bytes:
        frame = list(live_undoing({**FIELDS, "seed": seed}))[-1].frame
        assert frame is not None
        return frame

    assert ends(3) == ends(3) != ends(4)


def test_messages_change_nothing(reports: list[Report]) -> None:
    run = live_undoing(FIELDS)
    told = [next(run)]
    while True:
        try:
            told.append(run.send(("step", "save", "pace-1")))
        except StopIteration:
            break
    assert told[-1].frame == reports[-1].frame
    assert series(told)["step"] == series(reports)["step"]


def test_a_run_on_digits_shows_pictures(changes: dict[str, Any]) -> None:
    changes |= {"width": 4, "steps": 2}
    changes.pop("n_points")
    header, arrays = looks(list(live_undoing({**FIELDS, "dataset": "digits", "network": "unet"})))[
        -1
    ]
    assert (header["data"], header["network"]) == ("digits", "unet")
    assert arrays["x salt_and_pepper again 40"].shape == (11, 16, 8, 8)


# --- turns ---


def test_a_turn_takes_its_time_and_leaves_all_three_equally_far(changes: dict[str, Any]) -> None:
    changes["steps"] = 1000
    run = made(clock=Clock(tick=0.02))
    for turn in (1, 2):
        report = run.turn()
        assert {trainer.step for trainer in run.trainers.values()} == {3 * turn}
        assert report.series["step"] == [3 * turn - 2, 3 * turn - 1, 3 * turn]
        assert report.progress == pytest.approx(3 * turn / 1000)


def test_a_turn_stops_at_the_end() -> None:
    run = made(clock=Clock())  # no time passes
    assert run.turn().progress == 1
    assert run.finished
    assert {trainer.step for trainer in run.trainers.values()} == {STEPS}


def test_looks_wait_for_a_second_of_work_and_for_what_they_cost(changes: dict[str, Any]) -> None:
    changes["steps"] = 100_000
    clock = Clock()
    run = made(clock=clock)
    clock.tick = 0.1
    list(run.looking())
    pieces = 3 + 3 + 11 + 1  # validations, kinds, walks, and the report of all
    cost = 0.1 * pieces
    assert run._look_cost == pytest.approx(cost)
    assert not run.is_look_due
    clock.tick = 0.06  # a step takes longer than a turn should
    turns = 0
    while not run.is_look_due:
        run.turn()
        clock.now += 100  # others have their turns: that is not this run's work
        turns += 1
    assert turns == math.ceil(max(1.0, cost) / 0.06)


@pytest.mark.parametrize(("before", "more"), [(0, 1), (200, 100), (8000, 1250)])
def test_looks_become_rarer_but_not_too_rare(
    changes: dict[str, Any], before: int, more: int
) -> None:
    changes["steps"] = 10_000
    run = made()
    run._looked_at, run._since_look = before, 10.0
    for step, due in ((before + more - 1, False), (before + more, True)):
        for trainer in run.trainers.values():
            trainer.step = step
        assert run.is_look_due == (due or step == before == 0)


# --- what goes wrong ---


def test_a_run_that_diverges_says_so_in_a_sentence(changes: dict[str, Any]) -> None:
    changes |= {"learning_rate": 10.0, "steps": 4000, "depth": 3, "width": 64}
    told: list[Report] = []
    with pytest.raises(TrainingDiverged, match=r"^Training diverged at step \d+: the loss is "):
        told.extend(live_undoing(FIELDS))
    last = told[-1]
    assert last.last
    assert last.frame is None
    assert last.series["diverged"] == [max(series(told)["step"]) + 1]
    assert not any(report.last for report in told[:-1])
