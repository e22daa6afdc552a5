"""Whether a model that a learner brought can be used."""

from __future__ import annotations

from typing import Any

from explainer.checkpoints import from_bytes
from explainer.own import load_model_bytes


def check_model(fields: dict[str, Any]) -> bool:
    """Read all of a kept model, as everybody does who uses it.

    Parameters
    ----------
    fields : dict
        ``name``: that of a model that was kept and is not trusted yet.

    Returns
    -------
    bool
        True: whatever is wrong is raised.

    Raises
    ------
    ValueError
        With one sentence that says what is wrong.
    """
    from_bytes(load_model_bytes(fields["name"]), with_state=False).denoiser()
    return True
