"""Each sampler beside diffusers' scheduler of it: the same network, noise levels, x_T and threads.

diffusers is among the tests' requirements. Its loop is the one that its documentation shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor

from benchmarks.report import Cell, Table, alternate, median_ratio
from explainer.checkpoints import Checkpoint
from explainer.metrics import sliced_wasserstein
from explainer.quality import in_tutorial_units, real_against_real, reference
from explainer.sampling import Step, ddim_step, ddpm_step, last, sample
from explainer.solvers import dpm_solver
from explainer.spacing import timesteps

N_POINTS = 10_000
STEPS = (100, 50, 20, 10, 5)
SEEDS = (0, 1, 2)
PREDICTION_TYPES = {"eps": "epsilon", "x0": "sample", "v": "v_prediction"}

Walk = Callable[[Tensor, int, torch.Generator], Tensor]
"""From x_T, shape (n, 2), in so many steps, with the generator of its noise, to samples (n, 2)."""


@dataclass(frozen=True)
class Sampler:
    """One way back, as we name it and as diffusers does."""

    name: str
    step: Callable[[], Step]
    scheduler: str
    options: dict[str, Any]


SAMPLERS = (
    Sampler("DDPM", lambda: ddpm_step, "DDPMScheduler", {"clip_sample": False}),
    Sampler("DDIM", lambda: partial(ddim_step, eta=0.0), "DDIMScheduler", {"clip_sample": False}),
    Sampler(
        "DPM-Solver++ 2M",
        dpm_solver,
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "solver_order": 2},
    ),
)


def our_walk(checkpoint: Checkpoint, sampler: Sampler) -> Walk:
    """Return the walk of :func:`explainer.sampling.sample`."""
    denoiser, schedule = checkpoint.denoiser(), checkpoint.schedule()

    def walk(x_T: Tensor, n: int, generator: torch.Generator) -> Tensor:
        stops = timesteps(schedule.T, n)
        return last(sample(denoiser, x_T, stops, schedule, sampler.step(), generator=generator))

    return walk


def their_walk(checkpoint: Checkpoint, sampler: Sampler) -> Walk:
    """Return the walk of diffusers: the network on all points at once, then a scheduler's step."""
    import diffusers

    network, schedule = checkpoint.denoiser().network, checkpoint.schedule()
    scheduler = getattr(diffusers, sampler.scheduler)(
        num_train_timesteps=schedule.T,
        trained_betas=schedule.betas.numpy(),
        prediction_type=PREDICTION_TYPES[checkpoint.config.objective],
        timestep_spacing="trailing",
        **sampler.options,
    )

    @torch.no_grad()
    def walk(x_T: Tensor, n: int, generator: torch.Generator) -> Tensor:
        scheduler.set_timesteps(n)
        x = x_T
        for t in scheduler.timesteps:
            output = network(x, t.reshape(1))
            x = scheduler.step(output, t, x, generator=generator).prev_sample
        return x

    return walk


def distance(checkpoint: Checkpoint, walk: Walk, n: int) -> float:
    """Return the median distance of the samples to real data, data unit / 10, over the seeds."""
    found = []
    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        x_T = torch.randn(N_POINTS, 2, generator=generator)
        points = in_tutorial_units(checkpoint.config, walk(x_T, n, generator))
        found.append(sliced_wasserstein(points, reference(checkpoint.config.dataset)))
    return median(found)


def by_steps(checkpoint: Checkpoint, rounds: int) -> Table:
    """Measure quality and time of every sampler at every number of steps, ours and theirs."""
    torch.set_num_threads(1)
    x_T = torch.randn(N_POINTS, 2, generator=torch.Generator().manual_seed(0))
    rows: list[dict[str, Cell]] = []
    for sampler in SAMPLERS:
        walks = {
            "ours": our_walk(checkpoint, sampler),
            "diffusers": their_walk(checkpoint, sampler),
        }
        for n in STEPS:
            swd = {who: distance(checkpoint, walk, n) for who, walk in walks.items()}
            rivals = {
                who: partial(walk, x_T, n, torch.Generator().manual_seed(0))
                for who, walk in walks.items()
            }
            spent = {who: [s.cpu for s in all_] for who, all_ in alternate(rivals, rounds).items()}
            rows.append(
                {
                    "sampler": sampler.name,
                    "evaluations": n,
                    "SWD": swd["ours"],
                    "SWD diffusers": swd["diffusers"],
                    "SWD ratio": swd["diffusers"] / swd["ours"],
                    "ms": 1000 * median(spent["ours"]),
                    "ms diffusers": 1000 * median(spent["diffusers"]),
                    "faster": median_ratio(spent["diffusers"], spent["ours"]),
                }
            )
    floor = real_against_real(checkpoint.config.dataset, N_POINTS)
    return Table(
        "The shipped fast model by sampler and number of steps, beside diffusers",
        rows,
        f"SWD: medians of {len(SEEDS)} sampling seeds, {N_POINTS:,} points against 200,000 real "
        f"ones, data unit / 10; {N_POINTS:,} real points against the same: {floor:.4f}. "
        f"Milliseconds of CPU time on one thread for {N_POINTS:,} points: medians of {rounds} "
        "alternating rounds; ratios are theirs over ours, of time medians of the rounds' own.",
    )
