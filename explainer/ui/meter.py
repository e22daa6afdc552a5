"""The prior meter: how far the end of the forward process is from N(0, I), and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from explainer.page_settings import ForwardSettings, NoisingSettings
from explainer.ui.api import address
from explainer.ui.mounted import mounted


def meter_value(settings: ForwardSettings) -> dict[str, Any]:
    """Return the value that makes the meter measure these settings."""
    shared = set(NoisingSettings.model_fields)
    measured = NoisingSettings(**settings.model_dump(include=shared))
    return {"src": address("prior", measured), "perfect": address("perfect", measured)}


def prior_meter(settings: ForwardSettings, *, words: Mapping[str, str]) -> gr.HTML:
    """Return the meter.

    Its ``input`` event carries the settings of the way out that was chosen: ``schedule``, ``T``
    and ``zero_terminal_snr``.

    Parameters
    ----------
    settings : ForwardSettings
        Shown first.
    words : mapping of str to str
        What it says.

    Returns
    -------
    gr.HTML
    """
    return mounted(
        "static/page/meter.js",
        '<div data-meter style="min-height: 150px"></div>',
        what="The prior meter",
        arguments="element, props, watch, trigger",
        value=meter_value(settings),
        label=words["title"],
        words=dict(words),
    )
