"""What the chapter "derivation" says, in English."""

WORDS = {"title": "derivation", "question": ""}
