"""What a page asks for, computed: settings in, arrays or bytes out.

These functions run in worker processes, named by dotted name, so that the web server itself
imports no torch and computes nothing. Each takes the fields of its settings as a dict.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.checkpoints import Checkpoint, load, to_bytes
from explainer.config import TrainConfig
from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import Dataset, make_dataset
from explainer.frames import encode, limits_around, quantise
from explainer.jobs.reports import Report
from explainer.metrics import loss_floor, sliced_wasserstein
from explainer.models import Denoiser, ExactDenoiser
from explainer.page_settings import (
    EXACT,
    CorruptionSettings,
    FloorSettings,
    ForwardSettings,
    SampleSettings,
    ScheduleSettings,
    ShippedRunSettings,
)
from explainer.quality import UNIT, real_against_real, reference
from explainer.sampling import ddim_step, ddpm_step, last, sample, timesteps
from explainer.schedules import NoiseSchedule, displayed_step, make_schedule
from explainer.settings import DatasetName
from explainer.shipped import shipped_models
from explainer.shipped import shipped_run as checkpoints_of
from explainer.training import train

MAX_FRAMES = 101
EXACT_POINTS = 2000  # data points of the exact denoiser: as many as are shown
REFERENCE_POINTS = 10_000
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def set_up_worker() -> None:
    """Prepare a worker process: one thread each, networks this small lose time to a second."""
    torch.set_num_threads(1)


def _chosen(count: int, most: int = MAX_FRAMES) -> list[int]:
    """Choose at most ``most`` of ``count`` frames, evenly, the first and the last among them."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


SHOWN = 2000  # points of the data drawn behind, and compared with


def _bytes_of(color: Tensor) -> NDArray[np.uint8]:
    return (color.clamp(0, 1) * 255).round().to(torch.uint8).numpy()


def _signed(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


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
            facts["SNR"].append(f"{_signed(10 * np.log10(abar / (1 - abar)))} dB")
    return facts


def _noised(s: ForwardSettings) -> tuple[Dataset, NoiseSchedule, list[int], Tensor]:
    """Return data, schedule, the noise levels shown, -1 for the data, and clouds (frames, n, 2)."""
    data = make_dataset(s.dataset, s.n, seed=s.seed)
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    generator = torch.Generator().manual_seed(s.seed)
    levels = [index - 1 for index in _chosen(s.T + 1)]  # -1 is the data
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
    indices = [round(k * (len(levels) - 1) / 20) for k in range(20)]
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
        f"t = {displayed_step(t)} of {s.T} · signal {100 * a**0.5:.0f} % "
        f"· noise {100 * (1 - a) ** 0.5:.0f} %"
        for t, a in zip(levels, power, strict=True)
    ]
    left = power[-1]
    header = {
        "limits": limits,
        "labels": labels,
        "facts": _level_facts(schedule, levels),
        "strip": _strip(levels),
        "summary": (
            f"At t = {s.T} the data still has {100 * left**0.5:.0f} % of its amplitude: this is "
            "not pure noise yet, so a sampler that starts from N(0, I) starts in the wrong place."
            if left > 1e-3
            else f"At t = {s.T} nothing of the data can be seen: the cloud is as good as N(0, I), "
            "the place where sampling starts."
        ),
    }
    return encode(header, {"frames": quantise(frames, limits), "color": _bytes_of(data.color)})


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


@lru_cache(maxsize=16)
def _model(name: str) -> tuple[Denoiser, NoiseSchedule, Dataset, DatasetName]:
    """Return a model by name: denoiser, schedule, the data it was made for, and its name."""
    if name.startswith(EXACT):
        dataset: DatasetName = name.removeprefix(EXACT)  # type: ignore[assignment]
        data = make_dataset(dataset, EXACT_POINTS, seed=0)
        schedule = make_schedule("cosine", 100)
        return ExactDenoiser(data.x, schedule), schedule, data, dataset
    checkpoint = load(shipped_models()[name].path)
    c = checkpoint.config
    data = make_dataset(c.dataset, c.n_points, seed=c.seed, scaling=c.scaling)
    return checkpoint.denoiser(), checkpoint.schedule(), data, c.dataset


def _nearest_color(x: Tensor, data: Dataset) -> Tensor:
    """Colour points (n, 2) like the data point nearest to each, so that mixing can be seen."""
    return data.color[:SHOWN][torch.cdist(x, data.x[:SHOWN]).argmin(dim=1)]


def _view_of(data: Dataset, *clouds: Tensor) -> tuple[float, float, float, float]:
    """Limits for clouds on their way to the data; the tutorial's data is small beside its noise."""
    return limits_around(data.x[:SHOWN].numpy(), *(cloud.numpy() for cloud in clouds))


def sample_path(fields: dict[str, Any]) -> bytes:
    """Compute :class:`SampleSettings`: the way back, with its cost and quality, as a container."""
    s = SampleSettings(**fields)
    denoiser, schedule, data, dataset = _model(s.model)
    generator = torch.Generator().manual_seed(s.seed)
    x_T = torch.randn(s.n, 2, generator=generator)
    stops = timesteps(schedule.T, s.steps, s.spacing)
    step = ddpm_step if s.sampler == "ddpm" else partial(ddim_step, eta=s.eta)
    started = time.perf_counter()
    states = list(sample(denoiser, x_T, stops, schedule, step, generator=generator))
    milliseconds = 1000 * (time.perf_counter() - started)
    final = states[-1].x
    distance = sliced_wasserstein(
        data.to_data_units(final) / UNIT, reference(dataset, REFERENCE_POINTS)
    )
    real = real_against_real(dataset, s.n, REFERENCE_POINTS)
    kept = [states[i] for i in _chosen(len(states))]
    limits = _view_of(data, x_T, final)
    frames = torch.stack([state.x for state in kept]).numpy()
    ghosts = torch.stack([state.x0_hat for state in kept]).numpy()
    levels = [state.t for state in kept]
    header = {
        "limits": limits,
        "labels": [f"t = {displayed_step(t)} of {schedule.T}" for t in levels],
        "facts": {
            "evaluations": [str(i) for i in _chosen(len(states))],
            "ᾱₜ": [f"{schedule.alpha_bar(t):.4f}" for t in levels],
        },
        "cost": {
            "evaluations": len(stops),
            "milliseconds": round(milliseconds, 1),
            "swd": round(distance, 5),
            "real": round(real, 5),
        },
        "notes": [
            f"{len(stops)} evaluations of the model for each of {s.n:,} points: "
            f"{milliseconds:.0f} ms",
            f"sliced Wasserstein distance to real data {distance:.4f}, in data units / {UNIT:g} "
            f"(fresh real data: {real:.4f})",
        ],
    }
    arrays: dict[str, NDArray[Any]] = {
        "frames": quantise(frames, limits),
        "x0_hat": quantise(ghosts, limits),
        "color": _bytes_of(_nearest_color(final, data)),
        "background": quantise(data.x[:SHOWN].numpy(), limits),
    }
    return encode(header, arrays)


def _measured_snr(cloud: Tensor, data: Tensor) -> str:
    """State in dB the power of what still follows the data against that of the rest."""
    c, x = cloud - cloud.mean(dim=0), data - data.mean(dim=0)
    gain = (c * x).sum() / x.square().sum()
    signal = (gain * x).square().mean().item()
    noise = (c - gain * x).square().mean().item()
    if noise < 1e-9 * signal:
        return "∞"
    # Chance alone leaves a share of about 1/n: below a few times that there is nothing to state.
    if signal < 10 / len(data) * noise:
        return f"below {_signed(10 * np.log10(10 / len(data)), 0)} dB"
    return f"{_signed(10 * np.log10(signal / noise))} dB"


def corruption_path(fields: dict[str, Any]) -> bytes:
    """Compute :class:`CorruptionSettings`: the cloud by amount, 0 to 1, as a container."""
    s = CorruptionSettings(**fields)
    data = make_dataset(s.dataset, s.n, seed=s.seed)
    box = Box.around(data.x)
    amounts = [k / 50 for k in range(51)]
    corrupt = CORRUPTIONS[s.kind]
    # The same draws at every amount, so that a point can be followed from the data to its end.
    clouds = [
        corrupt(data.x, amount, torch.Generator().manual_seed(s.seed), box) for amount in amounts
    ]
    frames = torch.stack(clouds).numpy()
    # The same picture for all three: the box that the Gaussian end, N(0, I), needs.
    end = CORRUPTIONS["gaussian"](data.x, 1.0, torch.Generator().manual_seed(s.seed), box)
    limits = limits_around(frames, end.numpy(), data.x.numpy())
    header = {
        "limits": limits,
        "labels": [f"amount {amount:.2f}" for amount in amounts],
        "facts": {
            "measured SNR": [_measured_snr(cloud, data.x) for cloud in clouds],
            "std of x, y": [
                " · ".join(f"{v:.2f}" for v in cloud.std(dim=0).tolist()) for cloud in clouds
            ],
        },
    }
    return encode(header, {"frames": quantise(frames, limits), "color": _bytes_of(data.color)})


def floor(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`FloorSettings`: ``mean`` and ``per_t``, as plain numbers."""
    s = FloorSettings(**fields)
    # With fewer points the posterior could tell them apart, and the floor would be too low.
    data = make_dataset(s.dataset, 20_000, seed=0, scaling=s.scaling)
    schedule = make_schedule(s.schedule, s.T, zero_terminal_snr=s.zero_terminal_snr)
    draws = max(10, 5000 // s.T)  # the same work for every T
    result = loss_floor(data, schedule, objective=s.objective, n_points=draws)
    return {"mean": result.mean, "per_t": result.per_t.tolist()}


def _training_frame(data: Dataset, x_T: Tensor, previews: list[Tensor], labels: list[str]) -> bytes:
    """Pack samples of a network as it trains; each point keeps the colour of its x_T."""
    limits = limits_around(data.x[:SHOWN].numpy(), margin=0.35)
    rank = x_T[:, 1].argsort().argsort().float() / max(len(x_T) - 1, 1)
    return encode(
        {"limits": limits, "labels": labels},
        {
            "frames": quantise(torch.stack(previews).numpy(), limits),
            "color": _bytes_of(rank),
            "background": quantise(data.x[:SHOWN].numpy(), limits),
        },
    )


def live_training(fields: dict[str, Any]) -> Iterator[Report]:
    """Train :class:`TrainConfig` and report loss, progress, a picture, and a checkpoint at last."""
    config = TrainConfig(**fields)
    data = make_dataset(config.dataset, 2000, seed=config.seed, scaling=config.scaling)
    for snapshot in train(config):
        finished = snapshot.step == config.steps
        result = None
        if finished:
            result = to_bytes(Checkpoint(config, snapshot.parameters, {"step": snapshot.step}))
        yield Report(
            progress=snapshot.step / config.steps,
            series={
                "step": [snapshot.step],
                "loss": [snapshot.loss],
                "validation_loss": [snapshot.validation_loss],
            },
            frame=_training_frame(
                data,
                snapshot.x_T,
                [snapshot.preview],
                [f"step {snapshot.step:,} of {config.steps:,}"],
            ),
            result=result,
        )


def shipped_run(fields: dict[str, Any]) -> bytes:
    """Compute :class:`ShippedRunSettings`: samples of its checkpoints, as a container."""
    s = ShippedRunSettings(**fields)
    models = checkpoints_of(s.preset, s.dataset)
    x_T = torch.randn(s.n, 2, generator=torch.Generator().manual_seed(0))
    previews, labels = [], []
    for model in models:
        denoiser, schedule, data, _ = _model(model.name)
        eta = model.config.preview_eta
        stops = timesteps(schedule.T, schedule.T if eta else 20)
        step, noise = partial(ddim_step, eta=eta), torch.Generator().manual_seed(1)
        previews.append(last(sample(denoiser, x_T, stops, schedule, step, generator=noise)))
        epoch = model.info.get("epoch")
        labels.append(
            f"step {model.info['step']:,} of {model.config.steps:,}"
            + (f" · epoch {epoch:,}" if epoch is not None else "")
        )
    return _training_frame(data, x_T, previews, labels)
