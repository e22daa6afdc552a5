"""Experiments of the tab "DDPM vs DDIM"."""

from __future__ import annotations

import time
from typing import Any

import torch

from explainer.experiments.common import (
    color_bytes,
    file_name,
    load_model,
    small,
)
from explainer.experiments.real import real_distance
from explainer.experiments.samples import (
    distance_to_data,
    nearest_color,
    view_of,
)
from explainer.experiments.walks import container, walk
from explainer.own import is_own
from explainer.page_settings import EXACT, FieldSettings, SampleSettings
from explainer.quality import UNIT


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
    return container(
        states,
        schedule,
        data,
        s,
        color=color_bytes(nearest_color(final, data)),
        facts={
            "evaluations": [str(i) for i in range(len(states))],
            "ᾱₜ": [f"{schedule.alpha_bar(state.t):.4f}" for state in states],
        },
        limits=view_of(data, x_T, final),
        name=file_name(s.model.replace(EXACT, "exact "), f"{s.steps} steps"),
        fields=_fields(s),
        cost={
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
    )
