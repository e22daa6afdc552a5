"""The chapter "Many small steps"."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {
    "title": "Many small steps",
    "question": (
        "Do a hundred small doses of noise add up to one large dose? For one kind of noise they do."
    ),
}
