"""A chapter."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {
    "title": "Where DDPM's formula fails",
    "question": (
        "DDPM describes xₜ by a mean and a variance alone. What if the noise is of another kind?"
    ),
}
