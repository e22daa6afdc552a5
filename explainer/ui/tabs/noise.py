"""The tab "Noise types": the same data under three kinds of noise."""

from __future__ import annotations

import gradio as gr

from explainer.page_settings import CorruptionSettings
from explainer.settings import CORRUPTION_NAMES
from explainer.ui.api import address
from explainer.ui.handlers import QUICK, choices, one_sentence
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "Noise types"


@one_sentence
def _show(dataset: str) -> list[dict[str, str]]:
    return [
        {"src": address(CorruptionSettings(kind=kind, dataset=dataset))}
        for kind in CORRUPTION_NAMES
    ]


def build() -> None:
    """Build the tab and wire it."""
    gr.Markdown(en.NOISE, elem_classes="dx-intro")
    with gr.Column(elem_classes="dx-short"):
        dataset = gr.Dropdown(choices(en.DATASETS), value="s_curve", label=en.LABELS["dataset"])
    players = []
    with gr.Row():
        for kind in CORRUPTION_NAMES:
            with gr.Column(min_width=300):
                players.append(
                    point_cloud(
                        address(CorruptionSettings(kind=kind)),
                        label=en.NOISE_TYPES[kind],
                        group="noise",
                        autoplay=kind == CORRUPTION_NAMES[0],
                        height=380,
                    )
                )
    dataset.change(_show, dataset, players, **QUICK)
