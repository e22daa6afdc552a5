"""The chapter "Where it ends"."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {
    "title": "Where it ends",
    "question": (
        "To make something new, one must start at the end. Which end can be drawn "
        "without knowing the data?"
    ),
}
