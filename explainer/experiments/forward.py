"""Experiments of the tab "Forward process"."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from explainer.data import Dataset, make_dataset
from explainer.experiments.common import chosen_frames, color_bytes, file_name, shown, signed, small
from explainer.frames import encode, limits_around, quantise
from explainer.own import is_own, load_points
from explainer.page_settings import ForwardSettings
from explainer.schedules import NoiseSchedule, displayed_step, make_schedule

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# What an eye makes of a cloud, from the SNR in dB down to which it holds.
IMPRESSIONS = (
    (20.0, "the noise can hardly be seen"),
    (8.0, "the shape is blurred"),
    (-4.0, "the shape dissolves"),
    (-12.0, "only a trace of the shape is left"),
    (-np.inf, "nothing of the shape can be seen"),
)


def jump(x_0: Tensor, eps: Tensor, schedule: NoiseSchedule, levels: list[int]) -> Tensor:
    """Noise x_0 (n, 2) by the closed form, with the same eps at all levels: (levels, n, 2)."""
    return torch.stack([x_0 if t < 0 else schedule.add_noise(x_0, eps, t) for t in levels])


def walk(
    x_0: Tensor, schedule: NoiseSchedule, levels: list[int], generator: torch.Generator
) -> Tensor:
    """Noise x_0 (n, 2) step by step, with fresh noise at each: (levels, n, 2)."""
    frames, wanted, x = [x_0], set(levels), x_0
    # Numbers, not tensors of one: a thousand steps then take two thirds of the time.
    kept, added = schedule.alphas.sqrt().tolist(), schedule.betas.sqrt().tolist()
    for t in range(max(levels) + 1):  # q(x_t | x_{t-1}), arXiv 2006.11239, equation 2
        x = kept[t] * x + added[t] * torch.randn(x.shape, generator=generator)
        if t in wanted:
            frames.append(x)
    return torch.stack(frames)


def noised(s: ForwardSettings) -> tuple[Dataset, NoiseSchedule, list[int], dict[str, Tensor]]:
    """Return data, schedule, the levels shown, -1 for the data, and both ways, (levels, n, 2)."""
    data = make_dataset(s.dataset, s.n, seed=s.seed)
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    levels = [index - 1 for index in chosen_frames(s.T + 1)]
    one, many = (torch.Generator().manual_seed(seed) for seed in (s.seed, s.seed + 1))
    eps = torch.randn(data.x.shape, generator=one)
    ways = {
        "jump": jump(data.x, eps, schedule, levels),
        "walk": walk(data.x, schedule, levels, many),
    }
    return data, schedule, levels, ways


def _decibels(abar: float) -> float:
    if abar in (0.0, 1.0):
        return np.inf if abar else -np.inf
    return float(10 * np.log10(abar / (1 - abar)))


def _facts(schedule: NoiseSchedule, levels: list[int], way: str) -> dict[str, list[str]]:
    """Describe noise levels as the columns of a small table."""
    whole = "xₜ =" if way == "jump" else "altogether"
    facts: dict[str, list[str]] = {} if way == "jump" else {"xₜ =": []}
    facts |= {whole: [], "βₜ": [], "αₜ = 1 − βₜ": [], "ᾱₜ = α₁ α₂ … αₜ": [], "SNR": []}
    for t in levels:
        abar = schedule.alpha_bar(t)
        if way == "walk":
            kept, added = float(schedule.alphas[t]) ** 0.5, float(schedule.betas[t]) ** 0.5
            facts["xₜ ="].append("x₀" if t < 0 else f"{kept:.3f} xₜ₋₁ + {added:.3f} ε")
        facts[whole].append(f"{abar**0.5:.2f} x₀ + {(1 - abar) ** 0.5:.2f} ε")
        facts["βₜ"].append("–" if t < 0 else small(float(schedule.betas[t])))
        facts["αₜ = 1 − βₜ"].append("–" if t < 0 else f"{float(schedule.alphas[t]):.4f}")
        facts["ᾱₜ = α₁ α₂ … αₜ"].append(f"{abar:.4f}" if abar >= 1e-3 else small(abar))
        decibels = _decibels(abar)
        if np.isinf(decibels):
            facts["SNR"].append("∞ dB" if decibels > 0 else "−∞ dB")
        else:
            facts["SNR"].append(f"{signed(decibels)} dB")
    return facts


def moments(x: Tensor, x_0: Tensor) -> Tensor:
    """Measure clouds x (frames, n, 2) made of x_0 (n, 2).

    Returns
    -------
    Tensor, shape (frames, 6)
        Mean and variance of the first coordinate, of the second, the share of x_0 in x (slope of
        x over x_0), and the variance of the rest, which is the noise.
    """
    mean = x.mean(dim=1)  # (frames, 2)
    centred, centred_0 = x - mean[:, None], x_0 - x_0.mean(dim=0)
    variance = centred.square().mean(dim=1)  # four times as fast as x.var
    slope = (centred * centred_0).sum(dim=(1, 2)) / centred_0.square().sum()
    rest = (centred - slope[:, None, None] * centred_0).square().mean(dim=(1, 2))
    columns = [mean[:, 0], variance[:, 0], mean[:, 1], variance[:, 1], slope, rest]
    return torch.stack(columns, dim=1)


def moments_in_theory(schedule: NoiseSchedule, levels: list[int], x_0: Tensor) -> Tensor:
    """Return what :func:`moments` are for endless noise (arXiv 2006.11239, equation 4)."""
    abar = torch.tensor([schedule.alpha_bar(t) for t in levels])
    mean = abar.sqrt()[:, None] * x_0.mean(dim=0)
    variance = abar[:, None] * x_0.var(dim=0, correction=0) + 1 - abar[:, None]
    columns = [mean[:, 0], variance[:, 0], mean[:, 1], variance[:, 1], abar.sqrt(), 1 - abar]
    return torch.stack(columns, dim=1)


def _table(schedule: NoiseSchedule, levels: list[int], ways: dict[str, Tensor]) -> dict[str, Any]:
    x_0 = ways["jump"][0]
    columns = {
        "theory": moments_in_theory(schedule, levels, x_0),
        **{way: moments(x, x_0) for way, x in ways.items()},
    }
    names = ("mean of x", "variance of x", "mean of y", "variance of y", "√ᾱₜ", "1 − ᾱₜ")

    def texts(values: Tensor) -> list[str]:
        return [signed(value, 3) for value in values.tolist()]

    return {
        "title": "Jump and walk, measured in the network's units",
        "columns": list(columns),
        "rows": [
            [name, [texts(values[:, i]) for values in columns.values()]]
            for i, name in enumerate(names)
        ],
    }


def _descriptions(schedule: NoiseSchedule, levels: list[int]) -> list[str]:
    """Say in words what each frame shows."""
    texts = []
    for t in levels:
        abar = schedule.alpha_bar(t)
        seen = next(text for least, text in IMPRESSIONS if _decibels(abar) >= least)
        texts.append(
            "The data: nothing has been added yet."
            if t < 0
            else f"Each point keeps {100 * abar**0.5:.0f} % of its distance from the middle and "
            f"gets noise with a standard deviation of {(1 - abar) ** 0.5:.2f}: {seen}."
        )
    return texts


def _strip(levels: list[int]) -> dict[str, list[Any]]:
    """Choose the tutorial's twenty snapshots, or all where there are fewer: frames and titles."""
    indices = sorted({round(k * (len(levels) - 1) / 20) for k in range(20)})  # T may be under 20
    steps = [str(displayed_step(levels[i])).translate(SUBSCRIPTS) for i in indices]
    return {"indices": indices, "titles": [f"q(x{step})" for step in steps]}


def _left_out(dataset: str, drawn: int) -> list[str]:
    """Say how many of one's own points are drawn, if not all are."""
    given = len(load_points(dataset)[0]) if is_own(dataset) else drawn
    if given == drawn:
        return []
    return [f"{drawn:,} of the {given:,} points are drawn, chosen at random"]


def forward_process(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ForwardSettings`: the cloud at every noise level, as a container."""
    s = ForwardSettings(**fields)
    data, schedule, levels, ways = noised(s)
    frames = shown(data, ways[s.way])
    limits = limits_around(frames)
    power = [schedule.alpha_bar(t) for t in levels]
    mean, scale = data.mean.tolist(), data.scale.tolist()
    header = {
        "limits": limits,
        "labels": [
            f"t = {displayed_step(t)} of {s.T} · signal {100 * a:.0f} % "
            f"· noise {100 * (1 - a):.0f} % of the power"
            for t, a in zip(levels, power, strict=True)
        ],
        "facts": _facts(schedule, levels, s.way),
        "table": _table(schedule, levels, ways),
        "descriptions": _descriptions(schedule, levels),
        "strip": _strip(levels),
        "prior": {"mean": mean, "scale": scale},
        "formula": {
            "signal": [a**0.5 for a in power],
            "noise": [(1 - a) ** 0.5 for a in power],
            "mean": mean,
            "scale": scale,
        },
        "fields": [{"name": "exact", "address": f"api/field?{s.to_query()}"}],
        "source": s.dataset,
        "name": file_name(s.dataset, s.schedule, f"T={s.T}", s.way),
        "notes": _left_out(s.dataset, len(data.x)),
    }
    return encode(header, {"frames": quantise(frames, limits), "color": color_bytes(data.color)})


def forward_strip(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ForwardSettings`: the tutorial's strip of twenty snapshots, as a PNG."""
    from explainer.figures.strip import strip_png  # matplotlib: only who takes one home waits

    s = ForwardSettings(**fields)
    data, _, levels, ways = noised(s)
    frames = shown(data, ways[s.way])
    strip = _strip(levels)
    # The letters of matplotlib's own font have no small subscripts for all digits: use its maths.
    titles = [f"$q(x_{{{displayed_step(levels[i])}}})$" for i in strip["indices"]]
    chosen = frames[strip["indices"]]
    # Strays would make every shape small.
    limits = limits_around(np.quantile(chosen.reshape(-1, 2), [0.005, 0.995], axis=0))
    return strip_png(chosen, titles, data.color.numpy(), limits)
