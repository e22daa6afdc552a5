"""The tab "DDPM vs DDIM": one network, two ways back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from explainer.page_settings import EXACT, SampleSettings
from explainer.shipped import ShippedModel, shipped_models
from explainer.ui.api import address
from explainer.ui.handlers import QUICK, Value, choices, chooser, one_sentence
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "DDPM vs DDIM"
TRAINED = "trained"  # the schedule that belongs to the model
SCHEDULES = [(en.AS_TRAINED, TRAINED), *choices(en.SCHEDULES)]


@dataclass(frozen=True)
class CompareTab:
    """What other tabs are wired to."""

    model: gr.Dropdown
    models: list[tuple[str, str]]
    schedule: gr.Dropdown


def _title(model: ShippedModel) -> str:
    dataset = en.DATASETS[model.config.dataset]
    epoch = model.info.get("epoch")
    recipe = model.info["preset"] if epoch is None else f"tutorial, epoch {epoch:,}"
    return f"{dataset} · {recipe}"


def _models() -> list[tuple[str, str]]:
    trained = [(_title(model), name) for name, model in shipped_models().items()]
    trained.sort(key=lambda choice: not choice[1].startswith("s_curve-fast"))
    exact = [
        (en.EXACT_LABEL.format(dataset=label), EXACT + name) for name, label in en.DATASETS.items()
    ]
    return trained + exact


def _schedule(choice: Any) -> Any:
    return None if choice == TRAINED else choice


def _chooser(model: Any) -> Any:
    """Return the update of the schedule's chooser: a network knows only its own."""
    if isinstance(model, str) and model.startswith(EXACT):
        return gr.update(interactive=True)
    return gr.update(interactive=False, value=TRAINED)


@one_sentence
def _ddpm(model: Any, schedule: Any, steps: Any, seed: Any) -> Value:
    settings = SampleSettings(
        model=model, schedule=_schedule(schedule), sampler="ddpm", steps=steps, seed=seed
    )
    return {"src": address("sample", settings)}


@one_sentence
def _ddim(model: Any, schedule: Any, steps: Any, eta: Any, seed: Any) -> Value:
    settings = SampleSettings(
        model=model, schedule=_schedule(schedule), sampler="ddim", steps=steps, eta=eta, seed=seed
    )
    return {"src": address("sample", settings)}


def build() -> CompareTab:
    """Build the tab and wire it."""
    left = SampleSettings(sampler="ddpm", steps=100)
    right = SampleSettings(sampler="ddim", steps=20)
    gr.Markdown(en.COMPARE, elem_classes="dx-intro")
    with gr.Row():
        models = _models()
        model = chooser(
            models,
            value=left.model,
            label=en.LABELS["model"],
            scale=3,
            min_width=260,
        )
        schedule = chooser(
            SCHEDULES,
            value=TRAINED,
            label=en.LABELS["model_schedule"],
            scale=2,
            min_width=220,
            interactive=False,
        )
        seed = gr.Number(0, precision=0, label=en.LABELS["seed"], min_width=120)
    with gr.Row():
        ddpm_steps = gr.Slider(
            5, 100, value=left.steps, step=1, label=en.LABELS["ddpm_steps"], min_width=240
        )
        ddim_steps = gr.Slider(
            5, 100, value=right.steps, step=1, label=en.LABELS["ddim_steps"], min_width=240
        )
        eta = gr.Slider(0, 1, value=0, step=0.05, label=en.LABELS["eta"], min_width=240)
    with gr.Row():
        with gr.Column(min_width=320):
            ddpm = point_cloud(
                address("sample", left),
                label=en.COMPARE_DDPM,
                group="compare",
                autoplay=True,
                height=460,
            )
        with gr.Column(min_width=320):
            ddim = point_cloud(
                address("sample", right), label=en.COMPARE_DDIM, group="compare", height=460
            )
    gr.Markdown(en.EXACT_NOTE, elem_classes="dx-note")
    model.change(_chooser, model, schedule, **QUICK)
    for component in (model, schedule, ddpm_steps, seed):
        component.change(_ddpm, [model, schedule, ddpm_steps, seed], ddpm, **QUICK)
    for component in (model, schedule, ddim_steps, eta, seed):
        component.change(_ddim, [model, schedule, ddim_steps, eta, seed], ddim, **QUICK)
    return CompareTab(model, models, schedule)
