"""Experiments of the tab "DDPM vs DDIM"."""

from __future__ import annotations

import time
from typing import Any

import torch
from numpy.typing import NDArray

from explainer.experiments.common import (
    SHOWN,
    chosen_frames,
    color_bytes,
    file_name,
    load_model,
    shown,
    small,
)
from explainer.experiments.real import real_distance
from explainer.experiments.samples import (
    distance_to_data,
    nearest_color,
    unseen,
    view_of,
)
from explainer.experiments.walks import walk
from explainer.frames import encode, quantise
from explainer.own import is_own
from explainer.page_settings import EXACT, FieldSettings, SampleSettings
from explainer.quality import UNIT
from explainer.schedules import displayed_step


def _fields(s: SampleSettings) -> list[dict[str, str]]:
    """List the fields of arrows; an exact denoiser has one alone."""
    shared = s.model_dump(include={"model", "schedule", "steps", "spacing"})
    kinds = ("exact",) if s.model.startswith(EXACT) else ("learned", "exact", "difference")
    return [
        {
            "name": kind,
            "address": f"api/sample-field?{FieldSettings(known=kind, **shared).to_query()}",
        }
        for kind in kinds
    ]


def sample_path(fields: dict[str, Any]) -> bytes:
    """Compute :class:`SampleSettings`: the way back, with its cost and quality, as a container."""
    s = SampleSettings(**fields)
    denoiser, schedule, data, dataset = load_model(s.model, s.schedule or "cosine")
    generator = torch.Generator().manual_seed(s.seed)
    x_T = torch.randn(s.n, 2, generator=generator)
    started = time.thread_time()  # not the clock: the processor is shared
    states = walk(denoiser, schedule, s, x_T, generator)
    milliseconds = 1000 * (time.thread_time() - started)
    final = states[-1].x
    distance = distance_to_data(final, data, dataset)
    real = real_distance(dataset, s.n)
    fresh = "two halves of these data are at" if is_own(dataset) else "fresh real data are at"
    # One's own units may be of any size, and so may the samples of a model that learned nothing.
    told = small if is_own(dataset) or distance > 100 else "{:.4f}".format
    kept = [states[i] for i in chosen_frames(len(states))]
    limits = view_of(data, x_T, final)
    frames = shown(data, torch.stack([state.x for state in kept]))
    ghosts = shown(data, torch.stack([state.x0_hat for state in kept]))
    levels = [state.t for state in kept]
    header = {
        "limits": limits,
        "name": file_name(s.model.replace(EXACT, "exact "), f"{s.steps} steps"),
        "labels": [f"t = {displayed_step(t)} of {schedule.T}" for t in levels],
        "facts": {
            "evaluations": [str(i) for i in chosen_frames(len(states))],
            "ᾱₜ": [f"{schedule.alpha_bar(t):.4f}" for t in levels],
        },
        "fields": _fields(s),
        "cost": {
            "evaluations": s.steps,
            "milliseconds": round(milliseconds, 1),
            "swd": float(f"{distance:.5g}"),
            "real": float(f"{real:.5g}"),
            "told": [
                [f"{s.steps}", "evaluations of the model"],
                [f"{milliseconds:.0f} ms", f"of processor time for {s.n:,} points"],
                [told(distance), f"from real data (SWD, in data units / {UNIT:g})"],
            ],
            "mark": f"{fresh} {told(real)}, the mark: nearer is chance",
        },
        "notes": unseen(shown(data, x_T), limits),
    }
    arrays: dict[str, NDArray[Any]] = {
        "frames": quantise(frames, limits),
        "x0_hat": quantise(ghosts, limits),
        "color": color_bytes(nearest_color(final, data)),
        "background": quantise(shown(data, data.x[:SHOWN]), limits),
    }
    return encode(header, arrays)
