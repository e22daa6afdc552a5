"""The view of a training run: samples, losses and beliefs, renewed while a worker trains."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explainer.config import TrainConfig
from explainer.cost import multiply_adds, points_per_step
from explainer.page_settings import FloorSettings, ShippedRunSettings
from explainer.presets import BROKEN, PRESETS
from explainer.shipped import ShippedModel, shipped_run
from explainer.ui.api import address
from explainer.ui.mounted import mounted
from explainer.ui.text import en
from explainer.ui.text import train as text
from explainer.ui.text.belief import BELIEF_WORDS, STEP_WORDS
from explainer.ui.text.checkpoints import CHECKPOINT_WORDS
from explainer.ui.text.puzzles import PUZZLES
from explainer.ui.text.runs import PUZZLE_WORDS, RUNS_WORDS

# How a run is looked at, which decides nothing of what is learnt.
WATCHING = {"snapshot_every", "preview_points", "preview_steps", "preview_eta"}


def _same(a: TrainConfig, b: TrainConfig) -> bool:
    return a.model_dump(exclude=WATCHING) == b.model_dump(exclude=WATCHING)


def title(preset: str, config: TrainConfig) -> str:
    """Name a run by its data, its recipe and its seed."""
    recipe = text.PRESETS[preset]
    if not _same(PRESETS[preset].replace(dataset=config.dataset, seed=config.seed), config):
        recipe = text.CHANGED.format(recipe=recipe)
    dataset = en.dataset_name(config.dataset)
    return text.TITLE.format(dataset=dataset, recipe=recipe, seed=config.seed)


def plan(preset: str, config: TrainConfig) -> dict[str, Any]:
    """Describe a run, whether it is under way or could be."""
    shared = set(FloorSettings.model_fields)
    return {
        "preset": preset,
        "title": title(preset, config),
        "config": config.model_dump(),
        "truth": address("truth", FloorSettings(**config.model_dump(include=shared))),
        "batch": points_per_step(config),
        "work": multiply_adds(config),
        "takeHome": config.to_query(),
        "puzzle": {"name": preset, **PUZZLES[preset]} if preset in BROKEN else None,
    }


def shipped(preset: str, config: TrainConfig) -> dict[str, Any] | None:
    """Describe the run from long ago that had these settings, or return None if there is none."""
    models: list[ShippedModel] = shipped_run(preset, config.dataset)
    if not models or not _same(models[-1].config, config):
        return None
    settings = ShippedRunSettings(preset=preset, dataset=config.dataset)
    return {
        **plan(preset, config),
        "src": address("shipped-run", settings),
        "history": models[-1].info["history"],
        "seconds": models[-1].info["seconds"],
    }


def live_view(value: dict[str, Any]) -> gr.HTML:
    """Return the view.

    Its ``submit`` event says what the learner asks for, ``{"do": ..., "visitor": ...}``.

    Parameters
    ----------
    value : dict
        ``plan``: what Start would train; and one of: ``shipped``, from :func:`shipped`; ``run``,
        the id of a run that the plan describes, with ``held`` if it waits at its first step.
    """
    words = {
        **text.WORDS,
        "belief": BELIEF_WORDS,
        "stepPanel": STEP_WORDS,
        "runs": RUNS_WORDS,
        "puzzle": PUZZLE_WORDS,
        "checkpoints": CHECKPOINT_WORDS,
    }
    return mounted(
        "static/page/live.js",
        '<div data-live style="min-height: 900px"></div>',
        what="The training view",
        arguments="element, props, watch, trigger",
        value=value,
        label=text.WORDS["samples"],
        words=words,
    )
