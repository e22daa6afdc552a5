"""How much sooner the fast preset is as good as the tutorial's own loop."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import nn

from benchmarks import tutorial
from benchmarks.report import Cell, Stopwatch, Table
from explainer.config import TrainConfig
from explainer.models import NetworkDenoiser
from explainer.objectives import OBJECTIVES
from explainer.presets import PRESETS
from explainer.quality import measure
from explainer.schedules import make_schedule
from explainer.shipped import shipped_run

Goals = Mapping[str, tuple[float, float]]
"""An SWD and the CPU seconds that the fast preset takes to it, by what it stands for."""


def denoiser_of(network: nn.Module, config: TrainConfig) -> NetworkDenoiser:
    """Make a denoiser from a network and the config that it is trained with."""
    return NetworkDenoiser(
        network, make_schedule(config.schedule, config.T), OBJECTIVES[config.objective]
    )


def tutorial_steps_to(target: float) -> tuple[int | None, int, float]:
    """Look in the shipped checkpoints of the tutorial's configuration.

    Returns the step of the first that is as good as the target (None if none is), and step and
    SWD of the best one.
    """
    known = sorted(
        (int(model.info["step"]), float(model.info["quality"]["swd_ddpm"]))
        for model in shipped_run("tutorial", "s_curve")
    )
    first = next((step for step, swd in known if swd <= target), None)
    best_step, best = min(known, key=lambda pair: pair[1])
    return first, best_step, best


def ratio(goals: Goals, tutorial_ms: float) -> Table:
    """Estimate how much sooner the fast preset is as good as the tutorial's own loop.

    ``tutorial_ms`` are the milliseconds of CPU that the loop takes a step.
    """
    whole = tutorial.EPOCHS * tutorial.STEPS_PER_EPOCH
    rows: list[dict[str, Cell]] = []

    def add(goal: str, swd: float, reached: str, steps: int, fast_seconds: float) -> None:
        seconds = steps * tutorial_ms / 1000
        rows.append(
            {
                "goal": goal,
                "SWD": swd,
                "tutorial's checkpoint": reached,
                "steps": steps,
                "tutorial CPU s": seconds,
                "fast CPU s": fast_seconds,
                "times sooner": seconds / fast_seconds,
                "aim": 500,
            }
        )

    for goal, (swd, fast_seconds) in goals.items():
        first, best_step, best = tutorial_steps_to(swd)
        if first is not None:
            reached = f"epoch {first // tutorial.STEPS_PER_EPOCH}"
            add(goal, swd, reached, first, fast_seconds)
            continue
        reached = f"its best: epoch {best_step // tutorial.STEPS_PER_EPOCH}, {best:.4f}"
        add(goal, swd, reached, best_step, fast_seconds)
        add(goal, swd, "not within 4,000 epochs: at least", whole, fast_seconds)
    return Table(
        "The fast preset against the tutorial's own loop: an estimate",
        rows,
        f"Tutorial: its loop's {tutorial_ms:.2f} CPU ms a step measured here x the steps to the "
        "first shipped checkpoint of its configuration that is as good (there is one every 1,000 "
        "epochs). Fast: its measured seconds, to the end or to that SWD. --full runs the "
        "tutorial's own loop instead.",
    )


def full(goals: Goals) -> Table:
    """Run the tutorial's own loop to its end and look every 100 epochs."""
    config = PRESETS["tutorial"]
    torch.manual_seed(0)
    network = tutorial.Network()
    loop = tutorial.training(network, tutorial.points(0))
    left = dict(goals)
    rows: list[dict[str, Cell]] = []
    watch, best, best_epoch = Stopwatch(), float("inf"), 0
    for epoch in range(100, tutorial.EPOCHS + 1, 100):
        watch.start()
        for _ in itertools.islice(loop, 100 * tutorial.STEPS_PER_EPOCH):
            pass
        watch.stop()
        denoiser = denoiser_of(network, config)
        swd = measure(denoiser, config, seeds=(0,))["swd_ddpm"]
        if swd <= max((wanted for wanted, _ in left.values()), default=0.0):
            swd = measure(denoiser, config)["swd_ddpm"]  # not by the luck of one seed
        print(f"epoch {epoch}: SWD {swd:.4f} after {watch.spent.cpu:.0f} CPU s", flush=True)
        if swd < best:
            best, best_epoch = swd, epoch
        for goal, (wanted, fast_seconds) in list(left.items()):
            if swd <= wanted:
                del left[goal]
                rows.append(
                    {
                        "goal": goal,
                        "SWD": wanted,
                        "reached at epoch": epoch,
                        "tutorial CPU s": watch.spent.cpu,
                        "fast CPU s": fast_seconds,
                        "times sooner": watch.spent.cpu / fast_seconds,
                        "aim": 500,
                    }
                )
    for goal, (wanted, fast_seconds) in left.items():
        rows.append(
            {
                "goal": f"{goal}: not reached, at least",
                "SWD": wanted,
                "tutorial CPU s": watch.spent.cpu,
                "fast CPU s": fast_seconds,
                "times sooner": watch.spent.cpu / fast_seconds,
                "aim": 500,
            }
        )
    return Table(
        "The fast preset against the tutorial's own loop, run to its end",
        rows,
        f"Looked at every 100 epochs, looking not counted. Best: {best:.4f} at epoch {best_epoch}, "
        f"all {tutorial.EPOCHS:,} epochs took {watch.spent.wall:.0f} s by the clock.",
    )
