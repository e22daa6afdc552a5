"""What a learner has made, as the page's events tell: names are checked, labels are cut."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explainer.own import is_own
from explainer.own_models import own_model

LONGEST_LABEL = 60  # characters
MOST_MODELS = 8
Choice = tuple[str, str]  # label and value of a chooser


def made(event: gr.EventData) -> tuple[str, str, Any] | None:
    """Read name, label and T from an event of the page; None if it is not one of ours."""
    detail = getattr(event, "_data", None)
    if not isinstance(detail, dict) or not is_own(detail.get("name")):
        return None
    return detail["name"], _label(detail.get("label")), detail.get("T")


def models_made(event: gr.EventData) -> list[Choice] | None:
    """Read the models of an event of the page; None if it is not one of ours.

    At most eight; those that are not models, or that nobody here knows, are left out.
    """
    detail = getattr(event, "_data", None)
    listed = detail.get("models") if isinstance(detail, dict) else None
    if not isinstance(listed, list):
        return None
    found: dict[str, str] = {}
    for model in listed[:MOST_MODELS]:
        if isinstance(model, dict) and _is_model(model.get("name")):
            found.setdefault(model["name"], _label(model.get("label")))
    return [(label, name) for name, label in found.items()]


def _is_model(name: object) -> bool:
    try:
        return isinstance(name, str) and bool(own_model(name))
    except ValueError:
        return False


def _label(label: object) -> str:
    label = label if isinstance(label, str) and label.strip() else "mine"
    # Half of a character that was cut in two could not be sent back.
    return label.strip()[:LONGEST_LABEL].encode(errors="replace").decode()
