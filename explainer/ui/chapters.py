"""The chapters of two tabs: what there is to learn, each with its experiment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import gradio as gr

from explainer.ui.mounted import mounted
from explainer.ui.text import (
    arcs,
    closedform,
    composing,
    derivation,
    endstates,
    mistakes,
    particle,
    pictures,
    quality,
    repeats,
    roundtrip,
    solver,
    undo,
)

# The script of each, and what it says; in the order of the page.
COMPARE_CHAPTERS: dict[str, Mapping[str, Any]] = {
    "quality": quality.WORDS,
    "repeats": repeats.WORDS,
    "particle": particle.WORDS,
    "derivation": derivation.WORDS,
    "solver": solver.WORDS,
    "arcs": arcs.WORDS,
    "roundtrip": roundtrip.WORDS,
    "mistakes": mistakes.WORDS,
}
NOISE_CHAPTERS: dict[str, Mapping[str, Any]] = {
    "pictures": pictures.WORDS,
    "undo": undo.WORDS,
    "composing": composing.WORDS,
    "endstates": endstates.WORDS,
    "closedform": closedform.WORDS,
}


def chapters(
    named: Mapping[str, Mapping[str, Any]], value: Mapping[str, Any], opened: Collection[str]
) -> list[gr.HTML]:
    """Return chapters; an event handler shows other settings by returning another value.

    Parameters
    ----------
    named : mapping of str to mapping
        The words of each chapter by the name of its script.
    value : mapping
        The settings above them. Of DDPM vs DDIM: ``model``, ``schedule`` (None for a network),
        ``seed``, ``spacing``, ``ddpm_steps``, ``steps``, ``eta``, and ``T``, the model's noise
        levels. Of noise types: ``dataset`` and ``seed``.
    opened : collection of str
        Which are open from the start.

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
            open=name in opened,
        )
        for name, words in named.items()
    ]
