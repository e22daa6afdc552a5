"""The chapter "The same on pictures"."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {
    "title": "The same on pictures",
    "question": (
        "What does each kind of noise do to a photograph, and which of them could "
        "you clean by hand?"
    ),
}
