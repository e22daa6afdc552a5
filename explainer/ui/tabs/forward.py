"""The tab "Forward process": from data to noise."""

from __future__ import annotations

import gradio as gr

from explainer.page_settings import ForwardSettings
from explainer.ui.api import address
from explainer.ui.handlers import QUICK, Value, choices, one_sentence
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "Forward process"


@one_sentence
def _show(dataset: str, schedule: str, T: int, zero: bool, way: str) -> Value:
    settings = ForwardSettings(
        dataset=dataset, schedule=schedule, T=T, zero_terminal_snr=zero, way=way
    )
    return {"src": address(settings)}


def build() -> None:
    """Build the tab and wire it."""
    first = ForwardSettings()
    gr.Markdown(en.FORWARD, elem_classes="dx-intro")
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            dataset = gr.Dropdown(
                choices(en.DATASETS), value=first.dataset, label=en.LABELS["dataset"]
            )
            schedule = gr.Dropdown(
                choices(en.SCHEDULES), value=first.schedule, label=en.LABELS["schedule"]
            )
            T = gr.Slider(10, 1000, value=first.T, step=10, label=en.LABELS["T"])
            zero = gr.Checkbox(value=False, label=en.LABELS["zero_terminal_snr"])
            way = gr.Radio(
                [(en.FORWARD_JUMP, "jump"), (en.FORWARD_WALK, "walk")],
                value=first.way,
                label=en.LABELS["way"],
            )
        with gr.Column(scale=4, min_width=320):
            player = point_cloud(address(first), label=TITLE, autoplay=True, strip=True, height=440)
    inputs = [dataset, schedule, T, zero, way]
    for component in inputs:
        component.change(_show, inputs, player, **QUICK)
