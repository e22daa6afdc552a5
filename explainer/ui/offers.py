"""What a learner made is offered in every tab: own points as data, a designed schedule as one more.

What the pad and the designer make is kept on the server; then an event is fired: ``input`` when it
is to be used at once, ``change`` when it is only to be offered again, after a reload.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from explainer.own import is_own
from explainer.page_settings import EXACT
from explainer.ui.handlers import LEAST_T, MOST_T, QUICK, choices
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
    # Half of a character that was cut in two could not be sent back.
    label = label.strip()[:LONGEST_LABEL].encode(errors="replace").decode()
    return detail["name"], label, detail.get("T")


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


def points_updates(
    event: gr.EventData, current: Sequence[Any], models: Sequence[Choice], *, use: bool
) -> list[Any]:
    """Return the updates of the choosers of data sets, and, last, of that of models.

    Parameters
    ----------
    event : gr.EventData
        Of the pad.
    current : sequence
        What the choosers show.
    models : sequence of (str, str)
        The choices of the last one.
    use : bool
        Whether the first chooser takes the points.
    """
    found = made(event)
    if found is None:
        return [gr.skip()] * len(current)
    name, label, _ = found
    updates = [
        _offer(choices(en.DATASETS), label, name, value, use and i == 0)
        for i, value in enumerate(current[:-1])
    ]
    exact = en.EXACT_LABEL.format(dataset=label)
    return [*updates, _offer(models, exact, EXACT + name, current[-1], use=False)]


def schedule_updates(
    event: gr.EventData, current: Sequence[Any], bases: Sequence[Sequence[Choice]], *, use: bool
) -> list[Any]:
    """Return the updates of the choosers of schedules, and, last, of T.

    Parameters
    ----------
    event : gr.EventData
        Of the designer.
    current : sequence
        What the choosers show.
    bases : sequence of choices
        Their own choices.
    use : bool
        Whether the first chooser, and T, take what was designed.
    """
    found = made(event)
    if found is None:
        return [gr.skip()] * (len(bases) + 1)
    name, _, steps = found
    updates = [
        _offer(base, en.OWN_SCHEDULE, name, value, use and i == 0)
        for i, (base, value) in enumerate(zip(bases, current, strict=True))
    ]
    known = use and isinstance(steps, int) and not isinstance(steps, bool) and 2 <= steps <= MOST_T
    return [*updates, gr.update(value=max(steps, LEAST_T)) if known else gr.skip()]


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
    choosers: list[Component] = [*datasets, model]

    def used(event: gr.EventData, *current: Any) -> list[Any]:
        return points_updates(event, current, models, use=True)

    def offered(event: gr.EventData, *current: Any) -> list[Any]:
        return points_updates(event, current, models, use=False)

    pad.input(used, choosers, choosers, **QUICK)
    pad.change(offered, choosers, choosers, **QUICK)


def offer_schedule(
    designer: gr.HTML,
    remembered: gr.HTML,
    compared: gr.CheckboxGroup,
    T: gr.Slider,
    choosers: Sequence[tuple[gr.Dropdown, Sequence[Choice]]],
) -> None:
    """Offer the designer's schedule among those compared and in the other tabs' choosers.

    Parameters
    ----------
    designer : gr.HTML
    remembered : gr.HTML
        Brings back the schedule of before a reload, whatever tab is open.
    compared : gr.CheckboxGroup
        Takes what is used at once.
    T : gr.Slider
        Takes the number of pasted betas.
    choosers : sequence of (gr.Dropdown, choices)
        Each with its own choices.
    """
    inputs: list[Component] = [compared, *(chooser for chooser, _ in choosers)]
    bases = [choices(en.SCHEDULES), *(base for _, base in choosers)]

    def used(event: gr.EventData, *current: Any) -> list[Any]:
        return schedule_updates(event, current, bases, use=True)

    def offered(event: gr.EventData, *current: Any) -> list[Any]:
        return schedule_updates(event, current, bases, use=False)

    designer.input(used, inputs, [*inputs, T], **QUICK)
    remembered.change(offered, inputs, [*inputs, T], **QUICK)
