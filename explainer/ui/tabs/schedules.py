"""The tab "Schedule plots": what each noise schedule does, side by side."""

from __future__ import annotations

import gradio as gr

from explainer.figures.schedules import QUANTITIES, schedule_figure
from explainer.page_settings import ScheduleSettings
from explainer.settings import SCHEDULE_NAMES, InvalidSetting
from explainer.ui.chart import charts, charts_value, panel
from explainer.ui.handlers import QUICK, Value, choices
from explainer.ui.services import Services
from explainer.ui.text import en

TITLE = "Schedule plots"
FIRST = ["tutorial", "linear", "cosine"]


def build(services: Services, page: gr.Blocks) -> None:
    """Build the tab and wire it."""

    async def show(names: object, T: object, zero: object, axis: object) -> Value:
        try:
            settings = ScheduleSettings(T=T, zero_terminal_snr=zero)
            if not isinstance(names, list) or not set(names) <= set(SCHEDULE_NAMES):
                raise InvalidSetting(f"schedules must be among {', '.join(SCHEDULE_NAMES)}.")
            if not names:
                raise InvalidSetting(en.CHOOSE_SCHEDULE)
            table = await services.calculator(
                "explainer.experiments:schedule_table", settings.model_dump()
            )
        except (ValueError, RuntimeError) as error:
            return {"error": str(error)}
        ordered = [name for name in SCHEDULE_NAMES if name in names]
        return charts_value(
            [
                panel(
                    *en.QUANTITIES[quantity],
                    schedule_figure(table, ordered, quantity, log=axis == "log"),
                )
                for quantity in QUANTITIES
            ]
        )

    gr.Markdown(en.SCHEDULE, elem_classes="dx-intro")
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            names = gr.CheckboxGroup(
                choices(en.SCHEDULES), value=FIRST, label=en.LABELS["schedules"]
            )
            T = gr.Slider(10, 1000, value=100, step=10, label=en.LABELS["T"])
            zero = gr.Checkbox(value=False, label=en.LABELS["zero_terminal_snr"])
            axis = gr.Radio(["linear", "log"], value="linear", label=en.LABELS["axis"])
        with gr.Column(scale=4, min_width=320):
            plots = charts(label=TITLE)
    inputs = [names, T, zero, axis]
    for component in inputs:
        component.change(show, inputs, plots, **QUICK)
    page.load(show, inputs, plots, **QUICK)
