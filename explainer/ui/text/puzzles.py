"""What is wrong here? Questions about the runs that are broken on purpose, and their answers."""

from __future__ import annotations

from typing import Any

PUZZLES: dict[str, dict[str, Any]] = {
    name: {"question": "What is wrong here?", "look": "…", "answer": "…", "mend": ""}
    for name in ("rate", "timeless", "few_steps", "little_noise", "tiny", "memory")
}
