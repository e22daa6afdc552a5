"""What a learner made is offered in every tab: own points as data, a designed schedule, own models.

What the pad, the designer and the list of checkpoints make is kept on the server; then an event is
fired: ``input`` when it is to be used at once, ``change`` when it is only to be offered, as after a
reload.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from explainer.own import is_own
from explainer.page_settings import EXACT
from explainer.ui.handlers import LEAST_T, MOST_T, QUICK, choices
from explainer.ui.made import Choice, made, models_made
from explainer.ui.text import en

Offered = dict[str, list[Choice]]  # "models" and "points": what the chooser of models has beyond


@dataclass(frozen=True)
class ModelChoices:
    """What the chooser of models lists.

    Attributes
    ----------
    base : list of (str, str)
        For everybody.
    offered : gr.State
        For one session beyond that, :data:`Offered`. Points and models are offered at different
        times, and what comes second must not erase what came first.
    """

    base: list[Choice]
    offered: gr.State


def _offer(
    base: Sequence[Choice],
    label: str,
    name: str,
    current: object,
    use: bool,
    *,
    several: bool = False,
) -> Any:
    """Return the update of one chooser: the choice added, and taken if it is to be."""
    update: dict[str, Any] = {"choices": [*base, (label, name)]}
    if several:  # may be chosen: the new one takes the old one's place
        chosen = current if isinstance(current, list) else []
        # Nothing goes back that nobody offered: the page may have sent anything.
        others = [value for _, value in base if value in chosen]
        if use or any(map(is_own, chosen)):
            update["value"] = [*others, name]
    elif use or is_own(current):
        update["value"] = name
    return gr.update(**update)


def _model_update(base: Sequence[Choice], offered: Offered, **value: str) -> Any:
    """Return the update of the chooser of models: what everybody has, and what is offered."""
    own = [*offered.get("models", []), *offered.get("points", [])]
    return gr.update(choices=[*base, *own], **value)


def points_updates(
    event: gr.EventData,
    current: Sequence[Any],
    base: Sequence[Choice],
    offered: Offered,
    *,
    use: bool,
) -> list[Any]:
    """Return the updates of the choosers of data sets, that of models, and what it offers.

    Parameters
    ----------
    event : gr.EventData
        Of the pad.
    current : sequence
        What the choosers show.
    base : sequence of (str, str)
        The models for everybody.
    offered : dict
        Changed in place: two events of a page that opens are under way at once, and each must see
        what the other has offered.
    use : bool
        Whether the first chooser takes the points.
    """
    found = made(event)
    if found is None:
        return [gr.skip()] * (len(current) + 1)
    name, label, _ = found
    *datasets, model = current
    updates = [
        _offer(choices(en.DATASETS), label, name, value, use and i == 0)
        for i, value in enumerate(datasets)
    ]
    offered["points"] = [(en.EXACT_LABEL.format(dataset=label), EXACT + name)]
    # Where older points are chosen, the new ones take their place.
    older = isinstance(model, str) and model.startswith(EXACT) and is_own(model[len(EXACT) :])
    value = {"value": EXACT + name} if older else {}
    return [*updates, _model_update(base, offered, **value), offered]


def models_updates(
    event: gr.EventData, current: object, base: Sequence[Choice], offered: Offered, *, use: bool
) -> list[Any]:
    """Return the update of the chooser of models, and what it offers.

    Parameters
    ----------
    event : gr.EventData
        Of the list of checkpoints: all that it has.
    current : object
        What the chooser shows. It stays there, also when it has left the list.
    base : sequence of (str, str)
        The models for everybody.
    offered : dict
        Changed in place, as above.
    use : bool
        Whether the chooser takes the first of them.
    """
    found = models_made(event)
    if found is None:
        return [gr.skip(), gr.skip()]
    names = {name for _, name in found}
    before = offered.get("models", [])
    kept = [model for model in before if model[1] == current and current not in names]
    offered["models"] = [*found, *kept]
    value = {"value": found[0][1]} if use and found else {}
    return [_model_update(base, offered, **value), offered]


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
        _offer(base, en.OWN_SCHEDULE, name, value, use and i == 0, several=i == 0)
        for i, (base, value) in enumerate(zip(bases, current, strict=True))
    ]
    known = use and isinstance(steps, int) and not isinstance(steps, bool) and 2 <= steps <= MOST_T
    return [*updates, gr.update(value=max(steps, LEAST_T)) if known else gr.skip()]


def offer_points(
    pad: gr.HTML, datasets: Sequence[gr.Dropdown], model: gr.Dropdown, models: ModelChoices
) -> None:
    """Offer the points of a pad in all choosers of data sets, and their exact denoiser.

    Parameters
    ----------
    pad : gr.HTML
    datasets : sequence of gr.Dropdown
        The first one takes what is used at once.
    model : gr.Dropdown
        The chooser of models.
    models : ModelChoices
        What it lists.
    """
    choosers: list[Component] = [*datasets, model, models.offered]

    def used(event: gr.EventData, *current: Any) -> list[Any]:
        return points_updates(event, current[:-1], models.base, current[-1], use=True)

    def offered(event: gr.EventData, *current: Any) -> list[Any]:
        return points_updates(event, current[:-1], models.base, current[-1], use=False)

    pad.input(used, choosers, choosers, **QUICK)
    pad.change(offered, choosers, choosers, **QUICK)


def offer_models(component: gr.HTML, model: gr.Dropdown, models: ModelChoices) -> None:
    """Offer the models that a learner keeps in the chooser of models.

    Parameters
    ----------
    component : gr.HTML
        Fires ``input`` when the first of its models is to be used at once, and ``change`` when all
        are only to be offered, both with ``{"models": [{"name", "label"}, ...]}``: all that there
        are, every time.
    model : gr.Dropdown
        The chooser.
    models : ModelChoices
        What it lists.
    """
    both: list[Component] = [model, models.offered]

    def used(event: gr.EventData, current: Any, offered: Offered) -> list[Any]:
        return models_updates(event, current, models.base, offered, use=True)

    def listed(event: gr.EventData, current: Any, offered: Offered) -> list[Any]:
        return models_updates(event, current, models.base, offered, use=False)

    component.input(used, both, both, **QUICK)
    component.change(listed, both, both, **QUICK)


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
