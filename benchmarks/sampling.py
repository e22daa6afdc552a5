"""How fast the tutorial's network is sampled, and how good the fast model is by sampler and steps.

The tutorial's own loop, then those of diffusers, against ``explainer.sampling.sample`` in
alternating rounds in one process.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median

import torch

from benchmarks import samplers, tutorial
from benchmarks.report import Cell, Report, Table, alternate, command_line, median_ratio, timed
from explainer.checkpoints import Checkpoint, load
from explainer.models import make_network
from explainer.presets import PRESETS
from explainer.sampling import ddpm_step, sample
from explainer.shipped import FOLDER
from explainer.spacing import timesteps

N_POINTS = tutorial.N_POINTS
FLOP_PER_POINT_STEP = 2 * (2 * 128 + 2 * 128 * 128 + 128 * 2)  # of the matrix products alone
TARGETS = {"explainer, 1 thread": 2.0, "explainer, 2 threads": 3.0, "explainer, 2 halves": 3.0}


def tutorial_checkpoint() -> Checkpoint:
    """Load the tutorial's network after 4,000 epochs, or make a fresh one: as fast, not as good."""
    path = FOLDER / "s_curve-tutorial-4000.safetensors"
    if path.exists():
        return load(path)
    config = PRESETS["tutorial"]
    network = make_network(config, torch.Generator().manual_seed(0))
    return Checkpoint(config, dict(network.state_dict()))


def sgemm_gflops(rounds: int = 9, repeats: int = 400) -> float:
    """Measure a plain product of 1024 x 128 by 128 x 128 on one thread, in GFLOP/s."""
    a, b, out = torch.rand(1024, 128), torch.rand(128, 128), torch.empty(1024, 128)

    def work() -> None:
        for _ in range(repeats):
            torch.mm(a, b, out=out)

    work()
    seconds = median(timed(work).cpu for _ in range(rounds))
    return 2 * 1024 * 128 * 128 * repeats / seconds / 1e9


def speed(rounds: int) -> Table:
    """Time the tutorial's loop and ours, on one thread and on two."""
    checkpoint = tutorial_checkpoint()
    network = tutorial.Network()
    tutorial.load_explainer_weights(network, checkpoint.parameters)
    denoiser, schedule = checkpoint.denoiser(), checkpoint.schedule()
    stops = timesteps(schedule.T, schedule.T)
    x_T = torch.randn(N_POINTS, 2, generator=torch.Generator().manual_seed(0))

    def theirs() -> None:
        torch.set_num_threads(1)
        tutorial.sample_sequence(network, N_POINTS)

    def ours(threads: int) -> None:
        torch.set_num_threads(threads)
        generator = torch.Generator().manual_seed(0)
        states = list(sample(denoiser, x_T, stops, schedule, ddpm_step, generator=generator))
        assert len(states) == schedule.T + 1  # the whole sequence is kept, as theirs is

    # Points do not see each other: each half can walk in a thread of its own. Without the
    # initialiser each of them would again use all cores for its products.
    pool = ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,))

    def half(part: torch.Tensor, seed: int) -> int:
        generator = torch.Generator().manual_seed(seed)
        return len(list(sample(denoiser, part, stops, schedule, ddpm_step, generator=generator)))

    def halves() -> None:
        torch.set_num_threads(1)
        assert sum(pool.map(half, x_T.chunk(2), (0, 1))) == 2 * (schedule.T + 1)

    rivals: dict[str, Callable[[], None]] = {
        "tutorial's loop, 1 thread": theirs,
        "explainer, 1 thread": partial(ours, 1),
        "explainer, 2 threads": partial(ours, 2),
        "explainer, 2 halves": halves,
    }
    with pool:
        spent = alternate(rivals, rounds)
    torch.set_num_threads(1)
    plain = sgemm_gflops()
    base = spent["tutorial's loop, 1 thread"]
    flop = FLOP_PER_POINT_STEP * N_POINTS * schedule.T
    rows: list[dict[str, Cell]] = []
    for name, seconds in spent.items():
        wall = [s.wall for s in seconds]
        cpu = [s.cpu for s in seconds]
        # On one thread CPU time is what counts; two threads are there to save time by the clock.
        on_clock = "2" in name
        gflops = flop / median(wall if on_clock else cpu) / 1e9
        rows.append(
            {
                "loop": name,
                "CPU s": median(cpu),
                "wall s": median(wall),
                "best wall s": min(wall),
                "faster, CPU": median_ratio([b.cpu for b in base], cpu),
                "faster, wall": median_ratio([b.wall for b in base], wall),
                "target": TARGETS.get(name),
                "GFLOP/s": gflops,
                "% of sgemm": 100 * gflops / plain,
            }
        )
    return Table(
        f"Sampling the tutorial's network: {N_POINTS:,} points x {schedule.T} steps",
        rows,
        f"Medians of {rounds} alternating rounds; ratios are medians of the rounds' own. The "
        "target is meant by CPU on one thread, by the clock on two (threads: torch's own; halves: "
        "5,000 points in each of two Python threads). GFLOP/s counts matrix products only; a plain "
        f"sgemm 1024x128x128 on one thread reaches {plain:.0f}.",
    )


def main() -> None:
    """Measure and print."""
    parser = command_line("sampling", __doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    report = Report(options.json)
    report.add(speed(options.rounds))
    path = FOLDER / "s_curve-fast.safetensors"
    if path.exists():
        report.add(samplers.by_steps(load(path), options.rounds))


if __name__ == "__main__":
    main()
