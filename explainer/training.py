"""Training: one generator of snapshots, the same inline, in a worker process and on a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.config import TrainConfig
from explainer.presets import PRESETS
from explainer.snapshots import Snapshot, TrainingDiverged, TrainState
from explainer.trainer import Trainer

__all__ = [
    "PRESETS",
    "Snapshot",
    "TrainConfig",
    "TrainState",
    "TrainingDiverged",
    "resume",
    "train",
]


def _snapshots(trainer: Trainer) -> Iterator[Snapshot]:
    """Train to the end, with a snapshot every so many steps and after the last."""
    c = trainer.config
    losses: list[float] = []
    while trainer.step < c.steps:
        losses.append(trainer.advance().loss)
        if trainer.step % c.snapshot_every == 0 or trainer.step == c.steps:
            yield trainer.snapshot(sum(losses) / len(losses))
            losses.clear()


def train(config: TrainConfig) -> Iterator[Snapshot]:
    """Train a network and yield a snapshot every ``config.snapshot_every`` steps.

    The first snapshot is of step 0, before any training, the last of the last step. Nothing but
    the yielded copies leaves the generator, and nothing outside it is touched: no global
    generator, no grad mode, no file.

    Parameters
    ----------
    config : TrainConfig

    Yields
    ------
    Snapshot

    Raises
    ------
    TrainingDiverged
        If the loss is not finite or beyond all bounds.
    """
    trainer = Trainer(config)
    yield trainer.first()
    yield from _snapshots(trainer)


def resume(config: TrainConfig, state: TrainState) -> Iterator[Snapshot]:
    """Go on from a state to the same bits as a run that was never interrupted.

    Parameters
    ----------
    config : TrainConfig
        Of the run that the state is from.
    state : TrainState

    Yields
    ------
    Snapshot
        Those after ``state.step``.
    """
    yield from _snapshots(Trainer(config, state))


if __name__ == "__main__":
    from explainer.train_command import main

    main()
