"""The tab "Forward process": from data to noise."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explainer.page_settings import ForwardSettings
from explainer.ui.api import address
from explainer.ui.handlers import QUICK, Value, choices
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "Forward process"


LINK = """<a class="dx-link" href="${value.src}" download="forward-process.png">
  ${words}</a>"""


def _show(*values: Any) -> tuple[Value, Any]:
    """Return what the player shows and where the strip is; a refusal leaves the strip as it is."""
    names = ("dataset", "schedule", "T", "zero_terminal_snr", "way")
    try:
        settings = ForwardSettings(**dict(zip(names, values, strict=True)))
    except ValueError as error:
        return {"error": str(error)}, gr.skip()
    return {"src": address("forward", settings)}, {"src": address("strip.png", settings)}


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
            player = point_cloud(
                address("forward", first), label=TITLE, autoplay=True, strip=True, height=440
            )
            link = gr.HTML(
                {"src": address("strip.png", first)},
                html_template=LINK,
                js_on_load=None,
                words=en.STRIP,
                apply_default_css=False,
            )
    inputs = [dataset, schedule, T, zero, way]
    for component in inputs:
        component.change(_show, inputs, [player, link], **QUICK)
