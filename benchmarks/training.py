"""How fast and how good the presets train, beside the tutorial's own loop."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import nn

from benchmarks import tutorial
from benchmarks.report import (
    Cell,
    Report,
    Spent,
    Table,
    alternate,
    command_line,
    median_ratio,
)
from explainer.config import PRESETS, TrainConfig
from explainer.data import S_CURVE_NOISE, make_dataset, s_curve_centreline
from explainer.metrics import stray_share
from explainer.models import NetworkDenoiser, make_network
from explainer.objectives import OBJECTIVES
from explainer.quality import REFERENCE_SEED, UNIT, measure, real_against_real
from explainer.schedules import make_schedule
from explainer.shipped import shipped_models
from explainer.training import Snapshot, _Run, train

RECOGNISABLE, GOOD = 0.0080, 0.0040  # SWD at which the S is seen, at which it is drawn


def denoiser_of(network: nn.Module, config: TrainConfig) -> NetworkDenoiser:
    """Make a denoiser from a network and the config that it is trained with."""
    return NetworkDenoiser(
        network, make_schedule(config.schedule, config.T), OBJECTIVES[config.objective]
    )


def quality_of(snapshot: Snapshot, config: TrainConfig, seeds: tuple[int, ...]) -> dict[str, float]:
    """Measure a snapshot's averaged weights, see :func:`explainer.quality.measure`."""
    network = make_network(config, torch.Generator())
    network.load_state_dict(snapshot.parameters)
    return measure(denoiser_of(network.requires_grad_(False), config), config, seeds=seeds)


class Stopwatch:
    """Adds up what passes between ``start`` and ``stop``."""

    def __init__(self) -> None:
        self.spent = Spent(0.0, 0.0)

    def start(self) -> None:
        """Begin to count."""
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def stop(self) -> None:
        """Count no longer."""
        passed = Spent(time.process_time() - self.cpu, time.perf_counter() - self.wall)
        self.spent = self.spent + passed


def warm_up() -> None:
    """Import what torch, scikit-learn and the optimiser import at first use."""
    for _ in train(PRESETS["fast"].replace(steps=2, n_points=1000)):
        pass


@dataclass(frozen=True)
class FastResult:
    """The fast preset's medians over training seeds."""

    table: Table
    swd: float
    cpu: float


def quality(training_seeds: tuple[int, ...], sampling_seeds: tuple[int, ...]) -> FastResult:
    """Train the fast preset and measure what it draws."""
    rows: list[dict[str, Cell]] = []
    for seed in training_seeds:
        config = PRESETS["fast"].replace(seed=seed)
        watch = Stopwatch()
        watch.start()
        for snapshot in train(config):
            final = snapshot
        watch.stop()
        figures = quality_of(final, config, sampling_seeds)
        rows.append(
            {
                "model": f"fast preset, seed {seed}",
                "CPU s": watch.spent.cpu,
                "wall s": watch.spent.wall,
                "SWD DDPM 100": figures["swd_ddpm"],
                "SWD DDIM 20": figures["swd_ddim_20"],
                "stray %": figures["stray_percent"],
            }
        )
    names = [name for name in rows[0] if name != "model"]
    middle = {name: median(float(row[name] or 0) for row in rows) for name in names}
    fresh = make_dataset("s_curve", 10_000, seed=REFERENCE_SEED - 1, scaling="tutorial").x
    stray = stray_share(fresh, s_curve_centreline() / UNIT, 3 * S_CURVE_NOISE / UNIT)
    rows += [
        {"model": "fast preset, median", **middle},
        {
            "model": "target, at most",
            "CPU s": 3.0,
            "SWD DDPM 100": 0.0025,
            "SWD DDIM 20": 0.0045,
            "stray %": 1.5,
        },
        {
            "model": "10,000 real points",
            "SWD DDPM 100": real_against_real("s_curve", 10_000),
            "stray %": 100 * stray,
        },
    ]
    table = Table(
        "The fast preset on the S-curve",
        rows,
        f"One thread, from making the data to the last of its snapshots. SWD in the tutorial's "
        f"unit, 10,000 samples against 200,000 real points, median of {len(sampling_seeds)} "
        f"sampling seeds.",
    )
    return FastResult(table, middle["SWD DDPM 100"], middle["CPU s"])


def moments(
    training_seeds: tuple[int, ...], last_step: int = 300
) -> tuple[Table, dict[float, float]]:
    """Look at the fast preset midway for the steps where the S is recognisable and where good.

    Returns the table and the median CPU seconds to each of the two.
    """
    rows: list[dict[str, Cell]] = []
    seconds: dict[float, list[float]] = {RECOGNISABLE: [], GOOD: []}
    for seed in training_seeds:
        config = PRESETS["fast"].replace(seed=seed)
        watch = Stopwatch()
        snapshots = train(config)
        wanted = [RECOGNISABLE, GOOD]
        while wanted:
            watch.start()
            snapshot = next(snapshots)
            watch.stop()
            if not snapshot.step:
                continue
            swd = quality_of(snapshot, config, (0,))["swd_ddpm"]
            while wanted and swd <= wanted[0]:
                seconds[wanted[0]].append(watch.spent.cpu)
                rows.append(
                    {
                        "training seed": seed,
                        "SWD at most": wanted.pop(0),
                        "SWD": swd,
                        "step": snapshot.step,
                        "CPU s": watch.spent.cpu,
                        "wall s": watch.spent.wall,
                        "target CPU s": 0.5 if len(wanted) == 1 else None,
                    }
                )
            if snapshot.step >= last_step:
                break
    table = Table(
        "When the S appears: the fast preset looked at midway",
        rows,
        "The preset's own 400-step run, snapshots included, looked at at each of them with 10,000 "
        "DDPM samples; looking is not counted.",
    )
    return table, {target: median(found) for target, found in seconds.items() if found}


@dataclass(frozen=True)
class SpeedResult:
    """Steps a second, and milliseconds of CPU that the tutorial's own loop takes a step."""

    table: Table
    tutorial_ms: float


def speed(rounds: int) -> SpeedResult:
    """Time the tutorial's loop and the same configuration in the explainer, step for step."""
    torch.manual_seed(0)
    loop = tutorial.training(tutorial.Network(), tutorial.points(0))
    config = PRESETS["tutorial"]
    n = config.snapshot_every  # steps of each rival in a round
    bare = _Run(config)
    seen = _Run(config).snapshots()

    def theirs() -> None:
        for _ in itertools.islice(loop, n):
            pass

    def ours() -> None:
        for _ in range(n):
            bare.advance()

    rivals: dict[str, Callable[[], object]] = {
        "tutorial's own loop": theirs,
        "explainer, tutorial preset": ours,
        "the same with its snapshots": lambda: next(seen),
    }
    spent = alternate(rivals, rounds)
    base = [s.cpu for s in spent["tutorial's own loop"]]
    rows: list[dict[str, Cell]] = []
    for name, seconds in spent.items():
        cpu = [s.cpu for s in seconds]
        rows.append(
            {
                "loop": name,
                "steps / CPU s": n / median(cpu),
                "steps / wall s": n / median(s.wall for s in seconds),
                "faster, CPU": median_ratio(base, cpu),
                "target": 1.5 if name == "explainer, tutorial preset" else None,
            }
        )
    table = Table(
        "The tutorial's configuration: optimiser steps a second",
        rows,
        f"One thread, medians of {rounds} alternating rounds of {n} steps, after which the "
        "preset takes a snapshot; the ratio is the median of the rounds' own.",
    )
    return SpeedResult(table, 1000 * median(base) / n)


def tutorial_steps_to(target: float) -> tuple[int | None, int, float]:
    """Look in the shipped checkpoints of the tutorial's configuration.

    Returns the step of the first that is as good as the target (None if none is), and step and
    SWD of the best one.
    """
    known = sorted(
        (int(model.info["step"]), float(model.info["quality"]["swd_ddpm"]))
        for name, model in shipped_models().items()
        if name.startswith("s_curve-tutorial-")
    )
    first = next((step for step, swd in known if swd <= target), None)
    best_step, best = min(known, key=lambda pair: pair[1])
    return first, best_step, best


def ratio(fast: FastResult, good: float | None, tutorial_ms: float) -> Table:
    """Estimate how much sooner the fast preset is as good as the tutorial's own loop."""
    goals = [("as good as the fast preset", fast.swd, fast.cpu)]
    if good is not None:
        goals.append((f"SWD {GOOD:.4f}", GOOD, good))
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

    for goal, swd, fast_seconds in goals:
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


def full(fast: FastResult, good: float | None) -> Table:
    """Run the tutorial's own loop to its end and look every 100 epochs."""
    config = PRESETS["tutorial"]
    torch.manual_seed(0)
    network = tutorial.Network()
    loop = tutorial.training(network, tutorial.points(0))
    goals = {"as good as the fast preset": (fast.swd, fast.cpu)}
    if good is not None:
        goals[f"SWD {GOOD:.4f}"] = (GOOD, good)
    rows: list[dict[str, Cell]] = []
    watch, best, best_epoch = Stopwatch(), float("inf"), 0
    for epoch in range(100, tutorial.EPOCHS + 1, 100):
        watch.start()
        for _ in itertools.islice(loop, 100 * tutorial.STEPS_PER_EPOCH):
            pass
        watch.stop()
        denoiser = denoiser_of(network, config)
        swd = measure(denoiser, config, seeds=(0,))["swd_ddpm"]
        if swd <= max((wanted for wanted, _ in goals.values()), default=0.0):
            swd = measure(denoiser, config)["swd_ddpm"]  # not by the luck of one seed
        print(f"epoch {epoch}: SWD {swd:.4f} after {watch.spent.cpu:.0f} CPU s", flush=True)
        if swd < best:
            best, best_epoch = swd, epoch
        for goal, (wanted, fast_seconds) in list(goals.items()):
            if swd <= wanted:
                del goals[goal]
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
    for goal, (wanted, fast_seconds) in goals.items():
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


def main() -> None:
    """Measure and print."""
    parser = command_line("training", __doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, fewer rounds")
    parser.add_argument(
        "--full", action="store_true", help="also run the tutorial's 316,000 steps (10 to 40 min)"
    )
    options = parser.parse_args()
    seeds = (0,) if options.quick else (0, 1, 2)
    torch.set_num_threads(1)
    warm_up()
    report = Report(options.json)
    fast = quality(seeds, seeds)
    report.add(fast.table)
    table, seconds = moments(seeds)
    report.add(table)
    steps = speed(5 if options.quick else 11)
    report.add(steps.table)
    if any(name.startswith("s_curve-tutorial-") for name in shipped_models()):
        report.add(ratio(fast, seconds.get(GOOD), steps.tutorial_ms))
    if options.full:
        report.add(full(fast, seconds.get(GOOD)))


if __name__ == "__main__":
    main()
