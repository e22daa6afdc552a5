"""The view of a training run: samples, loss and progress, renewed while a worker trains."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explainer.config import PRESETS, TrainConfig
from explainer.page_settings import FloorSettings
from explainer.shipped import ShippedModel
from explainer.ui.api import address
from explainer.ui.mounted import mounted
from explainer.ui.text import en


def floor_address(config: TrainConfig) -> str:
    """Return where the lowest possible loss of a run is."""
    shared = set(FloorSettings.model_fields)
    return address("floor", FloorSettings(**config.model_dump(include=shared)))


def _title(preset: str, config: TrainConfig) -> str:
    recipe = en.RECIPES[preset]
    if config.schedule != PRESETS[preset].schedule:
        recipe += f", {en.schedule_name(config.schedule)}"
    dataset = en.dataset_name(config.dataset)
    return en.RUN_TITLE.format(dataset=dataset, recipe=recipe, seed=config.seed)


def run_value(run: str, preset: str, config: TrainConfig) -> dict[str, Any]:
    """Return the value that makes the view follow a run."""
    return {"run": run, "title": _title(preset, config), "floor": floor_address(config)}


def shipped_value(src: str, model: ShippedModel) -> dict[str, Any]:
    """Return the value that makes the view show a run from long ago."""
    return {
        "src": src,
        "title": _title(model.info["preset"], model.config),
        "history": model.info["history"],
        "floor": floor_address(model.config),
    }


def live_view(value: dict[str, Any], *, label: str, words: dict[str, str]) -> gr.HTML:
    """Return the view.

    Parameters
    ----------
    value : dict
        From :func:`run_value` or :func:`shipped_value`.
    label : str
        Its name for a screen reader.
    words : dict
        What its buttons and lines say.

    Returns
    -------
    gr.HTML
    """
    return mounted(
        "static/page/live.js",
        '<div data-live style="min-height: 560px"></div>',
        what="The training view",
        value=value,
        label=label,
        words=words,
    )
