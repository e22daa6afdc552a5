"""The chapters under the two samplers: what there is to learn of them, each with its experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from explainer.ui.mounted import mounted
from explainer.ui.text import (
    arcs,
    derivation,
    mistakes,
    particle,
    quality,
    repeats,
    roundtrip,
    solver,
)

# The script of each, and what it says; in the order of the page.
CHAPTERS: dict[str, Mapping[str, Any]] = {
    "quality": quality.WORDS,
    "repeats": repeats.WORDS,
    "particle": particle.WORDS,
    "derivation": derivation.WORDS,
    "solver": solver.WORDS,
    "arcs": arcs.WORDS,
    "roundtrip": roundtrip.WORDS,
    "mistakes": mistakes.WORDS,
}


def chapters(value: Mapping[str, Any]) -> list[gr.HTML]:
    """Return the chapters; an event handler shows other settings by returning another value.

    Parameters
    ----------
    value : mapping
        ``model``, ``schedule`` (None for a network), ``seed``, ``spacing``, ``ddpm_steps``,
        ``steps``, ``eta``, and ``T``, the model's noise levels.

    Returns
    -------
    list of gr.HTML
    """
    return [
        mounted(
            f"static/page/{name}.js",
            '<div data-chapter style="min-height: 74px"></div>',
            what=f"The chapter {words['title']!r}",
            value=dict(value),
            label=words["title"],
            words=dict(words),
            open=name == "quality",
        )
        for name, words in CHAPTERS.items()
    ]
