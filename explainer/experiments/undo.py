"""The shipped networks that undo noise, looked at.

How good their walks end is measured on thousands of them and lies beside this module, in
``undo.json``; ``python -m explainer.experiments.undo`` measures it again, in a minute.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch

from explainer.experiments.quality_steps import digest
from explainer.experiments.undo_looks import Figures, finished, look
from explainer.experiments.undo_scenes import scene_of
from explainer.frames import decode
from explainer.noise_settings import UndoSettings
from explainer.restored import PAIRS, path_of, shipped_restorers
from explainer.settings import MAIN_CORRUPTIONS

KNOWN = Path(__file__).with_name("undo.json")


def _digests(dataset: str, network: str) -> list[str]:
    """Tell the networks from others that may have shipped before."""
    return [digest(path_of(dataset, network, kind)) for kind in MAIN_CORRUPTIONS]


@cache
def read_known() -> dict[str, Any]:
    """Read the file: by data set and network ``digests``, and the figures that go with them."""
    known: dict[str, Any] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return known


def known_figures(dataset: str, network: str) -> Figures | None:
    """Return what was measured of the networks that ship now, or None if it was not."""
    known = read_known().get(f"{dataset} {network}")
    if known is None or known["digests"] != _digests(dataset, network):
        return None
    return {name: known[name] for name in ("quality", "noise")}


def look_at_shipped(dataset: str, network: str, figures: Figures | None = None) -> bytes:
    """Look at the shipped networks of a data set.

    Parameters
    ----------
    dataset, network : str
    figures : dict, optional
        What is known of them; left out, it is measured, which takes seconds.

    Returns
    -------
    bytes
        A container, see :func:`explainer.experiments.undo_looks.look`.

    Raises
    ------
    ValueError
        With a sentence, if there are none.
    """
    found = shipped_restorers(dataset, network)
    config, _, info = found[MAIN_CORRUPTIONS[0]]
    return finished(
        look(
            scene_of(config),
            {kind: found[kind].restorer for kind in MAIN_CORRUPTIONS},
            figures=figures,
            dataset=dataset,
            network=network,
            step=info["step"],
            steps=config.steps,
            parameters=info["parameters"],
            seconds={kind: found[kind].info["seconds"] for kind in MAIN_CORRUPTIONS},
        )
    )


def shipped_undo(fields: dict[str, Any]) -> bytes:
    """Compute :class:`UndoSettings`: a look at shipped networks, as a container."""
    s = UndoSettings(**fields)
    shipped_restorers(s.dataset, s.network)  # says so if there are none
    return look_at_shipped(s.dataset, s.network, known_figures(s.dataset, s.network))


def main() -> None:
    """Write the file."""
    torch.set_num_threads(1)
    rows = []
    for dataset, network in PAIRS:
        header, _ = decode(look_at_shipped(dataset, network))
        measured = {name: header[name] for name in ("quality", "noise")}
        row = {"digests": _digests(dataset, network), **measured}
        rows.append(f"{json.dumps(f'{dataset} {network}')}: {json.dumps(row)}")
    KNOWN.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
