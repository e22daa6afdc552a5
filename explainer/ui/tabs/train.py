"""The tab "Train live": a network learns while you look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import gradio as gr

from explainer.config import PRESETS
from explainer.page_settings import ShippedRunSettings
from explainer.settings import InvalidSetting
from explainer.shipped import shipped_run
from explainer.ui.api import address
from explainer.ui.handlers import QUICK, Value, choices, chooser, one_sentence
from explainer.ui.live import live_view, run_value, shipped_value
from explainer.ui.services import Services
from explainer.ui.text import en

TITLE = "Train live"
# One live run a browser tab: its name is made in the page and survives a reload.
VISITOR_JS = """(visitor, ...rest) => {
  const key = "diffusion-explainer-visitor";
  let name = (window.diffusionVisitor ??= crypto.getRandomValues(new Uint32Array(4)).join("-"));
  try {
    name = sessionStorage.getItem(key) ?? name;
    sessionStorage.setItem(key, name);
  } catch { /* Storage may be forbidden; then the page itself remembers. */ }
  return [name, ...rest];
}"""
VISITOR = re.compile(r"[0-9-]{4,64}")
RECIPE = "recipe"  # the schedule that belongs to the recipe
SCHEDULES = [(en.AS_IN_RECIPE, RECIPE), *choices(en.SCHEDULES)]


@dataclass(frozen=True)
class TrainTab:
    """What other tabs are wired to."""

    dataset: gr.Dropdown
    schedule: gr.Dropdown


def _shipped(preset: Any, dataset: Any, schedule: Any) -> Value | None:
    """Return the view of the shipped run with these settings, or None if none is shipped."""
    run = shipped_run(preset, dataset)
    if not run or schedule not in (RECIPE, PRESETS[preset].schedule):
        return None
    settings = ShippedRunSettings(preset=preset, dataset=dataset)
    return shipped_value(address("shipped-run", settings), run[-1])


def build(services: Services) -> TrainTab:
    """Build the tab and wire it."""

    @one_sentence
    def start(
        visitor: object, preset: object, dataset: object, schedule: object, seed: object
    ) -> Value:
        if not isinstance(visitor, str) or not VISITOR.fullmatch(visitor):
            raise InvalidSetting("The page's own name is missing; please reload the page.")
        if not isinstance(preset, str) or preset not in PRESETS:
            raise InvalidSetting(f"preset must be one of {', '.join(PRESETS)}.")
        config = PRESETS[preset].replace(dataset=dataset, seed=seed)
        if schedule != RECIPE:
            config = config.replace(schedule=schedule)
        run = services.store.submit(
            "explainer.experiments.learning:live_training", config.model_dump(), visitor=visitor
        )
        return run_value(run, preset, config)

    gr.Markdown(en.TRAIN, elem_classes="dx-intro")
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            preset = gr.Radio(choices(en.TRAIN_PRESETS), value="fast", label=en.LABELS["preset"])
            dataset = chooser(choices(en.DATASETS), value="s_curve", label=en.LABELS["dataset"])
            schedule = chooser(SCHEDULES, value=RECIPE, label=en.LABELS["train_schedule"])
            seed = gr.Number(0, precision=0, label=en.LABELS["seed"])
            button = gr.Button(en.LABELS["start"], variant="primary")
            visitor = gr.Textbox(visible=False)
        with gr.Column(scale=4, min_width=320):
            view = live_view(
                _shipped("fast", "s_curve", RECIPE) or {},
                label=en.LABELS["samples"],
                words=en.LIVE_WORDS,
            )

    button.click(start, [visitor, preset, dataset, schedule, seed], view, js=VISITOR_JS, **QUICK)

    def look(preset: object, dataset: object, schedule: object) -> Value:
        # A choice shows what it led to last time.
        found = _shipped(preset, dataset, schedule)
        name = en.dataset_name(dataset) if isinstance(dataset, str) else "this"
        return found or {"error": en.NOT_SHIPPED.format(dataset=name)}

    for component in (preset, dataset, schedule):
        component.input(look, [preset, dataset, schedule], view, **QUICK)
    return TrainTab(dataset, schedule)
