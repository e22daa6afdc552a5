"""The tab "Noise types": the same data under three kinds of noise."""

from __future__ import annotations

import functools
from typing import Any

import gradio as gr

from explainer.noise_settings import CorruptionSettings
from explainer.settings import MAIN_CORRUPTIONS, CorruptionName
from explainer.ui.api import address
from explainer.ui.chapters import NOISE_CHAPTERS, chapters
from explainer.ui.handlers import QUICK, Value, choices, chooser, one_sentence
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "Noise types"


@one_sentence
def _show(kind: CorruptionName, dataset: Any) -> Value:
    return {"src": address("corruption", CorruptionSettings(kind=kind, dataset=dataset))}


def build() -> gr.Dropdown:
    """Build the tab, wire it, and return its chooser of data sets."""
    gr.Markdown(en.NOISE, elem_classes="dx-intro")
    with gr.Column(elem_classes="dx-short"):
        dataset = chooser(choices(en.DATASETS), value="s_curve", label=en.LABELS["dataset"])
    players = []
    with gr.Row():
        for kind in MAIN_CORRUPTIONS:
            with gr.Column(min_width=300):
                players.append(
                    point_cloud(
                        address("corruption", CorruptionSettings(kind=kind)),
                        label=en.NOISE_TYPES[kind],
                        group="noise",
                        autoplay=kind == MAIN_CORRUPTIONS[0],
                        height=380,
                    )
                )
    below = chapters(NOISE_CHAPTERS, {"dataset": "s_curve", "seed": 0}, opened=["pictures", "undo"])
    dataset.change(
        lambda name: [{"dataset": name, "seed": 0}] * len(below), dataset, below, **QUICK
    )
    for kind, player in zip(MAIN_CORRUPTIONS, players, strict=True):
        dataset.change(functools.partial(_show, kind), dataset, player, **QUICK)
    return dataset
