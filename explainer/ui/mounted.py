"""Components of our own: an element that a script of ours fills."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

# Resolved against the page's base, not against "/": the app may live behind a root path. A tab may
# be opened for the first time while the server cannot be reached.
ON_LOAD = """
const load = (wait) => import(new URL({module}, document.baseURI).href).catch((error) => {{
  console.error({complaint}, error);
  const again = new Promise((resolve) => setTimeout(resolve, wait));
  return again.then(() => load(Math.min(2 * wait, 16000)));
}});
load(1000)
  .then(({{ mount }}) => mount({arguments}))
  .catch((error) => console.error({complaint}, error));
"""


def mounted(
    module: str,
    template: str,
    *,
    what: str,
    arguments: str = "element, props, watch",
    **settings: Any,
) -> gr.HTML:
    """Return a component that a module's ``mount`` fills.

    Parameters
    ----------
    module : str
        Where the app serves the script, seen from the page.
    template : str
        The element it fills. Without the value in it, so that the page is not rendered again when
        the value changes and what was mounted stays; with a height, so that the page keeps still.
    what : str
        Its name, for the console, should the script not load.
    arguments : str
        What ``mount`` takes of ``element``, ``props``, ``watch`` and ``trigger``.
    **settings
        Of ``gr.HTML``; those that it does not know are properties for the script.

    Returns
    -------
    gr.HTML
    """
    return gr.HTML(
        html_template=template,
        js_on_load=ON_LOAD.format(
            module=json.dumps(module),
            arguments=arguments,
            complaint=json.dumps(f"{what} could not be loaded:"),
        ),
        apply_default_css=False,
        **settings,
    )
