"""The tab "DDPM vs DDIM": one network, two ways back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from explainer.page_settings import EXACT, SampleSettings, WalkSettings, model_levels
from explainer.shipped import ShippedModel, shipped_models
from explainer.ui.api import address
from explainer.ui.chapters import COMPARE_CHAPTERS, chapters
from explainer.ui.handlers import QUICK, Value, choices, chooser, one_sentence
from explainer.ui.offers import ModelChoices
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "DDPM vs DDIM"
TRAINED = "trained"  # the schedule that belongs to the model
SCHEDULES = [(en.AS_TRAINED, TRAINED), *choices(en.SCHEDULES)]
LEAST_STEPS = 5  # of the sliders, where the model has that many
MOST_STEPS = 1000  # of any model


@dataclass(frozen=True)
class CompareTab:
    """What other tabs are wired to."""

    model: gr.Dropdown
    models: ModelChoices
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


def _most_steps(model: Any) -> int | None:
    """Return the most steps that a model can take: it has that many noise levels."""
    try:
        return model_levels(model) if isinstance(model, str) else None
    except (KeyError, ValueError):  # forged or gone: the players say so
        return None


def _number(steps: Any) -> bool:
    return isinstance(steps, int | float) and not isinstance(steps, bool)


def _within(model: Any, steps: Any) -> Any:
    """Return what the slider will show: the model may have been chosen a moment ago."""
    most = _most_steps(model)
    return most if most and _number(steps) and most < steps <= MOST_STEPS else steps


def _chosen(model: Any, *steps: Any) -> list[Any]:
    """Return the updates of the schedule's chooser and of the sliders of steps."""
    exact = isinstance(model, str) and model.startswith(EXACT)
    updates = [
        gr.update(interactive=True) if exact else gr.update(interactive=False, value=TRAINED)
    ]
    most = _most_steps(model)
    if most is None:
        return [*updates, *[gr.skip()] * len(steps)]
    least = min(LEAST_STEPS, most - 1)
    for value in steps:
        mended = {"value": max(least, min(value, most))} if _number(value) else {}
        updates.append(gr.update(minimum=least, maximum=most, **mended))
    return updates


def _ddim_settings(
    model: Any, schedule: Any, steps: Any, eta: Any, spacing: Any, seed: Any
) -> SampleSettings:
    return SampleSettings(
        model=model,
        schedule=_schedule(schedule),
        sampler="ddim",
        steps=_within(model, steps),
        eta=eta,
        spacing=spacing,
        seed=seed,
    )


def _walk(
    model: Any, schedule: Any, ddpm_steps: Any, steps: Any, eta: Any, spacing: Any, seed: Any
) -> Any:
    """Return what the chapters show; what is wrong with a setting is told by the players."""
    try:
        settings = _ddim_settings(model, schedule, steps, eta, spacing, seed)
        ddpm = WalkSettings(model=model, steps=_within(model, ddpm_steps))
    except (KeyError, ValueError):
        return gr.skip()
    chosen = settings.model_dump(include={"model", "schedule", "steps", "eta", "spacing", "seed"})
    return {**chosen, "ddpm_steps": ddpm.steps, "T": model_levels(settings.model)}


def _walks(*values: Any) -> list[Any]:
    return [_walk(*values)] * len(COMPARE_CHAPTERS)


@one_sentence
def _ddpm(model: Any, schedule: Any, steps: Any, spacing: Any, seed: Any) -> Value:
    settings = SampleSettings(
        model=model,
        schedule=_schedule(schedule),
        sampler="ddpm",
        steps=_within(model, steps),
        spacing=spacing,
        seed=seed,
    )
    return {"src": address("sample", settings)}


@one_sentence
def _ddim(model: Any, schedule: Any, steps: Any, eta: Any, spacing: Any, seed: Any) -> Value:
    settings = _ddim_settings(model, schedule, steps, eta, spacing, seed)
    return {"src": address("sample", settings)}


def build() -> CompareTab:
    """Build the tab and wire it."""
    left = SampleSettings(sampler="ddpm", steps=100)
    right = SampleSettings(sampler="ddim", steps=20)
    gr.Markdown(en.COMPARE, elem_classes="dx-intro")
    with gr.Row():
        models = ModelChoices(_models(), gr.State({}))
        model = chooser(
            models.base,
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
        spacing = chooser(
            [(label, name) for name, label in en.SPACINGS.items()],
            value=left.spacing,
            label=en.LABELS["spacing"],
            scale=2,
            min_width=220,
        )
        seed = gr.Number(0, precision=0, label=en.LABELS["seed"], min_width=120)
    with gr.Row():
        ddpm_steps = gr.Slider(
            LEAST_STEPS,
            model_levels(left.model),
            value=left.steps,
            step=1,
            label=en.LABELS["ddpm_steps"],
            min_width=240,
        )
        ddim_steps = gr.Slider(
            LEAST_STEPS,
            model_levels(left.model),
            value=right.steps,
            step=1,
            label=en.LABELS["ddim_steps"],
            min_width=240,
        )
        eta = gr.Slider(0, 1, value=0, step=0.05, label=en.LABELS["eta"], min_width=240)
    with gr.Row():
        with gr.Column(min_width=320):
            ddpm = point_cloud(
                address("sample", left),
                label=en.COMPARE_DDPM,
                group="compare",
                autoplay=True,
                views=["trails"],
                height=460,
            )
        with gr.Column(min_width=320):
            ddim = point_cloud(
                address("sample", right), label=en.COMPARE_DDIM, group="compare", height=460
            )
    first = _walk(
        left.model, TRAINED, left.steps, right.steps, right.eta, right.spacing, right.seed
    )
    settings = [model, schedule, ddpm_steps, ddim_steps, eta, spacing, seed]
    below = chapters(COMPARE_CHAPTERS, first, opened=["quality"])
    gr.Markdown(en.EXACT_NOTE, elem_classes="dx-note")
    sliders = [ddpm_steps, ddim_steps]
    model.change(_chosen, [model, *sliders], [schedule, *sliders], **QUICK)
    of_ddpm = [model, schedule, ddpm_steps, spacing, seed]
    of_ddim = [model, schedule, ddim_steps, eta, spacing, seed]
    for inputs, handler, outputs in (
        (of_ddpm, _ddpm, ddpm),
        (of_ddim, _ddim, ddim),
        (settings, _walks, below),
    ):
        for component in inputs:
            component.change(handler, inputs, outputs, **QUICK)
    return CompareTab(model, models, schedule)
