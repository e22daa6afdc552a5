"""The tab "Train live": a network learns while you look."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from explainer.config import TrainConfig
from explainer.own_models import own_model
from explainer.presets import BROKEN, PRESETS
from explainer.settings import InvalidSetting
from explainer.ui.bodies import VISITOR
from explainer.ui.form import DATA, FIELDS, as_watched, settings_of, train_form, values_of
from explainer.ui.handlers import QUICK, Value, being_typed, choices
from explainer.ui.live import live_view, plan, shipped, title
from explainer.ui.services import Services
from explainer.ui.text import train as text

TITLE = "Train live"
TARGET = "explainer.experiments.learning:live_training"
MOST_SEED = 2**31 - 1
PACES = tuple(text.PACES)  # the last is full speed


@dataclass(frozen=True)
class TrainTab:
    """What other tabs are wired to."""

    dataset: gr.Dropdown
    schedule: gr.Dropdown


def _preset(value: Any) -> str:
    if not isinstance(value, str) or value not in PRESETS:
        raise InvalidSetting(f"preset must be one of {', '.join(PRESETS)}.")
    return value


def look(preset: Any, *values: Any) -> Value:
    """Return what the view shows while the learner chooses: the plan, and what it once led to."""
    if being_typed(dict(zip(FIELDS, values, strict=True))["T"]):
        return gr.skip()  # type: ignore[no-any-return]
    try:
        name, config = _preset(preset), settings_of(values)
    except ValueError as error:
        return {"error": str(error)}
    return {"plan": plan(name, config), "shipped": shipped(name, config)}


def choose(preset: Any, *values: Any) -> list[Any]:
    """Return what the controls and the view show once a recipe is chosen; the seed stays."""
    try:
        name = _preset(preset)
        config = _recipe(name, values)
    except ValueError as error:
        return [*[gr.skip()] * len(FIELDS), {"error": str(error)}]
    fresh = values_of(config)
    # Another seed may have been typed since: it is left alone.
    controls = [gr.skip() if f == "seed" else v for f, v in zip(FIELDS, fresh, strict=True)]
    return [*controls, look(name, *fresh)]


def _recipe(name: str, values: Sequence[Any]) -> TrainConfig:
    """Return a recipe with the seed and, but for a puzzle, the data that are chosen."""
    chosen = dict(zip(FIELDS, values, strict=True))
    dataset = PRESETS[name].dataset if name in BROKEN else chosen["dataset"]
    return PRESETS[name].replace(dataset=dataset, seed=chosen["seed"])


@dataclass(frozen=True)
class _Asked:
    """What the learner asks for: a run, and what the controls show from then on."""

    argument: dict[str, Any]
    preset: str
    config: TrainConfig
    held: bool
    fresh: bool  # whether recipe and controls change with it


def _asked(detail: dict[str, Any], preset: Any, values: Sequence[Any]) -> _Asked:
    """Read an event of the view, checked."""
    verb = detail.get("do")
    if verb == "restore":
        name = detail.get("model")
        model = own_model(name if isinstance(name, str) else "")
        config = as_watched(model.config)
        argument = {"config": config.model_dump(), "goes_on_from": model.name}
        return _Asked(argument, _nearest(config), config, held=True, fresh=True)
    if verb not in ("start", "step", "reset", "new seed", "mend"):
        raise InvalidSetting("The page asked for something that the server does not know.")
    name = "fast" if verb == "mend" else _preset(preset)
    # Start may be faster than the answer to a choice of recipe: then the controls are still old.
    fresh = verb == "mend" or detail.get("recipe") != name
    config = settings_of(values_of(_recipe(name, values)) if fresh else values)
    if verb == "new seed":
        config = config.replace(seed=secrets.randbelow(MOST_SEED))
    held = verb not in ("start", "mend")
    return _Asked({"config": config.model_dump()}, name, config, held, fresh or verb == "new seed")


def _nearest(config: TrainConfig) -> str:
    """Name the recipe that settings are nearest to: the one with the fewest differences."""

    def distance(name: str) -> int:
        mine, its = config.model_dump(), PRESETS[name].model_dump()
        return sum(mine[field] != its[field] for field in mine)

    return min(PRESETS, key=distance)


def _as_before(detail: dict[str, Any]) -> list[Any]:
    """Return what recipe, controls and view showed before a reload; no run begins.

    Settings that the server does not take any more leave all as it is.
    """
    fields = detail.get("config")
    try:
        name = _preset(detail.get("recipe"))
        if not isinstance(fields, dict):
            raise InvalidSetting("config must be an object.")
        shown = values_of(TrainConfig(**fields))
        config = settings_of(shown)
    except ValueError:
        return [gr.skip()] * (len(FIELDS) + 2)
    view = {"plan": plan(name, config), "shipped": shipped(name, config), "again": True}
    return [name, *shown, view]


def acting(services: Services) -> Callable[..., list[Any]]:
    """Return the handler of what the learner asks for in the view: Start and its like."""

    def act(event: gr.EventData, preset: Any, *values: Any) -> list[Any]:
        still = [gr.skip()] * (len(FIELDS) + 1)
        detail = getattr(event, "_data", None)
        if not isinstance(detail, dict):
            return [*still, gr.skip()]
        if detail.get("do") == "again":
            return _as_before(detail)
        try:
            visitor = detail.get("visitor")
            if not isinstance(visitor, str) or not VISITOR.fullmatch(visitor):
                raise InvalidSetting("The page's own name is missing; please reload the page.")
            asked = _asked(detail, preset, values)
            pace = detail.get("pace")
            argument = {**asked.argument, "pace": pace if pace in PACES else PACES[-1]}
            run = services.store.submit(
                TARGET,
                argument,
                visitor=visitor,
                held=asked.held,
                label=title(asked.preset, asked.config),
            )
        except ValueError as error:
            return [*still, {"error": str(error)}]
        value = {
            "run": run,
            "plan": plan(asked.preset, asked.config),
            "then": "step" if detail["do"] == "step" else None,
        }
        if not asked.fresh:
            return [*still, value]
        shown = values_of(asked.config)
        # A checkpoint may have been trained with more than there are controls for.
        with contextlib.suppress(InvalidSetting):
            value["next"] = plan(asked.preset, settings_of(shown))
        return [asked.preset, *shown, value]

    return act


def build(services: Services) -> TrainTab:
    """Build the tab and wire it."""
    first = PRESETS["fast"]
    gr.Markdown(text.TRAIN, elem_classes="dx-intro")
    preset = gr.Radio(
        choices(text.PRESETS),
        value="fast",
        label=text.PRESET,
        info=text.PRESET_NOTE,
        elem_classes="dl-recipes",
    )
    with gr.Row():
        with gr.Column(scale=1, min_width=290, elem_classes="dx-controls"):
            form = train_form(first)
        with gr.Column(scale=4, min_width=320):
            view = live_view({"plan": plan("fast", first), "shipped": shipped("fast", first)})
    inputs = [preset, *form.components]
    preset.input(choose, inputs, [*form.components, view], **QUICK)
    for field, component in form.controls.items():
        # What a learner draws or designs arrives in two of them from other tabs.
        changed = component.change if field in DATA else component.input
        changed(look, inputs, view, **QUICK)
    view.submit(acting(services), inputs, [*inputs, view], **QUICK)
    dataset, schedule = form.controls["dataset"], form.controls["schedule"]
    assert isinstance(dataset, gr.Dropdown)
    assert isinstance(schedule, gr.Dropdown)
    return TrainTab(dataset, schedule)
