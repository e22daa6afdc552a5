"""The tab "DDPM vs DDIM": one network, two ways back."""

from __future__ import annotations

import gradio as gr

from explainer.page_settings import EXACT, SampleSettings
from explainer.shipped import ShippedModel, shipped_models
from explainer.ui.api import address
from explainer.ui.handlers import QUICK, Value, one_sentence
from explainer.ui.player.component import point_cloud
from explainer.ui.text import en

TITLE = "DDPM vs DDIM"


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


@one_sentence
def _ddpm(model: str, steps: int, seed: int) -> Value:
    return {
        "src": address(
            "sample", SampleSettings(model=model, sampler="ddpm", steps=steps, seed=seed)
        )
    }


@one_sentence
def _ddim(model: str, steps: int, eta: float, seed: int) -> Value:
    settings = SampleSettings(model=model, sampler="ddim", steps=steps, eta=eta, seed=seed)
    return {"src": address("sample", settings)}


def build() -> None:
    """Build the tab and wire it."""
    left = SampleSettings(sampler="ddpm", steps=100)
    right = SampleSettings(sampler="ddim", steps=20)
    gr.Markdown(en.COMPARE, elem_classes="dx-intro")
    with gr.Row():
        model = gr.Dropdown(
            _models(), value=left.model, label=en.LABELS["model"], scale=3, min_width=260
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
    for component in (model, ddpm_steps, seed):
        component.change(_ddpm, [model, ddpm_steps, seed], ddpm, **QUICK)
    for component in (model, ddim_steps, eta, seed):
        component.change(_ddim, [model, ddim_steps, eta, seed], ddim, **QUICK)
