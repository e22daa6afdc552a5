"""The tab "Noise types": the same data under three kinds of noise."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explainer.noise_settings import CorruptionSettings, NoiseDataSettings
from explainer.settings import MAIN_CORRUPTIONS
from explainer.ui.api import address
from explainer.ui.chapters import NOISE_CHAPTERS, chapters
from explainer.ui.handlers import QUICK, Value, choices, chooser, one_sentence
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en
from explainer.ui.text import noise as words

TITLE = "Noise types"


@one_sentence
def _show(kind: Any, dataset: Any, seed: Any) -> Value:
    """Return what one player shows, under the name of its kind."""
    settings = CorruptionSettings(kind=kind, dataset=dataset, seed=seed)
    return {"src": address("corruption", settings), "title": words.NOISE_TYPES[settings.kind]}


def _chosen(dataset: Any, seed: Any) -> Any:
    """Return what the chapters show; what is wrong with it is told by the players."""
    try:
        return NoiseDataSettings(dataset=dataset, seed=seed).model_dump()
    except ValueError:
        return gr.skip()


def _show_all(dataset: Any, seed: Any, *kinds: Any) -> list[Any]:
    """Return what the players show, then the chapters."""
    players = [_show(kind, dataset, seed) for kind in kinds]
    return [*players, *[_chosen(dataset, seed)] * len(NOISE_CHAPTERS)]


def build() -> gr.Dropdown:
    """Build the tab, wire it, and return its chooser of data sets."""
    first = NoiseDataSettings()
    gr.Markdown(words.INTRO, elem_classes="dx-intro")
    with gr.Column(elem_classes="dx-short"), gr.Row():
        dataset = chooser(
            choices(en.DATASETS),
            value=first.dataset,
            label=en.LABELS["dataset"],
            scale=3,
            min_width=180,
        )
        seed = gr.Number(first.seed, precision=0, label=en.LABELS["seed"], min_width=90)
    kinds, players = [], []
    with gr.Row():
        for kind, label in zip(MAIN_CORRUPTIONS, words.SIDES, strict=True):
            with gr.Column(min_width=300):
                kinds.append(chooser(choices(words.NOISE_TYPES), value=kind, label=label))
                players.append(
                    point_cloud(
                        address("corruption", CorruptionSettings(kind=kind)),
                        label=words.NOISE_TYPES[kind],
                        group="noise",
                        aligned=True,
                        autoplay=kind == MAIN_CORRUPTIONS[0],
                        height=400,
                    )
                )
    below = chapters(NOISE_CHAPTERS, first.model_dump(), opened=["pictures", "undo"])
    for component in (dataset, seed):
        component.change(_show_all, [dataset, seed, *kinds], [*players, *below], **QUICK)
    for chosen, player in zip(kinds, players, strict=True):
        chosen.change(_show, [chosen, dataset, seed], player, **QUICK)
    return dataset
