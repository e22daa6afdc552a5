"""The view of a training run: samples, loss and progress, renewed while a worker trains."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explainer.config import PRESETS, TrainConfig
from explainer.page_settings import FloorSettings
from explainer.shipped import ShippedModel
from explainer.ui.api import address
from explainer.ui.text import en

JS_ON_LOAD = """
import(new URL("static/page/live.js", document.baseURI).href)
  .then(({ mount }) => mount(element, props, watch))
  .catch((error) => console.error("The training view could not be loaded:", error));
"""


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
    return gr.HTML(
        value=value,
        label=label,
        html_template='<div data-live style="min-height: 560px"></div>',
        js_on_load=JS_ON_LOAD,
        apply_default_css=False,
        words=words,
    )
