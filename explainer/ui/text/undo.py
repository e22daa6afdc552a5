"""The chapter "To undo it"."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {
    "title": "To undo it",
    "question": (
        "A small network can learn to undo any of them. Can it also make new data "
        "out of nothing but noise?"
    ),
}
