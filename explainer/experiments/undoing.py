"""Three networks that learn to undo three kinds of noise, side by side, as they go."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from explainer.experiments.losses import Losses
from explainer.experiments.undo_looks import FEW, MANY, look
from explainer.experiments.undo_scenes import scene_of
from explainer.jobs.reports import Report
from explainer.restore_config import recipe
from explainer.restoring import RestoreTrainer
from explainer.settings import MAIN_CORRUPTIONS
from explainer.snapshots import TrainingDiverged

TURN = 0.05  # seconds of a turn: nobody waits for more
LOOK_EVERY = 1.0  # seconds of training between two looks, where they do not cost more
# Looks come with half as many steps again, as most is learnt early, but at least eight times in
# a run. That makes about a dozen: they are kept as long as the run is, and weigh 300 kB each.
GROWTH, LOOKS = 0.5, 8

News = Generator[Report, tuple[str, ...] | None, None]


class UndoingRun:
    """A run that is watched: turns of some steps of all three networks, and looks in between.

    Parameters
    ----------
    dataset : str
    network : str
        See :func:`explainer.restore_config.recipe`.
    seed : int
    clock : callable
        Seconds that never go backwards.
    """

    def __init__(
        self,
        dataset: str,
        network: Any,
        seed: int,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        configs = {kind: recipe(dataset, network, kind, seed) for kind in MAIN_CORRUPTIONS}
        self.config = configs[MAIN_CORRUPTIONS[0]]
        self.trainers = {kind: RestoreTrainer(config) for kind, config in configs.items()}
        self.scene = scene_of(self.config)
        self._losses = {kind: Losses(self.config.steps) for kind in MAIN_CORRUPTIONS}
        self._clock = clock
        # In seconds of this run's own work: others may have their turns in between.
        self._since_look = self._look_cost = 0.0
        self._looked_at = 0

    @property
    def step(self) -> int:
        """Steps that all three have done."""
        return min(trainer.step for trainer in self.trainers.values())

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.config.steps

    @property
    def is_look_due(self) -> bool:
        """Whether there is enough to see that is new, for what it costs to see it."""
        if self.finished:
            return True
        enough = min(GROWTH * self._looked_at, self.config.steps / LOOKS)
        if self.step - self._looked_at < enough:
            return False
        return self._since_look >= max(LOOK_EVERY, self._look_cost)

    def turn(self) -> Report:
        """Train for one turn; afterwards all three are equally far."""
        started = self._clock()
        while True:
            for kind, trainer in self.trainers.items():
                self._losses[kind].add(trainer.step + 1, trainer.advance())
            passed = self._clock() - started
            if passed >= TURN or self.finished:
                self._since_look += passed
                return self.report()

    def looking(self) -> News:
        """Look at the networks as they are, with a report after each piece of work."""
        self._look_cost = 0.0
        # Of a network that is still learning, long walks would cost more than they tell.
        parts = self._looked((FEW, MANY) if self.finished else (FEW,))
        while True:
            started = self._clock()
            made = next(parts)
            self._look_cost += self._clock() - started
            if made is not None:
                self._since_look, self._looked_at = 0.0, self.step
                yield made
                return
            yield self.report()

    def _looked(self, counts: tuple[int, ...]) -> Iterator[Report | None]:
        """Look at the networks; None says that a piece of it is done."""
        restorers = {kind: trainer.restorer() for kind, trainer in self.trainers.items()}
        validation = {}
        for kind, trainer in self.trainers.items():
            validation[f"validation {kind}"] = [trainer.validation()]
            yield None
        made = yield from look(
            self.scene,
            restorers,
            counts=counts,
            dataset=self.config.dataset,
            network=self.config.network,
            step=self.step,
            steps=self.config.steps,
            parameters=sum(
                p.numel() for p in self.trainers[MAIN_CORRUPTIONS[0]].average.parameters()
            ),
        )
        yield self.report({"shown": [self.step], **validation}, made)

    def report(
        self,
        series: dict[str, list[float]] | None = None,
        frame: bytes | None = None,
        *,
        diverged: bool = False,
    ) -> Report:
        """Tell what is new.

        Parameters
        ----------
        series : dict of str to list of float, optional
            Beside the losses.
        frame : bytes, optional
            A look.
        diverged : bool
            Whether nothing comes after it.
        """
        new = {
            kind: losses.take(everything=diverged or self.finished)
            for kind, losses in self._losses.items()
        }
        losses = {
            f"{name} {kind}": new[kind][name]
            for kind in MAIN_CORRUPTIONS
            for name in ("loss", "smooth")
        }
        return Report(
            progress=self.step / self.config.steps,
            series={"step": new[MAIN_CORRUPTIONS[0]]["step"], **losses, **(series or {})},
            frame=frame,
            last=diverged or (self.finished and frame is not None),
        )


def live_undoing(fields: dict[str, Any]) -> News:
    """Train three networks, and report their losses, how far they are, and looks.

    Parameters
    ----------
    fields : dict
        ``dataset``, ``network`` and ``seed``. There is nothing that the run can be told on the way.

    Yields
    ------
    Report
        Its series are ``step`` with ``loss`` and ``smooth`` of each kind of noise, and ``shown``,
        the steps of the looks, with ``validation`` of each kind; a kind's name stands behind a
        space. Frames are looks, see :mod:`explainer.experiments.undo_looks`; the last report has
        one of the trained networks.
    """
    run = UndoingRun(fields["dataset"], fields["network"], fields["seed"])
    try:
        yield from run.looking()
        while not run.finished:
            yield run.turn()
            if run.is_look_due:
                yield from run.looking()
    except TrainingDiverged as error:
        yield run.report({"diverged": [error.step]}, diverged=True)
        raise
