"""The tab "Noise types": the same data under three kinds of noise."""

from __future__ import annotations

import functools
from typing import Any

import gradio as gr

from explainer.page_settings import CorruptionSettings
from explainer.settings import CORRUPTION_NAMES, CorruptionName
from explainer.ui.api import address
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
        for kind in CORRUPTION_NAMES:
            with gr.Column(min_width=300):
                players.append(
                    point_cloud(
                        address("corruption", CorruptionSettings(kind=kind)),
                        label=en.NOISE_TYPES[kind],
                        group="noise",
                        autoplay=kind == CORRUPTION_NAMES[0],
                        height=380,
                    )
                )
    for kind, player in zip(CORRUPTION_NAMES, players, strict=True):
        dataset.change(functools.partial(_show, kind), dataset, player, **QUICK)
    return dataset
