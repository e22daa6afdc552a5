"""How long each preset and two peers' recipes train until their samples are as good as asked."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Protocol

import torch
from torch import Tensor

from benchmarks.peers import SmallDiffusion, TinyDiffusion
from benchmarks.race import tutorial_steps_to
from benchmarks.report import Cell, Stopwatch, Table
from explainer.config import TrainConfig
from explainer.metrics import sliced_wasserstein
from explainer.presets import PRESETS
from explainer.quality import UNIT, reference
from explainer.sampling import ddpm_step, last, sample
from explainer.shipped import shipped_run
from explainer.snapshots import TrainingDiverged
from explainer.spacing import timesteps
from explainer.trainer import Trainer

TARGETS = (0.010, 0.004, 0.003)
FIRST_LOOK = 20  # steps; the best of the recipes shows nothing before


class Learner(Protocol):
    """A recipe at work: ``steps`` in all, and a sampler of its own."""

    steps: int

    def advance(self) -> object:
        """Do one optimiser step."""

    def sample(self, n: int, seed: int) -> Tensor:
        """Draw n points of the S-curve, shape (n, 2), in data units."""


class Preset:
    """One of the explainer's own recipes; it samples with the averaged weights and all T steps."""

    def __init__(self, config: TrainConfig) -> None:
        self.trainer, self.steps = Trainer(config), config.steps

    def advance(self) -> None:
        """Do one optimiser step."""
        self.trainer.advance()

    def sample(self, n: int, seed: int) -> Tensor:
        """Draw n points, shape (n, 2), in data units."""
        self.trainer.snapshot(0.0)  # without a moving average it is this that takes the weights
        schedule = self.trainer.schedule
        generator = torch.Generator().manual_seed(seed)
        x_T = torch.randn(n, 2, generator=generator)
        levels = timesteps(schedule.T, schedule.T)
        states = sample(
            self.trainer.denoiser(), x_T, levels, schedule, ddpm_step, generator=generator
        )
        return self.trainer.batches.dataset.to_data_units(last(states))


def distance(learner: Learner, seed: int) -> float:
    """SWD of 10,000 points that a learner draws, in the tutorial's unit."""
    # A thousand at a time: what a network holds of so many stays in the processor's caches.
    parts = [learner.sample(1000, 10 * seed + i) for i in range(10)]
    return sliced_wasserstein(torch.cat(parts) / UNIT, reference("s_curve"))


@dataclass(frozen=True)
class Patience:
    """How long a recipe may train and how often it is looked at.

    Attributes
    ----------
    budget : float
        CPU seconds.
    growth : float
        How many times as many steps are done from look to look.
    """

    budget: float
    growth: float

    def looks(self) -> Iterator[int]:
        """Yield the numbers of steps after which to look."""
        steps = FIRST_LOOK
        while True:
            yield steps
            steps = max(steps + 1, round(self.growth * steps))


@dataclass(frozen=True)
class Reached:
    """What a recipe came to.

    Attributes
    ----------
    seconds : dict of float to float
        CPU seconds until its samples were as good as a target, of those that it reached.
    best : float
        The smallest SWD that was seen; infinite if there was no look.
    steps : int
        Done in all.
    cpu : float
        Seconds that they took.
    end : str
        What it trained for.
    """

    seconds: dict[float, float]
    best: float
    steps: int
    cpu: float
    end: str


def reach(make: Callable[[], Learner], targets: Sequence[float], patience: Patience) -> Reached:
    """Train until all targets, the greatest first, are reached or recipe or patience are at an end.

    Making the data and the network is counted, looking is not. A target that one sample reaches
    must be reached by the median of three as well: where the loss goes up and down there are many
    looks, and one of them would be lucky.
    """
    watch = Stopwatch()
    watch.start()
    learner = make()
    watch.stop()
    wanted, seconds, best = list(targets), dict[float, float](), math.inf
    steps, looks, end = 0, patience.looks(), ""
    while wanted and not end:
        until = min(next(looks), learner.steps)
        watch.start()
        deadline = time.process_time() + patience.budget - watch.spent.cpu
        try:
            while steps < until and time.process_time() < deadline:
                learner.advance()
                steps += 1
        except TrainingDiverged as error:
            end = f"{error.step} steps, where it diverged"
            break
        finally:
            watch.stop()
        swd = distance(learner, 0)
        if swd <= wanted[0]:
            swd = median([swd, distance(learner, 1), distance(learner, 2)])
        best = min(best, swd)
        while wanted and swd <= wanted[0]:
            seconds[wanted.pop(0)] = watch.spent.cpu
        if steps == learner.steps:
            end = f"its {steps:,} steps"
        elif steps < until:
            end = f"{patience.budget:.0f} s"
    return Reached(seconds, best, steps, watch.spent.cpu, end)


def middle(runs: Sequence[Reached]) -> Reached:
    """Take the medians over training seeds; a target counts if all of them reached it."""
    common = set.intersection(*(set(run.seconds) for run in runs))
    return Reached(
        {target: median(run.seconds[target] for run in runs) for target in common},
        median(run.best for run in runs),
        round(median(run.steps for run in runs)),
        median(run.cpu for run in runs),
        max((run.end for run in runs), key=len),
    )


def row(recipe: str, reached: Reached, fast: Reached) -> dict[str, Cell]:
    """Say what a recipe came to, and how many times as long as the fast preset it took."""
    times = {
        target: seconds / fast.seconds[target]
        for target, seconds in reached.seconds.items()
        if target in fast.seconds
    }
    missed = [f"{target:.3f}" for target in TARGETS if target not in reached.seconds]
    return {
        "recipe": recipe,
        **{f"s to {target:.3f}": reached.seconds.get(target) for target in TARGETS},
        **{f"x at {target:.3f}": times.get(target) for target in TARGETS},
        "best SWD": reached.best if math.isfinite(reached.best) else None,
        "steps": reached.steps,
        "CPU s": reached.cpu,
        "not reached": f"{', '.join(missed)} within {reached.end}"
        if missed and reached.end
        else None,
    }


def estimate(reached: Reached) -> Reached:
    """Say when the tutorial's preset reaches what it had no time for: by its checkpoints."""
    each = reached.cpu / reached.steps
    found = {t: tutorial_steps_to(t)[0] for t in TARGETS if t not in reached.seconds}
    _, best_step, best = tutorial_steps_to(0.0)
    seconds = {target: steps * each for target, steps in found.items() if steps is not None}
    return Reached(seconds, best, best_step, best_step * each, "")


def table(seeds: Sequence[int], presets: Sequence[str], patience: Patience) -> Table:
    """Let presets and peers reach for the targets in turn.

    Parameters
    ----------
    seeds : sequence of int
        Training seeds of the fast preset; all others train with the first alone.
    presets : sequence of str
        Those besides ``fast``.
    patience : Patience
    """
    first = seeds[0]
    rivals: dict[str, Callable[[], Learner]] = {
        f"{name} preset": partial(Preset, PRESETS[name].replace(seed=first)) for name in presets
    }
    rivals["tiny-diffusion"] = partial(TinyDiffusion, first)
    rivals["tiny-diffusion, points standardised"] = partial(TinyDiffusion, first, (1.0, 1.0))
    rivals["smalldiffusion"] = partial(SmallDiffusion, first)
    runs = [
        reach(partial(Preset, PRESETS["fast"].replace(seed=seed)), TARGETS, patience)
        for seed in seeds
    ]
    fast = middle(runs)
    rows = [row("fast preset", fast, fast)]
    for name, make in rivals.items():
        reached = reach(make, TARGETS, patience)
        rows.append(row(name, reached, fast))
        missed = len(reached.seconds) < len(TARGETS)
        if name == "tutorial preset" and missed and shipped_run("tutorial", "s_curve"):
            rows.append(row("estimate by its checkpoints", estimate(reached), fast))
    return Table(
        "CPU seconds of training until the SWD is at most so much, and times as long as fast",
        rows,
        f"One thread; {patience.budget:.0f} s for each recipe at most. Fast preset: medians of "
        f"{len(seeds)} training seeds, all others one. SWD of 10,000 samples by the recipe's own "
        "sampler, in the tutorial's unit; a target counts if the median of three samples is as "
        f"good. Looked at when the steps are {patience.growth:g} times as many as at the look "
        "before; looking is not counted. The peers are restated in benchmarks/peers.py.",
    )
