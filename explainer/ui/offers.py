"""What a learner made is offered in every tab: own points as data, a designed schedule as one more.

The pad and the designer keep what was made on the server and then fire an event: ``input`` when it
is to be used at once, ``change`` when it is only to be offered again, after a reload.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from explainer.own import is_own
from explainer.page_settings import EXACT
from explainer.ui.handlers import QUICK, choices
from explainer.ui.text import en

LONGEST_LABEL = 60  # characters
Choice = tuple[str, str]


def made(event: gr.EventData) -> tuple[str, str, Any] | None:
    """Read name, label and T from an event of the page; None if it is not one of ours."""
    detail = getattr(event, "_data", None)
    if not isinstance(detail, dict) or not is_own(detail.get("name")):
        return None
    label = detail.get("label")
    label = label if isinstance(label, str) and label.strip() else "mine"
    return detail["name"], label.strip()[:LONGEST_LABEL], detail.get("T")


def _is_own_choice(value: object) -> bool:
    return isinstance(value, str) and is_own(value.removeprefix(EXACT))


def _offer(base: Sequence[Choice], label: str, name: str, current: object, use: bool) -> Any:
    """Return the update of one chooser: the choice added, and taken if it is to be."""
    update: dict[str, Any] = {"choices": [*base, (label, name)]}
    if isinstance(current, list):  # several may be chosen: the new one takes the old one's place
        others = [value for value in current if not _is_own_choice(value)]
        if use or len(others) < len(current):
            update["value"] = [*others, name]
    elif use or _is_own_choice(current):
        update["value"] = name
    return gr.update(**update)


def offer_points(
    pad: gr.HTML, datasets: Sequence[gr.Dropdown], model: gr.Dropdown, models: Sequence[Choice]
) -> None:
    """Offer the points of a pad in all choosers of data sets, and their exact denoiser.

    Parameters
    ----------
    pad : gr.HTML
    datasets : sequence of gr.Dropdown
        The first one takes what is used at once.
    model : gr.Dropdown
        The chooser of models.
    models : sequence of (str, str)
        Its own choices.
    """
    base = choices(en.DATASETS)
    outputs: list[Component] = [*datasets, model]

    def offer(event: gr.EventData, current: Sequence[Any], *, use: bool) -> list[Any]:
        found = made(event)
        if found is None or len(current) != len(outputs):
            return [gr.skip()] * len(outputs)
        name, label, _ = found
        updates = [
            _offer(base, label, name, value, use and i == 0) for i, value in enumerate(current[:-1])
        ]
        exact = en.EXACT_LABEL.format(dataset=label)
        return [*updates, _offer(models, exact, EXACT + name, current[-1], use=False)]

    def used(event: gr.EventData, *current: Any) -> list[Any]:
        return offer(event, current, use=True)

    def offered(event: gr.EventData, *current: Any) -> list[Any]:
        return offer(event, current, use=False)

    pad.input(used, outputs, outputs, **QUICK)
    pad.change(offered, outputs, outputs, **QUICK)


def offer_schedule(
    designer: gr.HTML,
    compared: gr.CheckboxGroup,
    T: gr.Slider,
    choosers: Sequence[tuple[gr.Dropdown, Sequence[Choice]]],
) -> None:
    """Offer the designer's schedule among those compared and in the other tabs' choosers.

    Parameters
    ----------
    designer : gr.HTML
    compared : gr.CheckboxGroup
        Takes what is used at once.
    T : gr.Slider
        Takes the number of pasted betas.
    choosers : sequence of (gr.Dropdown, choices)
        Each with its own choices.
    """
    inputs: list[Component] = [compared, *(chooser for chooser, _ in choosers)]
    bases = [choices(en.SCHEDULES), *(base for _, base in choosers)]
    outputs = [*inputs, T]

    def offer(event: gr.EventData, current: Sequence[Any], *, use: bool) -> list[Any]:
        found = made(event)
        if found is None or len(current) != len(inputs):
            return [gr.skip()] * len(outputs)
        name, _, steps = found
        updates = [
            _offer(base, en.OWN_SCHEDULE, name, value, use and i == 0)
            for i, (base, value) in enumerate(zip(bases, current, strict=True))
        ]
        known = use and isinstance(steps, int) and not isinstance(steps, bool) and steps >= 2
        return [*updates, gr.update(value=steps) if known else gr.skip()]

    def used(event: gr.EventData, *current: Any) -> list[Any]:
        return offer(event, current, use=True)

    def offered(event: gr.EventData, *current: Any) -> list[Any]:
        return offer(event, current, use=False)

    designer.input(used, inputs, outputs, **QUICK)
    designer.change(offered, inputs, outputs, **QUICK)
