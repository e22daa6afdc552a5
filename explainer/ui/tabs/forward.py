"""The tab "Forward process": from data to noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from explainer.page_settings import ForwardSettings, NoisingSettings
from explainer.ui.api import address
from explainer.ui.handlers import LEAST_T, MOST_T, QUICK, being_typed, choices, chooser
from explainer.ui.meter import meter_value, prior_meter
from explainer.ui.pad import own_points_pad
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "Forward process"
FIELDS = ("dataset", "schedule", "T", "zero_terminal_snr", "way")
LINK = """<a class="dx-link" href="${value.src}" download="forward-process.png">
  ${words}</a>"""


@dataclass(frozen=True)
class ForwardTab:
    """What other tabs and the pad are wired to."""

    dataset: gr.Dropdown
    schedule: gr.Dropdown
    pad: gr.HTML


def _show(*values: Any) -> tuple[Any, Any, Any]:
    """Return what player, meter and link show; a refusal is told by the player alone."""
    fields = dict(zip(FIELDS, values, strict=True))
    if being_typed(fields["T"]):
        return gr.skip(), gr.skip(), gr.skip()
    try:
        settings = ForwardSettings(**fields)
    except ValueError as error:
        return {"error": str(error)}, gr.skip(), gr.skip()
    player, strip = address("forward", settings), address("strip.png", settings)
    return {"src": player}, meter_value(settings), {"src": strip}


def _way_out(event: gr.EventData) -> list[Any]:
    """Return schedule, T and terminal SNR as the meter's button says; nothing if it is forged."""
    detail = getattr(event, "_data", None)
    fields = ("schedule", "T", "zero_terminal_snr")
    if not isinstance(detail, dict) or set(detail) != set(fields):
        return [gr.skip()] * 3
    try:
        settings = NoisingSettings(**detail)
    except ValueError:
        return [gr.skip()] * 3
    return [getattr(settings, field) for field in fields]


def build() -> ForwardTab:
    """Build the tab and wire it."""
    first = ForwardSettings()
    gr.Markdown(en.FORWARD, elem_classes="dx-intro")
    with gr.Row():
        with gr.Column(scale=1, min_width=290, elem_classes="dx-controls"):
            dataset = chooser(
                choices(en.DATASETS),
                value=first.dataset,
                label=en.LABELS["dataset"],
            )
            schedule = chooser(
                choices(en.SCHEDULES),
                value=first.schedule,
                label=en.LABELS["schedule"],
            )
            T = gr.Slider(LEAST_T, MOST_T, value=first.T, step=10, label=en.LABELS["T"])
            zero = gr.Checkbox(value=False, label=en.LABELS["zero_terminal_snr"])
            way = gr.Radio(
                [(en.FORWARD_JUMP, "jump"), (en.FORWARD_WALK, "walk")],
                value=first.way,
                label=en.LABELS["way"],
            )
            pad = own_points_pad(folded=en.FORWARD_OWN)
        with gr.Column(scale=4, min_width=320):
            player = point_cloud(
                address("forward", first), label=TITLE, autoplay=True, strip=True, height=460
            )
            link = gr.HTML(
                {"src": address("strip.png", first)},
                html_template=LINK,
                js_on_load=None,
                words=en.STRIP,
                apply_default_css=False,
            )
    meter = prior_meter(first, words=en.PRIOR_WORDS)
    inputs = [dataset, schedule, T, zero, way]
    for component in inputs:
        component.change(_show, inputs, [player, meter, link], **QUICK)
    meter.input(_way_out, None, [schedule, T, zero], **QUICK)
    return ForwardTab(dataset, schedule, pad)
