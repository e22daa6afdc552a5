"""The point-cloud player as a Gradio component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import gradio as gr

from explainer.ui.mounted import mounted

STATIC_DIR = Path(__file__).parent
MODULE = "static/player/player.js"  # where the app serves STATIC_DIR, seen from the page


def point_cloud(
    src: str | None = None,
    *,
    label: str,
    group: str = "",
    aligned: bool = False,
    autoplay: bool = False,
    strip: bool = False,
    controls: bool = True,
    gif: bool = True,
    views: Sequence[str] = (),
    height: int = 420,
    elem_id: str | None = None,
    words: Mapping[str, str] | None = None,
) -> gr.HTML:
    """Return a player of point clouds over time.

    An event handler shows other data by returning ``{"src": url}``, with a ``title`` if they are
    called something else; its listener should have ``show_progress="hidden"``, because the player
    shows its own.

    Parameters
    ----------
    src : str, optional
        Address of a container (see :mod:`explainer.frames`), relative to the page.
    label : str
        Title of the player, and its name for a screen reader.
    group : str
        Players with the same group move together.
    aligned : bool
        Show the same part of the plane as the others of the group that are aligned.
    autoplay : bool
        Play once when first seen, unless the reader asked for less motion.
    strip : bool
        Show thumbnails, if the data name some.
    controls : bool
        Show the controls; a player of a group may leave them to another.
    gif : bool
        Offer to save the frames as a GIF.
    views : sequence of str
        What is shown from the start: of ``density``, ``trails``, ``arrows``, ``ghosts``.
    height : int
        Largest height of the picture in css pixels.
    elem_id : str, optional
        The element's id.
    words : mapping of str to str, optional
        What the controls are called, in another language; for the keys see ``shell.js``.

    Returns
    -------
    gr.HTML
    """
    return mounted(
        MODULE,
        f'<div data-player style="min-height: {height}px"></div>',
        what="The player",
        value={"src": src},
        label=label,
        elem_id=elem_id,
        group=group,
        aligned=aligned,
        autoplay=autoplay,
        strip=strip,
        controls=controls,
        gif=gif,
        views=list(views),
        height=height,
        words=dict(words or {}),
    )
