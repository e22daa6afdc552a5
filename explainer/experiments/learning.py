"""Experiments of the tab "Train live": a run as it goes, and the shipped ones."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from explainer.checkpoints import OWN_SCHEDULE, Checkpoint, from_bytes, load, to_bytes
from explainer.config import TrainConfig
from explainer.cost import points_per_step
from explainer.experiments.losses import Losses
from explainer.experiments.progress import Look
from explainer.frames import encode
from explainer.jobs.reports import Report
from explainer.own import is_own, load_curve, load_model_bytes
from explainer.page_settings import ShippedRunSettings
from explainer.shipped import shipped_run as checkpoints_of
from explainer.snapshots import Snapshot, TrainingDiverged, TrainingStep, TrainState
from explainer.trainer import EXPLODED, Trainer

TURN = 0.05  # seconds of a turn: nobody waits for more, and the curve grows twenty times a second
PICTURE_EVERY = 0.2  # seconds between two pictures, where the steps between them take longer
PICTURE_SHARE = 2  # and a picture costs no more than half of the time between two
# A checkpoint is what is left of a run that is stopped. A small one comes with every picture, a
# larger one more rarely: it has to travel to the server, and most are replaced unread.
SMALL, BYTES_A_SECOND = 1_000_000, 2_000_000
PACES = {"pace-1": 1, "pace-10": 10, "pace-full": 0}  # steps a turn; 0: as many as fit into one
REST = 0.25  # seconds between two turns in slow motion


class LiveRun:
    """A run that is watched: turns of some steps, each with a report.

    Parameters
    ----------
    config : TrainConfig
    state : TrainState, optional
        Where to go on.
    pace : str
        One of :data:`PACES`.
    clock : callable
        Seconds that never go backwards.
    """

    def __init__(
        self,
        config: TrainConfig,
        state: TrainState | None = None,
        *,
        pace: str = "pace-full",
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.config = config
        self.trainer = Trainer(config, state)
        self._look = Look(self.trainer)
        self._losses = Losses(config.steps)
        self._pace = PACES[pace]
        self._clock = clock
        self._pictured_at = self._kept_at = clock()
        self._picture_cost = 0.0
        self._worked = 0.0  # seconds of steps since the last picture, in turns that are over
        self._kept_bytes = 0
        self._good: Snapshot | None = None
        self._seen = points_per_step(config) * self.trainer.step
        self._brought = _brought_along(config)  # now: it may be pushed out of the folder later

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.trainer.step >= self.config.steps

    def turn(self) -> Report:
        """Do the steps of one turn."""
        if self._pace:
            return self._slow(self._pace, told=self._pace == 1)
        started = self._clock()
        while not self.finished:
            self._advance()
            worked = self._clock() - started
            if self.trainer.step % self.config.snapshot_every == 0 or self._is_due(worked):
                break
            if worked >= TURN and not self.finished:
                self._worked += worked
                return self._report()
        return self.picture()

    def obey(self, messages: tuple[str, ...]) -> Report:
        """Do what the page asks for: ``step``, ``save``, or another pace."""
        for message in messages:
            self._pace = PACES.get(message, self._pace)
        saves = messages.count("save")
        if steps := messages.count("step"):
            return self._slow(steps, told=True, saves=saves)
        return self.picture(saves=saves) if saves else self._report()

    def picture(self, step: TrainingStep | None = None, *, saves: int = 0) -> Report:
        """Report all there is to see: now, and of a single step that led here if it is given."""
        started = self._clock()
        snapshot = self.trainer.snapshot(self._losses.smoothed or 0.0)
        if snapshot.validation_loss < EXPLODED:
            self._good = snapshot
        report = self._report(
            frame=self._look.picture(snapshot, step),
            series={
                "shown": [snapshot.step],
                "validation": [snapshot.validation_loss],
                "swd": [self._look.distance(snapshot.preview)],
                "saved": [snapshot.step] * saves,
            },
            keep=bool(saves) or self.finished or self._may_keep(started),
        )
        self._pictured_at = self._clock()
        self._picture_cost = self._pictured_at - started
        self._worked = 0.0
        return report

    def last_good(self, error: TrainingDiverged) -> Report:
        """Report the loss that ended the run, and keep what there was before it went wrong."""
        if math.isfinite(error.loss):
            self._losses.add(error.step, error.loss)
        return self._report(series={"diverged": [error.step]}, keep=True, last=True)

    def _may_keep(self, now: float) -> bool:
        small = self._kept_bytes < SMALL
        return small or self._kept_bytes <= BYTES_A_SECOND * (now - self._kept_at)

    def _is_due(self, worked: float) -> bool:
        """Tell whether a picture is due after so many seconds of steps in this turn.

        What others do in between makes no picture due sooner than after a turn of work: else a
        class that takes turns would draw pictures, and learn one step for each.
        """
        passed = self._clock() - self._pictured_at
        work = max(TURN, PICTURE_SHARE * self._picture_cost)
        return passed >= PICTURE_EVERY and self._worked + worked >= work

    def _advance(self) -> TrainingStep:
        step = self.trainer.advance()
        self._losses.add(self.trainer.step, step.loss)
        self._seen += step.target.numel() // 2
        return step

    def _slow(self, n: int, *, told: bool, saves: int = 0) -> Report:
        """Do a few steps; everything is told of the last one if it is to be."""
        steps = [self._advance() for _ in range(min(n, self.config.steps - self.trainer.step))]
        return self.picture(steps[-1] if told else None, saves=saves)

    def _report(
        self,
        frame: bytes | None = None,
        series: dict[str, list[float]] | None = None,
        *,
        keep: bool = False,
        last: bool = False,
    ) -> Report:
        slow = self._pace > 0
        losses = self._losses.take(everything=slow or last or self.finished)
        return Report(
            progress=self.trainer.step / self.config.steps,
            series={**losses, "seen": [self._seen], **(series or {})},
            frame=frame,
            result=self._checkpoint() if keep else None,
            rest=REST if slow else 0.0,
            last=last or self.finished,
        )

    def _checkpoint(self) -> bytes | None:
        s = self._good
        if s is None:
            return None
        info = {"step": s.step, "validation_loss": round(s.validation_loss, 5)}
        info |= self._brought
        data = to_bytes(Checkpoint(self.config, s.parameters, info, s.state))
        self._kept_at, self._kept_bytes = self._clock(), len(data)
        return data


def _brought_along(config: TrainConfig) -> dict[str, Any]:
    """Return what a checkpoint needs where the learner's own schedule is not known."""
    if not is_own(config.schedule):
        return {}
    curve = load_curve(config.schedule)
    knots = {"u": curve.u.tolist(), "alpha_bar": curve.alpha_bar.tolist(), "kind": curve.kind}
    return {OWN_SCHEDULE: knots}


def live_training(fields: dict[str, Any]) -> Generator[Report, tuple[str, ...] | None, None]:
    """Train, and report losses, progress, pictures and checkpoints; obey messages on the way.

    Parameters
    ----------
    fields : dict
        ``config``, the fields of a :class:`TrainConfig`; ``goes_on_from``, the name of a kept
        checkpoint of such a run, if it is to go on; ``pace``, one of :data:`PACES`.
    """
    state = None
    if fields.get("goes_on_from"):
        checkpoint = from_bytes(load_model_bytes(fields["goes_on_from"]))
        checkpoint.schedule()  # one's own comes with it, and may not be known here
        state = checkpoint.state
        if state is None:
            raise ValueError("This checkpoint holds no optimiser: no run can go on from it.")
    run = LiveRun(TrainConfig(**fields["config"]), state, pace=fields.get("pace", "pace-full"))
    try:
        messages = yield run.picture()
        while not run.finished:
            messages = yield run.obey(messages) if messages else run.turn()
    except TrainingDiverged as error:
        yield run.last_good(error)
        raise


def shipped_run(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ShippedRunSettings`: pictures of its checkpoints, as one container."""
    s = ShippedRunSettings(**fields)
    looks, pictures, distances, labels, titles = [], [], [], [], []
    models = checkpoints_of(s.preset, s.dataset)
    for model in models:
        trainer = Trainer(model.config.replace(preview_points=s.n))
        trainer.average.load_state_dict(load(model.path).parameters)
        look, preview = Look(trainer), trainer.preview()
        looks.append(look)
        pictures.append(look.now(preview))
        distances.append(look.distance(preview))
        step, epoch = model.info["step"], model.info.get("epoch")
        titles.append(f"step {step:,}" if epoch is None else f"epoch {epoch:,}")
        label = f"step {step:,} of {model.config.steps:,}"
        labels.append(label if epoch is None else f"{label} · {titles[-1]}")
    header = {
        "limits": looks[-1].stage.limits,
        "labels": labels,
        "start": len(labels) - 1,
        "strip": {"indices": list(range(len(models))), "titles": titles}
        if len(models) > 1
        else None,
        "shown": [model.info["step"] for model in models],
        "swd": distances,
    }
    arrays = {
        "frames": np.concatenate([picture["frames"] for picture in pictures]),
        "field": np.stack([picture["field"] for picture in pictures]),
        "by_t": np.stack([picture["by_t"] for picture in pictures]),
    }
    return encode(header, arrays | looks[-1].setting())
