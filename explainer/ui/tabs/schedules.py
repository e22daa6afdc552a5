"""The tab "Schedule plots": what each noise schedule does, side by side."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explainer.page_settings import ScheduleSettings
from explainer.ui.api import address
from explainer.ui.chart import charts
from explainer.ui.handlers import QUICK, Value, choices, one_sentence
from explainer.ui.text import en

TITLE = "Schedule plots"


@one_sentence
def _show(schedules: Any, T: Any, zero: Any, axis: Any) -> Value:
    settings = ScheduleSettings(schedules=schedules, T=T, zero_terminal_snr=zero, axis=axis)
    return {"src": address("schedules", settings)}


def build() -> None:
    """Build the tab and wire it."""
    first = ScheduleSettings()
    gr.Markdown(en.SCHEDULE, elem_classes="dx-intro")
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            names = gr.CheckboxGroup(
                choices(en.SCHEDULES), value=list(first.schedules), label=en.LABELS["schedules"]
            )
            T = gr.Slider(10, 1000, value=first.T, step=10, label=en.LABELS["T"])
            zero = gr.Checkbox(value=False, label=en.LABELS["zero_terminal_snr"])
            axis = gr.Radio(["linear", "log"], value=first.axis, label=en.LABELS["axis"])
        with gr.Column(scale=4, min_width=320):
            plots = charts(address("schedules", first), label=TITLE, words=en.QUANTITIES)
    inputs = [names, T, zero, axis]
    for component in inputs:
        component.change(_show, inputs, plots, **QUICK)
