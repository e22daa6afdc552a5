"""A training run to take home: as a Python script, and as the same in a notebook.

Importing this module imports no torch: the web server writes them.
"""

from __future__ import annotations

import io
import json
import textwrap
from base64 import b64encode
from typing import Any

import numpy as np

from explainer.config import TrainConfig
from explainer.lesson import file_stem, lesson
from explainer.lesson_code import Arrays

WIDTH = 100  # columns of the script
PACKED = "# PACKED"  # the line of a script that arrays come after


def script(config: TrainConfig) -> str:
    """Write a run as a Python script that trains it to the same bits, saves, samples and draws.

    Parameters
    ----------
    config : TrainConfig
        Points and a schedule of one's own come along in the script.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If points or a schedule of one's own are not here any more.
    """
    pieces, end = [], ""
    run = f"python {file_stem(config)}.py"
    for part in lesson(config, "pip install -r requirements.txt", run):
        code = part.code
        if part.arrays:
            end = f"\n\n{PACKED}\n{_commented(_packed(part.arrays))}"
            code = (
                'with open(__file__, encoding="utf-8") as file:\n'
                f'    packed = file.read().rpartition("{PACKED}\\n")[2]  # from the end\n{code}'
            )
        texts = [p if p[0] == " " else textwrap.fill(p, WIDTH - 2) for p in part.paragraphs]
        pieces += [_commented("\n\n".join([f"--- {part.title} ---", *texts])) + "\n" + code]
    return "\n\n".join(pieces) + end + "\n"


def notebook(config: TrainConfig) -> str:
    """Write a run as a Jupyter notebook: the same as :func:`script`, in cells.

    Parameters
    ----------
    config : TrainConfig

    Returns
    -------
    str
        JSON, nbformat 4.5.

    Raises
    ------
    ValueError
        If points or a schedule of one's own are not here any more.
    """
    cells: list[dict[str, Any]] = []

    def add(kind: str, source: str, metadata: dict[str, Any]) -> None:
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{len(cells)}", "metadata": metadata}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append({**cell, "source": source})

    install = "pip install -r requirements.txt jupyterlab"
    run = f"jupyter lab {file_stem(config)}.ipynb"
    for i, part in enumerate(lesson(config, install, run)):
        add("markdown", "\n\n".join([f"{'##' if i else '#'} {part.title}", *part.paragraphs]), {})
        if part.arrays:
            folded = {"jupyter": {"source_hidden": True}}
            add("code", f'packed = """\n{_packed(part.arrays)}\n"""', folded)
        add("code", part.code, {})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _packed(arrays: Arrays) -> str:
    """Write arrays as lines of base64, every bit of them: a name is a checksum of the content."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return "\n".join(textwrap.wrap(b64encode(file.getvalue()).decode(), WIDTH - 2))
