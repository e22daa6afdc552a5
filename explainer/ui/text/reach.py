"""What the page says while the server cannot be reached, in English."""

from __future__ import annotations

REACH_WORDS = {
    "away": "The server cannot be reached; trying again … Everything here stays as it is, and your "
    "last change is sent as soon as the server answers.",
}
