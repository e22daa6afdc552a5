"""How fast and how good the presets train, beside the tutorial's own loop."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch

from benchmarks import race, reach, tutorial
from benchmarks.report import (
    Cell,
    Report,
    Stopwatch,
    Table,
    alternate,
    command_line,
    median_ratio,
)
from explainer.config import TrainConfig
from explainer.data import S_CURVE_NOISE, make_dataset, s_curve_centreline
from explainer.metrics import stray_share
from explainer.models import make_network
from explainer.presets import PRESETS
from explainer.quality import REFERENCE_SEED, UNIT, measure, real_against_real
from explainer.shipped import shipped_run
from explainer.trainer import Trainer
from explainer.training import Snapshot, train

RECOGNISABLE, GOOD = 0.0080, 0.0040  # SWD at which the S is seen, at which it is drawn


def quality_of(snapshot: Snapshot, config: TrainConfig, seeds: tuple[int, ...]) -> dict[str, float]:
    """Measure a snapshot's averaged weights, see :func:`explainer.quality.measure`."""
    network = make_network(config, torch.Generator())
    network.load_state_dict(snapshot.parameters)
    return measure(race.denoiser_of(network.requires_grad_(False), config), config, seeds=seeds)


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
    bare, seen = Trainer(config), train(config)

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


def main() -> None:
    """Measure and print."""
    parser = command_line("training", __doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, fewer rounds and recipes")
    parser.add_argument(
        "--full",
        action="store_true",
        help="run every recipe and the tutorial's own loop to their ends (an hour)",
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
    goals = {"as good as the fast preset": (fast.swd, fast.cpu)}
    if GOOD in seconds:
        goals[f"SWD {GOOD:.4f}"] = (GOOD, seconds[GOOD])
    if shipped_run("tutorial", "s_curve"):
        report.add(race.ratio(goals, steps.tutorial_ms))
    if options.quick:
        report.add(reach.table(seeds, ("tutorial",), reach.Patience(5.0, 2.0)))
    else:
        patience = reach.Patience(math.inf if options.full else 60.0, 1.25)
        report.add(reach.table(seeds, [name for name in PRESETS if name != "fast"], patience))
    if options.full:
        report.add(race.full(goals))


if __name__ == "__main__":
    main()
