"""Experiments of the tabs "Forward process" and "Schedule plots"."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.data import Dataset, make_dataset
from explainer.experiments.common import chosen_frames, color_bytes, signed
from explainer.frames import encode, limits_around, quantise
from explainer.page_settings import ForwardSettings, ScheduleSettings
from explainer.schedules import NoiseSchedule, displayed_step, make_schedule

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _level_facts(schedule: NoiseSchedule, levels: list[int]) -> dict[str, list[str]]:
    """Describe noise levels, -1 for the data, as the columns of a small table."""
    facts: dict[str, list[str]] = {"xₜ =": [], "ᾱₜ": [], "βₜ": [], "SNR": []}
    for t in levels:
        abar = schedule.alpha_bar(t)
        facts["xₜ ="].append(f"{abar**0.5:.2f} x₀ + {(1 - abar) ** 0.5:.2f} ε")
        facts["ᾱₜ"].append(f"{abar:.4f}")
        facts["βₜ"].append("–" if t < 0 else f"{float(schedule.betas[t]):.2g}")
        if abar in (0.0, 1.0):
            facts["SNR"].append("∞" if abar else "0")
        else:
            facts["SNR"].append(f"{signed(10 * np.log10(abar / (1 - abar)))} dB")
    return facts


def _noised(s: ForwardSettings) -> tuple[Dataset, NoiseSchedule, list[int], Tensor]:
    """Return data, schedule, the noise levels shown, -1 for the data, and clouds (frames, n, 2)."""
    data = make_dataset(s.dataset, s.n, seed=s.seed)
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    generator = torch.Generator().manual_seed(s.seed)
    levels = [index - 1 for index in chosen_frames(s.T + 1)]  # -1 is the data
    clouds = [data.x]
    if s.way == "jump":
        eps = torch.randn(data.x.shape, generator=generator)
        clouds += [schedule.add_noise(data.x, eps, t) for t in levels[1:]]
    else:
        x, shown = data.x, set(levels)
        for t in range(s.T):  # q(x_t | x_{t-1}), arXiv 2006.11239, equation 2
            eps = torch.randn(x.shape, generator=generator)
            x = schedule.alphas[t].sqrt() * x + schedule.betas[t].sqrt() * eps
            if t in shown:
                clouds.append(x)
    return data, schedule, levels, torch.stack(clouds)


def _strip(levels: list[int]) -> dict[str, list[Any]]:
    """Choose the tutorial's twenty snapshots: frames and titles."""
    indices = sorted({round(k * (len(levels) - 1) / 20) for k in range(20)})  # T may be under 20
    steps = [str(displayed_step(levels[i])).translate(SUBSCRIPTS) for i in indices]
    return {"indices": indices, "titles": [f"q(x{step})" for step in steps]}


def forward_process(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ForwardSettings`: the cloud at every noise level, as a container."""
    s = ForwardSettings(**fields)
    data, schedule, levels, clouds = _noised(s)
    frames = clouds.numpy()
    limits = limits_around(frames)
    power = [schedule.alpha_bar(t) for t in levels]
    labels = [
        f"t = {displayed_step(t)} of {s.T} · signal {100 * a:.0f} % "
        f"· noise {100 * (1 - a):.0f} % of the power"
        for t, a in zip(levels, power, strict=True)
    ]
    left = power[-1]
    header = {
        "limits": limits,
        "labels": labels,
        "facts": _level_facts(schedule, levels),
        "strip": _strip(levels),
        "summary": (
            f"At t = {s.T} the data still has {100 * left:.0f} % of the power: this is "
            "not pure noise yet, so a sampler that starts from N(0, I) starts in the wrong place."
            if left > 1e-3
            else f"At t = {s.T} nothing of the data can be seen: the cloud is as good as N(0, I), "
            "the place where sampling starts."
        ),
    }
    return encode(header, {"frames": quantise(frames, limits), "color": color_bytes(data.color)})


def forward_strip(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ForwardSettings`: the tutorial's strip of twenty snapshots, as a PNG."""
    from explainer.figures.strip import strip_png  # matplotlib: only who takes one home waits

    data, _, levels, clouds = _noised(ForwardSettings(**fields))
    strip = _strip(levels)
    limits = limits_around(clouds.numpy())
    chosen = clouds[strip["indices"]].numpy()
    # The letters of matplotlib's own font have no small subscripts for all digits: use its maths.
    titles = [f"$q(x_{{{displayed_step(levels[i])}}})$" for i in strip["indices"]]
    return strip_png(chosen, titles, data.color.numpy(), limits)


def schedule_figures(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`ScheduleSettings`: a plotly figure of each quantity, as JSON objects."""
    from explainer.figures.schedules import QUANTITIES, schedule_figure

    s = ScheduleSettings(**fields)
    table: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name in s.schedules:
        schedule = make_schedule(name, s.T, zero_terminal_snr=s.zero_terminal_snr)
        table[name] = {quantity: getattr(schedule, quantity).numpy() for quantity in QUANTITIES}
    figures = {q: schedule_figure(table, s.schedules, q, log=s.axis == "log") for q in QUANTITIES}
    return {quantity: json.loads(figure.to_json()) for quantity, figure in figures.items()}
