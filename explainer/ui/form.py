"""The controls of a training run, and the settings that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from explainer.config import TrainConfig
from explainer.cost import check_budget
from explainer.settings import InvalidSetting
from explainer.ui.handlers import LEAST_T, MOST_T, choices, chooser
from explainer.ui.text import en
from explainer.ui.text import train as text

PREVIEWS = {"ddim": (20, 0.0), "ddpm": (100, 1.0)}  # sampling steps and eta of the pictures
PREVIEW_POINTS = 1000
PICTURES = 20  # of a run whose steps are quick; where they are slow, there are more
POINTS = (16, 100, 1000, 10_000, 50_000)
DATA = ("dataset", "schedule")  # always in sight
GROUPS = {
    "data": ("n_points", "scaling", "T", "objective", "preview"),
    "network": ("network", "width", "depth", "time_embedding", "activation"),
    "training": (
        "steps",
        "batch_size",
        "learning_rate",
        "lr_schedule",
        "optimizer",
        "ema",
        "clip_norm",
        "t_sampling",
    ),
}
FIELDS = (*DATA, *(field for fields in GROUPS.values() for field in fields), "seed")


@dataclass(frozen=True)
class Form:
    """The controls by field, in the order of :data:`FIELDS`."""

    controls: dict[str, Component]

    @property
    def components(self) -> list[Component]:
        """All of them, as the inputs or outputs of an event."""
        return list(self.controls.values())


def settings_of(values: Sequence[Any]) -> TrainConfig:
    """Return the settings that the controls' values stand for.

    Raises
    ------
    InvalidSetting
        With one sentence, also where the run would cost more than this server spends.
    """
    fields = dict(zip(FIELDS, values, strict=True))
    preview = fields.pop("preview")
    if not isinstance(preview, str) or preview not in PREVIEWS:
        raise InvalidSetting(f"preview must be one of {', '.join(PREVIEWS)}.")
    clip = fields["clip_norm"]
    if clip == 0 and not isinstance(clip, bool):
        fields["clip_norm"] = None
    elif clip is None:
        raise InvalidSetting("clip_norm must be a number; it is empty.")
    preview_steps, preview_eta = PREVIEWS[preview]
    return as_watched(TrainConfig(**fields, preview_steps=preview_steps, preview_eta=preview_eta))


def as_watched(config: TrainConfig) -> TrainConfig:
    """Return the same run, looked at as this page looks at runs.

    Raises
    ------
    InvalidSetting
        If it would cost more than this server spends on a run.
    """
    check_budget(config)
    steps, eta = PREVIEWS["ddpm" if config.preview_eta else "ddim"]
    return config.replace(
        snapshot_every=max(1, config.steps // PICTURES),
        preview_points=PREVIEW_POINTS,
        preview_steps=steps,
        preview_eta=eta,
    )


def values_of(config: TrainConfig) -> list[Any]:
    """Return what the controls show for some settings; the inverse of :func:`settings_of`."""
    fields = config.model_dump()
    fields["clip_norm"] = fields["clip_norm"] or 0
    fields["preview"] = "ddpm" if config.preview_eta else "ddim"
    return [fields[field] for field in FIELDS]


def _control(field: str, value: Any) -> Component:
    label, info = text.CONTROLS[field]
    said = {"label": label, "info": info or None}
    if field in text.CHOICES:
        return gr.Radio(choices(text.CHOICES[field]), value=value, **said)
    if field == "dataset":
        return chooser(choices(en.DATASETS), value=value, **said)
    if field == "schedule":
        return chooser(choices(en.SCHEDULES), value=value, **said)
    if field == "n_points":
        return gr.Dropdown([(f"{n:,}", n) for n in POINTS], value=value, filterable=False, **said)
    sliders = {"T": (LEAST_T, MOST_T, 10), "width": (8, 256, 8), "depth": (1, 5, 1)}
    if field in sliders:
        low, high, step = sliders[field]
        return gr.Slider(low, high, value=value, step=step, **said)
    return gr.Number(value, precision=None, **said)


def train_form(config: TrainConfig) -> Form:
    """Build the controls, the less common ones folded away.

    Parameters
    ----------
    config : TrainConfig
        Shown first.
    """
    value = dict(zip(FIELDS, values_of(config), strict=True))
    made = {field: _control(field, value[field]) for field in DATA}
    made["seed"] = _control("seed", value["seed"])
    for group, fields in GROUPS.items():
        with gr.Accordion(text.GROUPS[group], open=False):
            made |= {field: _control(field, value[field]) for field in fields}
    return Form({field: made[field] for field in FIELDS})
