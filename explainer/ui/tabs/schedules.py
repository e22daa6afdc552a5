"""The tab "Schedule plots": what each noise schedule does, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from explainer.page_settings import FloorPlotSettings, QuantitiesSettings, ScheduleDataSettings
from explainer.ui.api import address
from explainer.ui.chart import chart_value, charts
from explainer.ui.designer import schedule_designer
from explainer.ui.handlers import LEAST_T, MOST_T, QUICK, Value, being_typed, choices, chooser
from explainer.ui.rows import cloud_rows
from explainer.ui.text import en

TITLE = "Schedule plots"


@dataclass(frozen=True)
class SchedulesTab:
    """What other tabs and the designer are wired to."""

    dataset: gr.Dropdown
    schedules: gr.CheckboxGroup
    T: gr.Slider
    designer: gr.HTML


def _plots(quantities: QuantitiesSettings, floors: FloorPlotSettings) -> Value:
    return chart_value(
        address("schedules", quantities),
        later={"floor": address("floors", floors)},
        csv=address("schedules.csv", quantities),
    )


def _show(schedules: Any, T: Any, zero: Any, axis: Any, eta: Any, dataset: Any) -> tuple[Any, Any]:
    """Return what plots and rows show; a refusal is told by the plots."""
    if being_typed(T):
        return gr.skip(), gr.skip()
    shared = {"schedules": schedules, "T": T, "zero_terminal_snr": zero}
    try:
        quantities = QuantitiesSettings(**shared, axis=axis, eta=eta)
        floors = FloorPlotSettings(**shared, axis=axis, dataset=dataset)
        rows = ScheduleDataSettings(**shared, dataset=dataset)
    except ValueError as error:
        return {"error": str(error)}, gr.skip()
    return _plots(quantities, floors), {"src": address("clouds", rows)}


def build() -> SchedulesTab:
    """Build the tab and wire it."""
    first = QuantitiesSettings()
    gr.Markdown(en.SCHEDULE, elem_classes="dx-intro")
    with gr.Row():
        with gr.Column(scale=1, min_width=290):
            names = gr.CheckboxGroup(
                choices(en.SCHEDULES),
                value=list(first.schedules),
                label=en.LABELS["schedules"],
                elem_classes="dx-names",
            )
            # Any number, not tens alone: so many betas may be pasted.
            T = gr.Slider(LEAST_T, MOST_T, value=first.T, step=1, label=en.LABELS["T"])
            zero = gr.Checkbox(value=False, label=en.LABELS["zero_terminal_snr"])
            axis = gr.Radio(["linear", "log"], value=first.axis, label=en.LABELS["axis"])
            eta = gr.Slider(0, 1, value=first.eta, step=0.05, label=en.LABELS["sigma_eta"])
            dataset = chooser(choices(en.DATASETS), value="s_curve", label=en.LABELS["dataset"])
        with gr.Column(scale=4, min_width=320):
            designer = schedule_designer()
    plots = charts(_plots(first, FloorPlotSettings()), label=TITLE, words=en.QUANTITIES)
    gr.Markdown(en.FLOOR_NOTE, elem_classes="dx-note")
    rows = cloud_rows(
        address("clouds", ScheduleDataSettings()), en.SCHEDULE_CLOUDS, words=en.LEVELS
    )
    inputs = [names, T, zero, axis, eta, dataset]
    for component in inputs:
        component.change(_show, inputs, [plots, rows], **QUICK)
    return SchedulesTab(dataset, names, T, designer)
